import type { Context } from 'hono';
import { html } from 'hono/html';
import type { PreviewWish } from '../../delivery/previews.ts';
import type { Subscriber } from '../../store/subscribers.ts';
import {
  addOwnTopic,
  editOwnTopic,
  listOwnTopics,
  type OwnTopicResult,
  ownTopicLimits,
  removeOwnTopic,
} from '../../subscribers/own-topics.ts';
import { type OwnWords, readOwnWords, wordsLimits, wordsOf } from '../../subscribers/own-words.ts';
import type { Topic } from '../../topics/topic.ts';
import type { WebDependencies } from '../context.ts';
import { known } from '../shell/known.ts';
import type { Html } from '../shell/page.ts';
import { type PreferencesGate, saved } from './preferences-gate.ts';
import { createPreviewDoor } from './preview.ts';
import { previewFragment, previewPlace, type ShownPreview } from './preview-view.ts';
import { showWordsProblem } from './query-problem.ts';

/** What was typed and could not be taken; `slug` '': the form for a new one. */
interface Refused {
  slug: string;
  words: OwnWords;
  result: OwnTopicResult | null;
}

const savedWords: Record<string, string> = {
  added: 'Saved: you get this topic from your next digest on.',
  changed: 'Saved: your next digest goes by the new words.',
  removed: 'Removed: it brings no papers any more.',
};

/** Topics that only one subscriber gets, by a query or a sentence about their work, with what they would have brought. */
export function ownTopicPages(gate: PreferencesGate, dependencies: WebDependencies): void {
  const { store, clock } = dependencies;
  const door = createPreviewDoor(
    dependencies,
    'Write what you look for, and you see here what it would have brought.',
  );

  async function show(
    c: Context,
    subscriber: Subscriber,
    refused?: Refused,
    preview: ShownPreview | null = null,
  ) {
    const topics = await listOwnTopics(store.db, subscriber.id);
    const self = gate.path(subscriber, '/topics');
    const fresh = refused?.slug === '' ? refused : undefined;
    if (door.isOpen && preview === null) door.warm();
    const status = refused?.result && !refused.result.ok ? 422 : 200;
    return c.html(
      gate.page(subscriber, 'own', 'Topics of my own', [
        saved(known(savedWords, c.req.query('saved'))),
        topics.length === 0
          ? html`<p>Beside the topics that everybody can choose you can have up to ${ownTopicLimits.live} of your own, that nobody
else sees.</p>`
          : html`<ul class="own-topics">${topics.map((topic) => html`<li>${ownForm(gate, subscriber, topic, refused)}</li>`)}</ul>`,
        topics.length >= ownTopicLimits.live
          ? html`<p class="hint">These are as many as there can be. Change or remove one.</p>`
          : html`<h2>Add one</h2>
<form class="own-topic" method="post" action="${self}">${gate.token(subscriber)}
${wordFields('new', fresh?.words ?? { kind: 'sentence', text: '', name: '' }, fresh?.result ?? null)}
<button>Add</button>
${door.isOpen ? previewPlace(self, `${self}/preview`, preview) : ''}
</form>`,
      ]),
      status,
    );
  }

  const done = (c: Context, subscriber: Subscriber, what: keyof typeof savedWords) =>
    c.redirect(gate.path(subscriber, `/topics?saved=${what}`), 303);

  gate.get('/topics', (c, subscriber) => show(c, subscriber));

  gate.post('/topics', async (c, subscriber) => {
    const { words, act } = await readWordsForm(c);
    if (act === 'preview') {
      const { shown } = await door.show(c, wishOf(subscriber, words));
      return show(c, subscriber, { slug: '', words, result: null }, shown);
    }
    const result = await addOwnTopic(store.db, subscriber.id, words, clock.now());
    return result.ok ? done(c, subscriber, 'added') : show(c, subscriber, { slug: '', words, result });
  });

  gate.post('/topics/preview', async (c, subscriber) => {
    const { words } = await readWordsForm(c);
    const { shown, status } = await door.show(c, wishOf(subscriber, words));
    return c.html(previewFragment(shown), status);
  });

  gate.post('/topics/edit', async (c, subscriber) => {
    const { words, slug } = await readWordsForm(c);
    const result = await editOwnTopic(store.db, subscriber.id, slug, words, clock.now());
    return result.ok ? done(c, subscriber, 'changed') : show(c, subscriber, { slug, words, result });
  });

  gate.post('/topics/remove', async (c, subscriber) => {
    const { slug } = await readWordsForm(c);
    await removeOwnTopic(store.db, subscriber.id, slug, clock.now());
    return done(c, subscriber, 'removed');
  });
}

/** As digests would have been with this topic alone; null: it cannot be understood yet. */
function wishOf({ timezone, digestTime, days, maxPapers }: Subscriber, words: OwnWords): PreviewWish | null {
  const read = readOwnWords(words);
  return read.ok
    ? { topics: [{ name: read.name, query: read.query }], timezone, digestTime, days, maxPapers }
    : null;
}

async function readWordsForm(c: Context): Promise<{ words: OwnWords; slug: string; act: string }> {
  const body = await c.req.parseBody();
  const text = (name: string) => {
    const value = body[name];
    return typeof value === 'string' ? value : '';
  };
  const kind = text('kind') === 'query' ? 'query' : 'sentence';
  return { words: { kind, text: text('words'), name: text('name') }, slug: text('slug'), act: text('act') };
}

function ownForm(gate: PreferencesGate, subscriber: Subscriber, topic: Topic, refused?: Refused): Html {
  const mine = refused?.slug === topic.slug ? refused : undefined;
  const slug = html`<input type="hidden" name="slug" value="${topic.slug}">`;
  return html`<details${mine ? html` open` : ''}><summary>${topic.name}</summary>
<form class="own-topic" method="post" action="${gate.path(subscriber, '/topics/edit')}">${gate.token(subscriber)}${slug}
${wordFields(topic.slug, mine?.words ?? wordsOf(topic), mine?.result ?? null)}
<button>Save</button></form>
${gate.button(subscriber, '/topics/remove', 'Remove this topic', slug)}</details>`;
}

function wordFields(id: string, { kind, text, name = '' }: OwnWords, result: OwnTopicResult | null): Html {
  const problem = result && !result.ok ? result : null;
  const told =
    problem === null
      ? html``
      : problem.reason === 'words'
        ? showWordsProblem(`${id}-problem`, problem.text, problem.problem)
        : html`<span class="wrong" id="${id}-problem">${
            problem.reason === 'too_many' ? problem.message : 'This topic is there no more.'
          }</span>`;
  const marks = problem ? html` aria-invalid="true" aria-describedby="${id}-problem"` : '';
  const choice = (value: OwnWords['kind'], label: string) =>
    html`<label class="choice"><input type="radio" name="kind" value="${value}"${
      kind === value ? html` checked` : ''
    }><span>${label}</span></label>`;
  return html`<fieldset><legend>It is</legend>${choice('sentence', 'a sentence about my work')}${choice(
    'query',
    'a search, as in “low-rank adaptation” AND cat:cs.CL',
  )}</fieldset>
<label for="${id}-words">The words</label>
<textarea id="${id}-words" name="words" rows="3" required maxlength="${wordsLimits.sentence}"${marks}>${text}</textarea>${told}
<label for="${id}-name">What your mail calls it <small>(may be left empty)</small></label>
<input id="${id}-name" name="name" maxlength="${wordsLimits.name}" value="${name}">`;
}

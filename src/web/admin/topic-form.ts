import { html } from 'hono/html';
import { readableText } from '../../tex/readable.ts';
import { type TopicDefinition, type TopicProblem, topicLimits } from '../../topics/definition.ts';
import { parseQuery } from '../../topics/parse.ts';
import { drawQueryError } from '../../topics/query.ts';
import type { QueryTest, TestedDay } from '../../topics/test-query.ts';
import type { Html } from '../shell/page.ts';

/** A topic as typed. */
export type TopicValues = Record<keyof TopicDefinition, string>;

export interface TopicForm {
  /** Where it is sent to. */
  action: string;
  /** Where the live preview comes from. */
  preview: string;
  formToken: Html;
  values: TopicValues;
  problems: readonly TopicProblem[];
  submit: string;
  /** The state that the values began with; absent: there is none yet. */
  seen?: string;
  /** What the query matches. */
  tested: Tested;
}

/** What came of trying a query out. */
export interface Tested {
  /** In a sentence: that alone is read out when it changes. */
  told: Html | string;
  /** All of it. */
  rest: Html | '';
}

/** The form of a topic, with what its query matches under it: as one types, or by a button without scripts. */
export function topicForm({
  action,
  preview,
  formToken,
  values,
  problems,
  submit,
  tested,
  seen,
}: TopicForm): Html {
  const told = (field: keyof TopicValues) => {
    const messages = problems.filter((one) => one.field === field).map(({ message }) => message);
    return messages.length === 0
      ? ''
      : html`<span class="wrong" id="${field}-problem">${messages.join(' ')}</span>`;
  };
  const marked = (field: keyof TopicValues) =>
    problems.some((one) => one.field === field)
      ? html` aria-invalid="true" aria-describedby="${field}-problem"`
      : '';
  return html`<form method="post" action="${action}" class="topic">${formToken}${seen === undefined ? '' : html`<input type="hidden" name="seen" value="${seen}">`}
<div class="row">
<label>Name<input name="name" required maxlength="${topicLimits.name}" value="${values.name}"${marked('name')}>${told('name')}</label>
<label>Slug<input name="slug" required maxlength="${topicLimits.slug}" value="${values.slug}" autocapitalize="none" spellcheck="false"${marked('slug')}><small class="under">In links and address lists. An old one goes on working.</small>${told('slug')}</label>
</div>
<label>What it holds<input name="description" maxlength="${topicLimits.description}" value="${values.description}"${marked('description')}><small class="under">One sentence for people who choose.</small>${told('description')}</label>
<label>Query<textarea name="query" rows="3" required spellcheck="false" hx-get="${preview}" hx-trigger="input changed delay:400ms" hx-target="#tested" hx-swap="innerHTML swapEmpty:true"${marked('query')}>${values.query}</textarea><small class="under">Words, "exact phrases", AND OR NOT, (…), prefix*, ti: abs: au: cat:, like:"a sentence about the work", or * for everything.</small>${problems.some((one) => one.field === 'query') ? html`<span class="wrong" id="query-problem">The query cannot be used as it is; see below.</span>` : ''}</label>
<p class="actions"><button>${submit}</button> <button class="quiet" name="act" value="preview">Show what it matches</button></p>
<h2>What it matches</h2>
<p id="tested-told" role="status">${tested.told}</p>
<div id="tested">${tested.rest}</div>
</form>`;
}

/** What htmx puts under the form: a screen reader tells a change only of what was on the page before. */
export function testedFragment({ told, rest }: Tested): Html {
  return html`<p id="tested-told" hx-swap-oob="innerHTML">${told}</p>${rest}`;
}

/** Where in the query something is wrong, drawn. Null: nothing is. */
export function queryErrorOf(query: string): Tested | null {
  const parsed = parseQuery(query);
  if (parsed.ok) return null;
  const { sentence, drawing, hint } = drawQueryError(query, parsed.error, shownAround);
  return {
    told: 'It cannot be read as it is.',
    rest: html`<div class="notice wrong"><p>${sentence}</p>${
      drawing === null ? '' : html`<pre class="drawn">${drawing.join('\n')}</pre>`
    }${hint === null ? '' : html`<p>${hint}</p>`}</div>`,
  };
}

/** So much of a query fits into a phone. */
const shownAround = 12;

/** What a query matched, day by day, with why. `subscribers`: who gets it; null: nobody can yet. */
export function testedQuery(test: QueryTest, subscribers: number | null): Tested {
  const most = Math.max(1, ...test.days.map((day) => day.matched));
  const told = html`Matches <strong>${counted(test.matched)}</strong> of ${counted(test.candidates)} recent papers.${
    subscribers === null
      ? ''
      : html` It touches <strong>${counted(subscribers)}</strong> ${subscribers === 1 ? 'subscriber' : 'subscribers'}.`
  }`;
  const rest = html`<p>It is read as <code>${test.understood}</code></p>
${test.advice.map((advice) => html`<p class="notice">${advice}</p>`)}
<div class="scroll" tabindex="0" role="region" aria-label="What it matches, by day"><table class="tested stacked"><thead><tr><th scope="col">Day</th><th scope="col" class="number">Papers</th><th scope="col">The best of them, and the words that were found</th></tr></thead>
<tbody>${test.days.map((day) => testedDay(day, most))}</tbody></table></div>`;
  return { told, rest };
}

function testedDay(day: TestedDay, most: number): Html {
  return html`<tr><th scope="row"><time datetime="${day.date}">${day.date}</time></th><td data-name="Papers" class="number">${counted(day.matched)}<br><meter min="0" max="${most}" value="${day.matched}" aria-hidden="true"></meter></td>
<td>${
    day.papers.length === 0
      ? html`<span class="hint">${day.candidates === 0 ? 'No papers came in.' : `None of ${counted(day.candidates)}.`}</span>`
      : html`<ul class="plain">${day.papers.map(
          (paper) =>
            html`<li>${readableText(paper.title)}${
              paper.terms.length > 0 ? html` <small>${paper.terms.join(', ')}</small>` : ''
            }</li>`,
        )}</ul>${day.matched > day.papers.length ? html`<small>and ${counted(day.matched - day.papers.length)} more</small>` : ''}`
  }</td></tr>`;
}

const counted = (count: number) => count.toLocaleString('en');

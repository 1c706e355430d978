import { audit } from './audit.ts';
import type { Wish } from './calendar.ts';
import { auditRans, auditTimes, type Ran } from './days.ts';
import type { Ledger, LedgerDelivery } from './ledger.ts';
import { iso } from './paperboy.ts';
import { gainsOf, isRecent, lastTold, mayRise, mustRise, type Sighting, type Told } from './recordings.ts';
import type { Caught } from './sink.ts';

/** All that is known of a replay: from the recordings, the mail server and the file; nothing the program says of itself but in `rans`. */
export interface World {
  wishes: Wish[];
  rans: Ran[];
  start: number;
  told: Told[];
  sightings: Map<string, Sighting[]>;
  /** When papers were said to be withdrawn, by arXiv id. */
  withdrawals: Map<string, number>;
  ledger: Ledger;
  /** The topic that brought a paper in, by `messageId key`. */
  topics: Map<string, string | null>;
  paperKeys: string[];
}

const windowDays = 14;

export function auditReplay(world: World): { figures: Record<string, number>; wrong: string[] } {
  const { ledger, rans, wishes } = world;
  const mails = rans.flatMap((ran) => ran.mails.map((mail) => ({ mail, at: ran.at })));
  const rows = new Map(ledger.deliveries.map((one) => [one.messageId, one]));
  const wishOf = new Map(wishes.map((wish) => [wish.email, wish]));
  const wrong = [
    ...audit(
      ledger,
      mails.map((one) => one.mail),
    ),
    ...auditRans(rans, ledger),
    ...auditTimes(
      wishes,
      ledger,
      rans.map((ran) => ran.at),
      world.start,
    ),
    ...auditKeys(world),
    ...auditEverything(world),
  ];
  let risingMarks = 0;
  let figuresTold = 0;
  const risen = new Set<string>();
  for (const { mail, at } of mails) {
    const row = rows.get(mail.messageId);
    const wish = wishOf.get(mail.to[0] ?? '');
    if (!row || !wish) continue;
    const said: string[] = [...comparePapers(row, mail), ...compareTopics(row, wish, world)];
    const cards = readCards(mail.text);
    for (const id of mail.arxivIds) {
      said.push(...judgePaper(id, at, world));
      const { rising, words } = cards.get(id) ?? { rising: false, words: '' };
      if (rising) {
        risingMarks++;
        risen.add(id);
        if (!mayRise(world.sightings.get(id) ?? [], at)) said.push(`${id} is called rising`);
      } else if (mustRise(world.sightings.get(id) ?? [], at)) said.push(`${id} rises and is not called so`);
      if (rising !== row.papers.find((paper) => paper.key === `arxiv:${id}`)?.rising)
        said.push(`${id} is ${rising ? '' : 'not '}called rising, otherwise than in its row`);
      const told = judgeVotes(words, world.sightings.get(id) ?? [], at);
      if (told !== null) figuresTold++;
      if (told) said.push(`${id}: ${told}`);
    }
    wrong.push(...said.map((line) => `${row.email}, ${row.editionDate}, run ${iso(at)}: ${line}`));
  }
  return {
    wrong,
    figures: {
      ...count(ledger),
      mails: mails.length,
      'votes checked': figuresTold,
      'rising marks': risingMarks,
      'rising papers': risen.size,
    },
  };
}

function count({ deliveries }: Ledger): Record<string, number> {
  const counts: Record<string, number> = { deliveries: deliveries.length };
  for (const { status, reason } of deliveries) {
    const name = reason === null ? status : `${status}, ${reason}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  counts['papers in digests'] = deliveries.reduce((sum, one) => sum + one.papers.length, 0);
  return counts;
}

/** The store holds the papers of the recordings, each once, and no others. */
function auditKeys({ paperKeys, sightings }: World): string[] {
  const expected = new Set([...sightings.keys()].map((id) => `arxiv:${id}`));
  const found = new Set(paperKeys);
  return [
    ...[...expected].filter((key) => !found.has(key)).map((key) => `${key} was told of and is not stored`),
    ...[...found].filter((key) => !expected.has(key)).map((key) => `${key} is stored and nobody told of it`),
    ...(paperKeys.length === found.size ? [] : ['a paper is stored twice']),
  ];
}

/** The mail links to the papers of its row, all of them, in their order. */
function comparePapers(row: LedgerDelivery, mail: Caught): string[] {
  const inRow = row.papers.map((paper) => paper.key).join(' ');
  const inMail = mail.arxivIds.map((id) => `arxiv:${id}`).join(' ');
  return inRow === inMail ? [] : [`the mail links to ${inMail}, the row holds ${inRow}`];
}

function compareTopics(row: LedgerDelivery, wish: Wish, world: World): string[] {
  return row.papers.flatMap(({ key, title }) => {
    const slug = world.topics.get(`${row.messageId} ${key}`);
    if (!slug || !wish.topics.includes(slug)) return [`${key} came for ${slug}, which is not subscribed to`];
    const categories =
      world.sightings.get(key.slice('arxiv:'.length))?.flatMap((one) => one.categories) ?? [];
    if (slug === 'own-vision' && !categories.includes('cs.CV')) return [`${key} is not in cs.CV`];
    if (slug === 'own-diffusion' && !/diffus/i.test(title)) return [`${key} has no diffusion in its title`];
    return [];
  });
}

/** Told of by then, not withdrawn by then, and recent or newly gaining. */
function judgePaper(id: string, at: number, { sightings, withdrawals }: World): string[] {
  const seen = sightings.get(id);
  if (!seen) return [`${id} is in no recording`];
  const wrong: string[] = [];
  if ((seen[0]?.at ?? Number.POSITIVE_INFINITY) > at) wrong.push(`${id} was not told of yet`);
  if ((withdrawals.get(id) ?? Number.POSITIVE_INFINITY) <= at) wrong.push(`${id} was withdrawn before`);
  const gained =
    (lastTold(seen, 'upvotes', at) ?? 0) - (lastTold(seen, 'upvotes', at - 2 * 86_400_000) ?? 0) >= 5;
  if (!isRecent(seen, at, windowDays) && !gained) wrong.push(`${id} is older than ${windowDays} days`);
  return wrong;
}

/** Who follows everything gets a full digest as long as there is plenty, and none only when there is nothing. */
function auditEverything({ wishes, ledger, sightings, withdrawals }: World): string[] {
  const papers = [...sightings].map(([id, seen]) => ({ id, seen }));
  const wrong: string[] = [];
  for (const wish of wishes.filter((one) => one.topics.includes('everything'))) {
    const sent = new Set<string>();
    const rows = ledger.deliveries.filter((row) => row.email === wish.email);
    for (const row of rows.sort((a, b) => a.dueAt - b.dueAt)) {
      const at = row.plannedAt;
      const unsent = papers.filter(
        ({ id, seen }) =>
          // A day less than the window: its edge is looked at elsewhere.
          (seen[0]?.at ?? at + 1) <= at &&
          isRecent(seen, at, windowDays - 1) &&
          !withdrawals.has(id) &&
          !sent.has(`arxiv:${id}`),
      ).length;
      const name = `${wish.email}, ${row.editionDate}: ${unsent} unsent papers`;
      if (row.status === 'skipped' && unsent > 0) wrong.push(`${name}, and skipped (${row.reason})`);
      if (row.status === 'sent' && unsent >= 3 * wish.maxPapers && row.papers.length !== wish.maxPapers)
        wrong.push(`${name}, and ${row.papers.length} of ${wish.maxPapers} papers`);
      for (const paper of row.papers) sent.add(paper.key);
    }
  }
  return wrong;
}

interface CardText {
  rising: boolean;
  words: string;
}

/** The text part's papers by arXiv id: ruled off by lines of dashes. */
function readCards(text: string): Map<string, CardText> {
  const cards = new Map<string, CardText>();
  for (const section of text.split(/^---$/m)) {
    const id = /https?:\/\/arxiv\.org\/abs\/([^\s?#]+)/.exec(section)?.[1]?.replace(/v\d+$/, '');
    const words = section.replace(/\s+/g, ' ');
    if (id) cards.set(id, { rising: /^\s*Rising ·/m.test(section), words });
  }
  return cards;
}

/** Whether the votes that a card tells are those recorded: null when it tells none, '' when right, otherwise what is wrong. */
function judgeVotes(words: string, seen: readonly Sighting[], at: number): string | null {
  const found = /· (\d{1,3}) upvotes?\b(?:, \+(\d{1,3}) since yesterday)?/.exec(words);
  if (!found) return null;
  const recorded = lastTold(seen, 'upvotes', at) ?? 0;
  if (Number(found[1]) !== recorded) return `${found[0]} told, ${recorded} recorded`;
  const gains = gainsOf(seen, 'upvotes', at).map((one) => one.gained);
  return found[2] === undefined || gains.includes(Number(found[2]))
    ? ''
    : `${found[0]} told, ${gains.join(' or ')} gained`;
}

import type { StoredPaper } from '../papers/paper.ts';
import { readableName } from '../tex/readable.ts';
import { cleanLine, isolate, safeLink } from './clean.ts';
import type { Digest, Occasion, Sender } from './digest.ts';
import { authorsLine } from './figures.ts';
import { type MarkedText, markKey, markLine, markSummary } from './marked-text.ts';
import { marks } from './own-lines.ts';
import type { Catalogue } from './strings/catalogue.ts';
import { fillIn, type Words, wordsFor } from './strings.ts';
import { named, nameTopics, topicName } from './topic-names.ts';

/** Who sends, as the config has it. */
export interface Site {
  sender: Sender;
  /** The sender's postal address, in one line, where the law wants one. */
  postalAddress?: string | null;
  /** What is counted of this digest's readers, without telling who; absent: nothing. */
  counting?: Counting | null;
}

export interface Counting {
  clicks: boolean;
  opens: boolean;
}

/** What a template may say of the edition as a whole. Plain text; the template escapes. */
export interface EditionView {
  lang: string;
  dir: 'ltr' | 'rtl';
  /** The side where a line begins and ends, for `align`. */
  start: Side;
  end: Side;
  title: string;
  preheader: string;
  date: string;
  dateLang: string;
  inside: string;
  more: string | null;
  reason: string;
  sentBy: string;
  postalAddress: string | null;
  homeUrl: string;
  preferencesUrl: string;
  unsubscribeUrl: string;
  /** This digest as a page; null where it is shown as that page. */
  viewUrl: string | null;
  /** A picture of one pixel whose loads are counted; null: they are not. */
  openUrl: string | null;
  /** That clicks or loads are counted, for nobody in particular; null: they are not. */
  counted: string | null;
  /** Between a label and its link in one line of text. */
  colon: string;
  words: Record<'preferences' | 'change' | 'seeMore' | 'unsubscribe' | 'viewInBrowser', string>;
}

type Side = 'left' | 'right';

/** What it may say of a paper, the same for everyone. What may hold mathematics has two forms. */
export interface CardView {
  /** Told with title and authors alone, as there is no room for more. */
  brief: boolean;
  start: Side;
  end: Side;
  /** Between a label and its link in one line of text. */
  colon: string;
  title: MarkedText | string;
  href: string | null;
  authors: string | null;
  summary: MarkedText | string | null;
  links: CardLink[];
  /** Where to say that one wants more or less of its kind; none where nobody may act for the reader. */
  feedback: CardLink[];
}

/** What of a paper a link leads to. */
export const linkKinds = ['paper', 'pdf', 'code', 'project'] as const;
export type LinkKind = (typeof linkKinds)[number];

export interface CardLink {
  /** Numbers go on from link to link of a paper. */
  number: number;
  kind: LinkKind | 'more' | 'less';
  label: string;
  href: string;
}

export interface PaperView extends CardView {
  title: MarkedText;
  summary: MarkedText | null;
}

const TITLE_LENGTH = 300;
const NAME_LENGTH = 60;
const NAMES_SHOWN = 3;
const NBSP = '\u00A0';
const RAW_NAME_LENGTH = 200;

/** A paper's card: TeX made readable, everything bounded, links only http(s). `feedbackUrl` goes before `/more` and `/less`. */
export function viewPaper(paper: StoredPaper, locale: string, feedbackUrl: string | null = null): PaperView {
  const { catalogue } = wordsFor(locale);
  // Of thousands of names only the first are shown; the line counts the rest.
  let cleaned = 0;
  const names = paper.authors.map((name) => {
    if (cleaned > NAMES_SHOWN) return name;
    const clean = cleanLine(readableName(name.slice(0, RAW_NAME_LENGTH)), NAME_LENGTH);
    // One that is empty is left out, and another shown in its place.
    if (clean !== '') cleaned++;
    return clean;
  });
  const line = authorsLine(names, NAMES_SHOWN, locale);
  // `and 12 more` stays together.
  const authors = names.length > NAMES_SHOWN + 1 ? line.replace(/ (\S+) (\S+)$/, `${NBSP}$1${NBSP}$2`) : line;
  const links: CardLink[] = [];
  for (const kind of linkKinds) {
    const href = safeLink(paper[`${kind}Url`]);
    if (href !== null && !links.some((link) => link.href === href))
      links.push({ number: links.length + 1, kind, label: catalogue[kind], href });
  }
  return {
    brief: false,
    ...sideOf(catalogue.dir),
    colon: catalogue.colon,
    title: markLine(paper.title, TITLE_LENGTH) ?? markKey(paper.key),
    href: links[0]?.href ?? null,
    authors: authors || null,
    summary: markSummary(paper.tldr, paper.abstract),
    links,
    feedback: feedbackUrl === null ? [] : feedbackLinks(feedbackUrl, links.length, catalogue),
  };
}

/** The same card with links that are counted on their way: `url` goes before `/PAPER/KIND`. */
export function countClicks(card: PaperView, paperId: number, url: string): PaperView {
  const links = card.links.map((link) => ({ ...link, href: `${url}/${paperId}/${link.kind}` }));
  return { ...card, links, href: links[0]?.href ?? null };
}

function feedbackLinks(url: string, before: number, { moreLikeThis, lessLikeThis }: Catalogue): CardLink[] {
  return [
    { number: before + 1, kind: 'more', label: moreLikeThis, href: `${url}/more` },
    { number: before + 2, kind: 'less', label: lessLikeThis, href: `${url}/less` },
  ];
}

function sideOf(dir: 'ltr' | 'rtl'): { start: Side; end: Side } {
  return dir === 'rtl' ? { start: 'right', end: 'left' } : { start: 'left', end: 'right' };
}

const papersOf = { day: 'papers', week: 'papersOfWeek', away: 'papersSinceAway' } as const;

/** `7 papers for you — 3 in LLM efficiency, 2 in Retrieval and 2 in other topics.` */
function tellInside(
  occasion: Occasion,
  topics: [name: string, count: number][],
  total: number,
  words: Words,
): string {
  const { catalogue, say, number, list } = words;
  if (occasion === 'quiet' || occasion === 'late') return catalogue[occasion];
  const papers = say(catalogue[papersOf[occasion]], total);
  const [first] = topics;
  if (!first) return fillIn(catalogue.insideNone, { papers });
  if (first[1] === total) return fillIn(catalogue.insideOne, { papers, topic: topicName(first[0], words) });
  const told = topics.slice(0, named(topics.length));
  const others = total - told.reduce((sum, [, count]) => sum + count, 0);
  const counted = told.map(([topic, count]) =>
    fillIn(catalogue.countInTopic, { count: number(count), topic: topicName(topic, words) }),
  );
  if (others > 0) counted.push(say(catalogue.countInOthers, others));
  return fillIn(catalogue.insideMany, { papers, topics: list(counted) });
}

function tellReason({ occasion }: Digest, topics: string[], words: Words): string {
  const { catalogue } = words;
  if (occasion === 'quiet' || occasion === 'late') return catalogue.quietReason;
  if (topics.length === 0) return catalogue.reasonWithoutTopics;
  return fillIn(catalogue.reason, { topics: nameTopics(topics, words) });
}

/** Everything around the papers, with marks for the reader's own links; an empty preheader becomes what is said of the inside. */
export function viewEdition(digest: Digest, site: Site, preheader: string, more: number): EditionView {
  const words = wordsFor(digest.locale);
  const { catalogue } = words;
  const counts = new Map<string, number>();
  for (const { note } of digest.papers) {
    const [topic] = note.topics;
    if (topic !== undefined) counts.set(topic, (counts.get(topic) ?? 0) + 1);
  }
  const topics = [...counts].sort((a, b) => b[1] - a[1]);
  const names = topics.map(([topic]) => topic);
  const name = cleanLine(site.sender.name, 80);
  const date = words.date(digest.editionDate);
  const inside = tellInside(digest.occasion, topics, digest.papers.length, words);
  return {
    lang: catalogue.language,
    dir: catalogue.dir,
    ...sideOf(catalogue.dir),
    title: `${name} · ${date}`,
    preheader: preheader || inside,
    date,
    dateLang: words.dateLanguage,
    inside,
    more: more > 0 ? words.say(catalogue.moreMatch, more) : null,
    reason: tellReason(digest, names, words),
    sentBy: fillIn(catalogue.sentBy, {
      name: isolate(name, catalogue.dir),
      address: isolate(cleanLine(site.sender.address, 254), catalogue.dir),
    }),
    postalAddress: site.postalAddress ? cleanLine(site.postalAddress, 300) : null,
    homeUrl: digest.links.home,
    preferencesUrl: marks.preferences,
    unsubscribeUrl: marks.unsubscribe,
    viewUrl: digest.links.view === undefined ? null : marks.view,
    openUrl: site.counting?.opens ? `${digest.links.home}seen/${digest.editionDate}.gif` : null,
    counted: site.counting?.clicks || site.counting?.opens ? catalogue.counted : null,
    colon: catalogue.colon,
    words: {
      preferences: catalogue.preferences,
      change: catalogue.change,
      seeMore: catalogue.seeMore,
      unsubscribe: catalogue.unsubscribe,
      viewInBrowser: catalogue.viewInBrowser,
    },
  };
}

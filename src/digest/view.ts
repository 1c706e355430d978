import type { StoredPaper } from '../papers/paper.ts';
import { authorsLine, trendWords } from '../papers/words.ts';
import { readableName } from '../tex/readable.ts';
import { cleanLine, isolate, safeLink } from './clean.ts';
import type { Digest, Note, Sender } from './digest.ts';
import { type MarkedText, markKey, markLine, markSummary } from './marked-text.ts';
import { dateWords, numberWords, stringsFor, wordsLocale } from './strings.ts';

/** Who sends, as the config has it. */
export interface Site {
  sender: Sender;
  /** The sender's postal address, in one line, where the law wants one. */
  postalAddress?: string | null;
}

/** What a template may say of the edition as a whole. Plain text; the template escapes. */
export interface EditionView {
  lang: string;
  dir: 'ltr' | 'rtl';
  /** The side where a line ends, for `align`. */
  end: 'left' | 'right';
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
  words: { preferences: string; change: string; seeMore: string; unsubscribe: string };
}

/** What it may say of a paper, the same for everyone. What may hold mathematics has two forms. */
export interface CardView {
  title: MarkedText | string;
  href: string | null;
  authors: string | null;
  summary: MarkedText | string | null;
  links: { label: string; href: string }[];
}

export interface PaperView extends CardView {
  title: MarkedText;
  summary: MarkedText | null;
}

/** Why a paper is here, for this subscriber. */
export interface WhyView {
  topics: string;
  trend: string | null;
  rising: string | null;
  /** All of it in one line: `Rising · LLM efficiency · +41 upvotes since yesterday`. */
  line: string;
}

const TITLE_LENGTH = 300;
const NAME_LENGTH = 60;
const NAMES_SHOWN = 3;
const TOPIC_LENGTH = 60;
const TOPICS_NAMED = 3;
const NBSP = '\u00A0';
const RAW_NAME_LENGTH = 200;

/** A paper's card: TeX made readable, everything bounded, links only http(s). */
export function viewPaper(paper: StoredPaper, locale: string): PaperView {
  const strings = stringsFor(locale);
  // Of thousands of names only the first are shown; the line counts the rest.
  const names = paper.authors.map((name, index) =>
    index <= NAMES_SHOWN ? cleanLine(readableName(name.slice(0, RAW_NAME_LENGTH)), NAME_LENGTH) : name,
  );
  const authors = authorsLine(names, NAMES_SHOWN).replace(/ (\d+) (\S+)$/, `${NBSP}$1${NBSP}$2`);
  const links: CardView['links'] = [];
  for (const [label, address] of [
    [strings.paper, paper.paperUrl],
    [strings.pdf, paper.pdfUrl],
    [strings.code, paper.codeUrl],
    [strings.project, paper.projectUrl],
  ] as const) {
    const href = safeLink(address);
    if (href !== null && !links.some((link) => link.href === href)) links.push({ label, href });
  }
  return {
    title: markLine(paper.title, TITLE_LENGTH) ?? markKey(paper.key),
    href: links[0]?.href ?? null,
    authors: authors || null,
    summary: markSummary(paper.tldr, paper.abstract),
    links,
  };
}

/** The words for a frozen note. */
export function viewWhy(note: Note, locale: string): WhyView {
  const strings = stringsFor(locale);
  const rising = note.rising ? strings.rising : null;
  const topics = nameTopics(note.topics, locale);
  // The mark is set apart from the figures, so it is not said twice.
  const figures = trendWords(note.changes, note.rising, wordsLocale(locale)).replace(/^rising: /, '');
  const trend = keepTogether(cleanLine(figures, 160)) || null;
  return { topics, trend, rising, line: [rising, topics, trend].filter(Boolean).join(' · ') };
}

/** A narrow column breaks between figures, not within one, and no line begins with the dot. */
function keepTogether(figures: string): string {
  return figures
    .split(' · ')
    .map((figure) => figure.replaceAll(' ', NBSP))
    .join(`${NBSP}· `);
}

/** To leave one name out would save nothing. */
function told(names: number): number {
  return names <= TOPICS_NAMED + 1 ? names : TOPICS_NAMED;
}

/** `A, B, C and 2 more`. */
function nameTopics(names: string[], locale: string): string {
  const named = names.slice(0, told(names.length)).map((name) => isolate(cleanLine(name, TOPIC_LENGTH)));
  const others = names.length - named.length;
  return stringsFor(locale).list(named, others > 0 ? numberWords(others, locale) : null);
}

/** Everything around the papers. */
export function viewEdition(digest: Digest, site: Site, preheader: string, more: number): EditionView {
  const { locale } = digest;
  const strings = stringsFor(locale);
  const counts = new Map<string, number>();
  for (const { note } of digest.papers) {
    const [topic] = note.topics;
    if (topic !== undefined) counts.set(topic, (counts.get(topic) ?? 0) + 1);
  }
  const ranked = [...counts].sort((a, b) => b[1] - a[1]);
  const named = ranked.slice(0, told(ranked.length));
  const total = digest.papers.length;
  const others = total - named.reduce((sum, [, count]) => sum + count, 0);
  const date = dateWords(digest.editionDate, locale);
  const name = cleanLine(site.sender.name, 80);
  const postalAddress = site.postalAddress ? cleanLine(site.postalAddress, 300) : null;
  return {
    lang: strings.language,
    dir: strings.dir,
    end: strings.dir === 'rtl' ? 'left' : 'right',
    title: `${name} · ${date.text}`,
    preheader,
    date: date.text,
    dateLang: date.language,
    inside: strings.inside(
      numberWords(total, locale),
      total,
      named.map(([topic, count]) => ({
        name: isolate(cleanLine(topic, TOPIC_LENGTH)),
        count: numberWords(count, locale),
      })),
      others > 0 ? numberWords(others, locale) : null,
    ),
    more: more > 0 ? strings.moreMatch(numberWords(more, locale), more === 1) : null,
    reason: strings.reason(
      nameTopics(
        ranked.map(([topic]) => topic),
        locale,
      ),
    ),
    sentBy: strings.sentBy(name, cleanLine(site.sender.address, 254)),
    postalAddress,
    homeUrl: digest.links.home,
    preferencesUrl: digest.links.preferences,
    unsubscribeUrl: digest.links.unsubscribe,
    words: {
      preferences: strings.preferences,
      change: strings.change,
      seeMore: strings.seeMore,
      unsubscribe: strings.unsubscribe,
    },
  };
}

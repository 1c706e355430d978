import type { SignalKind } from '../../papers/paper.ts';

/**
 * A phrase for each plural form that the language has (CLDR, `Intl.PluralRules`). `{count}` is the number, written as
 * the reader's locale does; a form without it says the number in words.
 */
export type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

/** The words of a mail that asks for one press of a button. */
export interface LetterWords {
  subject: string;
  heading: string;
  lead: string;
  button: string;
  /** What to do when it was somebody else's doing. */
  otherwise: string;
}

/**
 * The mail's fixed words in one language; `{names}` in braces are filled in. A new language is one more file of this
 * shape, named in ../strings.ts. Whoever is addressed is addressed politely.
 */
export interface Catalogue {
  /** BCP 47, the `lang` of the mail. */
  language: string;
  dir: 'ltr' | 'rtl';
  /** Between a label and a link in one line of plain text. */
  colon: string;

  preferences: string;
  unsubscribe: string;
  /** In the head, the way to the same digest as a page. */
  viewInBrowser: string;
  /** In the footer, the way to the preferences. */
  change: string;
  /** After `moreMatch`, the way to more papers. */
  seeMore: string;

  paper: string;
  pdf: string;
  code: string;
  project: string;
  /** Under a paper: what its reader would have of its kind from now on. */
  moreLikeThis: string;
  lessLikeThis: string;
  /** The mark of a paper that was passed over at first and takes off now. */
  rising: string;
  /** Behind why a paper is here: it is like one, `{title}`, that its reader asked for more of. */
  liked: string;

  /** How many papers there are, for a day, a week, and the best of days without a digest; no full stop. */
  papers: Plural;
  papersOfWeek: Plural;
  papersSinceAway: Plural;
  /** What is inside, by how many topics: `{papers}` is one of the above, `{topic}` the only topic, `{topics}` a list of the two below. */
  insideNone: string;
  insideOne: string;
  insideMany: string;
  countInTopic: string;
  countInOthers: Plural;
  /** What a mail without papers says, for who asked for one: there is nothing new, or a source was late. */
  quiet: string;
  late: string;
  moreMatch: Plural;

  /** The subject when there are more papers than the one in it. */
  subject: Plural;
  /** The subjects of mails without papers; the date makes each its own. */
  quietSubject: string;
  lateSubject: string;
  /** What a mailbox shows after the subject. */
  also: string;
  /** The last of a list of topics, of which some are not told. */
  others: Plural;
  /** Authors, of which some are not told. */
  authors: Plural;

  signals: Record<SignalKind, Plural>;
  /** A figure (one of `signals`) with its gain (`+41`); the first one of a line says since when. */
  gained: string;
  gainedSinceYesterday: string;
  gainedThisWeek: string;

  reason: string;
  reasonWithoutTopics: string;
  quietReason: string;
  sentBy: string;
  /** In the footer, where the operator counts clicks or opens. */
  counted: string;

  /** Mails that are no digest: to confirm a subscription, that there is one already, to confirm a new address, to the former one. */
  letters: {
    confirm: LetterWords;
    known: LetterWords;
    move: LetterWords;
    moved: LetterWords;
    /** Until when the link works: `{date}`. */
    until: string;
    /** Before the link in full. */
    orOpen: string;
  };
}

import type { CardLink, CardView, EditionView } from './view.ts';
import type { WhyView } from './why.ts';

/** What a template may name at a place: text (null), an object with fields of its own, or a list of such objects. */
export interface Fields {
  readonly [name: string]: null | Fields | readonly [Fields];
}

type FieldsOf<View> = Record<keyof View, null | Fields | readonly [Fields]>;

const link: FieldsOf<CardLink> = { number: null, kind: null, label: null, href: null };

const why: FieldsOf<WhyView> = {
  topics: null,
  spark: null,
  trend: null,
  rising: null,
  liked: null,
  line: null,
};

const card: FieldsOf<CardView> & Fields = {
  brief: null,
  start: null,
  end: null,
  colon: null,
  title: null,
  href: null,
  authors: null,
  summary: null,
  links: [link],
  feedback: [link],
  why,
};

const words: FieldsOf<EditionView['words']> = {
  preferences: null,
  change: null,
  seeMore: null,
  unsubscribe: null,
  viewInBrowser: null,
};

const edition: FieldsOf<EditionView> = {
  lang: null,
  dir: null,
  start: null,
  end: null,
  title: null,
  preheader: null,
  date: null,
  dateLang: null,
  inside: null,
  more: null,
  reason: null,
  sentBy: null,
  postalAddress: null,
  homeUrl: null,
  preferencesUrl: null,
  unsubscribeUrl: null,
  viewUrl: null,
  openUrl: null,
  counted: null,
  colon: null,
  words,
};

/** Of `digest.mjml` and `digest.txt`; what is under `papers` is of `paper.mjml`, where that is included. */
export const digestFields: Fields = { ...edition, papers: [card] };

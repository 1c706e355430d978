import Handlebars from 'handlebars';
import { cleanLine, isolate, safeLink } from './clean.ts';
import { compileMjml, readTextTemplate } from './compile-mjml.ts';
import { fillIn, wordsFor } from './strings.ts';
import { bothOf, TemplateError } from './template-files.ts';
import { textHelpers } from './templates.ts';
import type { Site } from './view.ts';

/**
 * A mail that is no digest and asks for one press of a button: to confirm a subscription, to open the preferences of
 * one that is there already, to confirm a new address, or, at the one before it, to end what its owner did not ask for.
 * Nothing in it was written by whoever asked for it.
 */
export interface Letter {
  kind: 'confirm' | 'known' | 'move' | 'moved';
  /** BCP 47. */
  locale: string;
  /** Where the button leads; absolute. */
  url: string;
  /** Until when that works, epoch ms; null: for good. */
  expiresAt: number | null;
}

export interface RenderedLetter {
  subject: string;
  html: string;
  text: string;
}

/** What the templates may say; plain text, the HTML template escapes. */
interface LetterView {
  lang: string;
  dir: 'ltr' | 'rtl';
  start: 'left' | 'right';
  subject: string;
  heading: string;
  lead: string;
  button: string;
  /** Behind the button's words, where its link stands in the next line of text. */
  colon: string;
  url: string;
  until: string | null;
  otherwise: string;
  orOpen: string;
  sentBy: string;
  postalAddress: string | null;
  homeUrl: string;
}

const fields: Record<keyof LetterView, null> = {
  lang: null,
  dir: null,
  start: null,
  subject: null,
  heading: null,
  lead: null,
  button: null,
  colon: null,
  url: null,
  until: null,
  otherwise: null,
  orOpen: null,
  sentBy: null,
  postalAddress: null,
  homeUrl: null,
};

/** Both parts of the letters, compiled once. */
export interface LetterTemplates {
  html: (view: LetterView) => string;
  text: (view: LetterView) => string;
}

/**
 * Reads and compiles `confirm.mjml` and `confirm.txt`; files in `own` take the place of those of the same name. Throws
 * TemplateError.
 */
export async function loadLetterTemplates(
  shipped: string,
  own: string | null = null,
): Promise<LetterTemplates> {
  const folders = { shipped, own };
  const [html, text] = await bothOf(
    compileMjml(folders, 'confirm.mjml', fields),
    readTextTemplate(folders, 'confirm.txt', fields),
  );
  return {
    html: tryOut(html.file, compile(html.source, false)),
    text: tryOut(text.file, compile(text.source, true)),
  };
}

function tryOut(file: string, fill: (view: LetterView) => string): (view: LetterView) => string {
  const url = 'https://button.example/';
  const filled = fill(viewLetter({ kind: 'confirm', locale: 'en', url, expiresAt: 0 }, trial));
  if (filled.includes(url)) return fill;
  throw new TemplateError([{ file, line: null, column: null, message: 'the mail must hold {{url}}' }]);
}

const trial = { sender: { name: 's', address: 's@s.example' }, home: 'https://home.example/' };

function compile(source: string, isText: boolean): (view: LetterView) => string {
  const engine = Handlebars.create();
  engine.registerHelper(textHelpers);
  const fill = engine.compile(source, {
    strict: true,
    noEscape: isText,
    knownHelpers: { wrap: true },
    knownHelpersOnly: true,
  });
  return (view) => fill(view);
}

/** `home`: PUBLIC_URL with a closing slash. Same input, same bytes. */
export function renderLetter(
  templates: LetterTemplates,
  letter: Letter,
  site: Site & { home: string },
): RenderedLetter {
  const view = viewLetter(letter, site);
  return { subject: view.subject, html: templates.html(view), text: templates.text(view) };
}

function viewLetter({ kind, locale, url, expiresAt }: Letter, site: Site & { home: string }): LetterView {
  const { catalogue, date } = wordsFor(locale);
  const { until, orOpen, [kind]: words } = catalogue.letters;
  const link = safeLink(url);
  if (link === null) throw new RangeError('The link of a letter is not an absolute http(s) address.');
  return {
    lang: catalogue.language,
    dir: catalogue.dir,
    start: catalogue.dir === 'rtl' ? 'right' : 'left',
    ...words,
    colon: catalogue.colon.trimEnd(),
    url: link,
    // The day in UTC before it ends: a link never works shorter than is said here.
    until:
      expiresAt === null
        ? null
        : fillIn(until, { date: date(new Date(expiresAt).toISOString().slice(0, 10)) }),
    orOpen,
    sentBy: fillIn(catalogue.sentBy, {
      name: isolate(cleanLine(site.sender.name, 80), catalogue.dir),
      address: isolate(cleanLine(site.sender.address, 254), catalogue.dir),
    }),
    postalAddress: site.postalAddress ? cleanLine(site.postalAddress, 300) : null,
    homeUrl: site.home,
  };
}

import { caniemail, rawData } from 'caniemail';
import { beforeAll, expect, test } from 'vitest';
import { type Letter, openPost, writeAll } from './letters.ts';

/**
 * Those that the mail is made for. Outlook: the new one and the web's (`outlook-com`), the old one of Windows, and those
 * of phones and the Mac; Windows' own Mail has ended. Of Thunderbird only the data on the Mac is more than a few lines.
 */
const clients = [
  ...['gmail.*', 'apple-mail.*', 'yahoo.*', 'protonmail.*', 'thunderbird.macos'],
  ...['outlook.outlook-com', 'outlook.windows', 'outlook.macos', 'outlook.ios', 'outlook.android'],
] as Parameters<typeof caniemail>[0]['clients'];

/** What readers see where a feature is missing, for what stands in the tags themselves. */
const inlineFallbacks: Record<string, string> = {
  'display:none': 'what the inbox shows beside the subject is one small line of text above the mail',
  'max-height property': 'Outlook hides the same line by mso-hide',
  overflow: 'Outlook hides the same line by mso-hide',
  '<body> element': 'the colour of the page stands on a div in it, too',
  'text-decoration': 'links are underlined',
  'height property': 'only an empty cell has one',
  'word-break': 'a word that is longer than a line widens it',
  'word-spacing': 'it is set to what it is anyway',
  'aria-label attribute': 'the mail has a heading with the same words',
  'aria-hidden attribute': 'the row of blocks is read out, before the words that say the same',
  'role attribute': 'a screen reader announces a table around the whole, once',
  'border-radius': 'the corners of a button are square',
  cursor: 'a link has the pointer of a link anyway',
  'target attribute': 'each client opens links its own way',
  direction: 'the dir attribute says the same',
};

/** The style block holds nothing that a reader needs: dark colours, phones, the pointer. Each of these may be missing. */
const styleFallbacks: Record<string, string> = {
  ...Object.fromEntries(
    [
      ...['Class selector', 'Type selector', 'ID selector', 'Attribute selector', 'Chaining selectors'],
      ...['Descendant combinator', 'Child combinator', 'Grouping selectors', '<style> element', '@media'],
    ].map((title) => [title, 'the light design, which stands in the tags']),
  ),
  ':hover': 'links do not change under the pointer',
  'color-scheme CSS property': 'the client darkens the mail its own way, or not',
  'color-scheme meta tag': 'the client darkens the mail its own way, or not',
  outline: 'a reset of MJML for images, of which there are none',
  'prefers-color-scheme media query': 'the light design',
  '@media (prefers-color-scheme)': 'the light design',
};

let letters: Letter[];
beforeAll(async () => {
  const post = await openPost();
  letters = await writeAll(post);
  return () => post.close();
});

/** `title: clients` of all that some client does not support at all. */
function unsupported(html: string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const [client, issues] of caniemail({ clients, html }).issues.errors)
    for (const { title } of issues) found.set(title, (found.get(title) ?? new Set()).add(client));
  return found;
}

/** As Gmail's mobile web mail and others show it, that drop it. */
const withoutStyle = (html: string) =>
  html.replace(/<style[\s\S]*?<\/style>/g, '').replace(/<meta name="[^"]*color-schemes?"[^>]*>/g, '');

function lacking(html: (letter: Letter) => string, fallbacks: Record<string, string>): string[] {
  const found = letters.flatMap((letter) =>
    [...unsupported(html(letter))]
      .filter(([title]) => !(title in fallbacks))
      .map(([title, names]) => `${letter.name}: ${title} (${[...names].join(' ')})`),
  );
  return found;
}

test('what stands in the tags works in every client or has a fallback', () => {
  expect(lacking(({ mail }) => withoutStyle(mail.html), inlineFallbacks)).toEqual([]);
});

test('of the style block nothing is needed, and all else has a fallback', () => {
  expect(lacking(({ mail }) => mail.html, { ...inlineFallbacks, ...styleFallbacks })).toEqual([]);
});

test('the data is awake: it knows these clients, and that Gmail has no <video>', () => {
  expect(rawData.data.length).toBeGreaterThan(250);
  expect([...unsupported('<body><video src="a.mp4"></video></body>').keys()]).toContain('<video> element');
});

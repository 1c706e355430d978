import { escapeHtml } from '../../tex/escape.ts';

/** A feed, whatever its form. All addresses are absolute. */
export interface Feed {
  title: string;
  /** Of the page it belongs to. */
  homeUrl: string;
  /** Of itself, and of the same feed in the other form. */
  feedUrl: string;
  otherUrl: string;
  entries: FeedEntry[];
  /** When its latest entry came or changed, epoch ms. */
  updatedAt: number;
}

export interface FeedEntry {
  /** For ever the same. */
  id: string;
  /** The paper's page here. */
  url: string;
  /** Where the paper is; null: nowhere that is known. */
  paperUrl: string | null;
  title: string;
  authors: string[];
  categories: string[];
  summary: string;
  /** HTML of our own making. */
  content: string;
  /** Epoch ms. */
  publishedAt: number;
  updatedAt: number;
}

/** The feed as Atom (RFC 4287). */
export function writeAtom(feed: Feed): string {
  const text = (value: string) => escapeHtml(xmlText(value));
  const link = (rel: string, href: string, type: string) =>
    `<link rel="${rel}" href="${text(href)}" type="${type}"/>`;
  const entries = feed.entries.map(
    (entry) => `<entry>
<id>${text(entry.id)}</id>
<title>${text(entry.title)}</title>
<link rel="alternate" href="${text(entry.url)}" type="text/html"/>${
      entry.paperUrl === null ? '' : `\n<link rel="related" href="${text(entry.paperUrl)}"/>`
    }
${entry.authors.map((name) => `<author><name>${text(name)}</name></author>`).join('\n')}
${entry.categories.map((term) => `<category term="${text(term)}"/>`).join('\n')}
<published>${instant(entry.publishedAt)}</published>
<updated>${instant(entry.updatedAt)}</updated>
<summary>${text(entry.summary)}</summary>
<content type="html">${text(entry.content)}</content>
</entry>`,
  );
  return `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
<id>${text(feed.feedUrl)}</id>
<title>${text(feed.title)}</title>
${link('self', feed.feedUrl, 'application/atom+xml')}
${link('alternate', feed.homeUrl, 'text/html')}
${link('alternate', feed.otherUrl, 'application/feed+json')}
<updated>${instant(feed.updatedAt)}</updated>
<author><name>Paperboy</name></author>
<generator>Paperboy</generator>
${entries.join('\n')}
</feed>
`;
}

/** The feed as JSON Feed (https://www.jsonfeed.org/version/1.1/). */
export function writeJsonFeed(feed: Feed): string {
  const document = {
    version: 'https://jsonfeed.org/version/1.1',
    title: feed.title,
    home_page_url: feed.homeUrl,
    feed_url: feed.feedUrl,
    language: 'en',
    items: feed.entries.map((entry) => ({
      id: entry.id,
      url: entry.url,
      ...(entry.paperUrl === null ? {} : { external_url: entry.paperUrl }),
      title: entry.title,
      content_html: entry.content,
      summary: entry.summary,
      date_published: instant(entry.publishedAt),
      date_modified: instant(entry.updatedAt),
      authors: entry.authors.map((name) => ({ name })),
      tags: entry.categories,
    })),
  };
  return `${JSON.stringify(document)}\n`;
}

/** RFC 3339. */
function instant(at: number): string {
  return new Date(at).toISOString();
}

/** Without what XML 1.0 has no way to write (https://www.w3.org/TR/xml/#charsets). */
export function xmlText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '');
}

export const schemes = ['light', 'dark'] as const;
export type Scheme = (typeof schemes)[number];

/**
 * A copy of a mail's HTML that looks as with that colour scheme, whatever the browser's own is: for previews. The
 * condition `prefers-color-scheme` in its style sheets is made always or never true, and what the mail says of the
 * schemes it supports names that one alone. Nothing else changes.
 */
export function forceScheme(html: string, scheme: Scheme): string {
  return html
    .replace(/\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)/gi, (_condition, named: string) =>
      named.toLowerCase() === scheme ? '(min-width:0)' : '(max-width:0)',
    )
    .replace(
      /(<meta[^>]*name="(?:color-scheme|supported-color-schemes)"[^>]*content=")[^"]*(")/gi,
      `$1${scheme}$2`,
    )
    .replace(
      /((?:^|[{;\s])(?:supported-color-schemes|color-scheme)\s*:\s*)[a-z ]+(?=[;}"])/gi,
      `$1${scheme}`,
    );
}

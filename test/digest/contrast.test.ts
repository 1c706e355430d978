import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const css = (file: string) => readFileSync(new URL(`../../templates/${file}`, import.meta.url), 'utf8');
const dark = /@media \(prefers-color-scheme: dark\) \{([\s\S]*?)\n\}/.exec(css('dark.css'))?.[1] ?? '';

/** Text colours by selector: declarations of `color`, not of borders. */
function coloursOf(sheet: string): [selector: string, colour: string][] {
  return [...sheet.matchAll(/([^{}]+)\{[^}]*?(?<![-a-z])color: (#[0-9a-f]{6})/g)].map((match) => [
    (match[1] as string).trim(),
    match[2] as string,
  ]);
}

/** WCAG 2.2 relative luminance. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [light, shade] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (shade + 0.05);
}

const darkPage = /\.page[^{]*\{\s*background: (#[0-9a-f]{6})/.exec(dark)?.[1] ?? '';

test.each([
  ...coloursOf(css('light.css')).map(([selector, colour]) => ['light', selector, colour, '#ffffff'] as const),
  ...coloursOf(dark).map(([selector, colour]) => ['dark', selector, colour, darkPage] as const),
])('in %s, %s stands out from the page', (_, __, colour, page) => {
  expect(contrast(colour, page)).toBeGreaterThanOrEqual(4.5);
});

test('every light text colour has its dark one', () => {
  const classes = (sheet: string) =>
    coloursOf(sheet).flatMap(([selector]) => selector.match(/\.[a-z]+/g) ?? []);
  for (const name of classes(css('light.css'))) expect(classes(dark)).toContain(name);
});

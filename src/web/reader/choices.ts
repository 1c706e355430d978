import { html } from 'hono/html';
import { readLocale } from '../../config/locale.ts';
import type { Html } from '../shell/page.ts';

/** What forms of readers let choose from. The runtime's list leaves UTC out. */
export const timezones = ['UTC', ...Intl.supportedValuesOf('timeZone')];

export const languages = ['en', 'en-GB', 'de', 'es', 'fr', 'pt-BR', 'pt-PT', 'ar', 'ja', 'zh-CN'];

export const dayNames = {
  mon: 'Monday',
  tue: 'Tuesday',
  wed: 'Wednesday',
  thu: 'Thursday',
  fri: 'Friday',
  sat: 'Saturday',
  sun: 'Sunday',
} as const;

/** Options of a `select`; what is chosen is among them, also when it is not on the list. */
export function options(
  list: readonly string[],
  chosen: string | undefined,
  name: (value: string) => string,
): Html[] {
  const all = chosen === undefined || list.includes(chosen) ? list : [chosen, ...list];
  return all.map(
    (value) =>
      html`<option value="${value}"${value === chosen ? html` selected` : ''}>${name(value)}</option>`,
  );
}

export function timezoneName(zone: string): string {
  return zone.replaceAll('_', ' ');
}

export function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames('en', { type: 'language' }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** The locales a browser says it wants (RFC 9110 §12.5.4), in its order; at most ten that can be used. */
export function acceptedLocales(header: string | undefined): string[] {
  const wanted = (header ?? '')
    .slice(0, 500)
    .split(',')
    .map((part) => {
      const [tag = '', ...rest] = part.trim().split(';');
      const quality = Number(/^q=(\d(?:\.\d{1,3})?)$/.exec(rest.join(';').trim())?.[1] ?? 1);
      return { locale: readLocale(tag), quality };
    });
  return wanted
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .flatMap(({ locale }) => locale ?? [])
    .slice(0, 10);
}

/** The first language of the browser's that the mail speaks, as one of `languages`; null: none. */
export function guessLanguage(accepted: readonly string[]): string | null {
  for (const locale of accepted) {
    const { language } = new Intl.Locale(locale);
    const own =
      languages.find((one) => one === locale) ??
      languages.find((one) => new Intl.Locale(one).language === language);
    if (own) return own;
  }
  return null;
}

/** The time zone of the browser's country, where it has only one; null: unknown. A script knows better. */
export function guessTimezone(accepted: readonly string[]): string | null {
  for (const locale of accepted) {
    const named = new Intl.Locale(locale);
    if (named.region === undefined) continue;
    const zones = named.getTimeZones?.() ?? [];
    return zones.length === 1 ? (zones[0] ?? null) : null;
  }
  return null;
}

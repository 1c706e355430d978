/** RFC 5646 §4.4.1: room for every language, script, region and a variant. */
const maxLength = 35;

/**
 * The BCP 47 tag of dates and numbers in its usual spelling (`PT-br` → `pt-BR`); null: none that can be used. Of
 * extensions nothing is kept: a calendar or digits of one's own (`en-u-ca-buddhist-nu-thai`) would stand among words
 * that know nothing of them.
 */
export function readLocale(text: string): string | null {
  try {
    const { baseName } = new Intl.Locale(text.trim());
    return baseName.length > maxLength ? null : (Intl.DateTimeFormat.supportedLocalesOf(baseName)[0] ?? null);
  } catch {
    return null;
  }
}

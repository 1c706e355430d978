import { textAccents, textSymbols } from './symbols.ts';

/**
 * An author's name with TeX's accents and letters resolved (`Schr{\"o}dinger`, `\L{}ukasz`) and its grouping braces
 * dropped; never mathematics, so a `$` stays. Never throws.
 */
export function readableName(raw: string): string {
  const cut = raw.slice(0, 1000);
  const name = /[\\{}~]/.test(cut) ? accentsOnly(cut) : cut;
  return (name + raw.slice(1000)).replace(/\s+/g, ' ').trim();
}

function accentsOnly(text: string): string {
  return text
    .replace(
      /\\(ss|SS|[oOlLij]|ae|AE|oe|OE|aa|AA|dh|DH|th|TH|dj|DJ)(?![A-Za-z])(?:\{\}| (?=\p{Ll}))?/gu,
      (_, name: string) => textSymbols.get(name) ?? name,
    )
    .replace(
      /\\(?:(['`^"~=.])\s*|([uvHckrbdt])(?:\s+|(?=\{)))(?:\{\s*\{?(\p{L})\}?\s*\}|(\p{L}))/gu,
      (_, sign?: string, letter?: string, braced?: string, bare?: string) => {
        const base = (braced ?? bare ?? '').replace('ı', 'i').replace('ȷ', 'j');
        return (base + (textAccents.get(sign ?? letter ?? '') ?? '')).normalize('NFC');
      },
    )
    .replace(/(?<!\\)[{}]/g, '')
    .replace(/~/g, ' ')
    .replace(/\\([&%#_ {}])/g, '$1');
}

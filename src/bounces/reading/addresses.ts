/** One address in running text. Each part is bounded, so that matching stays linear in the text. */
const local = String.raw`[^\s<>()[\]{},;:"'\x60|\\@]{1,64}`;
const domain = String.raw`[\p{L}\p{N}](?:[\p{L}\p{N}.-]{0,252}[\p{L}\p{N}])?`;
export const addressPattern = `(?:${local}|"[^"\\r\\n@]{1,62}")@${domain}`;

const anywhere = new RegExp(addressPattern, 'gu');
/** Alone in a field, `o'brien@` and `{a}@` are what they are: without their beginning they would be somebody else. */
const alone = new RegExp(`^[^\\s<>()[\\],;:"\\\\@]{1,64}@${domain}$`, 'u');
const quoted = new RegExp(`^${addressPattern}$`, 'u');

/** The addresses in a text, in order, each once (compared without case). */
export function findAddresses(text: string): string[] {
  return distinctAddresses([...text.matchAll(anywhere)].map(([address]) => address));
}

export function distinctAddresses(addresses: Iterable<string>): string[] {
  const seen = new Map<string, string>();
  for (const address of addresses) if (!seen.has(fold(address))) seen.set(fold(address), address);
  return [...seen.values()];
}

export function isSameAddress(one: string, other: string): boolean {
  return fold(one) === fold(other);
}

/**
 * The address in a field such as `rfc822; <a@example.org>` (RFC 3464), `utf-8; …` (RFC 6533, `\x{..}` decoded) or
 * `<a@example.org>`; null when there is none.
 */
export function readRecipientField(value: string): string | null {
  const text = value
    .slice(0, 1_000)
    .replace(/^\s*[a-z0-9-]{1,20}\s*;/i, '')
    .replace(/\\x\{([0-9a-f]{2,6})\}/gi, (_, hex: string) => codePoint(Number.parseInt(hex, 16)))
    .trim()
    .replace(/^<([^<>]*)>.*$/s, '$1');
  if (alone.test(text) || quoted.test(text)) return text;
  return findAddresses(text)[0] ?? null;
}

const codePoint = (number: number): string => (number <= 0x10ffff ? String.fromCodePoint(number) : '');
const fold = (address: string): string => address.toLowerCase();

import { type Address, parseAddress } from '../mail/addresses.ts';
import { unguardFormula } from '../mail/formula.ts';
import type { SeenKeys } from '../store/seen-keys.ts';
import type { CsvField } from './csv-columns.ts';
import type { CsvLine } from './csv-lines.ts';
import type { SettingsInput } from './fields.ts';

export const fates = [
  ...(['added', 'updated', 'unchanged', 'left_alone', 'kept_out', 'duplicate', 'invalid'] as const),
] as const;
/**
 * What became of a line; `left_alone`: who has unsubscribed, or moved to another address, is not brought back by a file; `kept_out`: the list says that
 * they left, which is remembered so that no other list brings them back.
 */
export type Fate = (typeof fates)[number];

export interface LineFate {
  line: number;
  /** As in the file; null when the line has no address. */
  email: string | null;
  fate: Fate;
  /** Why, where it was not done as the line says; otherwise null. */
  message: string | null;
}

/** Whether the list says that somebody gets mail; `barred`: their address must not be mailed. */
export type Standing = 'active' | 'paused' | 'unconfirmed' | 'unsubscribed' | 'barred';

/** A line that can be applied. */
export interface ReadableLine {
  line: CsvLine;
  address: Address;
  input: SettingsInput;
  /** Each as it may be meant: a slug, or the name of a list. Null: the cell is empty. */
  slugs: string[] | null;
  standing: Standing;
  /** The word of the list for it. */
  standingWord: string;
}

export function readLine(line: CsvLine, seen: SeenKeys): ReadableLine | LineFate {
  const { email } = line.cells;
  const refuse = (message: string, fate: Fate = 'invalid') => ({
    line: line.line,
    email: email ?? null,
    fate,
    message,
  });
  if (email === undefined) return refuse('The address is missing.');
  if (line.tooMany) return refuse('The line has more cells than the header has columns.');
  // What the file's encoding could not say; it would be mailed to another address.
  if (email.includes('\uFFFD')) return refuse('The address is not UTF-8. Save the file as UTF-8.');
  const parsed = parseAddress(unguardFormula(email));
  if (!parsed.ok) return refuse(parsed.message);
  const cells = withAttributes(line.cells);
  const standing = readStanding(cells);
  if (standing === null)
    return refuse(`The status “${cells.status?.slice(0, 40)}” is not known. Known are ${knownStandings}.`);
  const first = seen.firstLine(parsed.address.key, line.line);
  if (first !== null) return refuse(`The same address as in line ${first}, which counts.`, 'duplicate');
  const { timezone, time, days, max_papers: maxPapers, locale, quiet_mail: quietMail, topics } = cells;
  const input = { timezone, time, days, maxPapers, locale, quietMail };
  return { line, address: parsed.address, input, slugs: readSlugs(topics), ...standing };
}

const standings: Record<Standing, readonly string[]> = {
  active: ['active', 'enabled', 'subscribed', 'confirmed', 'yes', '1'],
  paused: ['paused', 'disabled'],
  unconfirmed: ['pending', 'unconfirmed', 'non-subscribed', 'nonsubscribed'],
  unsubscribed: ['unsubscribed', 'opted-out', 'optout', 'removed', 'archived', 'no', '0'],
  barred: [
    'blocklisted',
    'blacklisted',
    'blocked',
    'cleaned',
    'bounced',
    'complained',
    'suppressed',
    'erased',
  ],
};
const knownStandings = Object.values(standings).flat().join(', ');

/** Null: the word is not known, and guessing could mail somebody who left. */
function readStanding(cells: CsvLine['cells']): Pick<ReadableLine, 'standing' | 'standingWord'> | null {
  if (cells.undeliverable) return { standing: 'barred', standingWord: 'undeliverable' };
  const word = cells.status?.toLowerCase().replace(/[\s_]+/g, '-') ?? 'active';
  const standing = (Object.keys(standings) as Standing[]).find((one) => standings[one].includes(word));
  if (!standing) return null;
  if (cells.unsubscribed && standing !== 'barred')
    return { standing: 'unsubscribed', standingWord: 'unsubscribed' };
  return { standing, standingWord: word };
}

/** Slugs joined by `;`, `,`, `|` or spaces; `Machine Learning` between commas is `machine-learning` too. */
function readSlugs(cell: string | undefined): string[] | null {
  if (cell === undefined) return null;
  return cell
    .split(/[;,|]/)
    .map((name) => name.trim())
    .filter(Boolean);
}

/** How a list's name would be written as a slug. */
export function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

const fromAttributes = ['timezone', 'time', 'days', 'max_papers', 'topics', 'locale'] satisfies CsvField[];

/** What listmonk keeps as JSON beside its columns counts where no column says the same. */
function withAttributes(cells: CsvLine['cells']): CsvLine['cells'] {
  if (!cells.attributes?.startsWith('{')) return cells;
  let attributes: Record<string, unknown>;
  try {
    attributes = JSON.parse(cells.attributes) as Record<string, unknown>;
  } catch {
    return cells;
  }
  const read = { ...cells };
  for (const field of fromAttributes) {
    const value = Object.hasOwn(attributes, field) ? attributes[field] : undefined;
    const text = Array.isArray(value) ? value.filter((one) => typeof one === 'string').join(',') : value;
    if (read[field] === undefined && (typeof text === 'string' || typeof text === 'number') && text !== '')
      read[field] = String(text).slice(0, 1_000);
  }
  return read;
}

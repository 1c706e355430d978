import { AddressListError } from './csv-error.ts';

/** What a column of an address list can mean; any but `email` may be missing. */
export const csvFields = [
  ...(['email', 'timezone', 'time', 'days', 'max_papers', 'topics', 'locale', 'quiet_mail'] as const),
  /** A word for whether they get mail: `active`, `enabled`, `unsubscribed`, `blocklisted` … */
  'status',
  /** When they unsubscribed, and when mail to them failed for good: whatever is in it, they have. */
  'unsubscribed',
  'undeliverable',
  /** JSON: listmonk keeps there what has no column. */
  'attributes',
] as const;
export type CsvField = (typeof csvFields)[number];

/** The columns of the list that export writes. */
export const csvColumns = ['email', 'timezone', 'time', 'days', 'max_papers', 'topics'] as const;

/** For each column of the file, in its order; null: it is not read. */
export type ColumnMap = readonly (CsvField | null)[];

/** As other programs name them: listmonk, Mailchimp, and spreadsheets made by hand. */
const names: Record<string, CsvField> = {
  'email address': 'email',
  'e mail': 'email',
  'e mail address': 'email',
  mail: 'email',
  'subscriber email': 'email',
  'time zone': 'timezone',
  tz: 'timezone',
  'digest time': 'time',
  'time of day': 'time',
  'digest days': 'days',
  weekdays: 'days',
  'max papers': 'max_papers',
  papers: 'max_papers',
  topic: 'topics',
  lists: 'topics',
  list: 'topics',
  language: 'locale',
  lang: 'locale',
  'quiet mail': 'quiet_mail',
  'subscription status': 'status',
  'unsub time': 'unsubscribed',
  'unsubscribed at': 'unsubscribed',
  'clean time': 'undeliverable',
};

/** What each column probably means by its name; a name of ours counts before one of others. */
export function guessColumns(header: readonly string[]): (CsvField | null)[] {
  const words = header.map((name) =>
    name
      .toLowerCase()
      .replace(/[\s_-]+/g, ' ')
      .trim(),
  );
  const columns: (CsvField | null)[] = words.map(
    (word) => csvFields.find((field) => field.replaceAll('_', ' ') === word) ?? null,
  );
  for (const [index, word] of words.entries()) {
    const field = Object.hasOwn(names, word) ? names[word] : undefined;
    if (!columns[index] && field && !columns.includes(field)) columns[index] = field;
  }
  return columns;
}

/** The columns as guessed, but for what is said: a field's column by its name; '' or null: it has none. */
export type ColumnChoice = Readonly<Partial<Record<CsvField, string | null>>>;

/** Throws AddressListError when a column that is named is not there, when none or two are the same, or none is `email`. */
export function chooseColumns(header: readonly string[], choice: ColumnChoice = {}): (CsvField | null)[] {
  const columns = guessColumns(header);
  const shown = JSON.stringify(header.join(',').slice(0, 80));
  for (const [field, name] of Object.entries(choice) as [CsvField, string | null][]) {
    for (const [index, column] of columns.entries()) if (column === field) columns[index] = null;
    if (!name) continue;
    const index = header.findIndex((one) => one.toLowerCase() === name.trim().toLowerCase());
    if (index < 0)
      throw new AddressListError(`The file has no column “${name}”; its first line is ${shown}.`, 1);
    columns[index] = field;
  }
  return checkColumns(columns, shown);
}

/** Throws AddressListError. `shown`: the header, as it is told. */
export function checkColumns(columns: readonly (CsvField | null)[], shown: string): (CsvField | null)[] {
  if (!columns.includes('email'))
    throw new AddressListError(
      `The first line must name the columns, email among them; it is ${shown}. Known columns: ${csvFields.join(', ')}.`,
      1,
    );
  for (const field of csvFields)
    if (columns.indexOf(field) !== columns.lastIndexOf(field))
      throw new AddressListError(`Two columns are taken for ${field}.`, 1);
  return [...columns];
}

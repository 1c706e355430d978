/**
 * A URL as people may see it: the user stays, the password and any query value that smells of a secret
 * do not. What cannot be parsed loses everything before its last `@`, a password may be anywhere in it.
 */
export function redactUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || url.pathname.includes('@') || url.search.includes('@') || url.hash.includes('@'))
    return text.replace(/^([a-z][a-z0-9+.-]*:(?:\/\/)?)?.*@/is, '$1***@');
  const secrets = [...url.searchParams.keys()].filter((name) => /pass|secret|key|token/i.test(name));
  if (!url.password && secrets.length === 0) return text;
  if (url.password) url.password = '***';
  for (const name of secrets) url.searchParams.set(name, '***');
  return url.href;
}

/** A secret as people may see it: only how long it is. */
export function redactSecret(text: string): string {
  return `*** (${text.length} characters)`;
}

/** One warning for each variable that is none of ours but looks meant for us; values are never shown. */
export function findMisspelt(given: Iterable<string>, known: readonly string[]): string[] {
  const families = ['SMTP_', 'DIGEST_', 'OUTBOX_', 'INGEST_', 'BOUNCE_', 'KEEP_'];
  const warnings: string[] = [];
  for (const name of given) {
    if (known.includes(name) || name.length < 5) continue;
    const [closest] = known
      .map((other) => ({ other, edits: editDistance(name, other) }))
      .filter(({ other, edits }) => edits <= (other.length < 7 ? 1 : 2))
      .sort((a, b) => a.edits - b.edits);
    if (closest) warnings.push(`${name} is not a setting; did you mean ${closest.other}?`);
    else if (families.some((family) => name.startsWith(family)))
      warnings.push(`${name} is not a setting and is not read.`);
  }
  return warnings;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
          ? at(rows, i - 2, j - 2) + 1
          : Number.POSITIVE_INFINITY;
      const replace = at(rows, i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(at(rows, i - 1, j) + 1, (row[j - 1] ?? 0) + 1, replace, swap));
    }
    rows.push(row);
  }
  return at(rows, a.length, b.length);
}

function at(rows: number[][], i: number, j: number): number {
  return rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
}

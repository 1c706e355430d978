/**
 * What spreadsheets run as a formula when a cell begins so (https://owasp.org/www-community/attacks/CSV_Injection).
 * An address may begin with `=`, `+` or `-` (RFC 5322 atext), and with the fullwidth forms that count the same in
 * some places; with `'` too, so that one needs the mark as well.
 */
const formula = /^['=+\-@\t\r＝＋－＠]/;

/** Puts a `'` before a cell that a spreadsheet would run: it shows text then. */
export function guardFormula(cell: string): string {
  return formula.test(cell) ? `'${cell}` : cell;
}

/** Takes away the `'` of `guardFormula`; `unguardFormula(guardFormula(cell))` is `cell`, whatever it holds. */
export function unguardFormula(cell: string): string {
  return cell.startsWith("'") && formula.test(cell.slice(1)) ? cell.slice(1) : cell;
}

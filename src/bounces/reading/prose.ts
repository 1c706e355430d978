import { addressPattern, distinctAddresses, findAddresses, isSameAddress } from './addresses.ts';

/** An address named in the words of a mail system, and the words that belong to it. */
export interface ProseRecipient {
  address: string;
  context: string;
}

const maxRecipients = 100;
const flags = 'iu';
/** `<a@example.org>:`, `* a@example.org`, `"a@example.org":`, `  a@example.org Invalid address …` */
const heading = new RegExp(`^[\\s*>"'<•-]{0,40}(${addressPattern})[>"']{0,2}(?:$|[:,;(\\s])`, flags);
/** `554 <a@example.org>... User unknown`: sendmail's transcript. */
const transcript = new RegExp(
  `^[245]\\d\\d (?:[245]\\.\\d{1,3}\\.\\d{1,3} )?<(${addressPattern})>\\.\\.\\.`,
  flags,
);
/** `delivering your mail to <a@…>`, `RCPT TO:<a@…>`, `Unknown user: a@…` */
const label = new RegExp(
  `(?:rcpt\\s+to|recipients?|delivered\\s+to|(?:deliver|send|mail|message|addressed|sent)\\b.{0,40}\\bto|unknown user|user ?id|address|permanent errors?)\\s{0,4}[:=]?\\s{0,4}["'<]{0,2}(${addressPattern})`,
  'giu',
);
const sender = /(?:mail\s+from|envelope-from|from)\s{0,4}[:=]/i;

/**
 * Finds the recipients a mail system's words are about.
 * @param prose what stands above the returned message
 * @param known addresses certain from elsewhere (`X-Failed-Recipients`); with them only contexts are looked up
 * @param ours addresses that are the reader's or the reporter's own: taken only when nothing else is there
 */
export function findProseRecipients(
  prose: string,
  known: readonly string[],
  ours: readonly string[],
): ProseRecipient[] {
  const lines = prose.split('\n');
  const isOurs = (address: string) => ours.some((own) => isSameAddress(own, address));
  if (known.length > 0)
    return known.slice(0, maxRecipients).map((address) => ({ address, context: contextOf(lines, address) }));
  const inTranscript = readTranscript(lines);
  if (inTranscript.length > 0) return inTranscript;
  const headed = distinctAddresses(lines.flatMap((line) => heading.exec(line)?.[1] ?? []));
  const labelled = () =>
    distinctAddresses(
      lines
        .filter((line) => !sender.test(line) || /rcpt/i.test(line))
        .flatMap((line) => [...line.matchAll(label)].flatMap((match) => match[1] ?? [])),
    );
  const all = () => findAddresses(lines.filter((line) => !sender.test(line)).join('\n'));
  const choose = (found: string[]) => found.filter((address) => !isOurs(address));
  const candidates = [headed, choose(headed), choose(labelled()), choose(all()), headed, labelled()];
  const chosen = candidates.slice(1).find((found) => found.length > 0) ?? [];
  return chosen.slice(0, maxRecipients).map((address) => ({ address, context: contextOf(lines, address) }));
}

/** From the first line that names the address to the line that names the next recipient. */
export function contextOf(lines: readonly string[], address: string): string {
  const folded = address.toLowerCase();
  const first = lines.findIndex((line) => line.toLowerCase().includes(folded));
  if (first < 0) return '';
  const context: string[] = [];
  for (const line of lines.slice(first, first + 40)) {
    const other = heading.exec(line)?.[1];
    if (context.length > 0 && other !== undefined && !isSameAddress(other, address)) break;
    context.push(line);
  }
  return context.join('\n');
}

/** Each `550 <address>... text` line with what the other server had said just before it. */
function readTranscript(lines: readonly string[]): ProseRecipient[] {
  const found: ProseRecipient[] = [];
  let said: string[] = [];
  for (const line of lines) {
    const address = transcript.exec(line)?.[1];
    if (address === undefined) {
      if (/^(?:>>>|<<<)/.test(line)) said.push(line);
      continue;
    }
    const context = [line, ...said].join('\n');
    const known = found.find((one) => isSameAddress(one.address, address));
    if (known === undefined && found.length < maxRecipients) found.push({ address, context });
    said = [];
  }
  return found;
}

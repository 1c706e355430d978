import type { Phase, Reply } from './transport.ts';

/** A complete reply (RFC 5321 §4.2), lines joined by LF; `code` null when it is not one. */
export interface WireReply {
  code: number | null;
  text: string;
}

const maxReplyLength = 64 * 1024;
const maxShownLength = 500;

/**
 * Cuts what a server writes into replies. `feed` gives those that are complete after this chunk; a line that is no
 * reply, or one without end, is a reply with `code` null. `rest` is what has come of the next one.
 */
export function createReplyReader(): { feed(chunk: Buffer): WireReply[]; rest(): string } {
  let pending = '';
  let lines = '';
  return {
    rest: () => lines + pending,
    feed(chunk) {
      const replies: WireReply[] = [];
      pending += chunk.toString('latin1');
      let start = 0;
      for (let end = pending.indexOf('\n'); end >= 0; end = pending.indexOf('\n', start)) {
        const line = pending.slice(start, pending[end - 1] === '\r' && end > start ? end - 1 : end);
        start = end + 1;
        if (line === '' && lines === '') continue;
        if (isContinued(line) && lines.length < maxReplyLength) {
          lines += `${line}\n`;
          continue;
        }
        const whole = !isContinued(line);
        replies.push({ code: whole ? readCode(line) : null, text: lines + line });
        lines = '';
      }
      pending = pending.slice(start);
      if (pending.length > maxReplyLength) {
        replies.push({ code: null, text: pending });
        pending = '';
      }
      return replies;
    },
  };
}

/** What the ledger keeps of a server's reply: bounded, one line, without controls. */
export function describeReply(phase: Phase, { code, text }: WireReply): Reply {
  const enhanced = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})(?![\d.])/.exec(text)?.[1] ?? null;
  const agrees = enhanced !== null && enhanced[0] === text[0];
  return { phase, code, enhanced: agrees ? enhanced : null, text: showText(text) };
}

/** What stands in place of a reply that did not come. */
export function noReply(phase: Phase, text: string): Reply {
  return { phase, code: null, enhanced: null, text: showText(text) };
}

function showText(text: string): string {
  const utf8 = Buffer.from(text.slice(0, maxShownLength * 4), 'latin1').toString('utf8');
  const shown = utf8.includes('\ufffd') ? text : utf8;
  // the code is the same on each line: once is enough
  const joined = shown
    .replace(/\r?\n\d{3}[ -]/g, ' ')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return joined.length > maxShownLength ? `${joined.slice(0, maxShownLength).toWellFormed()}…` : joined;
}

function isContinued(line: string): boolean {
  return line[3] === '-' && readCode(line) !== null;
}

function readCode(line: string): number | null {
  const digits = /^([2-5]\d\d)(?=[ -]|$)/.exec(line)?.[1];
  return digits === undefined ? null : Number(digits);
}

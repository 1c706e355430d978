import { type Field, readFields } from './fields.ts';

/** Running text parted into what the mail system wrote and the message it returned below that. */
export interface SplitText {
  prose: string;
  /** Header fields of the returned message; empty when none was found. */
  original: Field[];
}

/** `--- Below this line is a copy of the message.`, `Message headers follow.`, `----- Unsent message follows -----` … */
const marker =
  /^[-=_*#\s]*(?:[^-=_*#\s].{0,60})?\b(?:original|copy|returned|unsent|undelivered|enclosed|below|headers?)\b.{0,60}\b(?:message|mail|headers?|follows?|following)\b.{0,60}$/i;
const maxMarkerLength = 200;
const mailField =
  /^(?:received|return-path|delivered-to|from|to|subject|date|message-id|mime-version|content-type|content-transfer-encoding|dkim-signature|arc-[a-z-]+|reply-to|sender|x-[a-z0-9-]+)\s*:/i;

/** Finds where the returned message begins: at a line that announces it, or at a run of mail header fields. */
export function splitOriginal(text: string): SplitText {
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    if (isHeaderRun(lines, index)) return split(lines, index, index);
    if (line.length > maxMarkerLength || !marker.test(line)) continue;
    const gap = lines.slice(index + 1, index + 8).findIndex((other) => /\w/.test(other));
    const next = index + 1 + gap;
    if (gap >= 0 && mailField.test(lines[next] ?? '')) return split(lines, index, next);
  }
  return { prose: text, original: [] };
}

function split(lines: readonly string[], end: number, start: number): SplitText {
  const blank = lines.findIndex((line, index) => index > start && line.trim() === '');
  const original = readFields(lines.slice(start, blank < 0 ? undefined : blank));
  return { prose: lines.slice(0, end).join('\n'), original };
}

/** Three mail header fields one after the other, folded lines between them allowed. */
function isHeaderRun(lines: readonly string[], start: number): boolean {
  if (!mailField.test(lines[start] ?? '')) return false;
  let count = 1;
  for (let index = start + 1; index < Math.min(lines.length, start + 12); index++) {
    const line = lines[index] ?? '';
    if (/^[ \t]+\S/.test(line)) continue;
    if (!mailField.test(line)) return false;
    count += 1;
    if (count === 3) return true;
  }
  return false;
}

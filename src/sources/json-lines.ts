import { isRecord } from './fields.ts';
import { SourceError } from './source.ts';

/** One record of a JSON payload and its place; `error` says why it is none. */
export interface Line {
  /** `papers.jsonl:12` or `papers.json[3]`. */
  where: string;
  value: unknown;
  error: string | null;
}

/**
 * The records of a JSON array, of `{"papers": […]}`, of one object, or of JSONL (https://jsonlines.org).
 * A line that is not JSON is a record with an error. Throws SourceError when nothing at all is JSON.
 */
export function readJsonLines(text: string, fileName: string): Line[] {
  const whole = tryParse(text);
  if (whole.ok) {
    const listed = isRecord(whole.value) && 'papers' in whole.value ? whole.value.papers : whole.value;
    if (Array.isArray(listed))
      return listed.map((value, index) => ({ where: `${fileName}[${index}]`, value, error: null }));
    if (isRecord(listed) && whole.value === listed) return [{ where: fileName, value: listed, error: null }];
    throw new SourceError(
      `${fileName} holds ${describe(listed)} where papers belong. Give a list of papers, {"papers": […]} or one paper a line.`,
    );
  }
  const lines: Line[] = [];
  let good = 0;
  for (const [index, row] of text.split(/\r?\n/).entries()) {
    if (row.trim() === '') continue;
    const parsed = tryParse(row);
    if (parsed.ok) good += 1;
    lines.push({
      where: `${fileName}:${index + 1}`,
      value: parsed.ok ? parsed.value : undefined,
      error: parsed.ok ? null : `it is not JSON (${parsed.message})`,
    });
  }
  if (good === 0 || text.trimStart().startsWith('['))
    throw new SourceError(
      `${fileName} is neither JSON nor JSON lines (${whole.message}). Give a list of papers, {"papers": […]} or one paper a line.`,
    );
  return lines;
}

function tryParse(text: string): { ok: true; value: unknown } | { ok: false; message: string } {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, message: (error as Error).message.replace(/\s+/g, ' ').slice(0, 120) };
  }
}

function describe(value: unknown): string {
  return Array.isArray(value) ? 'a list' : value === null ? 'null' : `a ${typeof value}`;
}

/** One header-like field, unfolded; `name` in lower case. */
export interface Field {
  name: string;
  value: string;
}

const start = /^([A-Za-z][A-Za-z0-9-]{0,60})[ \t]*:(.*)$/;

/** Fields of one block of lines (RFC 5322 and RFC 3464 share the form); what is no field is skipped. */
export function readFields(lines: readonly string[]): Field[] {
  const fields: Field[] = [];
  let open: Field | null = null;
  for (const line of lines) {
    const [, name, value] = start.exec(line) ?? [];
    if (name !== undefined && value !== undefined) {
      open = { name: name.toLowerCase(), value: value.trim() };
      fields.push(open);
    } else if (/^[ \t]+\S/.test(line)) {
      if (open !== null && open.value.length < 4_000) open.value += ` ${line.trim()}`;
    } else if (open !== null && /^\d{3}[- ]/.test(line)) {
      // Some systems forget to fold the further lines of a reply.
      if (open.value.length < 4_000) open.value += ` ${line.trim()}`;
    } else open = null;
  }
  return fields;
}

/** The first field of that name; null without one. */
export function fieldOf(fields: readonly Field[], name: string): string | null {
  return fields.find((field) => field.name === name)?.value ?? null;
}

/** Splits text into runs of lines with blank lines between them. */
export function splitBlocks(text: string): string[][] {
  const blocks: string[][] = [[]];
  for (const line of text.split('\n')) {
    if (line.trim() !== '') blocks.at(-1)?.push(line);
    else if (blocks.at(-1)?.length !== 0) blocks.push([]);
  }
  return blocks.filter((block) => block.length > 0);
}

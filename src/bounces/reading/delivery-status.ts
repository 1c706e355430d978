import { readRecipientField } from './addresses.ts';
import { type Field, fieldOf, readFields, splitBlocks } from './fields.ts';

/** One recipient's group of a delivery status report (RFC 3464). */
export interface StatusGroup {
  /** Final-Recipient, else Original-Recipient; null when neither holds an address. */
  address: string | null;
  originalAddress: string | null;
  /** Lower case: failed, delayed, delivered, relayed, expanded, or what else was written; null without one. */
  action: string | null;
  status: string | null;
  /** Diagnostic-Code without its type, then what stands in parentheses behind Status; '' without either. */
  diagnostic: string;
}

export interface StatusReport {
  groups: StatusGroup[];
  /** Our Message-ID where the report gives it (Google's X-Original-Message-ID). */
  originalMessageId: string | null;
}

const recipientNames = ['final-recipient', 'original-recipient'];
const maxGroups = 100;

/**
 * Reads message/delivery-status text. Fields that stand apart from any recipient hold for every recipient that
 * lacks them: some systems put Action and Status among the per-message fields.
 */
export function readDeliveryStatus(text: string): StatusReport {
  const shared: Field[] = [];
  const groups: Field[][] = [];
  for (const block of splitBlocks(text)) {
    const fields = readFields(block);
    if (fields.some(({ name }) => recipientNames.includes(name))) groups.push(...splitRepeated(fields));
    else shared.push(...fields);
  }
  return {
    groups: groups.slice(0, maxGroups).map((fields) => readGroup(fields, shared)),
    originalMessageId: fieldOf([...shared, ...groups.flat()], 'x-original-message-id'),
  };
}

/** Finds the same groups in running text: gateways paste reports into mails, or name the part's type wrongly. */
export function findDeliveryStatus(text: string): StatusReport {
  const blocks = splitBlocks(text).filter((block) => block.some((line) => /^final-recipient:/i.test(line)));
  return readDeliveryStatus(blocks.map((block) => block.join('\n')).join('\n\n'));
}

/** One block may hold several recipients without blank lines between them. */
function splitRepeated(fields: Field[]): Field[][] {
  const groups: Field[][] = [[]];
  for (const field of fields) {
    const isSecond =
      field.name === 'final-recipient' && groups.at(-1)?.some(({ name }) => name === 'final-recipient');
    if (isSecond) groups.push([]);
    groups.at(-1)?.push(field);
  }
  return groups;
}

function readGroup(fields: readonly Field[], shared: readonly Field[]): StatusGroup {
  const value = (name: string) => fieldOf(fields, name) ?? fieldOf(shared, name);
  const [final, original] = recipientNames.map((name) => readRecipientField(fieldOf(fields, name) ?? ''));
  const diagnostics = fields.filter(({ name }) => name === 'diagnostic-code').map(({ value }) => value);
  if (diagnostics.length === 0) diagnostics.push(value('diagnostic-code') ?? '');
  const comment = /\(([^()]{1,200})\)/.exec(value('status') ?? '')?.[1] ?? '';
  return {
    address: final ?? original ?? null,
    originalAddress: original ?? null,
    action:
      value('action')
        ?.toLowerCase()
        .split(/[\s(;]/, 1)[0] ?? null,
    status: /[245]\.\d{1,3}\.\d{1,3}/.exec(value('status') ?? '')?.[0] ?? null,
    diagnostic: [...diagnostics, comment]
      .map((text) => text.replace(/^\s*(?:smtp|x-[a-z0-9-]+|dns)\s*;/i, '').trim())
      .join(' ')
      .trim(),
  };
}

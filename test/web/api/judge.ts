import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Document, Method, Schema } from './document.ts';

export interface Judged {
  method: Method;
  /** As the document has it. */
  path: string;
  status: number;
  type: string | null;
  text: string;
}

/** Says what about an answer is not as the document tells; null: nothing. */
export function makeJudge(document: Document): (answer: Judged) => string | null {
  const ajv = new Ajv2020({ strict: false, validateSchema: false, allErrors: true });
  ajv.addFormat(
    'date-time',
    (text: string) =>
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) && !Number.isNaN(Date.parse(text)),
  );
  ajv.addFormat('date', (text: string) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)));
  ajv.addSchema(closed(document), 'api');
  const step = (text: string) => encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'));
  return ({ method, path, status, type, text }) => {
    const told = document.paths[path]?.[method]?.responses[status];
    if (!told) return `the document knows no ${status}`;
    const content = told.content ?? {};
    if (Object.keys(content).length === 0) return text === '' ? null : 'an empty answer was told of';
    const kind = (type ?? '').split(';')[0] ?? '';
    if (!(kind in content)) return `the document knows no ${kind} of a ${status}`;
    if (!/json$/.test(kind)) return null;
    const pointer = ['paths', path, method, 'responses', String(status), 'content', kind, 'schema']
      .map(step)
      .join('/');
    const validate = ajv.getSchema(`api#/${pointer}`) ?? ajv.compile({ $ref: `api#/${pointer}` });
    return validate(JSON.parse(text)) ? null : ajv.errorsText(validate.errors, { separator: '; ' });
  };
}

/** What is not told of is wrong: no object has fields besides, unless it says so. */
function closed<T>(node: T): T {
  if (Array.isArray(node)) return node.map(closed) as T;
  if (node === null || typeof node !== 'object') return node;
  const copy = Object.fromEntries(Object.entries(node).map(([name, value]) => [name, closed(value)])) as T &
    Schema;
  if (copy.type === 'object' && copy.properties && copy.additionalProperties === undefined)
    copy.additionalProperties = false;
  return copy;
}

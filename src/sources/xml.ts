import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { SourceError } from './source.ts';

/** An element: its children by name, attributes with `@` before the name, its text as `#text`. */
export type Element = { [name: string]: unknown };

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: 40,
  // The five of XML and numeric references; a document type, and with it entities of its own, is refused before.
  htmlEntities: true,
  processEntities: { enabled: true, maxTotalExpansions: 2_000_000, maxExpandedLength: 64 * 1024 * 1024 },
});

/**
 * Parses a feed to its root element and that element's name. Throws SourceError when it is no well-formed XML,
 * or declares a document type (feeds need none, and entity bombs do).
 */
export function parseXml(text: string, fileName: string): { name: string; root: Element } {
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text))
    throw new SourceError(
      /<!DOCTYPE\s+html/i.test(text)
        ? `${fileName} is a web page, not a feed. The server may be refusing or down; look at it in a browser.`
        : `${fileName} declares a document type, which no feed needs; it is not read.`,
    );
  const verdict = XMLValidator.validate(text);
  if (verdict !== true)
    throw new SourceError(
      `${fileName} is not well-formed XML: line ${verdict.err.line}: ${verdict.err.msg}. It may be cut off; fetch it again.`,
    );
  let tree: Element;
  try {
    tree = parser.parse(text) as Element;
  } catch (cause) {
    throw new SourceError(`${fileName} cannot be read as XML: ${(cause as Error).message}.`, { cause });
  }
  const name = Object.keys(tree).find((key) => isElement(tree[key]));
  if (!name) throw new SourceError(`${fileName} is XML without anything in it.`);
  return { name, root: tree[name] as Element };
}

/** The children of that name, however many there are. */
export function childrenOf(element: Element | undefined, name: string): unknown[] {
  const value = element?.[name];
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

/** The text of the first child of that name; null when there is none. */
export function textOf(element: Element | undefined, name: string): string | null {
  return contentOf(childrenOf(element, name)[0]);
}

/** An element's own text. */
export function contentOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  const text = isElement(value) ? value['#text'] : undefined;
  return typeof text === 'string' ? text : null;
}

export function isElement(value: unknown): value is Element {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

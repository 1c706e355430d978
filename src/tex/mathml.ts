import { createRequire } from 'node:module';

/** An element of MathML, or text with an empty name. */
export interface MathNode {
  name: string;
  attributes: string;
  children: MathNode[];
  text: string;
}

/** Mathematics longer or nested deeper than this is given back as it came. */
export const maxMathLength = 1500;
const maxNesting = 40;
const maxChain = 150;
/** Chemistry takes a time that grows with the square of its length. */
const maxChemistry = 200;

/** What the colour of an unknown command is, so that it can be told from text. */
const unknownColor = '#bad';

/** What arXiv's authors use and temml does not know, or shows with letters of their own. */
const macros = {
  '\\mbox': '\\text{#1}',
  '\\hbox': '\\text{#1}',
  '\\textsc': '\\text{#1}',
  '\\textup': '\\text{#1}',
  '\\textsl': '\\textit{#1}',
  '\\mathds': '\\mathbb{#1}',
  '\\mathbbm': '\\mathbb{#1}',
  '\\ensuremath': '{#1}',
  '\\lowercase': '{#1}',
  '\\smash': '{#1}',
  '\\mathlarger': '{#1}',
  '\\num': '{#1}',
  '\\eps': '\\epsilon',
  '\\polylog': '\\operatorname{polylog}',
  '\\poly': '\\operatorname{poly}',
  '\\argmax': '\\operatorname{argmax}',
  '\\argmin': '\\operatorname{argmin}',
  '\\xspace': '',
  '\\em': '',
  '\\sc': '',
  '\\unboldmath': '',
  '\\cmark': '✓',
  '\\xmark': '✗',
};

/** They define, measure, count or fetch: no part of a formula, and the way to make a short one endless. */
const refused =
  /\\(?:[egx]?def|let|futurelet|global|long|(?:re|provide)?newcommand|newcommand|renewcommand|providecommand|char|rule|includegraphics|require|class|id|style|data|verb)(?![A-Za-z])/;

interface Temml {
  renderToString: (tex: string, options: object) => string;
}
let loaded: Temml | undefined;
const temml = () => {
  // Loading takes 30 ms, which only those who show mathematics should pay.
  loaded ??= createRequire(import.meta.url)('temml') as Temml;
  return loaded;
};

/**
 * The MathML of a formula (TeX without its dollar signs), by temml; an unknown command is `mtext` whose text starts
 * with a backslash. Null when it is no TeX, too long or too deep. Never throws.
 */
export function parseMath(tex: string): MathNode | null {
  if (tex.length > maxMathLength || nestsTooDeep(tex) || isRefused(tex)) return null;
  if (tex.length > maxChemistry && /\\(?:ce|pu)(?![A-Za-z])/.test(tex)) return null;
  // In an abstract a `%` is a per cent sign, and no comment.
  const source = tex
    .replace(/(?<!\\)((?:\\\\)*)([%#])/g, '$1\\$2')
    .replace(/\\(begin|end)\{eqnarray/g, '\\$1{align');
  try {
    const markup = temml().renderToString(source, {
      displayMode: /\\begin|\\tag/.test(source),
      throwOnError: false,
      errorColor: unknownColor,
      macros: { ...macros },
      maxExpand: 300,
    });
    return markup.startsWith('<math') ? readMarkup(markup) : null;
  } catch {
    return null;
  }
}

/** Whether it has a command that is no part of a formula. */
export function isRefused(tex: string): boolean {
  return refused.test(tex);
}

/** Whether braces, or commands that take each other as arguments (`\hat\hat\hat`), nest too deep. */
function nestsTooDeep(tex: string): boolean {
  let depth = 0;
  let chain = 0;
  for (const [token] of tex.matchAll(/\\(?:[A-Za-z]+|.)|[{}^_]|[^\\{}^_\s]+/gs)) {
    if (/^(?:\{|\\left|\\begin)$/.test(token)) depth++;
    else if (/^(?:\}|\\right|\\end)$/.test(token)) depth--;
    chain = /^[\\^_{]/.test(token) ? chain + 1 : 0;
    if (depth > maxNesting || chain > maxChain) return true;
  }
  return false;
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#x27': "'" };

/** Reads temml's own, well-formed markup; in attributes it escapes `<` and `>`. */
function readMarkup(markup: string): MathNode {
  const root: MathNode = { name: 'mrow', attributes: '', children: [], text: '' };
  const open = [root];
  for (const [, close, name, attributes = '', selfClosed, text] of markup.matchAll(
    /<(\/?)([A-Za-z]+)([^<>]*?)(\/?)>|([^<]+)/g,
  )) {
    const parent = open.at(-1) ?? root;
    if (text !== undefined) {
      const plain = text.replace(/&([a-z]+|#x27);/g, (entity, name: string) => entities[name] ?? entity);
      parent.children.push({ name: '', attributes: '', children: [], text: plain });
    } else if (close) open.pop();
    else {
      const node = { name: name ?? '', attributes, children: [], text: '' };
      parent.children.push(node);
      if (!selfClosed) open.push(node);
    }
  }
  return root;
}

/** All text within. */
export function textOf(node: MathNode): string {
  return node.text + node.children.map(textOf).join('');
}

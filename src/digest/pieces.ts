import Handlebars from 'handlebars';

type Program = ReturnType<typeof Handlebars.parse>;
type Statement = Program['body'][number];
export type Fill = (view: object) => string;

/**
 * A part of a mail that recurs as it is, or one that is filled in. Each ends in LF once filled. `own`: it names
 * a subscriber's own links; all others are the same for everyone who gets the same edition.
 */
export type Piece = { fixed: string } | { fill: Fill; own: boolean };

/**
 * A template cut at its joints: what stands before `{{#each papers}}`, a paper's card before, in and
 * after its `{{#with why}}`, and what stands after. Cards recur from mail to mail, so do long stretches
 * without tags (the style sheet); cut apart, they are rendered once.
 */
export interface Pieces {
  top: Piece[];
  beforeWhy: Fill;
  /** Null when the template does not say why. */
  why: Fill | null;
  afterWhy: Fill | null;
  bottom: Piece[];
}

/** Compiles a Handlebars text whose joints are at the top level. Throws an Error that says what is missing. */
export function cutPieces(
  source: string,
  options: { escapes: boolean; helpers: Record<string, Handlebars.HelperDelegate> },
): Pieces {
  const engine = Handlebars.create();
  engine.registerHelper(options.helpers);
  const known = Object.fromEntries(Object.keys(options.helpers).map((name) => [name, true]));
  const compile = (body: Statement[], model: Program): Fill => {
    const fill = engine.compile(
      { ...model, body },
      { strict: true, noEscape: !options.escapes, knownHelpers: known, knownHelpersOnly: true },
    );
    return (view) => endLine(fill(view));
  };
  const program = engine.parse(source);
  const papers = findBlock(program.body, 'each', 'papers');
  if (papers === null) throw new Error('{{#each papers}} … {{/each}} is missing at the top level');
  const card = papers.block.program;
  const why = findBlock(card.body, 'with', 'why');
  return {
    top: cutFixed(program.body.slice(0, papers.index), (body) => compile(body, program)),
    beforeWhy: compile(why ? card.body.slice(0, why.index) : card.body, card),
    why: why && compile(why.block.program.body, why.block.program),
    afterWhy: why && compile(card.body.slice(why.index + 1), card),
    bottom: cutFixed(program.body.slice(papers.index + 1), (body) => compile(body, program)),
  };
}

function endLine(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

function findBlock(
  body: Statement[],
  helper: string,
  over: string,
): { index: number; block: hbs.AST.BlockStatement } | null {
  for (const [index, statement] of body.entries()) {
    if (statement.type !== 'BlockStatement') continue;
    const block = statement as hbs.AST.BlockStatement;
    const parameter = block.params[0] as hbs.AST.PathExpression | undefined;
    if (block.path.original === helper && parameter?.original === over) return { index, block };
  }
  return null;
}

/** Shorter stretches are not worth a piece of their own. */
const FIXED_LENGTH = 160;

/** What differs between two subscribers who get the same edition. */
const OWN_FIELDS: ReadonlySet<string> = new Set(['preferencesUrl', 'unsubscribeUrl', 'viewUrl']);

interface Run {
  body: Statement[];
  kind: 'fixed' | 'shared' | 'own';
}

/** Cuts at line ends, into runs of lines that stay as they are, belong to the edition, or name own links. */
function cutFixed(body: Statement[], compile: (body: Statement[]) => Fill): Piece[] {
  const runs: Run[] = [];
  for (const line of splitLines(body)) {
    const kind = kindOf(line);
    const last = runs.at(-1);
    if (last && (last.kind === kind || (last.kind === 'shared' && isShort(line)))) last.body.push(...line);
    else runs.push({ body: line, kind: kind === 'fixed' && isShort(line) ? 'shared' : kind });
  }
  return runs.map((run) =>
    run.kind === 'fixed'
      ? { fixed: endLine(run.body.map(textOf).join('')) }
      : { fill: compile(run.body), own: run.kind === 'own' },
  );
}

/** Whole lines without tags stand together, a line with tags stands alone. */
function splitLines(body: Statement[]): Statement[][] {
  const lines: Statement[][] = [];
  let open: Statement[] = [];
  for (const statement of body) {
    const text = textOf(statement);
    const from = open.length === 0 ? 0 : text.indexOf('\n') + 1;
    const to = text.lastIndexOf('\n') + 1;
    if (to === 0) {
      open.push(statement);
      continue;
    }
    if (open.length > 0) lines.push([...open, content(statement, text.slice(0, from))]);
    if (to > from) lines.push([content(statement, text.slice(from, to))]);
    open = to < text.length ? [content(statement, text.slice(to))] : [];
  }
  if (open.length > 0) lines.push(open);
  return lines;
}

function kindOf(line: Statement[]): Run['kind'] {
  if (line.every((statement) => statement.type === 'ContentStatement')) return 'fixed';
  return namesOwn(line) ? 'own' : 'shared';
}

function isShort(line: Statement[]): boolean {
  return kindOf(line) === 'fixed' && line.every((statement) => textOf(statement).length < FIXED_LENGTH);
}

/** Whether one of the own fields is named anywhere in a part of the syntax tree. */
function namesOwn(tree: unknown): boolean {
  if (typeof tree !== 'object' || tree === null) return false;
  const { type, parts } = tree as { type?: unknown; parts?: unknown };
  if (type === 'PathExpression' && Array.isArray(parts)) return parts.some((part) => OWN_FIELDS.has(part));
  return Object.values(tree).some(namesOwn);
}

function textOf(statement: Statement): string {
  return statement.type === 'ContentStatement' ? (statement as hbs.AST.ContentStatement).value : '';
}

function content(model: Statement, value: string): Statement {
  return { ...model, value, original: value } as Statement;
}

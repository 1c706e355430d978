import Handlebars from 'handlebars';

type Program = ReturnType<typeof Handlebars.parse>;
type Statement = Program['body'][number];
export type Fill = (view: object) => string;

/**
 * A part of a mail that recurs in every edition as it is, or one that is filled in. Each ends in LF once filled. `names`: all
 * that it is filled with, so that the same values give the same part; null: that cannot be said.
 */
export type Piece = { fixed: string } | { fill: Fill; names: readonly string[] | null };

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

interface Run {
  body: Statement[];
  isFixed: boolean;
}

/** Cuts at line ends, into runs of lines that stay as they are and lines that belong to the edition, each for itself. */
function cutFixed(body: Statement[], compile: (body: Statement[]) => Fill): Piece[] {
  const runs: Run[] = [];
  for (const line of splitLines(body)) {
    const isFixed = line.every((statement) => statement.type === 'ContentStatement');
    const isShort = isFixed && line.every((statement) => textOf(statement).length < FIXED_LENGTH);
    const last = runs.at(-1);
    if (last && ((last.isFixed && isFixed) || (!last.isFixed && isShort))) last.body.push(...line);
    else runs.push({ body: line, isFixed: isFixed && !isShort });
  }
  return runs.map((run) =>
    run.isFixed
      ? { fixed: endLine(run.body.map(textOf).join('')) }
      : { fill: compile(run.body), names: namesIn(run.body) },
  );
}

/** The first names of all paths, those within blocks and those of helpers included. */
function namesIn(body: Statement[]): string[] | null {
  const names = new Set<string>();
  let areAll = true;
  class Names extends Handlebars.Visitor {
    override PathExpression(path: hbs.AST.PathExpression): void {
      const [name] = path.parts;
      // `this` and `@root` may stand for anything.
      if (typeof name !== 'string' || path.data) areAll = false;
      else names.add(name);
    }
  }
  const visitor = new Names();
  for (const statement of body) visitor.accept(statement);
  return areAll ? [...names] : null;
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

function textOf(statement: Statement): string {
  return statement.type === 'ContentStatement' ? (statement as hbs.AST.ContentStatement).value : '';
}

function content(model: Statement, value: string): Statement {
  return { ...model, value, original: value } as Statement;
}

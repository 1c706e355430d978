import Handlebars from 'handlebars';

type Program = ReturnType<typeof Handlebars.parse>;
type Statement = Program['body'][number];
type Fill = (view: object) => string;

/** A part of a mail that recurs as it is, or one that is filled in. Each ends in LF once filled. */
export type Piece = { fixed: string } | { fill: Fill };

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

/** Cuts at line ends: whole lines without tags become fixed pieces, what is between them is compiled. */
function cutFixed(body: Statement[], compile: (body: Statement[]) => Fill): Piece[] {
  const pieces: Piece[] = [];
  let open: Statement[] = [];
  const close = () => {
    if (open.length > 0) pieces.push({ fill: compile(open) });
    open = [];
  };
  for (const statement of body) {
    const text = statement.type === 'ContentStatement' ? (statement as hbs.AST.ContentStatement).value : '';
    const from = open.length === 0 && pieces.length === 0 ? 0 : text.indexOf('\n') + 1;
    const to = text.lastIndexOf('\n') + 1;
    if (to - from < FIXED_LENGTH) {
      open.push(statement);
      continue;
    }
    if (from > 0) open.push(content(statement, text.slice(0, from)));
    close();
    pieces.push({ fixed: text.slice(from, to) });
    if (to < text.length) open.push(content(statement, text.slice(to)));
  }
  close();
  return pieces;
}

function content(model: Statement, value: string): Statement {
  return { ...model, value, original: value } as Statement;
}

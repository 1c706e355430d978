import Handlebars from 'handlebars';
import { type LineColumn, placeAt } from './places.ts';
import type { Fields } from './template-fields.ts';
import { findOpenBlocks } from './template-tags.ts';

/** Something found in a template's source. */
export interface Place extends LineColumn {
  message: string;
}

/** A file that is included, and what it may name where that is. */
export interface Include {
  path: string;
  line: number;
  column: number;
  fields: Fields;
}

const helpers = new Set(['if', 'unless', 'each', 'with', 'wrap']);
const counters = new Set(['index', 'first', 'last']);
const include = /<mj-include\s[^>]*?\bpath\s*=\s*["']([^"']+)["']/g;

/**
 * What is wrong with the template tags of one source file: bad syntax, a field that is not known there, a helper that
 * does not exist, unescaped `{{{…}}}`. No problems when all is well.
 */
export function checkTags(source: string, fields: Fields): { problems: Place[]; includes: Include[] } {
  let program: hbs.AST.Program;
  try {
    program = Handlebars.parse(source);
  } catch (error) {
    return { problems: readSyntaxError((error as Error).message, source), includes: [] };
  }
  const checker = new Checker(fields);
  checker.accept(program);
  return checker;
}

function readSyntaxError(text: string, source: string): Place[] {
  const [, line = '1', column] = / - (\d+):(\d+)$/.exec(text) ?? /line (\d+)/.exec(text) ?? [];
  const pointer = /\n(-*)\^/.exec(text)?.[1]?.length;
  const said = text.replace(/^.*\n[\s\S]*\n/, '').replace(/ - \d+:\d+$/, '');
  // The parser names the end of the file, which helps nobody.
  const open = /OPEN_ENDBLOCK.*got 'EOF'/.test(said) ? findOpenBlocks(source) : [];
  if (open.length > 0)
    return open.map(({ tag, at }) => ({ ...placeAt(source, at), message: `${tag} is never closed` }));
  return [
    {
      line: Number(line),
      column: (column === undefined ? (pointer ?? 0) : Number(column)) + 1,
      message: `a template tag is not as it should be: ${said}`,
    },
  ];
}

class Checker extends Handlebars.Visitor {
  readonly problems: Place[] = [];
  readonly includes: Include[] = [];
  /** What is known at the place, and around it; papers and why-lines are rendered apart and see nothing around them. */
  #around: Fields[];

  constructor(fields: Fields) {
    super();
    this.#around = [fields];
  }

  override ContentStatement({ original: content, loc }: hbs.AST.ContentStatement): void {
    const original = String(content);
    for (const { index, 1: path } of original.matchAll(include)) {
      const lines = original.slice(0, index).split('\n');
      const column = (lines.at(-1) as string).length + (lines.length === 1 ? loc.start.column : 0) + 1;
      const line = loc.start.line + lines.length - 1;
      this.includes.push({ path: path as string, line, column, fields: this.#around.at(-1) as Fields });
    }
  }

  override MustacheStatement(node: hbs.AST.MustacheStatement): void {
    if (!node.escaped)
      this.#report(node, '{{{…}}} would put text from outside into the mail unescaped; use {{…}}');
    const path = node.path as hbs.AST.PathExpression;
    if (node.params.length > 0 || node.hash !== undefined) {
      if (this.#isHelper(path)) this.#checkTexts(node.params);
    } else this.#checkTexts([path]);
  }

  override BlockStatement(node: hbs.AST.BlockStatement): void {
    const path = node.path as hbs.AST.PathExpression;
    const [over] = node.params;
    if (!this.#isHelper(path)) return;
    if (path.original === 'wrap' || node.params.length !== 1 || over?.type !== 'PathExpression') {
      this.#report(
        node,
        `{{#${path.original} …}} takes one field: {{#if …}}, {{#unless …}}, {{#each …}} or {{#with …}}`,
      );
      return;
    }
    const field = this.#find(over as hbs.AST.PathExpression);
    if (field === undefined) return;
    const inside = this.#enter(node, path.original, over as hbs.AST.PathExpression, field);
    if (inside === undefined) return;
    const outside = this.#around;
    this.#around = inside;
    this.acceptKey(node, 'program');
    this.#around = outside;
    if (node.inverse) this.acceptKey(node, 'inverse');
  }

  override PartialStatement(node: hbs.AST.PartialStatement): void {
    this.#report(node, 'partials are not supported; use <mj-include>');
  }

  override PartialBlockStatement(node: hbs.AST.PartialBlockStatement): void {
    this.#report(node, 'partials are not supported; use <mj-include>');
  }

  #enter(
    node: hbs.AST.BlockStatement,
    helper: string,
    { original }: hbs.AST.PathExpression,
    field: Fields[string],
  ): Fields[] | undefined {
    if (helper === 'if' || helper === 'unless') return this.#around;
    const isList = Array.isArray(field);
    if (field === null || isList !== (helper === 'each')) {
      this.#report(node, `{{#${helper} ${original}}}: ${original} is ${describe(field)}`);
      return undefined;
    }
    const entered = (isList ? field[0] : field) as Fields;
    return original === 'papers' || original === 'why' ? [entered] : [...this.#around, entered];
  }

  #isHelper(path: hbs.AST.PathExpression): boolean {
    if (helpers.has(path.original)) return true;
    this.#report(path, `{{${path.original}}} is no helper; known are ${[...helpers].join(', ')}`);
    return false;
  }

  /** What is shown has to be text. */
  #checkTexts(expressions: hbs.AST.Expression[]): void {
    for (const expression of expressions) {
      if (expression.type !== 'PathExpression') continue;
      const path = expression as hbs.AST.PathExpression;
      const field = this.#find(path);
      if (field !== undefined && field !== null)
        this.#report(path, `{{${path.original}}} is ${describe(field)} and cannot be shown`);
    }
  }

  /** Undefined, and reported, when there is no such field here. */
  #find(path: hbs.AST.PathExpression): Fields[string] | undefined {
    if (path.data) {
      if (counters.has(path.parts.join('.')) && path.depth === 0) return null;
      this.#report(
        path,
        `{{${path.original}}} is not known; in a list there are @${[...counters].join(', @')}`,
      );
      return undefined;
    }
    let fields: Fields[string] | undefined = this.#around.at(-1 - path.depth);
    if (fields === undefined) {
      this.#report(path, `{{${path.original}}} reaches for what is not known here`);
      return undefined;
    }
    for (const part of path.parts) {
      const known: Fields =
        fields === null || fields === undefined || Array.isArray(fields) ? {} : (fields as Fields);
      fields = Object.hasOwn(known, part) ? known[part] : undefined;
      if (fields !== undefined) continue;
      const names = Object.keys(known);
      const instead = names.length > 0 ? `; here are ${names.join(', ')}` : '';
      this.#report(path, `{{${path.original}}}: there is no field ${part} here${instead}`);
      return undefined;
    }
    return fields;
  }

  #report(node: hbs.AST.Node, message: string): void {
    this.problems.push({ line: node.loc.start.line, column: node.loc.start.column + 1, message });
  }
}

function describe(field: Fields[string]): string {
  if (field === null) return 'text';
  return Array.isArray(field) ? 'a list' : `a group of fields (${Object.keys(field).join(', ')})`;
}

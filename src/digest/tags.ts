import Handlebars from 'handlebars';

/** The names a digest's template may use, whatever the place: the fields of the views and of each other. */
export const templateFields: ReadonlySet<string> = new Set([
  // the edition
  'lang',
  'dir',
  'start',
  'end',
  'title',
  'preheader',
  'date',
  'dateLang',
  'inside',
  'more',
  'reason',
  'sentBy',
  'postalAddress',
  'homeUrl',
  'preferencesUrl',
  'unsubscribeUrl',
  'viewUrl',
  'papers',
  'words',
  'preferences',
  'change',
  'seeMore',
  'unsubscribe',
  'viewInBrowser',
  // a paper
  'href',
  'authors',
  'summary',
  'links',
  'feedback',
  'number',
  'label',
  'why',
  // why it is here
  'topics',
  'spark',
  'trend',
  'rising',
  'line',
]);
const helpers = new Set(['if', 'unless', 'each', 'with', 'wrap']);

interface Place {
  line: number;
  message: string;
}

/**
 * What is wrong with the template tags of one source file, each with its line: bad syntax, a field or
 * helper that does not exist, unescaped `{{{…}}}`. Empty when all is well.
 */
export function checkTags(source: string, fields: ReadonlySet<string> = templateFields): Place[] {
  const problems: Place[] = [];
  let program: hbs.AST.Program;
  try {
    program = Handlebars.parse(source);
  } catch (error) {
    const text = (error as Error).message;
    const line = Number(/line (\d+)/.exec(text)?.[1] ?? / - (\d+):\d+$/.exec(text)?.[1] ?? 1);
    return [{ line, message: text.replace(/\s*\n[\s\S]*\n/, ': ') }];
  }
  const report = (node: hbs.AST.Node, message: string) =>
    problems.push({ line: node.loc.start.line, message });
  class Checker extends Handlebars.Visitor {
    override MustacheStatement(node: hbs.AST.MustacheStatement): void {
      if (!node.escaped)
        report(node, '{{{…}}} would put text from outside into the mail unescaped; use {{…}}');
      this.checkCall(node);
    }
    override BlockStatement(node: hbs.AST.BlockStatement): void {
      this.checkCall(node);
      this.acceptKey(node, 'program');
      if (node.inverse) this.acceptKey(node, 'inverse');
    }
    override PartialStatement(node: hbs.AST.PartialStatement): void {
      report(node, 'partials are not supported; use <mj-include>');
    }
    checkCall(node: hbs.AST.MustacheStatement | hbs.AST.BlockStatement): void {
      const path = node.path as hbs.AST.PathExpression;
      const isCall = node.type === 'BlockStatement' || node.params.length > 0 || node.hash !== undefined;
      if (!isCall) this.checkPath(path);
      else if (!helpers.has(path.original))
        report(path, `{{${path.original}}} is no helper; known are ${[...helpers].join(', ')}`);
      for (const parameter of node.params)
        if (parameter.type === 'PathExpression') this.checkPath(parameter as hbs.AST.PathExpression);
    }
    checkPath(path: hbs.AST.PathExpression): void {
      if (path.data) return;
      const unknown = path.parts.find((part) => !fields.has(part));
      if (unknown !== undefined)
        report(
          path,
          `{{${path.original}}}: there is no field ${unknown}; known are ${[...fields].join(', ')}`,
        );
    }
  }
  new Checker().accept(program);
  return problems;
}

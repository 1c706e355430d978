import { dirname, relative, sep } from 'node:path';
import type { MjmlProblem } from 'mjml';
import { checkMarkup } from './markup.ts';
import { findElement } from './places.ts';
import { checkTags, type Place } from './tags.ts';
import type { Fields } from './template-fields.ts';
import {
  readTemplate,
  TemplateError,
  type TemplateFile,
  type TemplateFolders,
  type TemplateProblem,
} from './template-files.ts';

/**
 * An MJML file, with what it includes, as HTML with its template tags left in; `fields` are what it may name. Checked
 * strictly before, all its files at once. Throws TemplateError.
 */
export async function compileMjml(
  folders: TemplateFolders,
  name: string,
  fields: Fields,
): Promise<TemplateFile> {
  const { file, source, sources, problems } = await readWithIncludes(folders, name, fields);
  if (problems.length > 0) throw new TemplateError(problems);
  // Loading mjml takes half a second, which only those who render should pay.
  const { default: mjml2html } = await import('mjml');
  let html: string;
  try {
    ({ html } = await mjml2html(source, {
      filePath: file,
      actualPath: file,
      ignoreIncludes: false,
      includePath: folders.own === null ? [folders.shipped] : [folders.own, folders.shipped],
      validationLevel: 'strict',
      minify: true,
      // cssnano would need to be told of the tags; `compact` does what matters.
      minifyOptions: { minifyCss: false },
      fonts: {},
    }));
  } catch (cause) {
    const found = (cause as { errors?: MjmlProblem[] }).errors?.map((one) => placeOf(one, file, sources));
    throw new TemplateError(
      found ?? [{ file, line: null, column: null, message: (cause as Error).message }],
      { cause },
    );
  }
  const leftOver = /<!-- mj-include[^>]*-->|<\/?mj-[a-z]+/.exec(html)?.[0];
  if (leftOver !== undefined)
    throw new TemplateError([
      { file, line: null, column: null, message: `${leftOver} was left over; it stands where it cannot` },
    ]);
  return { file, source: compact(html) };
}

/** A text template, its tags checked. Throws TemplateError. */
export async function readTextTemplate(
  folders: TemplateFolders,
  name: string,
  fields: Fields,
): Promise<TemplateFile> {
  const { file, source } = await readTemplate(folders, name);
  const { problems } = checkTags(source, fields);
  if (problems.length > 0) throw new TemplateError(problems.map((problem) => ({ file, ...problem })));
  return { file, source };
}

/**
 * The source with its includes led to where each file is, all sources as they stand in their files, and everything
 * that is wrong with any of them.
 */
async function readWithIncludes(
  folders: TemplateFolders,
  name: string,
  fields: Fields,
): Promise<TemplateFile & { sources: Map<string, string>; problems: TemplateProblem[] }> {
  const main = await readTemplate(folders, name);
  const sources = new Map([[main.file, main.source]]);
  const { problems: found, includes } = checkSource(main.source, fields);
  const problems = found.map((problem): TemplateProblem => ({ file: main.file, ...problem }));
  let { source } = main;
  for (const include of includes) {
    const place = { file: main.file, line: include.line, column: include.column };
    const path = include.path.replace(/^\.\//, '');
    if (!/^[\w-]+\.(?:mjml|css)$/.test(path)) {
      problems.push({
        ...place,
        message: `${include.path}: an include names a .mjml or .css file beside this one`,
      });
      continue;
    }
    const included = await readTemplate(folders, path).catch((error: TemplateError) => error);
    if (included instanceof TemplateError) {
      problems.push(
        ...included.problems.map(({ file, message }) => ({ ...place, message: `${file} ${message}` })),
      );
      continue;
    }
    sources.set(included.file, included.source);
    const checked = path.endsWith('.css')
      ? { problems: checkStyles(included.source), includes: [] }
      : checkSource(included.source, include.fields);
    problems.push(...checked.problems.map((problem) => ({ file: included.file, ...problem })));
    problems.push(
      ...checked.includes.map(({ line, column }) => ({
        ...{ file: included.file, line, column },
        message: 'what is included cannot include more',
      })),
    );
    // mjml looks beside the main file alone.
    const from = relative(dirname(main.file), included.file).split(sep).join('/');
    source = source.replaceAll(new RegExp(`(["'])(?:\\./)?${path}\\1`, 'g'), `$1${from}$1`);
  }
  return { file: main.file, source, sources, problems };
}

function checkSource(source: string, fields: Fields): ReturnType<typeof checkTags> {
  const checked = checkTags(source, fields);
  // Where the tags themselves are broken, what is around them tells nothing.
  if (checked.problems.length > 0) return checked;
  return { ...checked, problems: checkMarkup(source) };
}

/** A style sheet that could end where it should not, or that holds tags: nothing in it is filled in. */
function checkStyles(source: string): Place[] {
  const problems: Place[] = [];
  const lines = source.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' ')).split('\n');
  let open = 0;
  for (const [index, line] of lines.entries())
    for (const { 0: found, index: at } of line.matchAll(/\{\{|\}\}|<\/?|[{}]/g)) {
      const place = { line: index + 1, column: at + 1 };
      if (found === '{') open++;
      else if (found === '}') open--;
      else problems.push({ ...place, message: `${found} cannot stand in a style sheet` });
      if (open < 0) problems.push({ ...place, message: 'this } closes nothing' });
      open = Math.max(0, open);
    }
  if (open > 0) problems.push({ line: lines.length, column: 1, message: 'a { is never closed' });
  return problems;
}

/** `Line 3 of /path/paper.mjml, included at … (mj-text) — Attribute x is illegal`. */
function placeOf(
  { line, tagName, message, formattedMessage }: MjmlProblem,
  main: string,
  sources: ReadonlyMap<string, string>,
): TemplateProblem {
  const file = /^Line \d+ of (.+?)(?:, included at .*)? \([\w-]+\) — /s.exec(formattedMessage)?.[1] ?? main;
  const attribute = /^Attributes? ([^\s,]+)/.exec(message)?.[1] ?? null;
  const place = findElement(sources.get(file) ?? '', { line, name: tagName, attribute });
  return { file, ...(place ?? { line, column: null }), message: `<${tagName}>: ${message.trim()}` };
}

/** White space between tags and in styles cut to what is needed; each tag that may stands on its own line. */
function compact(html: string): string {
  return `${html
    .replace(/<style[^>]*>[\s\S]*?<\/style>|<!--\[if[\s\S]*?<!\[endif\]-->/g, (block) =>
      block
        .replace(/\/\*[\s\S]*?\*\//g, '')
        .replace(/\s+/g, ' ')
        .replace(/ ?([{};]) ?/g, '$1')
        .replace(/: /g, ':'),
    )
    // MJML knows no direction that is chosen later.
    .replace(/ align="left"/g, ' align="{{start}}"')
    .replace(/text-align: ?left/g, 'text-align:{{start}}')
    .replace(/direction: ?ltr/g, 'direction:{{dir}}')
    .replace(/ style="[^"]*"/g, (style) =>
      style
        .replace(/\s+/g, ' ')
        .replace(/([:;,]) | ?(\/) ?/g, '$1$2')
        .replace(/;"$/, '"'),
    )
    .replace(/> </g, '>\n<')
    .replace(/(?<!\])><(?=meta|title|style|!--|\/?head|body)/g, '>\n<')
    // A piece that is cut here ends its own line.
    .replace(/\s*(\{\{#each papers\}\}|\{\{#with why\}\}|\{\{\/(?:each|with)\}\})\s*/g, '$1')}\n`;
}

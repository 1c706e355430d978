import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { MjmlProblem } from 'mjml';
import { cutPieces, type Pieces } from './pieces.ts';
import { checkTags, templateFields } from './tags.ts';
import { tryPieces } from './try-pieces.ts';
import { wrap } from './wrap.ts';

/** The folder's templates, compiled once; nothing in it changes. */
export interface CompiledTemplates {
  html: Pieces;
  text: Pieces;
}

/** A template cannot be used. The message names each problem with its file and line. */
export class TemplateError extends Error {
  override name = 'TemplateError';
}

/**
 * Reads `digest.mjml` (with what it includes) and `digest.txt` from a folder, checks them strictly and
 * compiles them: MJML to HTML once with the template tags left in, that to functions. Takes some 0.7 s,
 * most of it loading mjml. Throws TemplateError.
 */
export async function loadTemplates(folder: string): Promise<CompiledTemplates> {
  const html = await loadHtml(folder);
  const text = await loadText(folder);
  for (const [name, pieces] of Object.entries({ 'digest.mjml': html, 'digest.txt': text })) {
    const problem = tryPieces(pieces);
    if (problem !== null) throw new TemplateError(`${join(folder, name)}: ${problem}.`);
  }
  return { html, text };
}

async function loadHtml(folder: string): Promise<Pieces> {
  const file = join(folder, 'digest.mjml');
  return cut(file, await compileMjml(file, templateFields), true);
}

/**
 * An MJML file, with what it includes, as HTML with its template tags left in; `fields` are the names that it may use.
 * Throws TemplateError.
 */
export async function compileMjml(file: string, fields: ReadonlySet<string>): Promise<string> {
  const folder = dirname(file);
  const source = await readChecked(file, fields);
  for (const include of source.matchAll(/<mj-include\s[^>]*path="([^"]+)"/g)) {
    const included = join(folder, include[1] ?? '');
    if (included.endsWith('.css')) await readTemplate(included);
    else await readChecked(included, fields);
  }
  // Loading mjml takes half a second, which only those who render should pay.
  const { default: mjml2html } = await import('mjml');
  let html: string;
  try {
    ({ html } = await mjml2html(source, {
      filePath: file,
      actualPath: file,
      ignoreIncludes: false,
      validationLevel: 'strict',
      minify: true,
      // cssnano would need to be told of the tags; `compact` does what matters.
      minifyOptions: { minifyCss: false },
      fonts: {},
    }));
  } catch (cause) {
    const problems = (cause as { errors?: MjmlProblem[] }).errors;
    const said = problems?.map((problem) => problem.formattedMessage) ?? [
      `${file}: ${(cause as Error).message}`,
    ];
    throw new TemplateError(`The mail template is not valid MJML:\n${said.join('\n')}`, { cause });
  }
  const leftOver = /<!-- mj-include[^>]*-->|<\/?mj-[a-z]+/.exec(html)?.[0];
  if (leftOver !== undefined)
    throw new TemplateError(
      `${file}: ${leftOver} was left over; a tag is not closed or a file cannot be included.`,
    );
  return compact(html);
}

async function loadText(folder: string): Promise<Pieces> {
  const file = join(folder, 'digest.txt');
  return cut(file, await readChecked(file, templateFields), false);
}

/** `{{wrap text indent=4}}`, for mails without HTML. */
export const textHelpers = {
  wrap: (text: unknown, options: { hash: { indent?: number } }) =>
    wrap(String(text ?? ''), 72, ' '.repeat(options.hash.indent ?? 0)),
};

function cut(file: string, source: string, escapes: boolean): Pieces {
  try {
    return cutPieces(source, { escapes, helpers: textHelpers });
  } catch (cause) {
    throw new TemplateError(`${file}: ${(cause as Error).message}.`, { cause });
  }
}

async function readTemplate(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new TemplateError(`The mail template ${file} cannot be read: ${(cause as Error).message}.`, {
      cause,
    });
  }
}

/** A template's source, its tags checked. Throws TemplateError. */
export async function readChecked(file: string, fields: ReadonlySet<string>): Promise<string> {
  const source = await readTemplate(file);
  const problems = checkTags(source, fields);
  if (problems.length > 0)
    throw new TemplateError(
      problems.map(({ line, message }) => `${relative('', file)}:${line}: ${message}`).join('\n'),
    );
  return source;
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
    .replace(/ style="[^"]*"/g, (style) => style.replace(/([:;,]) /g, '$1').replace(/;"$/, '"'))
    .replace(/> </g, '>\n<')
    .replace(/(?<!\])><(?=meta|title|style|!--|\/?head|body)/g, '>\n<')
    // A piece that is cut here ends its own line.
    .replace(/\s*(\{\{#each papers\}\}|\{\{#with why\}\}|\{\{\/(?:each|with)\}\})\s*/g, '$1')}\n`;
}

import { compileMjml, readTextTemplate } from './compile-mjml.ts';
import { cutPieces, type Pieces } from './pieces.ts';
import { digestFields } from './template-fields.ts';
import { bothOf, listOwnTemplates, TemplateError, type TemplateFile } from './template-files.ts';
import { tryPieces } from './try-pieces.ts';
import { wrap } from './wrap.ts';

/** The digest's templates, compiled once; nothing in it changes. */
export interface CompiledTemplates {
  html: Pieces;
  text: Pieces;
}

/**
 * Reads `digest.mjml` (with what it includes) and `digest.txt`, checks them strictly and compiles them: MJML to HTML
 * once with the template tags left in, that to functions. `own`: a folder whose files take the place of those of the
 * same name. Takes some 0.7 s, most of it loading mjml. Throws TemplateError.
 */
export async function loadTemplates(shipped: string, own: string | null = null): Promise<CompiledTemplates> {
  const folders = { shipped, own };
  await listOwnTemplates(folders);
  const [html, text] = await bothOf(
    compileMjml(folders, 'digest.mjml', digestFields),
    readTextTemplate(folders, 'digest.txt', digestFields),
  );
  return { html: cut(html, true), text: cut(text, false) };
}

/** `{{wrap text indent=4}}`, for mails without HTML. */
export const textHelpers = {
  wrap: (text: unknown, options: { hash: { indent?: number } }) =>
    wrap(String(text ?? ''), 72, ' '.repeat(options.hash.indent ?? 0)),
};

function cut({ file, source }: TemplateFile, escapes: boolean): Pieces {
  const refuse = (message: string, cause?: unknown) =>
    new TemplateError([{ file, line: null, column: null, message }], { cause });
  let pieces: Pieces;
  try {
    pieces = cutPieces(source, { escapes, helpers: textHelpers });
  } catch (cause) {
    throw refuse((cause as Error).message, cause);
  }
  const problem = tryPieces(pieces);
  if (problem !== null) throw refuse(problem);
  return pieces;
}

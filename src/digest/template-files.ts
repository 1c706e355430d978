import { readdir, readFile } from 'node:fs/promises';
import { extname, isAbsolute, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What ships with the project. */
export const shippedTemplates = fileURLToPath(new URL('../../templates', import.meta.url));

/** Where templates are: those that ship with the project, and the operator's own, which take their place by name. */
export interface TemplateFolders {
  shipped: string;
  /** Null: there are none. */
  own: string | null;
}

/** What is wrong with a template, and where. Lines and columns count from 1; null: the file as a whole, or the line. */
export interface TemplateProblem {
  file: string;
  line: number | null;
  column: number | null;
  message: string;
}

/** Templates cannot be used. The message has a line for each problem, as `FILE:LINE:COLUMN: what is wrong`. */
export class TemplateError extends Error {
  override name = 'TemplateError';
  readonly problems: readonly TemplateProblem[];
  constructor(problems: readonly TemplateProblem[], options?: ErrorOptions) {
    super(
      `The mail templates cannot be used:\n${problems.map((one) => `  ${tell(one)}`).join('\n')}`,
      options,
    );
    this.problems = problems;
  }
}

/** Both of two, or one TemplateError that tells of all that is wrong with either, and once of what both read. */
export async function bothOf<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  const [one, other] = await Promise.allSettled([first, second]);
  if (one.status === 'fulfilled' && other.status === 'fulfilled') return [one.value, other.value];
  const errors = [one, other].flatMap((ended) => (ended.status === 'rejected' ? [ended.reason] : []));
  const problems = errors.map((error) => {
    if (error instanceof TemplateError) return error.problems;
    throw error;
  });
  const different = new Map(problems.flat().map((problem) => [JSON.stringify(problem), problem]));
  throw new TemplateError([...different.values()], { cause: errors[0] });
}

const tell = (problem: TemplateProblem) => `${tellPlace(problem)}: ${problem.message}`;

/** `FILE:LINE:COLUMN`, the file as seen from here where it is near. */
export function tellPlace({ file, line, column }: TemplateProblem): string {
  const near = relative('', file);
  const place = [near.startsWith('..') || isAbsolute(near) ? file : near, line, column];
  return place.filter((one) => one !== null).join(':');
}

/** A template's source and where it was found. */
export interface TemplateFile {
  file: string;
  source: string;
}

/** The operator's file of that name, or the shipped one. Throws TemplateError when there is neither. */
export async function readTemplate({ shipped, own }: TemplateFolders, name: string): Promise<TemplateFile> {
  if (own !== null) {
    const file = join(own, name);
    try {
      return { file, source: await readFile(file, 'utf8') };
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw unreadable(file, cause);
    }
  }
  const file = join(shipped, name);
  try {
    return { file, source: await readFile(file, 'utf8') };
  } catch (cause) {
    throw unreadable(own === null ? file : join(own, name), cause);
  }
}

function unreadable(file: string, cause: unknown): TemplateError {
  return new TemplateError([{ file, ...nowhere, message: `cannot be read: ${(cause as Error).message}` }], {
    cause,
  });
}

const nowhere = { line: null, column: null };
const kinds = new Set(['.mjml', '.txt', '.css']);
/** Other files beside templates are none of ours. */
export const isTemplateName = (name: string) => kinds.has(extname(name));
const include = /<mj-include\s[^>]*?\bpath\s*=\s*["'](?:\.\/)?([^"']+)["']/g;

/** The operator's own files, by name. Throws TemplateError for one that takes no other's place and is included nowhere. */
export async function listOwnTemplates({ shipped, own }: TemplateFolders): Promise<string[]> {
  if (own === null) return [];
  let names: string[];
  try {
    names = (await readdir(own)).filter(isTemplateName).sort();
  } catch (cause) {
    throw unreadable(own, cause);
  }
  const known = (await readdir(shipped)).sort();
  const used = new Set(known);
  for (const name of known.filter((one) => extname(one) === '.mjml')) {
    const { source } = await readTemplate({ shipped, own }, name);
    for (const [, path] of source.matchAll(include)) used.add(path as string);
  }
  const unused = names.filter((name) => !used.has(name));
  if (unused.length > 0)
    throw new TemplateError(
      unused.map((name) => ({
        file: join(own, name),
        ...nowhere,
        message: `takes no template's place and is included nowhere; there are ${known.join(', ')}`,
      })),
    );
  return names;
}

/** A template that mails are made of. */
export interface ListedTemplate extends TemplateFile {
  name: string;
  /** It takes the shipped one's place, or is there besides. */
  isOwn: boolean;
  bytes: number;
}

/** All templates that are there, by name, each as it is used: the operator's own where there is one. */
export async function listTemplates({ shipped, own }: TemplateFolders): Promise<ListedTemplate[]> {
  const namesIn = async (folder: string | null) =>
    folder === null ? [] : (await readdir(folder).catch(() => [])).filter(isTemplateName);
  const names = [...new Set([...(await namesIn(shipped)), ...(await namesIn(own))])].sort();
  return await Promise.all(
    names.map(async (name) => {
      const { file, source } = await readTemplate({ shipped, own }, name);
      return {
        name,
        file,
        source,
        isOwn: own !== null && file === join(own, name),
        bytes: Buffer.byteLength(source),
      };
    }),
  );
}

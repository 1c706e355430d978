import { loadLetterTemplates } from './letter.ts';
import {
  listOwnTemplates,
  TemplateError,
  type TemplateFolders,
  type TemplateProblem,
} from './template-files.ts';
import { loadTemplates } from './templates.ts';

/** The operator's own files by name, and everything that is wrong with what they make of the mails; empty: nothing. */
export async function checkTemplates(
  folders: TemplateFolders,
): Promise<{ files: string[]; problems: TemplateProblem[] }> {
  const { shipped, own } = folders;
  const files = await listOwnTemplates(folders).catch(() => []);
  const problems = new Map<string, TemplateProblem>();
  for (const load of [loadTemplates, loadLetterTemplates]) {
    try {
      await load(shipped, own);
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      // What both kinds of mail read is told once.
      for (const problem of error.problems) problems.set(JSON.stringify(problem), problem);
    }
  }
  return { files, problems: [...problems.values()] };
}

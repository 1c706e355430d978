import { loadBoth } from './mail-templates.ts';
import {
  listOwnTemplates,
  TemplateError,
  type TemplateFolders,
  type TemplateProblem,
} from './template-files.ts';

/** The operator's own files by name, and everything that is wrong with what they make of the mails; empty: nothing. */
export async function checkTemplates(
  folders: TemplateFolders,
): Promise<{ files: string[]; problems: readonly TemplateProblem[] }> {
  const files = await listOwnTemplates(folders).catch(() => []);
  try {
    await loadBoth(folders);
    return { files, problems: [] };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return { files, problems: error.problems };
  }
}

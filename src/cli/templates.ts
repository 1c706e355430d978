import { constants, copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { shippedTemplates, TemplateError } from '../digest/template-files.ts';
import { CommandError, define, type Surroundings } from './command.ts';
import { counted } from './output.ts';

export function addTemplatesCommands(program: Command, surroundings: Surroundings): void {
  const templates = program
    .command('templates')
    .description('mail templates of your own, which take the place of the shipped ones of the same name');

  define(
    templates
      .command('check')
      .description('say what is wrong with templates, with file, line and column')
      .argument('[folder]', 'that of TEMPLATES_DIR when not given'),
    surroundings,
    false,
    async ({ app, out }, _options, [folder]) => {
      const own = folder === undefined ? app.config.mail.templatesDir : resolve(surroundings.cwd, folder);
      if (own === null)
        throw new CommandError(
          'Name a folder, or set TEMPLATES_DIR: without it, mail has the templates that ship with Paperboy.',
        );
      const { checkTemplates } = await import('../digest/check-templates.ts');
      const { files, problems } = await checkTemplates({ shipped: shippedTemplates, own });
      out.answer({ folder: own, files, problems }, () =>
        problems.length > 0 ? [] : `${own} can be used: ${filesLine(files)}.`,
      );
      if (problems.length > 0) out.fail(new TemplateError(problems).message);
    },
  );

  define(
    templates
      .command('copy')
      .description(
        'write the shipped templates to a folder to begin with; a file that is there stays as it is',
      )
      .argument('<folder>'),
    surroundings,
    false,
    async ({ out }, _options, [folder]) => {
      const to = resolve(surroundings.cwd, folder ?? '');
      const copied: string[] = [];
      try {
        mkdirSync(to, { recursive: true });
        for (const name of readdirSync(shippedTemplates).sort())
          if (copyNew(join(shippedTemplates, name), join(to, name))) copied.push(name);
      } catch (cause) {
        throw new CommandError(`${to} cannot be written: ${(cause as Error).message}.`, { cause });
      }
      out.answer({ folder: to, copied }, () => [
        copied.length > 0
          ? `Copied ${copied.join(', ')} to ${to}.`
          : `Everything was in ${to} already; nothing was changed.`,
        'Keep what you change and delete the rest, so that it goes on changing with Paperboy. Then set:',
        `  TEMPLATES_DIR=${relative(surroundings.cwd, to) || to}`,
      ]);
    },
  );
}

function filesLine(files: string[]): string {
  if (files.length === 0) return 'it holds no template, so all are those that ship with Paperboy';
  return `${counted(files.length, 'file')} of your own (${files.join(', ')}), the rest as it ships with Paperboy`;
}

function copyNew(from: string, to: string): boolean {
  try {
    copyFileSync(from, to, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isTemplateName, TemplateError, type TemplateProblem } from './template-files.ts';

/** How the templates on disk stand to those that mails are made of. */
export interface TemplatesState {
  /** Since when mails are made of those in use, epoch ms; null: there are none yet. */
  since: number | null;
  /** Why what is on disk is not in use; empty: it is. */
  problems: readonly TemplateProblem[];
}

/** Templates that follow what is on disk, as long as that can be used. */
export interface FollowedTemplates<T> {
  /**
   * Those to make mails of: as they are on disk, or the last that could be used. Who makes many mails keeps what one
   * call gives. Throws TemplateError when there never were any that could be used.
   */
  current(): Promise<T>;
  /** As `current`, for who asks how it stands. */
  look(): Promise<TemplatesState>;
  /** Called whenever others than before are taken up. */
  onTaken(listener: () => void): void;
}

/** What has changed is left to rest for so long: half a file that is being written may pass for a whole one. */
const restMs = 1_000;
const mostRests = 5;

/**
 * Takes up the templates of a folder when they have changed and can be used: `load` checks and compiles them, once for
 * each change, and throws TemplateError when they cannot be used; then those before stay in use.
 */
export function followTemplates<T>(
  folder: string,
  load: () => Promise<T>,
  now: () => number,
  rest: () => Promise<unknown> = () => sleep(restMs),
): FollowedTemplates<T> {
  const listeners: (() => void)[] = [];
  let used: { templates: T; since: number } | null = null;
  let judged: { print: string; refusal: TemplateError | null } | null = null;
  let judging: Promise<void> | null = null;

  /** Whoever asks meanwhile waits for the same. */
  const keepUp = () => {
    judging ??= judge().finally(() => {
      judging = null;
    });
    return judging;
  };

  async function judge(): Promise<void> {
    const isStart = judged === null;
    let print = await printOf(folder);
    if (print === judged?.print) return;
    for (let rests = 0; !isStart; rests++) {
      if (rests === mostRests) return;
      await rest();
      const before = print;
      print = await printOf(folder);
      if (print === before) break;
    }
    try {
      const templates = await load();
      // Written again while it was read: neither the one nor the other.
      if (!isStart && (await printOf(folder)) !== print) return;
      used = { templates, since: now() };
      judged = { print, refusal: null };
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      judged = { print, refusal: error };
      return;
    }
    if (!isStart) for (const listener of listeners) listener();
  }

  return {
    async current() {
      await keepUp();
      if (used !== null) return used.templates;
      throw judged?.refusal ?? new Error('there are no templates, and nothing is wrong with them');
    },
    async look() {
      await keepUp();
      return { since: used?.since ?? null, problems: judged?.refusal?.problems ?? [] };
    },
    onTaken(listener) {
      listeners.push(listener);
    },
  };
}

/** What tells that something in the folder was written, even where its time of change was set back. */
async function printOf(folder: string): Promise<string> {
  try {
    const names = (await readdir(folder)).filter(isTemplateName).sort();
    const prints = await Promise.all(
      names.map(async (name) => {
        const { ino, size, mtimeMs, ctimeMs } = await stat(join(folder, name));
        return [name, ino, size, mtimeMs, ctimeMs].join(' ');
      }),
    );
    return prints.join('\n');
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

import { type FollowedTemplates, followTemplates } from './follow-templates.ts';
import type { LetterTemplates } from './letter.ts';
import { bothOf, shippedTemplates, type TemplateFolders } from './template-files.ts';
import type { CompiledTemplates } from './templates.ts';

/** What all mails are made of. */
export interface MailTemplates extends Pick<FollowedTemplates<unknown>, 'look' | 'onTaken'> {
  /** The digests' and the letters'; whoever makes many mails keeps what one call gives. Throw TemplateError. */
  digests(): Promise<CompiledTemplates>;
  letters(): Promise<LetterTemplates>;
}

/**
 * Those that ship with Paperboy, compiled when first asked for; with files of the operator's in `own`, those, both
 * kinds checked together and taken up again when they have changed and can be used.
 */
export function openMailTemplates(own: string | null, now: () => number): MailTemplates {
  const shipped = shippedTemplates;
  if (own === null)
    return {
      digests: once(() => loadDigests({ shipped, own })),
      letters: once(() => loadLetters({ shipped, own })),
      look: async () => ({ since: null, problems: [] }),
      onTaken: () => {},
    };
  const { current, look, onTaken } = followTemplates(own, () => loadBoth({ shipped, own }), now);
  return {
    digests: async () => (await current()).digests,
    letters: async () => (await current()).letters,
    look,
    onTaken,
  };
}

/** Both kinds, checked and compiled. Throws one TemplateError that tells of all that is wrong with either. */
export async function loadBoth(folders: TemplateFolders): Promise<{
  digests: CompiledTemplates;
  letters: LetterTemplates;
}> {
  const [digests, letters] = await bothOf(loadDigests(folders), loadLetters(folders));
  return { digests, letters };
}

// Compilers are loaded when they are needed: most commands make no mail.
async function loadDigests({ shipped, own }: TemplateFolders): Promise<CompiledTemplates> {
  const { loadTemplates } = await import('./templates.ts');
  return await loadTemplates(shipped, own);
}

async function loadLetters({ shipped, own }: TemplateFolders): Promise<LetterTemplates> {
  const { loadLetterTemplates } = await import('./letter.ts');
  return await loadLetterTemplates(shipped, own);
}

function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | null = null;
  return () => {
    loading ??= load();
    return loading;
  };
}

import { execFileSync } from 'node:child_process';

/**
 * Whether a judge is missing on this machine: then it says so in one line and its tests are skipped. Where CI or
 * PAPERBOY_REQUIRE_TOOLS is 1 a missing judge is an error instead: nobody may pass because nobody looked.
 */
export function isMissing(judge: string, why: string | null): boolean {
  if (why === null) return false;
  if (process.env.CI === '1' || process.env.CI === 'true' || process.env.PAPERBOY_REQUIRE_TOOLS === '1')
    throw new Error(`${judge} is wanted here: ${why}`);
  console.info(`${judge} is not asked: ${why}`);
  return true;
}

/** Why a program cannot be run; null: it can. It is run with `args`, which must do nothing and end well. */
export function whyNoProgram(program: string, args: readonly string[], debianPackage: string): string | null {
  try {
    execFileSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    return null;
  } catch {
    return `${program} cannot be run (Debian: ${debianPackage})`;
  }
}

/** Debian's own Python, which has Debian's modules. */
export const python = '/usr/bin/python3';

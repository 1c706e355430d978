import type { Config } from '../config.ts';
import type { Log } from '../watch/log-lines.ts';
import type { Surroundings } from './command.ts';

const nothing = () => {};
export const silence: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/**
 * The log of a single command, on stderr as with `serve`: only when LOG_LEVEL is set. A command says what matters in
 * words of its own, and a cron would mail every line.
 */
export async function openCommandLog(config: Config, { stderr }: Surroundings): Promise<Log> {
  const asked = config.settings.some(({ name, origin }) => name === 'LOG_LEVEL' && origin !== 'default');
  if (!asked) return silence;
  const { pino } = await import('pino');
  const log: Log = pino({ level: config.logLevel, base: null }, stderr);
  return log;
}

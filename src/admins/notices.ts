import type { SourceStanding } from '../store/watch.ts';
import type { Trouble } from '../watch/troubles.ts';
import type { TodayAccount } from './overview.ts';

/** Something to look at that is no reason to mail the admin about. */
export interface Notice {
  about: 'failed' | 'uncertain' | 'source';
  /** One line. */
  headline: string;
  /** What is known and what to do, a sentence or two each. */
  lines: string[];
  /** The source that it is about; null: it is about deliveries. */
  source: string | null;
}

export interface NoticeFacts {
  today: Pick<TodayAccount, 'ended'>;
  /** Deliveries of which nobody knows whether the mail server took them. */
  uncertain: number;
  sources: readonly SourceStanding[];
  /** What is told of already. */
  troubles: readonly Pick<Trouble, 'cause'>[];
}

/**
 * What went wrong today, however little: watch/troubles.ts, which the admin is mailed about, leaves out what happens
 * every day somewhere. What stands there is not told twice.
 */
export function findNotices({ today, uncertain, sources, troubles }: NoticeFacts): Notice[] {
  const isTold = (cause: string) => troubles.some((one) => one.cause === cause);
  return [
    isTold('digests_failed') ? null : tellFailed(today),
    isTold('deliveries_uncertain') ? null : tellUncertain(uncertain),
    ...sources.map((one) => (isTold(`source_silent:${one.source}`) ? null : tellSource(one))),
  ].filter((one) => one !== null);
}

function tellFailed({ ended }: NoticeFacts['today']): Notice | null {
  const failed = ended.filter(({ status }) => status === 'failed');
  const number = failed.reduce((sum, { count }) => sum + count, 0);
  if (number === 0) return null;
  const reasons = failed.map(({ reason, count }) => `${count.toLocaleString('en')} ${wordsOf(reason)}`);
  return {
    about: 'failed',
    headline: `${number === 1 ? 'One of today’s digests' : `${number.toLocaleString('en')} of today’s digests`} failed`,
    lines: [
      `By reason: ${reasons.join(', ')}. Nothing is tried again by itself; the papers compete again for the next digest.`,
      'Each says what the mail server answered. What was our fault and is mended can be tried again while its day lasts.',
    ],
    source: null,
  };
}

function tellUncertain(number: number): Notice | null {
  if (number === 0) return null;
  return {
    about: 'uncertain',
    headline: `${number.toLocaleString('en')} ${number === 1 ? 'delivery is' : 'deliveries are'} uncertain`,
    lines: [
      `Nobody knows whether the mail server took ${number === 1 ? 'it' : 'them'}: look for the Message-ID in its log and say what became of ${number === 1 ? 'it' : 'them'}. UNCERTAIN says what is done by itself.`,
    ],
    source: null,
  };
}

function tellSource({ source, state, detail }: SourceStanding): Notice | null {
  if (state !== 'failing' && state !== 'late') return null;
  const known = detail ? [detail] : [];
  return {
    about: 'source',
    source,
    ...(state === 'failing'
      ? {
          headline: `${source} does not answer as it should`,
          lines: [
            ...known,
            'See whether it can be reached from here and whether its address or format has changed. It is asked again by itself, and what was missed is fetched then. Who has nothing new meanwhile is skipped as “source late”.',
          ],
        }
      : {
          headline: `${source} is late`,
          lines: [
            ...known,
            'It is asked again by itself, and there is nothing to do unless it stays so. Who has nothing new meanwhile is skipped as “source late”.',
          ],
        }),
  };
}

function wordsOf(reason: string): string {
  return reason === '' ? 'without a reason' : reason.replaceAll('_', ' ');
}

import { join } from 'node:path';
import { createRandom } from '../support/random.ts';
import { audit } from './audit.ts';
import { everyDay } from './calendar.ts';
import { readLedger } from './ledger.ts';
import { type Env, iso, makeHome, type RunAnswer, untilEnded } from './paperboy.ts';
import { type Caught, startSink } from './sink.ts';
import { makePapers, writeJsonLines, writeSubscribers } from './synthetic.ts';

export interface Together {
  /** How many each process says it sent. */
  sent: number[];
  mails: Caught[];
  /** What the ledger and the mails do not agree on, and whoever got no mail or more than one. */
  wrong: string[];
}

const at = Date.parse('2026-06-22T08:00:00Z');

/** Some processes on one database send the same edition at once, to readers of some domains. */
export async function sendTogether(options: {
  processes: number;
  deliveries: number;
  env?: Env;
}): Promise<Together> {
  const sink = await startSink();
  const home = makeHome({ SMTP_URL: sink.url, SMTP_CONNECTIONS: '5', ...options.env });
  try {
    const before = ['--at', iso(at - 3_600_000)];
    const papers = writeJsonLines(join(home.dir, 'papers.jsonl'), makePapers(createRandom(1), 5));
    await home.answer(['ingest', '--file', papers, ...before]);
    await home.answer(['topics', 'add', 'all-of-it', '--name', 'All', '--query', '*', ...before]);
    const emails = Array.from(
      { length: options.deliveries },
      (_none, n) => `reader${n}@${n % 3 === 0 ? `small${n % 100}` : 'large'}.example.org`,
    );
    const wishes = emails.map((email) => ({
      ...{ email, timezone: 'UTC', time: '08:00', days: everyDay },
      ...{ maxPapers: 3, topics: ['all-of-it'] },
    }));
    const file = writeSubscribers(join(home.dir, 'subscribers.csv'), wishes);
    await home.answer(['subscribers', 'import', file, ...before]);
    await home.answer(['plan', '--at', iso(at)]);

    const ended = await Promise.all(
      Array.from({ length: options.processes }, () =>
        untilEnded(home.start(['send', '--json', '--at', iso(at)])),
      ),
    );
    const ledger = readLedger(home.database);
    const got = Map.groupBy(sink.caught, (mail) => mail.to.join());
    return {
      sent: ended.map((one) => (JSON.parse(one.stdout) as RunAnswer['send']).sent),
      mails: sink.caught,
      wrong: [
        ...ended.flatMap((one) => (one.code === 0 ? [] : [`exit ${one.code}: ${one.stderr}`])),
        ...audit(ledger, sink.caught),
        ...ledger.deliveries.flatMap((one) => (one.status === 'sent' ? [] : [`${one.email}: ${one.status}`])),
        ...emails.flatMap((email) => {
          const count = got.get(email)?.length ?? 0;
          return count === 1 ? [] : [`${email} got ${count} mails`];
        }),
      ],
    };
  } finally {
    await sink.close();
    home.remove();
  }
}

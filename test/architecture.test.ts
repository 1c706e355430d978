import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const src = resolve(import.meta.dirname, '../src');

/** What each room may import besides itself; `src/clock.ts` is open to all. The arrows point down. */
const mayImport: Record<string, readonly string[]> = {
  papers: [],
  tex: [],
  topics: ['papers'],
  digest: ['papers', 'tex', 'topics'],
  mail: ['digest'],
  store: ['papers', 'topics', 'digest'],
  sources: ['store', 'papers', 'tex'],
  subscribers: ['store', 'digest', 'mail', 'topics', 'config'],
  bounces: ['mail', 'store'],
  admins: ['config', 'mail', 'store', 'watch'],
  watch: ['config', 'digest', 'mail', 'store', 'sources'],
  delivery: ['archive', 'store', 'digest', 'mail', 'papers', 'topics'],
  archive: ['store', 'papers', 'topics', 'digest', 'tex'],
  housekeeping: ['config', 'digest', 'papers', 'store'],
  config: ['digest', 'mail'],
  doctor: ['bounces', 'config', 'digest', 'mail', 'store', 'sources', 'subscribers', 'topics'],
  web: [
    ...['config', 'digest', 'mail', 'papers', 'store', 'sources', 'subscribers', 'tex', 'topics', 'delivery'],
    ...['admins', 'archive', 'bounces', 'watch'],
  ],
  app: ['*'],
  stages: ['*'],
  scheduler: ['*'],
  cli: ['*'],
};

/** Rooms without a database, a network or a file of their own. */
const pure = ['papers', 'tex', 'topics', 'digest'];
const impure =
  /^(better-sqlite3|kysely|nodemailer|hono|@hono\/|node:(net|http|https|dns|child_process|worker_threads))/;

interface Import {
  file: string;
  room: string;
  specifier: string;
  target: string | null;
  typeOnly: boolean;
}

const roomOf = (path: string) =>
  (path.split('/')[0] ?? '').replace(/\.ts$/, '').replace(/^secret-key$/, 'config');

const imports: Import[] = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
  .flatMap((file) => {
    const text = readFileSync(join(src, file), 'utf8');
    const found = text.matchAll(/^(?:import|export)\s(type\s)?[^;]*?from\s'([^']+)'|import\('([^']+)'\)/gm);
    return [...found].map(([, typeOnly, named, dynamic]) => {
      const specifier = named ?? dynamic ?? '';
      const target = specifier.startsWith('.')
        ? relative(src, resolve(dirname(join(src, file)), specifier))
        : null;
      return { file, room: roomOf(file), specifier, target, typeOnly: typeOnly !== undefined };
    });
  });

describe('the arrows between the rooms point down', () => {
  test.each(Object.keys(mayImport))('%s imports only what stands below it', (room) => {
    const allowed = mayImport[room] ?? [];
    const wrong = imports
      .filter((one) => one.room === room && one.target !== null)
      .filter(({ target }) => {
        const to = roomOf(target ?? '');
        return to !== room && to !== 'clock' && !allowed.includes(to) && !allowed.includes('*');
      })
      .map(({ file, target }) => `${file} imports ${target}`);
    expect(wrong).toEqual([]);
  });

  test('every room is known here', () => {
    const rooms = new Set(imports.map((one) => one.room));
    expect([...rooms].filter((room) => !(room in mayImport))).toEqual([]);
  });

  test('the pure rooms import no driver', () => {
    const wrong = imports
      .filter((one) => pure.includes(one.room) && !one.typeOnly && impure.test(one.specifier))
      .map(({ file, specifier }) => `${file} imports ${specifier}`);
    expect(wrong).toEqual([]);
  });

  test('Node itself finds every package that is imported: the test runner is less strict', () => {
    const packages = [...new Set(imports.filter((one) => one.target === null).map((one) => one.specifier))];
    const program = `for (const one of ${JSON.stringify(packages)}) {
      const url = import.meta.resolve(one);
      if (url.startsWith('file:') && !process.getBuiltinModule('node:fs').statSync(new URL(url), { throwIfNoEntry: false })?.isFile())
        console.log(one);
    }`;
    const run = ['--input-type=module', '-e', program];
    expect(execFileSync(process.execPath, run, { cwd: src, encoding: 'utf8' })).toBe('');
  });

  test('only the store and the composition root open the database', () => {
    const wrong = imports
      .filter((one) => one.specifier === 'better-sqlite3' && !one.typeOnly)
      .map((one) => one.file)
      .filter((file) => !file.startsWith('store/') && file !== 'app.ts');
    expect(wrong).toEqual([]);
  });

  test('whoever changes a topic, a subscriber, what they are subscribed to or a suppression writes it down', () => {
    const writers =
      /(?<!function )\b(insertSubscribers|saveSubscriber|startSubscriptions|endSubscriptions|eraseSubscriberRow)\(|(updateTable|insertInto|deleteFrom)\('(topics|subscribers|subscriptions|suppressions)'\)/;
    // The plan moves the next due instant on; a restore and its carry-over put back what was; hashes are no change.
    const excused = ['store/plan-runs.ts', 'store/restore.ts', 'store/subscriber-hashes.ts'];
    // What the others call, within what they write down.
    const tools = ['store/subscribers.ts', 'store/subscriptions.ts'];
    const silent = readdirSync(src, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && ![...excused, ...tools].includes(file))
      .filter((file) => {
        const text = readFileSync(join(src, file), 'utf8');
        return writers.test(text) && !/\b(audited|insertAuditEntries|changeTopic)\(/.test(text);
      });
    expect(silent).toEqual([]);
  });
});

import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { suppressAddress } from '../../src/bounces/suppress.ts';
import { type Actor, actingAs } from '../../src/store/acting.ts';
import { audited } from '../../src/store/audit.ts';
import { type AuditFilter, listAudit } from '../../src/store/audit-list.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { liftSuppression } from '../../src/store/suppressions.ts';
import { removeTopic } from '../../src/store/topic-archive.ts';
import { addTopic, editTopic } from '../../src/store/topics.ts';
import { importSubscribers } from '../../src/subscribers/import.ts';
import { eraseSubscriber, pauseSubscriber, unsubscribeSubscriber } from '../../src/subscribers/status.ts';
import { editSubscriber } from '../../src/subscribers/subscribers.ts';
import { openTerminal } from '../cli/terminal.ts';
import { addSomebody, defaults, hashAddress, monday, openTestStore } from '../subscribers/people.ts';

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
  store.raw.exec('DELETE FROM admin_audit');
});
afterEach(() => store.close());

const admin: Actor = { kind: 'admin', id: 7 };
const entries = async (filter: Partial<AuditFilter> = {}) =>
  (await listAudit(store.db, { limit: 100, ...filter })).entries;
const person = (email = 'ana@example.org', topics = ['agents']) => addSomebody(store, { email, topics });

describe('every change is written down', () => {
  test('with who did it, when, and only the facts that changed', async () => {
    const id = await person();
    const change = { time: '9:30', addTopics: ['robotics'] };
    await actingAs(admin, () => editSubscriber(store.db, id, change, monday + 1));
    expect(await entries({ limit: 1 })).toMatchObject([
      {
        at: monday + 1,
        actor: admin,
        act: 'edit',
        subject: { kind: 'subscriber', id },
        subjectName: 'ana@example.org',
        before: { time: '08:00', topics: ['agents'] },
        after: { time: '09:30', topics: ['agents', 'robotics'] },
      },
    ]);
    expect(Object.keys((await entries())[0]?.after ?? {})).toEqual(['time', 'topics']);
  });

  test('by the system where nobody is named', async () => {
    await person();
    expect((await entries()).map(({ actor }) => actor)).toEqual([{ kind: 'system' }]);
  });

  test('what is done along with an act is part of it and no entry of its own', async () => {
    const id = await person();
    await pauseSubscriber(store.db, id, monday);
    await unsubscribeSubscriber(store.db, id, monday);
    expect((await entries()).map(({ act }) => act)).toEqual(['unsubscribe', 'pause', 'add']);
  });

  test('an act that changed nothing or was refused leaves none', async () => {
    const id = await person();
    await pauseSubscriber(store.db, id, monday);
    const before = await entries();
    await pauseSubscriber(store.db, id, monday);
    await editSubscriber(store.db, id, { time: '25:00' }, monday);
    await editTopic(store.db, 'agents', {}, monday);
    await expect(addTopic(store.db, { slug: 'agents', name: 'x', query: 'x' }, monday)).rejects.toThrow();
    expect(await entries()).toEqual(before);
  });

  test('or not done at all: one transaction holds the change and its entry', async () => {
    const id = await person();
    store.raw.exec('CREATE TRIGGER full BEFORE INSERT ON admin_audit BEGIN SELECT RAISE(ABORT, "full"); END');
    await expect(pauseSubscriber(store.db, id, monday)).rejects.toThrow('full');
    store.raw.exec('DROP TRIGGER full');
    expect(store.raw.prepare('SELECT status FROM subscribers').pluck().get()).toBe('active');
    const gone = audited(store.db, { act: 'pause', kind: 'subscriber', id, at: monday }, async (trx) => {
      await trx.updateTable('subscribers').set({ locale: 'de' }).execute();
      throw new Error('changed their mind');
    });
    await expect(gone).rejects.toThrow('changed their mind');
    expect((await entries()).map(({ act }) => act)).toEqual(['add']);
  });

  test('a topic that is removed says how many subscriptions it had', async () => {
    await person();
    await actingAs(admin, () => removeTopic(store.db, 'agents', monday));
    expect((await entries({ subject: 'topic' }))[0]).toMatchObject({
      act: 'archive',
      subjectName: 'agents',
      before: { archived: false, subscriptions: 1 },
      after: { archived: true, subscriptions: 0 },
    });
  });

  test('an import names each one it added or changed, and nobody else', async () => {
    await person('ana@example.org', []);
    await person('ben@example.org', ['agents']);
    const csv = 'email,topics\nana@example.org,robotics\nben@example.org,agents\ncleo@example.org,agents\n';
    await actingAs({ kind: 'cli' }, () =>
      importSubscribers({ db: store.db, input: Readable.from([csv]), defaults, hashAddress, at: monday }),
    );
    expect(
      (await entries({ actor: 'cli' })).map(({ act, subjectName, after }) => [
        act,
        subjectName,
        after?.topics,
      ]),
    ).toEqual([
      ['import', 'cleo@example.org', ['agents']],
      ['edit', 'ana@example.org', ['robotics']],
    ]);
  });

  test('a suppression and its lifting', async () => {
    const hash = hashAddress('ana@example.org');
    await suppressAddress(store.db, hash, 'asked by phone', monday);
    await suppressAddress(store.db, hash, 'again', monday);
    await liftSuppression(store.db, hash, 'asked to come back', monday);
    expect((await entries()).map(({ act, after }) => [act, after?.note ?? after?.liftedNote])).toEqual([
      ['lift', 'asked to come back'],
      ['suppress', 'asked by phone'],
    ]);
  });
});

test('who is erased is not to be found in the log, but what was done to them and when is', async () => {
  const id = await person('ana.lopez@example.org');
  await editSubscriber(store.db, id, { email: 'ana@lopez.example' }, monday, 'admin', hashAddress);
  await editSubscriber(store.db, id, { timezone: 'Europe/Madrid', locale: 'es' }, monday);
  await addTopic(store.db, { slug: 'my-own', name: 'Ana', query: 'lopez', ownerId: id }, monday);
  await actingAs(admin, () => eraseSubscriber(store.db, id, monday + 5, hashAddress));
  const log = JSON.stringify(store.raw.prepare('SELECT * FROM admin_audit').all());
  expect(log).not.toMatch(/ana|lopez|madrid/i);
  expect((await entries({ subject: 'subscriber', subjectId: id })).map(({ act }) => act)).toEqual([
    'erase',
    'edit',
    'edit',
    'add',
  ]);
  expect((await entries({ act: 'erase' }))[0]).toMatchObject({
    actor: admin,
    before: { status: 'active', topics: ['agents'] },
    after: { status: 'erased', topics: [] },
  });
});

test('the log is read in pages, each entry once, and by who, what and when', async () => {
  for (let n = 0; n < 7; n++)
    await actingAs(n % 2 ? admin : { kind: 'cli' }, () => person(`p${n}@example.org`, []));
  const seen: number[] = [];
  let beforeId: number | undefined;
  do {
    const page = await listAudit(store.db, { limit: 3, ...(beforeId === undefined ? {} : { beforeId }) });
    seen.push(...page.entries.map(({ id }) => id));
    beforeId = page.nextBefore ?? undefined;
  } while (beforeId !== undefined);
  expect(seen).toEqual([...new Set(seen)].sort((a, b) => b - a));
  expect(seen).toHaveLength(7);
  expect(await entries({ actor: 'admin', actorId: 7 })).toHaveLength(3);
  expect(await entries({ actor: 'admin', actorId: 8 })).toHaveLength(0);
  expect(await entries({ act: 'add', subject: 'subscriber', since: monday, until: monday + 1 })).toHaveLength(
    7,
  );
  expect(await entries({ since: monday + 1 })).toHaveLength(0);
});

test('what is typed is done by the command line, and a command that only reads writes nothing', async () => {
  const terminal = openTerminal();
  const at = ['--at', '2026-06-22T08:00:00Z'];
  await terminal.run('topics', 'add', 'folding', '--name', 'Folding', '--query', 'towel', ...at);
  await terminal.run('topics', 'edit', 'folding', '--query', 'towels', ...at);
  await terminal.run('subscribers', 'add', 'a@example.org', '--topic', 'folding', ...at);
  await terminal.run('suppressions', 'add', 'b@example.org', ...at);
  await terminal.run('topics', 'list');
  const typed = openStore(`${terminal.folder}/paperboy.db`);
  const { entries: log } = await listAudit(typed.db, { actor: 'cli', limit: 10 });
  await typed.close();
  terminal.remove();
  expect(log.map(({ act, subject }) => `${act} ${subject.kind}`)).toEqual([
    'suppress suppression',
    'add subscriber',
    'edit topic',
    'add topic',
  ]);
});

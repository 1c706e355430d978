import { describe, expect, onTestFinished, test } from 'vitest';
import { loadCandidateSet } from '../../src/delivery/candidate-set.ts';
import { loadPastEditions, type PreviewWish } from '../../src/delivery/past-editions.ts';
import { plan } from '../../src/delivery/plan.ts';
import { createPreviews } from '../../src/delivery/previews.ts';
import { weekdays } from '../../src/digest/schedule.ts';
import type { StoredPaper } from '../../src/papers/paper.ts';
import { startIngestRun } from '../../src/store/ingest-runs.ts';
import { insertSignals, loadCandidates, wasCandidate } from '../../src/store/papers.ts';
import { openScratch } from '../../src/store/reader.ts';
import type { Store } from '../../src/store/store.ts';
import { storedPaper } from '../support/papers.ts';
import { insertPaper, insertSubscriber, insertTopic, temporaryStore } from '../support/store.ts';

const at = (iso: string) => Date.parse(iso);
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const windowMs = 14 * dayMs;
/** A Monday. */
const now = at('2026-06-22T12:00:00Z');

const wish: PreviewWish = {
  topics: [{ name: 'All', query: '*' }],
  maxPapers: 2,
  timezone: 'UTC',
  digestTime: '08:00',
  days: [...weekdays],
};

/** Papers known since so many hours before now, with words in turn and votes that grow each day. */
async function storeOfWeeks(count = 60): Promise<Store> {
  const store = temporaryStore();
  const words = ['lora adapters', 'diffusion', 'protein folding', 'robot grasping', 'speech'];
  const own = (id: number, count: number) =>
    Array.from({ length: count }, (_, at) => `w${id}x${at}`).join(' ');
  store.raw.exec('BEGIN');
  for (let id = 1; id <= count; id++) {
    const seenAt = now - Math.round(((count - id) / count) * 24 * dayMs) - hourMs;
    await insertPaper(store, known(id, seenAt, `${own(id, 6)} ${words[id % 5]} ${words[(id * 3) % 5]}`));
    const days = Math.min(6, Math.floor((now - seenAt) / dayMs));
    for (let day = 0; day <= days; day++)
      await insertSignals(store.db, 'huggingface', [
        {
          paperId: id,
          kind: 'upvotes',
          value: ((id * 37) % 50) + day * ((id * 13) % 11),
          observedAt: seenAt + day * dayMs,
        },
      ]);
  }
  store.raw.exec('COMMIT');
  return store;
}

const known = (id: number, seenAt: number, title: string, more: Partial<StoredPaper> = {}) =>
  storedPaper({
    ...{ id, title, abstract: `${title}. Word${id} another${id * 3}.` },
    ...{ firstSeenAt: seenAt, lastSeenAt: now, announcedAt: seenAt, publishedAt: seenAt - dayMs },
    ...more,
  });

async function load(store: Store, when = now) {
  const past = await loadPastEditions(store.db, openScratch(), { now: when, windowMs });
  onTestFinished(() => past.close());
  return past;
}

const ids = (editions: { papers: { id: number }[] }[]) =>
  editions.map(({ papers }) => papers.map(({ id }) => id));

describe('the editions of the last seven days', () => {
  test.each([
    ['everything', ['*']],
    ['words', ['lora OR robot', 'protein -robot']],
    ['free text', ['like:"adapters w58x0 w58x1 w53x2 w47x3 w44x0 w41x5 w36x1"']],
  ])('hold what planning day by day would have sent: %s', async (_, queries) => {
    const store = await storeOfWeeks();
    const past = await load(store);
    const topics = queries.map((query, index) => ({ name: `t${index}`, query }));
    const played = past.play({ ...wish, topics, maxPapers: 3 });
    const topicIds: number[] = [];
    for (const { name, query } of topics) topicIds.push(await insertTopic(store, name, query));
    const first = at('2026-06-16T08:00:00Z');
    await insertSubscriber(store, { email: 'a@example.org', topicIds, from: first, maxPapers: 3 });
    for (let day = 0; day < 7; day++) {
      const then = first + day * dayMs;
      const candidates = await loadCandidateSet(store.db, openScratch(), { now: then, windowMs });
      await plan({
        ...{ db: store.db, at: then, candidates, sourceLate: false, hashAddress: (key) => key },
        messageId: (id, date) => `<${id}.${date}@test>`,
      });
      candidates.close();
      store.raw.exec(
        "UPDATE deliveries SET status = 'sent', ended_at = planned_at, next_attempt_at = NULL WHERE status = 'pending'",
      );
    }
    const planned = store.raw
      .prepare(
        'SELECT d.edition_date AS date, p.paper_id AS id, d.more FROM delivery_papers p JOIN deliveries d ON d.id = p.delivery_id ORDER BY d.edition_date DESC, p.position',
      )
      .all() as { date: string; id: number; more: number }[];
    const told = played.flatMap(({ date, papers, more }) => papers.map(({ id }) => ({ date, id, more })));
    expect(told).toEqual(planned);
    expect(played.map(({ date }) => date)).toEqual(
      [22, 21, 20, 19, 18, 17, 16].map((day) => `2026-06-${day}`),
    );
  });

  test('never hold a paper twice, nor one that was not known by then', async () => {
    const store = await storeOfWeeks();
    const played = (await load(store)).play({ ...wish, maxPapers: 4 });
    const all = ids(played).flat();
    expect(new Set(all).size).toBe(all.length);
    const seen = new Map(
      (await loadCandidates(store.db, { now, windowMs: 60 * dayMs })).map(({ paper }) => [
        paper.id,
        paper.firstSeenAt,
      ]),
    );
    for (const { dueAt, papers } of played)
      for (const { id } of papers) expect(seen.get(id)).toBeLessThanOrEqual(dueAt ?? 0);
  });

  test('know no votes that were cast later', async () => {
    const store = temporaryStore();
    for (const id of [1, 2])
      await insertPaper(store, known(id, now - 10 * dayMs, `Paper of ${id} quite its own`));
    const vote = (paperId: number, value: number, observedAt: number) =>
      insertSignals(store.db, 'huggingface', [{ paperId, kind: 'upvotes', value, observedAt }]);
    await vote(1, 5, now - 10 * dayMs);
    await vote(2, 1, now - 10 * dayMs);
    await vote(2, 500, now - hourMs);
    const [today, ...before] = (await load(store)).play({ ...wish, maxPapers: 1, days: [...weekdays] });
    expect(ids(before).at(-1)).toEqual([1]);
    expect(ids(before).at(-2)).toEqual([2]);
    expect(today?.papers).toEqual([]);
    expect(before.at(-2)?.papers[0]?.note.changes).toMatchObject([{ kind: 'upvotes', value: 1 }]);
  });

  test('are of the days that were chosen, at the time of their zone', async () => {
    const past = await load(await storeOfWeeks());
    const tokyo = past.play({ ...wish, timezone: 'Asia/Tokyo', digestTime: '22:30', days: ['mon', 'thu'] });
    expect(
      tokyo.map(({ date, dueAt }) => [date, dueAt === null ? null : new Date(dueAt).toISOString()]),
    ).toEqual([
      ['2026-06-21', null],
      ['2026-06-20', null],
      ['2026-06-19', null],
      ['2026-06-18', '2026-06-18T13:30:00.000Z'],
      ['2026-06-17', null],
      ['2026-06-16', null],
      ['2026-06-15', '2026-06-15T13:30:00.000Z'],
    ]);
    expect(ids(tokyo).map((papers) => papers.length)).toEqual([0, 0, 0, 2, 0, 0, 2]);
  });

  test('of a weekly digest are one', async () => {
    const played = (await load(await storeOfWeeks())).play({ ...wish, days: ['mon'] });
    expect(played.map(({ dueAt }) => dueAt !== null)).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  test('are all there on the days around a change of the clocks', async () => {
    const after = at('2026-03-30T12:00:00Z');
    const past = await load(await storeOfWeeks(5), after);
    const berlin = past.play({ ...wish, timezone: 'Europe/Berlin', digestTime: '02:30' });
    expect(new Set(berlin.map(({ date }) => date)).size).toBe(7);
    expect(berlin.every(({ dueAt }) => dueAt !== null)).toBe(true);
  });

  test('a paper was a candidate then by the same rule as now', async () => {
    const store = temporaryStore();
    const random = (step: number) => (id: number) => now - ((id * step) % 40) * dayMs;
    store.raw.exec('BEGIN');
    for (let id = 1; id <= 120; id++)
      await insertPaper(
        store,
        known(id, random(7)(id), `Paper ${id}`, {
          announcedAt: id % 3 === 0 ? null : random(11)(id) + dayMs,
          publishedAt: id % 4 === 0 ? null : random(13)(id),
          key:
            id % 2 === 0
              ? `doi:10.1/${id}`
              : `arxiv:26${id % 5 === 0 ? '01' : '06'}.${String(id).padStart(5, '0')}`,
        }),
      );
    store.raw.exec('COMMIT');
    const all = await loadCandidates(store.db, { now, windowMs: windowMs + 9 * dayMs });
    for (let back = 0; back <= 8; back++) {
      const then = { now: now - back * dayMs - hourMs, windowMs };
      const direct = (await loadCandidates(store.db, then)).map(({ paper }) => paper.id);
      expect(direct.length).toBeGreaterThan(5);
      expect(all.filter(({ paper }) => wasCandidate(paper, then)).map(({ paper }) => paper.id)).toEqual(
        direct,
      );
    }
  });
});

describe('previews', () => {
  const open = (store: Store, options: Partial<Parameters<typeof createPreviews>[0]> = {}) => {
    const previews = createPreviews({ databaseFile: store.file, windowMs, ...options });
    onTestFinished(() => previews.close());
    return { previews };
  };

  test('are played by a thread of their own, and the same', async () => {
    const store = await storeOfWeeks();
    const { previews } = open(store);
    previews.warm(now);
    const preview = await previews.play(wish, now);
    expect(preview).toEqual({ ok: true, editions: (await load(store)).play(wish) });
    // New papers show once an ingest run has ended and what was loaded is some minutes old.
    await insertPaper(store, known(1000, now, 'Quite new and unlike the others'));
    await insertSignals(store.db, 'huggingface', [
      { paperId: 1000, kind: 'upvotes', value: 900, observedAt: now },
    ]);
    const runId = await startIngestRun(store.db, 'file', now);
    store.raw.prepare("UPDATE ingest_runs SET finished_at = ?, status = 'ok' WHERE id = ?").run(now, runId);
    const later = await previews.play(wish, now + dayMs);
    expect(later.ok && ids(later.editions).flat()).toContain(1000);
  });

  test('tell of what is no query, turn away whom they would let wait too long, and go on', async () => {
    const { previews } = open(await storeOfWeeks(10));
    const none = { ...wish, topics: [{ name: 'x', query: '((' }] };
    expect(await previews.play(none, now)).toEqual({ ok: false, reason: 'query' });
    const asked = Array.from({ length: 80 }, (_, index) =>
      previews.play(
        { ...wish, maxPapers: (index % 50) + 1, digestTime: index < 50 ? '08:00' : '09:00' },
        now,
      ),
    );
    const answers = await Promise.all(asked);
    expect(answers.filter(({ ok }) => ok)).toHaveLength(30);
    expect(answers.find(({ ok }) => !ok)).toEqual({ ok: false, reason: 'busy' });
    expect(await previews.play(wish, now)).toMatchObject({ ok: true });
  });

  test('say that they failed when there is no database, and try anew', async () => {
    const store = await storeOfWeeks(10);
    const { previews } = open(store, { databaseFile: `${store.file}.gone` });
    for (let times = 0; times < 2; times++)
      expect(await previews.play(wish, now)).toEqual({
        ok: false,
        reason: 'failed',
        message: expect.stringContaining('preview-worker'),
      });
  });

  test('end with the program, and start again after a rest', async () => {
    const store = await storeOfWeeks(10);
    const { previews } = open(store, { idleMs: 1 });
    expect(await previews.play(wish, now)).toMatchObject({ ok: true });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await previews.play({ ...wish, maxPapers: 8 }, now)).toMatchObject({ ok: true });
    const waited = previews.play({ ...wish, maxPapers: 9 }, now);
    await previews.close();
    expect(await waited).toMatchObject({ ok: false });
    expect(await previews.play(wish, now)).toEqual({ ok: false, reason: 'busy' });
  });
});

import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { countFound, type DeliverySearch, findDeliveryIds } from '../../src/store/delivery-search.ts';
import { openStore, type Store } from '../../src/store/store.ts';

let store: Store;

const series = (count: number) => `json_each('[${Array.from({ length: count }, (_none, n) => n + 1)}]')`;

/** Twelve days of ten subscribers; topic 901 has two readers, 902 all of them. */
function openFilled(): Store {
  const filled = openStore(':memory:');
  const { raw } = filled;
  const many = (sql: string) => raw.exec(sql);
  many(`INSERT INTO topics (id, slug, name, query, visibility, created_at, updated_at)
    VALUES (901, 'few', 'few', 'few', 'public', 0, 0), (902, 'all', 'all', 'all', 'public', 0, 0)`);
  many(`INSERT INTO papers (id, key, title, authors, categories, keywords, first_seen_at, last_seen_at)
    SELECT value, 'arxiv:' || value, 'Title', '[]', '[]', '[]', 0, 0 FROM ${series(12)}`);
  many(`INSERT INTO subscribers (id, email, email_key, status, timezone, digest_time, days, max_papers, locale, next_due_at, created_at, updated_at)
    SELECT value, value || '@t', value || '@t', 'active', 'UTC', '08:00', 'mon', 10, 'en', 1, 0, 0 FROM ${series(10)}`);
  many(`INSERT INTO subscriptions (subscriber_id, topic_id, created_at) SELECT id, 902, 0 FROM subscribers`);
  many(`INSERT INTO subscriptions (subscriber_id, topic_id, created_at, ended_at, ended_reason)
    VALUES (3, 901, 0, NULL, NULL), (4, 901, 0, 5, 'admin')`);
  for (let day = 1; day <= 12; day++) {
    const date = `2026-06-${String(day).padStart(2, '0')}`;
    many(`INSERT INTO plan_runs (id, at, started_at) VALUES (${day}, ${day}, ${day});
      INSERT INTO paper_notes (id, plan_run_id, note) VALUES (${day}, ${day}, '{}')`);
    for (let who = 1; who <= 10; who++) {
      const id = day * 100 + who;
      const [status, reason] =
        who === 1
          ? ['failed', day > 6 ? 'expired' : 'policy_refused']
          : who === 2
            ? ['skipped', day > 6 ? 'nothing_new' : 'paused']
            : who === 3 && day === 12
              ? ['uncertain', 'no_reply']
              : who === 5 && day === 12
                ? ['pending', 'deferred']
                : ['sent', null];
      raw
        .prepare(
          `INSERT INTO deliveries (id, subscriber_id, plan_run_id, edition_date, status, reason, message_id, due_at, planned_at, next_attempt_at, expires_at, ended_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, ?, 0, ?)`,
        )
        .run(
          ...[id, who, day, date, status, reason, `<${id}@t>`],
          ...(status === 'pending' ? [1, null] : [null, 1]),
        );
      if (reason === 'nothing_new') continue;
      const topic = who === 3 || who === 4 ? 901 : 902;
      many(`INSERT INTO delivery_papers VALUES (${id}, 0, ${who}, ${day}, ${topic}, ${day}, NULL)`);
    }
  }
  return filled;
}

beforeAll(() => {
  store = openFilled();
});

const find = (search: DeliverySearch, page = { limit: 5 }) => findDeliveryIds(store.db, search, page);

describe('deliveries are found newest first', () => {
  test.each<[string, DeliverySearch, number[]]>([
    ['all', {}, [1210, 1209, 1208, 1207, 1206]],
    ['sent', { status: 'sent' }, [1210, 1209, 1208, 1207, 1206]],
    ['failed', { status: 'failed' }, [1201, 1101, 1001, 901, 801]],
    ['skipped', { status: 'skipped' }, [1202, 1102, 1002, 902, 802]],
    ['uncertain', { status: 'uncertain' }, [1203]],
    ['of a date', { editionDate: '2026-06-03' }, [310, 309, 308, 307, 306]],
    ['failed of a date', { editionDate: '2026-06-03', status: 'failed' }, [301]],
    ['uncertain of another date', { editionDate: '2026-06-03', status: 'uncertain' }, []],
    ['by reason', { reason: 'policy_refused' }, [601, 501, 401, 301, 201]],
    ['by reason and status', { reason: 'deferred', status: 'pending' }, [1205]],
    ['by reason and another status', { reason: 'deferred', status: 'failed' }, []],
    ['of a subscriber', { subscriberId: 7 }, [1207, 1107, 1007, 907, 807]],
    ['of a subscriber on a date', { subscriberId: 7, editionDate: '2026-06-01' }, [107]],
    ['of a plan run', { planRuns: { from: 2, until: 2 }, status: 'failed' }, [201]],
    ['of some plan runs', { planRuns: { from: 2, until: 4 }, status: 'failed' }, [401, 301, 201]],
    ['of plan runs that are not there', { planRuns: { from: 70, until: 90 } }, []],
    ['of a topic with few readers, who may have left', { topicId: 901 }, [1204, 1203, 1104, 1103, 1004]],
    ['of a topic that all read', { topicId: 902, status: 'skipped' }, [602, 502, 402, 302, 202]],
    ['of a topic on a date', { topicId: 901, editionDate: '2026-06-02' }, [204, 203]],
    ['of a date that was none', { editionDate: '2020-01-01' }, []],
  ])('%s', async (_name, search, ids) => {
    expect(await find(search)).toEqual(ids);
  });

  test('page by page', async () => {
    expect(await findDeliveryIds(store.db, { status: 'failed' }, { beforeId: 801, limit: 2 })).toEqual([
      701, 601,
    ]);
    expect(await countFound(store.db, { status: 'failed' }, 1000)).toEqual({ count: 12, lastId: 1201 });
    expect(await countFound(store.db, { status: 'failed' }, 3)).toEqual({ count: 3, lastId: 1201 });
  });
});

describe('no filter reads all deliveries there are', () => {
  test.each<[string, DeliverySearch, RegExp]>([
    ['a date', { editionDate: '2026-06-03' }, /INDEX deliveries_edition/],
    ['a reason', { reason: 'expired', editionDate: '2026-06-03' }, /INDEX deliveries_reason/],
    ['what failed', { status: 'failed', editionDate: '2026-06-03' }, /INDEX deliveries_unsent/],
    ['what is uncertain', { status: 'uncertain', editionDate: '2026-06-03' }, /INDEX deliveries_open/],
    ['a subscriber', { subscriberId: 7, status: 'sent' }, /INDEX deliveries_one_an_edition/],
    ['a plan run', { planRuns: { from: 3, until: 3 } }, /INDEX deliveries_plan/],
    ['some plan runs', { planRuns: { from: 3, until: 5 } }, /INTEGER PRIMARY KEY/],
    ['a topic with few readers', { topicId: 901 }, /INDEX deliveries_one_an_edition/],
  ])('%s is looked up', async (_name, search, index) => {
    const fresh = openFilled();
    onTestFinished(() => fresh.close());
    const prepared = vi.spyOn(fresh.raw, 'prepare');
    await findDeliveryIds(fresh.db, search, { limit: 5 });
    const sql = prepared.mock.lastCall?.[0] ?? '';
    const plan = fresh.raw.prepare(`EXPLAIN QUERY PLAN ${sql}`);
    const steps = (plan.all(...(sql.match(/\?/g) ?? []).map(() => 1)) as { detail: string }[])
      .map(({ detail }) => detail)
      .join('\n');
    expect(steps).toMatch(index);
    expect(steps).not.toMatch(/SCAN deliveries/);
  });
});

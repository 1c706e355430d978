// A database as an installation of some size has it after a month, made in a minute or two: what every admin page is
// measured on. The figures are made up by arithmetic on ids, so that each run measures the same.
//   node test/bench/admin-database.ts FILE [--subscribers 100000] [--days 30]
import { existsSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type BetterSqlite3 from 'better-sqlite3';
import { readShippedTopics } from '../../src/app.ts';
import { migrations } from '../../src/store/migrations.ts';
import { openStore } from '../../src/store/store.ts';
import { addTopic, seedTopics } from '../../src/store/topics.ts';

/** Noon of the last of the days; half of the digests of this day are under way. */
export const benchNow = Date.parse('2026-06-22T12:00:00Z');

export interface AdminDatabaseSize {
  subscribers: number;
  topics: number;
  days: number;
  papers: number;
}
export const usualSize: AdminDatabaseSize = { subscribers: 100_000, topics: 1_000, days: 30, papers: 3_000 };

const dayMs = 86_400_000;
const hourMs = 3_600_000;

/** Where the database of that size is kept between runs; made when it is not there, or is of an older version. */
export async function keepAdminDatabase(size = usualSize): Promise<string> {
  const { subscribers, topics, days, papers } = size;
  const name = `paperboy-bench-${migrations.length}-${subscribers}-${topics}-${days}-${papers}.db`;
  const file = join(tmpdir(), name);
  if (existsSync(file)) return file;
  const draft = `${file}.${process.pid}`;
  try {
    await makeAdminDatabase(draft, size);
    renameSync(draft, file);
  } finally {
    for (const rest of ['', '-wal', '-shm']) rmSync(`${draft}${rest}`, { force: true });
  }
  return file;
}

/** Makes the database in `file`, which must not be there yet. */
export async function makeAdminDatabase(file: string, size = usualSize): Promise<void> {
  const store = openStore(file);
  const { raw } = store;
  raw.pragma('synchronous = OFF');
  raw.pragma('cache_size = -400000');
  try {
    await addTopics(store.db, size.topics);
    raw.exec('BEGIN');
    raw.exec('CREATE TEMP TABLE n (id INTEGER PRIMARY KEY)');
    raw
      .prepare(
        'INSERT INTO n WITH RECURSIVE c(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM c WHERE id < ?) SELECT id FROM c',
      )
      .run(Math.max(size.subscribers, size.papers, 20_000));
    for (const add of [addPapers, addSubscribers, addDeliveries, addReturns, addRuns, addAudit])
      add(raw, size);
    raw.exec('COMMIT');
    raw.exec('DROP TABLE temp.n');
    raw.exec('ANALYZE');
    raw.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    await store.close();
  }
}

async function addTopics(db: Parameters<typeof addTopic>[0], count: number): Promise<void> {
  const words = readShippedTopics();
  const at = benchNow - 400 * dayMs;
  await seedTopics(db, words, at);
  await db.transaction().execute(async (trx) => {
    for (let n = words.length; n < count; n++) {
      const like = words[n % words.length];
      await addTopic(
        trx,
        {
          slug: `topic-${n}`,
          name: `${like?.name} ${n}`,
          query: `"${n}" OR ${like?.slug.replaceAll('-', ' OR ')}`,
        },
        at,
      );
    }
  });
}

function addPapers(raw: BetterSqlite3.Database, { papers }: AdminDatabaseSize): void {
  raw
    .prepare(
      `INSERT INTO papers (id, key, title, abstract, authors, categories, keywords, published_at, announced_at, version, paper_url, first_seen_at, last_seen_at)
       SELECT id, printf('arxiv:2606.%05d', id), 'Paper number ' || id || ' on folding towels',
         'We fold towels, and show that paper ' || id || ' folds them better.', '["Ada Example","Ben Sample"]',
         json_array(json_extract('["cs.LG","cs.CL","cs.CV","cs.RO","stat.ML"]', '$[' || (id % 5) || ']')), '[]',
         at, at, 1, printf('https://arxiv.org/abs/2606.%05d', id), at, at
       FROM (SELECT id, @now - @days * @day + id * @days * @day / @papers AS at FROM n WHERE id <= @papers)`,
    )
    .run({ now: benchNow, papers, days: 45, day: dayMs });
}

const zones = JSON.stringify([
  ...['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'America/Los_Angeles', 'Europe/London'],
  ...[
    'Asia/Kolkata',
    'Australia/Sydney',
    'America/Sao_Paulo',
    'Europe/Paris',
    'Asia/Shanghai',
    'Africa/Nairobi',
  ],
]);
/** When those of each zone have their digest, as hours of UTC. */
const dueHours = JSON.stringify([8, 6, 12, 23, 15, 7, 2, 22, 11, 6, 0, 5]);
const statuses = `CASE WHEN id % 100 < 92 THEN 'active' WHEN id % 100 < 94 THEN 'paused' WHEN id % 100 < 98 THEN 'unsubscribed' WHEN id % 100 < 99 THEN 'pending' ELSE 'erased' END`;

function addSubscribers(raw: BetterSqlite3.Database, { subscribers, topics }: AdminDatabaseSize): void {
  raw
    .prepare(
      `INSERT INTO subscribers (id, email, email_key, status, timezone, digest_time, days, max_papers, locale, next_due_at, created_at, updated_at)
       SELECT id, email, iif(status = 'erased', 'erased:' || id, email), status, json_extract(@zones, '$[' || (id % 12) || ']'), '08:00',
         iif(id % 10 = 0, 'mon,tue,wed,thu,fri', 'mon,tue,wed,thu,fri,sat,sun'), 5 + id % 20, 'en',
         CASE status WHEN 'active' THEN @today + @day * (hour <= 12) + hour * @hour END, created, created
       FROM (SELECT id, status, json_extract(@hours, '$[' || (id % 12) || ']') AS hour,
           iif(status = 'erased', 'erased-' || id || '@erased.invalid', printf('reader%d@mail%d.example.org', id, id % 50)) AS email,
           @now - @day * 400 + (id * 399 / @subscribers) * @day + (id * 7919 % 86400) * 1000 AS created
         FROM (SELECT id, ${statuses} AS status FROM n WHERE id <= @subscribers))`,
    )
    .run({
      zones,
      hours: dueHours,
      now: benchNow,
      today: benchNow - dayMs / 2,
      day: dayMs,
      hour: hourMs,
      subscribers,
    });
  // Some topics have tens of thousands of readers, most a handful.
  raw
    .prepare(
      `INSERT OR IGNORE INTO subscriptions (subscriber_id, topic_id, created_at, ended_at, ended_reason)
       SELECT id, topic, created_at, gone, iif(gone IS NULL, NULL, 'unsubscribed') FROM (
         SELECT s.id, s.created_at, iif(s.status IN ('unsubscribed', 'erased') OR (s.id + k.value) % 29 = 0, s.created_at + @day, NULL) AS gone,
           1 + CAST(@topics * pow((s.id * 2654435761 + k.value * 40503 * s.id) % 99991 / 99991.0, 4) AS INTEGER) % @topics AS topic
         FROM subscribers AS s JOIN json_each('[1,2,3,4]') AS k ON k.value <= 1 + s.id % 4)`,
    )
    .run({ topics, day: dayMs });
}

/** Hours since the first midnight; a digest of the last hour of all is still under way. */
const clockOf = ({ days }: AdminDatabaseSize) => ({
  days,
  first: benchNow - dayMs / 2 - (days - 1) * dayMs,
  day: dayMs,
  hour: hourMs,
  now: benchNow,
});

function addDeliveries(raw: BetterSqlite3.Database, size: AdminDatabaseSize): void {
  // Indexed at once and counted at once: row by row that would take most of the time.
  const later = raw
    .prepare(
      `SELECT type, name, sql FROM sqlite_master
       WHERE tbl_name IN ('deliveries', 'delivery_papers') AND sql IS NOT NULL AND type <> 'table'`,
    )
    .all() as { type: string; name: string; sql: string }[];
  for (const { type, name } of later) raw.exec(`DROP ${type} ${name}`);
  const clock = clockOf(size);
  raw
    .prepare(
      `INSERT INTO plan_runs (id, at, started_at, finished_at, took_ms)
       SELECT id, at, at, at + 4000, 4000
       FROM (SELECT id, @first + (id - 1) * @hour AS at FROM n WHERE id <= @days * 24) WHERE at <= @now`,
    )
    .run(clock);
  const insert = raw.prepare(
    `INSERT INTO deliveries (subscriber_id, plan_run_id, edition_date, status, reason, message_id, due_at, planned_at,
       next_attempt_at, expires_at, attempts, claimed_by, claimed_at, sending_at, ended_at, more)
     SELECT id, run, date, status,
       CASE status WHEN 'failed' THEN iif(r % 4 = 0, 'policy_refused', 'recipient_refused') WHEN 'uncertain' THEN 'no_reply'
         WHEN 'skipped' THEN iif(r % 10 = 0, 'suppressed', 'nothing_new') END,
       printf('<%d.%x@bench.example>', run, id), due, due + 2000,
       iif(status = 'pending', due, NULL), due + @day, status <> 'pending' AND status <> 'skipped',
       iif(status = 'sending', 'bench', NULL), iif(status = 'sending', due, NULL), iif(status IN ('sending', 'sent'), due + 3000, NULL),
       iif(status IN ('pending', 'sending'), NULL, due + 3000 + r * 800), r % 7
     FROM (
       SELECT id, due, r, (due - @first) / @hour + 1 AS run, date(due / 1000, 'unixepoch') AS date,
         CASE WHEN due = @now AND r >= 300 THEN iif(r < 302, 'sending', 'pending') WHEN r < 970 THEN 'sent' WHEN r < 974 THEN 'failed'
           WHEN r = 974 AND id % 10 = 0 THEN 'uncertain' ELSE 'skipped' END AS status
       FROM (
         SELECT id, @midnight + json_extract(@hours, '$[' || (id % 12) || ']') * @hour AS due, (id * 7919 + @n * 104729) % 1000 AS r
         FROM subscribers WHERE status = 'active' AND created_at < @midnight)
       WHERE due <= @now)
     ORDER BY due`,
  );
  for (let n = 0; n < size.days; n++)
    insert.run({ ...clock, n, midnight: clock.first + n * dayMs, hours: dueHours });
  // Papers of the last two days: those of a month would be thirty million rows that no page reads.
  const note = { topics: ['Everything trending'], terms: [], changes: [], rising: false };
  raw
    .prepare('INSERT INTO paper_notes (id, plan_run_id, note) VALUES (1, 1, ?)')
    .run(JSON.stringify({ ...note, percentile: 0.9, relevance: 0.5, score: 0.7 }));
  raw
    .prepare(
      `INSERT OR IGNORE INTO delivery_papers (delivery_id, position, subscriber_id, paper_id, topic_id, note_id)
       SELECT d.id, k.value, d.subscriber_id, 1 + @papers - 1 - (d.subscriber_id * 31 + k.value + iif(d.due_at > @now - @day, 0, 5)) % (@papers / 3),
         NULL, 1
       FROM deliveries AS d JOIN json_each('[0,1,2,3,4]') AS k
       WHERE d.due_at > @now - 2 * @day AND d.status <> 'skipped'`,
    )
    .run({ papers: size.papers, now: benchNow, day: dayMs });
  for (const { sql } of later) raw.exec(sql);
  raw.exec(
    `INSERT INTO tallies SELECT status, coalesce(reason, ''), ended_at - ended_at % 3600000, count(*),
       iif(status = 'sent', max(ended_at), NULL), iif(status = 'sent', max(ended_at - due_at), NULL), iif(status = 'sent', max(ended_at - due_at), NULL)
     FROM deliveries WHERE ended_at IS NOT NULL GROUP BY 1, 2, 3;
     INSERT INTO plan_ends SELECT plan_run_id, status, coalesce(reason, ''), count(*)
     FROM deliveries WHERE ended_at IS NOT NULL GROUP BY 1, 2, 3;`,
  );
  // Counts the digests that came due along, by its trigger.
  raw.exec(
    `UPDATE plan_runs SET (due, planned, skipped) = (
       SELECT count(*), count(*) FILTER (WHERE status <> 'skipped'),
         json_object('nothing_new', count(*) FILTER (WHERE reason = 'nothing_new'), 'suppressed', count(*) FILTER (WHERE reason = 'suppressed'))
       FROM deliveries WHERE plan_run_id = plan_runs.id)`,
  );
}

function addReturns(raw: BetterSqlite3.Database, { subscribers }: AdminDatabaseSize): void {
  raw.exec(
    `INSERT INTO bounces (event_key, origin, class, reason, address_hash, delivery_id, subscriber_id, status, diagnostic, occurred_at, recorded_at)
     SELECT 'bench:' || id, 'smtp', iif(id % 23 = 0, 'complaint', iif(id % 3 = 0, 'hard', 'soft')),
       iif(id % 23 = 0, 'complaint', iif(id % 3 = 0, 'user_unknown', 'mailbox_full')), 'hash' || subscriber_id, id, subscriber_id, '5.1.1',
       '550 5.1.1 no such user', ended_at + 60000, ended_at + 60000
     FROM deliveries WHERE id % 331 = 0 AND status = 'sent'`,
  );
  raw
    .prepare(
      `INSERT INTO suppressions (address_hash, reason, origin, created_at)
       SELECT printf('%064x', id), iif(id % 9 = 0, 'complaint', 'user_unknown'), 'smtp', @now - id * 60000 FROM n WHERE id <= @count`,
    )
    .run({ now: benchNow, count: Math.ceil(subscribers / 20) });
}

function addRuns(raw: BetterSqlite3.Database, size: AdminDatabaseSize): void {
  const clock = clockOf(size);
  raw
    .prepare(
      `INSERT INTO ingest_runs (source, started_at, finished_at, status, records, new_papers, changed_papers, new_signals, error, took_ms)
       SELECT s.value, at, at + 9000, iif(failed, 'failed', 'ok'), 200, 4, 9, 120, iif(failed, 'It answered with 503.', NULL), 9000
       FROM (SELECT id, @first + (id - 1) * @hour AS at, id % 97 = 0 AS failed FROM n WHERE id <= @days * 24)
       JOIN json_each('["huggingface","arxiv"]') AS s WHERE at <= @now ORDER BY at`,
    )
    .run(clock);
  raw
    .prepare(
      `INSERT INTO source_states (source, category, state, checked_at, last_new_at, first_checked_at)
       SELECT value, '', 'fresh', @now - @hour, @now - @hour, @first FROM json_each('["huggingface","arxiv"]')`,
    )
    .run(clock);
  raw.exec(
    `INSERT INTO send_runs (worker, started_at, finished_at, took_ms, ready, sent, failed)
     SELECT 'bench', at + 5000, at + 60000, 55000, planned, planned, 0 FROM plan_runs WHERE planned > 0`,
  );
}

function addAudit(raw: BetterSqlite3.Database, { subscribers }: AdminDatabaseSize): void {
  raw
    .prepare(
      `INSERT INTO admin_audit (at, actor, actor_id, act, subject, subject_id, before, after)
       SELECT @now - (20000 - id) * 120000, iif(id % 3 = 0, 'subscriber', iif(id % 7 = 0, 'system', 'cli')), iif(id % 3 = 0, subject, NULL),
         iif(id % 2 = 0, 'edit', 'pause'), 'subscriber', subject, '{"time":"08:00"}', '{"time":"09:00"}'
       FROM (SELECT id, 1 + id * 7919 % @subscribers AS subject FROM n WHERE id <= 20000)`,
    )
    .run({ now: benchNow, subscribers });
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { subscribers: { type: 'string', default: '100000' }, days: { type: 'string', default: '30' } },
  });
  const [file] = positionals;
  if (!file) throw new Error('name the file to make');
  const started = performance.now();
  await makeAdminDatabase(file, {
    ...usualSize,
    subscribers: Number(values.subscribers),
    days: Number(values.days),
  });
  console.log(`made ${file} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

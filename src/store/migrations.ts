import { archiveTables } from './archive-tables.ts';
import { trendingTables } from './trending-tables.ts';

/** Append-only: a released entry is never edited. Each runs in one transaction with its version (user_version). */
export const migrations: { name: string; sql: string }[] = [
  {
    name: 'the pipeline: papers, topics, subscribers, deliveries, runs',
    sql: `
CREATE TABLE papers (
  id            INTEGER PRIMARY KEY,
  key           TEXT NOT NULL UNIQUE CHECK (key LIKE '_%:_%'),
  title         TEXT NOT NULL,
  abstract      TEXT,
  tldr          TEXT,
  authors       TEXT NOT NULL CHECK (json_valid(authors)),
  categories    TEXT NOT NULL CHECK (json_valid(categories)),
  keywords      TEXT NOT NULL CHECK (json_valid(keywords)),
  organization  TEXT,
  comment       TEXT,
  published_at  INTEGER,
  updated_at    INTEGER,
  announced_at  INTEGER,
  version       INTEGER,
  withdrawn_at  INTEGER,
  paper_url     TEXT,
  pdf_url       TEXT,
  code_url      TEXT,
  project_url   TEXT,
  first_seen_at INTEGER NOT NULL,
  last_seen_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX papers_first_seen ON papers (first_seen_at);
CREATE INDEX papers_announced ON papers (announced_at);

CREATE TABLE paper_sources (
  paper_id      INTEGER NOT NULL REFERENCES papers (id),
  source        TEXT NOT NULL,
  first_seen_at INTEGER NOT NULL,
  last_seen_at  INTEGER NOT NULL,
  PRIMARY KEY (paper_id, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE paper_signals (
  paper_id    INTEGER NOT NULL REFERENCES papers (id),
  source      TEXT NOT NULL,
  kind        TEXT NOT NULL CHECK (kind IN ('upvotes', 'comments', 'github_stars', 'citations')),
  observed_at INTEGER NOT NULL,
  value       INTEGER NOT NULL CHECK (value >= 0),
  PRIMARY KEY (paper_id, source, kind, observed_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE topics (
  id          INTEGER PRIMARY KEY,
  slug        TEXT NOT NULL UNIQUE,
  name        TEXT NOT NULL,
  query       TEXT NOT NULL,
  description TEXT,
  visibility  TEXT NOT NULL CHECK (visibility IN ('public', 'private')),
  owner_id    INTEGER REFERENCES subscribers (id),
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  archived_at INTEGER,
  CHECK ((visibility = 'private') = (owner_id IS NOT NULL))
) STRICT;

CREATE TABLE subscribers (
  id          INTEGER PRIMARY KEY,
  email       TEXT NOT NULL,
  email_key   TEXT NOT NULL UNIQUE,
  status      TEXT NOT NULL CHECK (status IN ('pending', 'active', 'paused', 'unsubscribed', 'erased')),
  timezone    TEXT NOT NULL,
  digest_time TEXT NOT NULL CHECK (digest_time GLOB '[0-2][0-9]:[0-5][0-9]'),
  days        TEXT NOT NULL,
  max_papers  INTEGER NOT NULL CHECK (max_papers BETWEEN 1 AND 50),
  locale      TEXT NOT NULL,
  next_due_at INTEGER,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  CHECK ((status = 'active') = (next_due_at IS NOT NULL))
) STRICT;
CREATE INDEX subscribers_due ON subscribers (next_due_at, id) WHERE next_due_at IS NOT NULL;

CREATE TABLE subscriptions (
  id            INTEGER PRIMARY KEY,
  subscriber_id INTEGER NOT NULL REFERENCES subscribers (id),
  topic_id      INTEGER NOT NULL REFERENCES topics (id),
  created_at    INTEGER NOT NULL,
  ended_at      INTEGER,
  ended_reason  TEXT,
  CHECK ((ended_at IS NULL) = (ended_reason IS NULL))
) STRICT;
CREATE UNIQUE INDEX subscriptions_live ON subscriptions (subscriber_id, topic_id) WHERE ended_at IS NULL;
CREATE INDEX subscriptions_topic ON subscriptions (topic_id) WHERE ended_at IS NULL;

CREATE TABLE plan_runs (
  id          INTEGER PRIMARY KEY,
  at          INTEGER NOT NULL,
  started_at  INTEGER NOT NULL,
  finished_at INTEGER,
  due         INTEGER NOT NULL DEFAULT 0,
  planned     INTEGER NOT NULL DEFAULT 0,
  skipped     TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(skipped))
) STRICT;

CREATE TABLE deliveries (
  id              INTEGER PRIMARY KEY,
  subscriber_id   INTEGER NOT NULL REFERENCES subscribers (id),
  plan_run_id     INTEGER NOT NULL REFERENCES plan_runs (id),
  edition_date    TEXT NOT NULL CHECK (edition_date GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
  status          TEXT NOT NULL CHECK (status IN ('pending', 'claimed', 'sending', 'sent', 'failed', 'uncertain', 'skipped')),
  reason          TEXT,
  detail          TEXT,
  message_id      TEXT NOT NULL UNIQUE,
  due_at          INTEGER NOT NULL,
  planned_at      INTEGER NOT NULL,
  next_attempt_at INTEGER,
  expires_at      INTEGER NOT NULL,
  attempts        INTEGER NOT NULL DEFAULT 0,
  claimed_by      TEXT,
  claimed_at      INTEGER,
  sending_at      INTEGER,
  ended_at        INTEGER,
  more            INTEGER NOT NULL DEFAULT 0,
  CHECK (status NOT IN ('failed', 'uncertain', 'skipped') OR reason IS NOT NULL),
  CHECK ((status IN ('claimed', 'sending')) = (claimed_by IS NOT NULL)),
  CHECK ((status IN ('sent', 'failed', 'uncertain', 'skipped')) = (ended_at IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX deliveries_one_an_edition ON deliveries (subscriber_id, edition_date);
CREATE INDEX deliveries_ready ON deliveries (next_attempt_at, id) WHERE status = 'pending';
CREATE INDEX deliveries_open ON deliveries (status) WHERE status IN ('pending', 'claimed', 'sending', 'uncertain');
CREATE INDEX deliveries_plan ON deliveries (plan_run_id);

-- Why a paper is in a digest. Subscribers with the same topics share the row: 100,000 digests of ten
-- papers would otherwise repeat it a million times a day.
CREATE TABLE paper_notes (
  id          INTEGER PRIMARY KEY,
  plan_run_id INTEGER NOT NULL REFERENCES plan_runs (id),
  note        TEXT NOT NULL CHECK (json_valid(note))
) STRICT;

CREATE TABLE delivery_papers (
  delivery_id   INTEGER NOT NULL REFERENCES deliveries (id),
  position      INTEGER NOT NULL,
  subscriber_id INTEGER NOT NULL REFERENCES subscribers (id),
  paper_id      INTEGER NOT NULL REFERENCES papers (id),
  topic_id      INTEGER REFERENCES topics (id),
  note_id       INTEGER NOT NULL REFERENCES paper_notes (id),
  released_at   INTEGER,
  PRIMARY KEY (delivery_id, position)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX delivery_papers_never_twice ON delivery_papers (subscriber_id, paper_id) WHERE released_at IS NULL;

CREATE TABLE ingest_runs (
  id             INTEGER PRIMARY KEY,
  source         TEXT NOT NULL,
  started_at     INTEGER NOT NULL,
  finished_at    INTEGER,
  status         TEXT NOT NULL CHECK (status IN ('running', 'ok', 'partial', 'failed')),
  records        INTEGER NOT NULL DEFAULT 0,
  new_papers     INTEGER NOT NULL DEFAULT 0,
  changed_papers INTEGER NOT NULL DEFAULT 0,
  new_signals    INTEGER NOT NULL DEFAULT 0,
  rejected       INTEGER NOT NULL DEFAULT 0,
  error          TEXT,
  problems       TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(problems))
) STRICT;
CREATE INDEX ingest_runs_source ON ingest_runs (source, started_at);

CREATE TABLE source_states (
  source      TEXT NOT NULL,
  category    TEXT NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('fresh', 'waiting', 'late', 'failing')),
  checked_at  INTEGER NOT NULL,
  last_new_at INTEGER,
  detail      TEXT,
  PRIMARY KEY (source, category)
) STRICT, WITHOUT ROWID;

CREATE TABLE http_cache (
  url           TEXT PRIMARY KEY,
  etag          TEXT,
  last_modified TEXT,
  fetched_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`,
  },
  {
    name: 'titles a paper has been known by, and gates for polite fetching',
    sql: `
CREATE TABLE paper_titles (
  title_key TEXT NOT NULL,
  paper_id  INTEGER NOT NULL REFERENCES papers (id),
  PRIMARY KEY (title_key, paper_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE http_gates (
  name       TEXT PRIMARY KEY,
  holder     TEXT,
  held_until INTEGER NOT NULL,
  opens_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`,
  },
  {
    name: 'find what was observed lately',
    sql: 'CREATE INDEX paper_signals_observed ON paper_signals (observed_at);',
  },
  {
    name: 'when a source was first asked',
    sql: 'ALTER TABLE source_states ADD COLUMN first_checked_at INTEGER NOT NULL DEFAULT 0;',
  },
  {
    name: 'papers that turned out to be one work',
    sql: `
-- The row that holds the work now; this one keeps what was told under its key and is never sent again.
ALTER TABLE papers ADD COLUMN merged_into INTEGER REFERENCES papers (id);

-- What a delivery showed whose paper was absorbed since; delivery_papers names the paper that is left.
CREATE TABLE shown_papers (
  delivery_id INTEGER NOT NULL REFERENCES deliveries (id),
  position    INTEGER NOT NULL,
  paper_id    INTEGER NOT NULL REFERENCES papers (id),
  PRIMARY KEY (delivery_id, position)
) STRICT, WITHOUT ROWID;
`,
  },
  {
    name: 'what comes back, who must not be mailed, limits that survive a restart',
    sql: `
-- What came back about one recipient of one mail. event_key is the same whenever the same event is read again.
CREATE TABLE bounces (
  id            INTEGER PRIMARY KEY,
  event_key     TEXT NOT NULL UNIQUE,
  origin        TEXT NOT NULL,
  class         TEXT NOT NULL CHECK (class IN ('hard', 'soft', 'complaint', 'delivered')),
  reason        TEXT NOT NULL,
  -- HMAC of the address's key: it outlives the subscriber. Null: whom it is about is not known.
  address_hash  TEXT,
  delivery_id   INTEGER REFERENCES deliveries (id) ON DELETE SET NULL,
  subscriber_id INTEGER REFERENCES subscribers (id),
  status        TEXT,
  reply         TEXT,
  diagnostic    TEXT NOT NULL,
  occurred_at   INTEGER,
  recorded_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX bounces_address ON bounces (address_hash, recorded_at);
CREATE INDEX bounces_delivery ON bounces (delivery_id) WHERE delivery_id IS NOT NULL;
CREATE INDEX bounces_subscriber ON bounces (subscriber_id) WHERE subscriber_id IS NOT NULL;
CREATE INDEX bounces_recorded ON bounces (recorded_at);

CREATE TABLE suppressions (
  id           INTEGER PRIMARY KEY,
  address_hash TEXT NOT NULL,
  reason       TEXT NOT NULL,
  origin       TEXT NOT NULL,
  note         TEXT,
  bounce_id    INTEGER REFERENCES bounces (id) ON DELETE SET NULL,
  created_at   INTEGER NOT NULL,
  lifted_at    INTEGER,
  lifted_note  TEXT,
  CHECK ((lifted_at IS NULL) = (lifted_note IS NULL))
) STRICT;
CREATE UNIQUE INDEX suppressions_live ON suppressions (address_hash) WHERE lifted_at IS NULL;
CREATE INDEX suppressions_address ON suppressions (address_hash);

-- Since when the subscriber has this address: what came back from mail before it is about another one.
ALTER TABLE subscribers ADD COLUMN address_since INTEGER NOT NULL DEFAULT 0;

-- When the next message may go out, for all processes together; instants are of the real clock.
CREATE TABLE send_rates (
  name         TEXT PRIMARY KEY,
  next_slot_at REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- Recipient domains that slow us: they wait, the others do not. Real time.
CREATE TABLE slow_domains (
  domain       TEXT PRIMARY KEY,
  connections  INTEGER NOT NULL CHECK (connections >= 1),
  paused_until INTEGER NOT NULL,
  setbacks     INTEGER NOT NULL,
  reply        TEXT NOT NULL,
  updated_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What the admin was told by mail, and when last.
CREATE TABLE alerts (
  cause     TEXT PRIMARY KEY,
  message   TEXT NOT NULL,
  raised_at INTEGER NOT NULL,
  mailed_at INTEGER,
  ended_at  INTEGER
) STRICT, WITHOUT ROWID;

-- Facts about this database as a whole, such as which secret key its hashes were made with.
CREATE TABLE installation (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`,
  },
  {
    name: 'find what goes when old deliveries and bounces are forgotten',
    sql: `
CREATE INDEX paper_notes_plan ON paper_notes (plan_run_id);
CREATE INDEX suppressions_bounce ON suppressions (bounce_id) WHERE bounce_id IS NOT NULL;
`,
  },
  {
    name: 'what happened, counted as it happens',
    sql: `
-- How often what happened in an hour. The rows that tell each may be pruned, and counting millions of them whenever
-- somebody looks would take seconds. A delivery counts once for each end it comes to: an uncertain one that is
-- resolved counts under both.
CREATE TABLE tallies (
  what           TEXT NOT NULL CHECK (what IN ('due', 'sent', 'failed', 'uncertain', 'skipped', 'bounce')),
  -- A delivery's reason, a bounce's class, or ''.
  reason         TEXT NOT NULL,
  hour_at        INTEGER NOT NULL,
  count          INTEGER NOT NULL,
  -- Of what was sent: the latest one and how long after its due instant it was, and the longest of the hour.
  latest_at      INTEGER,
  latest_late_ms INTEGER,
  most_late_ms   INTEGER,
  PRIMARY KEY (what, reason, hour_at)
) STRICT, WITHOUT ROWID;

INSERT INTO tallies
SELECT status, coalesce(reason, ''), ended_at - ended_at % 3600000, count(*),
  CASE status WHEN 'sent' THEN max(ended_at) END, NULL, NULL
FROM deliveries WHERE ended_at IS NOT NULL GROUP BY 1, 2, 3;
INSERT INTO tallies SELECT 'due', '', at - at % 3600000, sum(due), NULL, NULL, NULL FROM plan_runs WHERE due > 0 GROUP BY 3;
INSERT INTO tallies SELECT 'bounce', class, recorded_at - recorded_at % 3600000, count(*), NULL, NULL, NULL FROM bounces GROUP BY 2, 3;

CREATE TRIGGER tally_due AFTER UPDATE OF due ON plan_runs WHEN NEW.due > OLD.due BEGIN
  INSERT INTO tallies VALUES ('due', '', NEW.at - NEW.at % 3600000, NEW.due - OLD.due, NULL, NULL, NULL)
  ON CONFLICT DO UPDATE SET count = count + excluded.count;
END;

CREATE TRIGGER tally_planned_end AFTER INSERT ON deliveries WHEN NEW.ended_at IS NOT NULL BEGIN
  INSERT INTO tallies VALUES (NEW.status, coalesce(NEW.reason, ''), NEW.ended_at - NEW.ended_at % 3600000, 1, NULL, NULL, NULL)
  ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER tally_end AFTER UPDATE OF status ON deliveries
WHEN NEW.ended_at IS NOT NULL AND NEW.status <> OLD.status BEGIN
  INSERT INTO tallies
  SELECT NEW.status, coalesce(NEW.reason, ''), NEW.ended_at - NEW.ended_at % 3600000, 1, NEW.ended_at, late, late
  FROM (SELECT CASE WHEN NEW.status = 'sent' AND OLD.status = 'sending' THEN NEW.ended_at - NEW.due_at END AS late) WHERE true
  ON CONFLICT DO UPDATE SET
    count = count + 1,
    latest_at = iif(excluded.latest_late_ms IS NULL, latest_at, excluded.latest_at),
    latest_late_ms = coalesce(excluded.latest_late_ms, latest_late_ms),
    most_late_ms = max(coalesce(most_late_ms, excluded.most_late_ms), coalesce(excluded.most_late_ms, most_late_ms));
END;

CREATE TRIGGER tally_bounce AFTER INSERT ON bounces BEGIN
  INSERT INTO tallies VALUES ('bounce', NEW.class, NEW.recorded_at - NEW.recorded_at % 3600000, 1, NULL, NULL, NULL)
  ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE INDEX subscribers_status ON subscribers (status);
`,
  },
  {
    name: 'deliveries that were sent again for want of a reply',
    sql: 'ALTER TABLE deliveries ADD COLUMN resent_at INTEGER;',
  },
  {
    name: 'what a digest is for, and who wants a mail on quiet days',
    sql: `
-- See digest/digest.ts: frozen with the papers, so that a digest that is rendered again reads the same.
ALTER TABLE deliveries ADD COLUMN occasion TEXT NOT NULL DEFAULT 'day'
  CHECK (occasion IN ('day', 'week', 'away', 'quiet', 'late'));
ALTER TABLE subscribers ADD COLUMN quiet_mail INTEGER NOT NULL DEFAULT 0 CHECK (quiet_mail IN (0, 1));
`,
  },
  {
    name: 'find the topics of one subscriber, and those of everybody',
    sql: `
CREATE INDEX topics_owner ON topics (owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX topics_visibility ON topics (visibility) WHERE visibility = 'public';
`,
  },
  {
    name: 'who may change things, and who changed what',
    sql: `
CREATE TABLE admins (
  id                  INTEGER PRIMARY KEY,
  -- \`admin\` for the one that ADMIN_PASSWORD makes where no address is set.
  email               TEXT NOT NULL,
  email_key           TEXT NOT NULL,
  name                TEXT,
  -- scrypt with its parameters; null: signs in by passkey, or not yet.
  password_hash       TEXT,
  password_changed_at INTEGER,
  -- 1: made by ADMIN_PASSWORD and gone with it.
  from_setting        INTEGER NOT NULL DEFAULT 0 CHECK (from_setting IN (0, 1)),
  created_at          INTEGER NOT NULL,
  -- Kept for the names in the audit log.
  removed_at          INTEGER,
  CHECK (removed_at IS NULL OR password_hash IS NULL)
) STRICT;
CREATE UNIQUE INDEX admins_live ON admins (email_key) WHERE removed_at IS NULL;

-- One-time links to choose a password or a passkey by. Of the token only its hash is kept, here and below.
CREATE TABLE admin_links (
  token_hash TEXT PRIMARY KEY,
  admin_id   INTEGER NOT NULL REFERENCES admins (id),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE admin_sessions (
  id           INTEGER PRIMARY KEY,
  token_hash   TEXT NOT NULL UNIQUE,
  admin_id     INTEGER NOT NULL REFERENCES admins (id),
  created_at   INTEGER NOT NULL,
  -- To a few minutes.
  last_used_at INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,
  -- Coarse: \`Firefox on Linux\`.
  device       TEXT NOT NULL
) STRICT;
CREATE INDEX admin_sessions_admin ON admin_sessions (admin_id);

CREATE TABLE passkeys (
  id            INTEGER PRIMARY KEY,
  credential_id TEXT NOT NULL UNIQUE,
  admin_id      INTEGER NOT NULL REFERENCES admins (id),
  public_key    BLOB NOT NULL,
  counter       INTEGER NOT NULL,
  transports    TEXT NOT NULL CHECK (json_valid(transports)),
  name          TEXT NOT NULL,
  created_at    INTEGER NOT NULL,
  last_used_at  INTEGER
) STRICT;
CREATE INDEX passkeys_admin ON passkeys (admin_id);

-- What a browser has to sign, once, within minutes. admin_id null: whoever signs in.
CREATE TABLE passkey_challenges (
  challenge  TEXT PRIMARY KEY,
  purpose    TEXT NOT NULL CHECK (purpose IN ('register', 'sign_in')),
  admin_id   INTEGER REFERENCES admins (id),
  expires_at INTEGER NOT NULL,
  CHECK ((purpose = 'register') = (admin_id IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE api_tokens (
  id           INTEGER PRIMARY KEY,
  name         TEXT NOT NULL,
  token_hash   TEXT NOT NULL UNIQUE,
  -- The first characters, to tell tokens apart by.
  hint         TEXT NOT NULL,
  -- Comma-separated.
  scopes       TEXT NOT NULL,
  created_at   INTEGER NOT NULL,
  last_used_at INTEGER,
  expires_at   INTEGER,
  revoked_at   INTEGER
) STRICT;

CREATE TABLE admin_audit (
  id         INTEGER PRIMARY KEY,
  at         INTEGER NOT NULL,
  actor      TEXT NOT NULL CHECK (actor IN ('admin', 'token', 'subscriber', 'cli', 'system')),
  actor_id   INTEGER,
  -- Words of store/audit-words.ts.
  act        TEXT NOT NULL,
  subject    TEXT NOT NULL,
  subject_id INTEGER NOT NULL,
  -- The facts that changed. No secrets, and of who was erased no address.
  before     TEXT CHECK (before IS NULL OR json_valid(before)),
  after      TEXT CHECK (after IS NULL OR json_valid(after)),
  CHECK ((actor IN ('admin', 'token', 'subscriber')) = (actor_id IS NOT NULL))
) STRICT;
CREATE INDEX admin_audit_subject ON admin_audit (subject, subject_id, id);
CREATE INDEX admin_audit_actor ON admin_audit (actor, actor_id, id);
CREATE INDEX admin_audit_act ON admin_audit (act, id);
CREATE INDEX admin_audit_at ON admin_audit (at);
`,
  },
  {
    name: 'more like this, less like this',
    sql: `
-- What a subscriber said of a paper they were sent. One row for the two, ever: it is changed, taken back, said again.
CREATE TABLE feedback (
  id            INTEGER PRIMARY KEY,
  subscriber_id INTEGER NOT NULL REFERENCES subscribers (id),
  paper_id      INTEGER NOT NULL REFERENCES papers (id),
  -- The digest it was said about; null once that is forgotten.
  delivery_id   INTEGER REFERENCES deliveries (id) ON DELETE SET NULL,
  verdict       TEXT NOT NULL CHECK (verdict IN ('more', 'less')),
  created_at    INTEGER NOT NULL,
  -- Not null: taken back.
  removed_at    INTEGER
) STRICT;
CREATE UNIQUE INDEX feedback_once ON feedback (subscriber_id, paper_id);
CREATE INDEX feedback_live ON feedback (subscriber_id, created_at) WHERE removed_at IS NULL;
CREATE INDEX feedback_paper ON feedback (paper_id);
CREATE INDEX feedback_delivery ON feedback (delivery_id) WHERE delivery_id IS NOT NULL;
`,
  },
  {
    name: 'who asked for mail and has not confirmed it, and who confirmed when',
    sql: `
-- Nobody in here is a subscriber: a stranger may have typed the address. A row is gone soon after it expires.
CREATE TABLE sign_ups (
  id            INTEGER PRIMARY KEY,
  email         TEXT NOT NULL,
  email_key     TEXT NOT NULL,
  -- What was asked for, see subscribers/wishes.ts; empty once it is not needed any more.
  wishes        TEXT NOT NULL CHECK (json_valid(wishes)),
  created_at    INTEGER NOT NULL,
  expires_at    INTEGER NOT NULL,
  -- When a mail is tried next; null: there is none to send any more.
  mail_at       INTEGER,
  attempts      INTEGER NOT NULL DEFAULT 0,
  -- What became of the mail: the link to confirm, the way to the preferences of who is subscribed already, or none.
  mail          TEXT CHECK (mail IN ('confirm', 'known', 'suppressed', 'capped', 'failed')),
  mailed_at     INTEGER,
  -- SHA-256 of the token in the mail, which itself is kept nowhere.
  link_hash     TEXT UNIQUE,
  confirmed_at  INTEGER,
  subscriber_id INTEGER REFERENCES subscribers (id),
  CHECK ((confirmed_at IS NULL) = (subscriber_id IS NULL)),
  CHECK (mail_at IS NULL OR mail IS NULL)
) STRICT;
CREATE INDEX sign_ups_address ON sign_ups (email_key, created_at);
CREATE INDEX sign_ups_waiting ON sign_ups (mail_at) WHERE mail_at IS NOT NULL;
CREATE INDEX sign_ups_expiry ON sign_ups (expires_at);
CREATE INDEX sign_ups_subscriber ON sign_ups (subscriber_id) WHERE subscriber_id IS NOT NULL;

-- That somebody wanted the mail they get: asked for on the page, confirmed by the link that was mailed to the address.
CREATE TABLE consents (
  id            INTEGER PRIMARY KEY,
  subscriber_id INTEGER NOT NULL REFERENCES subscribers (id),
  asked_at      INTEGER NOT NULL,
  given_at      INTEGER NOT NULL,
  link_hash     TEXT NOT NULL
) STRICT;
CREATE INDEX consents_subscriber ON consents (subscriber_id);
`,
  },
  { name: 'full text of all papers', sql: archiveTables },
  {
    name: 'since when a subscriber has been what they are',
    sql: `
CREATE INDEX plan_runs_at ON plan_runs (at);

-- What held from \`at\` on. Written by triggers, whatever changes a subscriber: why somebody got nothing on a day is
-- read from here.
CREATE TABLE subscriber_events (
  id            INTEGER PRIMARY KEY,
  subscriber_id INTEGER NOT NULL REFERENCES subscribers (id),
  at            INTEGER NOT NULL,
  status        TEXT NOT NULL,
  timezone      TEXT NOT NULL,
  digest_time   TEXT NOT NULL,
  days          TEXT NOT NULL
) STRICT;
CREATE INDEX subscriber_events_subscriber ON subscriber_events (subscriber_id, at);

-- Of what was before, only the latest change is known.
INSERT INTO subscriber_events (subscriber_id, at, status, timezone, digest_time, days)
SELECT id, updated_at, status, timezone, digest_time, days FROM subscribers;

CREATE TRIGGER subscriber_begins AFTER INSERT ON subscribers BEGIN
  INSERT INTO subscriber_events (subscriber_id, at, status, timezone, digest_time, days)
  VALUES (NEW.id, NEW.updated_at, NEW.status, NEW.timezone, NEW.digest_time, NEW.days);
END;

CREATE TRIGGER subscriber_changes AFTER UPDATE OF status, timezone, digest_time, days ON subscribers
WHEN NEW.status <> OLD.status OR NEW.timezone <> OLD.timezone OR NEW.digest_time <> OLD.digest_time OR NEW.days <> OLD.days
BEGIN
  INSERT INTO subscriber_events (subscriber_id, at, status, timezone, digest_time, days)
  VALUES (NEW.id, NEW.updated_at, NEW.status, NEW.timezone, NEW.digest_time, NEW.days);
END;

-- Where somebody lived is forgotten with them.
CREATE TRIGGER subscriber_is_forgotten AFTER UPDATE OF status ON subscribers WHEN NEW.status = 'erased' BEGIN
  UPDATE subscriber_events SET timezone = NEW.timezone WHERE subscriber_id = NEW.id;
END;
`,
  },
  {
    name: 'runs that send, what each run said, and how long runs took',
    sql: `
CREATE TABLE send_runs (
  id                  INTEGER PRIMARY KEY,
  -- Whose lock tells whether it still runs.
  worker              TEXT NOT NULL,
  started_at          INTEGER NOT NULL,
  finished_at         INTEGER,
  -- Of the real clock, whatever clock the run was given.
  took_ms             INTEGER,
  -- How many deliveries waited when it began.
  ready               INTEGER NOT NULL,
  sent                INTEGER NOT NULL DEFAULT 0,
  retry               INTEGER NOT NULL DEFAULT 0,
  failed              INTEGER NOT NULL DEFAULT 0,
  uncertain           INTEGER NOT NULL DEFAULT 0,
  skipped             INTEGER NOT NULL DEFAULT 0,
  -- What processes that died before had left.
  recovered_unclaimed INTEGER NOT NULL DEFAULT 0,
  recovered_uncertain INTEGER NOT NULL DEFAULT 0,
  recovered_resent    INTEGER NOT NULL DEFAULT 0,
  -- Why it ended before the queue was empty; null: it did not.
  stopped             TEXT,
  stopped_message     TEXT,
  CHECK ((stopped IS NULL) = (stopped_message IS NULL))
) STRICT;
CREATE INDEX send_runs_open ON send_runs (id) WHERE finished_at IS NULL;

-- The first and the last lines that a run wrote to the log; what lies between is left out.
CREATE TABLE run_logs (
  kind    TEXT NOT NULL CHECK (kind IN ('ingest', 'plan', 'send')),
  run_id  INTEGER NOT NULL,
  -- From 1, gaps where lines were left out.
  line    INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  level   TEXT NOT NULL CHECK (level IN ('info', 'warn', 'error')),
  message TEXT NOT NULL,
  facts   TEXT NOT NULL CHECK (json_valid(facts)),
  PRIMARY KEY (kind, run_id, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_logs_at ON run_logs (at);

ALTER TABLE plan_runs ADD COLUMN took_ms INTEGER;
ALTER TABLE ingest_runs ADD COLUMN took_ms INTEGER;
`,
  },
  {
    name: 'names that topics had before',
    sql: `
-- Links and address lists name topics by their slugs: an old one still means the topic. That of a merged topic, which
-- is archived under it, means the one it was merged into.
CREATE TABLE topic_aliases (
  slug       TEXT PRIMARY KEY,
  topic_id   INTEGER NOT NULL REFERENCES topics (id),
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX topic_aliases_topic ON topic_aliases (topic_id);
`,
  },
  { name: 'what trended, and the best papers of each topic', sql: trendingTables },
  {
    name: 'which subscribers are suppressed, found without hashing everybody',
    sql: `
-- The address's keyed hash, by which suppressions know it; null until somebody asks, and again when the address changes.
ALTER TABLE subscribers ADD COLUMN address_hash TEXT;
CREATE INDEX subscribers_address_hash ON subscribers (address_hash) WHERE address_hash IS NOT NULL;
CREATE INDEX subscribers_unhashed ON subscribers (id) WHERE address_hash IS NULL AND status <> 'erased';
CREATE TRIGGER subscriber_moves AFTER UPDATE OF email_key ON subscribers WHEN NEW.email_key <> OLD.email_key BEGIN
  UPDATE subscribers SET address_hash = NULL WHERE id = NEW.id;
END;
`,
  },
  {
    name: 'find deliveries among millions',
    sql: `
-- A message that is sent changes none of these: its date stays, and it has no reason.
CREATE INDEX deliveries_edition ON deliveries (edition_date);
CREATE INDEX deliveries_reason ON deliveries (reason) WHERE reason IS NOT NULL;
CREATE INDEX deliveries_unsent ON deliveries (status) WHERE status IN ('failed', 'skipped');
-- Whose digests may hold papers of a topic, also of those who have left it.
CREATE INDEX subscriptions_ever ON subscriptions (topic_id, subscriber_id);
`,
  },
  {
    name: 'links that can be switched off, and addresses that subscribers have left',
    sql: `
-- Links signed with another epoch open nothing any more, but that they still unsubscribe.
ALTER TABLE subscribers ADD COLUMN link_epoch INTEGER NOT NULL DEFAULT 0;

-- Keyed hashes of addresses that subscribers have moved away from: an old list does not add them as somebody new.
CREATE TABLE former_addresses (
  address_hash  TEXT PRIMARY KEY,
  subscriber_id INTEGER NOT NULL REFERENCES subscribers (id),
  left_at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX former_addresses_subscriber ON former_addresses (subscriber_id);
`,
  },
  {
    name: 'how many subscribers there were when, and what became of each plan',
    sql: `
-- How many came to a status and went from it in an hour: together, how many there were at any time. Written by triggers.
CREATE TABLE subscriber_tallies (
  status  TEXT NOT NULL,
  hour_at INTEGER NOT NULL,
  came    INTEGER NOT NULL DEFAULT 0,
  went    INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (status, hour_at)
) STRICT, WITHOUT ROWID;

-- Of what was before, only the latest change is known: until then everybody counts as active.
INSERT INTO subscriber_tallies (status, hour_at, came)
SELECT iif(status = 'pending', 'pending', 'active'), created_at - created_at % 3600000, count(*) FROM subscribers GROUP BY 1, 2;
INSERT INTO subscriber_tallies (status, hour_at, went)
SELECT 'active', updated_at - updated_at % 3600000, count(*) FROM subscribers
WHERE status NOT IN ('active', 'pending') GROUP BY 2
ON CONFLICT DO UPDATE SET went = excluded.went;
INSERT INTO subscriber_tallies (status, hour_at, came)
SELECT status, updated_at - updated_at % 3600000, count(*) FROM subscribers
WHERE status NOT IN ('active', 'pending') GROUP BY 1, 2;

CREATE TRIGGER tally_subscriber AFTER INSERT ON subscribers BEGIN
  INSERT INTO subscriber_tallies (status, hour_at, came) VALUES (NEW.status, NEW.created_at - NEW.created_at % 3600000, 1)
  ON CONFLICT DO UPDATE SET came = came + 1;
END;
CREATE TRIGGER tally_subscriber_status AFTER UPDATE OF status ON subscribers WHEN NEW.status <> OLD.status BEGIN
  INSERT INTO subscriber_tallies (status, hour_at, went) VALUES (OLD.status, NEW.updated_at - NEW.updated_at % 3600000, 1)
  ON CONFLICT DO UPDATE SET went = went + 1;
  INSERT INTO subscriber_tallies (status, hour_at, came) VALUES (NEW.status, NEW.updated_at - NEW.updated_at % 3600000, 1)
  ON CONFLICT DO UPDATE SET came = came + 1;
END;

-- How many deliveries of a plan run have ended how; what was due and is not here is open. Stays when deliveries are
-- forgotten, and goes with its run.
CREATE TABLE plan_ends (
  plan_run_id INTEGER NOT NULL,
  status      TEXT NOT NULL,
  -- '': no reason.
  reason      TEXT NOT NULL,
  count       INTEGER NOT NULL,
  PRIMARY KEY (plan_run_id, status, reason)
) STRICT, WITHOUT ROWID;
INSERT INTO plan_ends
SELECT plan_run_id, status, coalesce(reason, ''), count(*) FROM deliveries WHERE ended_at IS NOT NULL GROUP BY 1, 2, 3;

CREATE TRIGGER plan_end_at_once AFTER INSERT ON deliveries WHEN NEW.ended_at IS NOT NULL BEGIN
  INSERT INTO plan_ends VALUES (NEW.plan_run_id, NEW.status, coalesce(NEW.reason, ''), 1)
  ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER plan_end AFTER UPDATE OF status ON deliveries
WHEN NEW.ended_at IS NOT NULL AND (NEW.status <> OLD.status OR NEW.reason IS NOT OLD.reason) BEGIN
  INSERT INTO plan_ends VALUES (NEW.plan_run_id, NEW.status, coalesce(NEW.reason, ''), 1)
  ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER plan_end_undone AFTER UPDATE OF status ON deliveries
WHEN OLD.ended_at IS NOT NULL AND (NEW.status <> OLD.status OR NEW.reason IS NOT OLD.reason) BEGIN
  UPDATE plan_ends SET count = count - 1
  WHERE plan_run_id = OLD.plan_run_id AND status = OLD.status AND reason = coalesce(OLD.reason, '');
END;
CREATE TRIGGER plan_ends_go AFTER DELETE ON plan_runs BEGIN
  DELETE FROM plan_ends WHERE plan_run_id = OLD.id;
END;
`,
  },
  {
    name: 'pauses that end by themselves',
    sql: `
-- The local date from which mail comes again, and the instant its first digest is due; both null for a pause without end.
ALTER TABLE subscribers ADD COLUMN resume_date TEXT
  CHECK (resume_date GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]');
ALTER TABLE subscribers ADD COLUMN resume_at INTEGER CHECK ((resume_at IS NULL) = (resume_date IS NULL));
CREATE INDEX subscribers_resume ON subscribers (resume_at) WHERE resume_at IS NOT NULL;
`,
  },
  {
    name: 'addresses that wait to be confirmed',
    sql: `
-- Another address that a subscriber asked for, until its mailbox confirms it. Of the link only its hash is kept.
CREATE TABLE address_changes (
  id            INTEGER PRIMARY KEY,
  token_hash    TEXT NOT NULL UNIQUE,
  subscriber_id INTEGER NOT NULL REFERENCES subscribers (id),
  -- Of their links when they asked: switching those off ends this too.
  link_epoch    INTEGER NOT NULL,
  email         TEXT NOT NULL,
  email_key     TEXT NOT NULL,
  created_at    INTEGER NOT NULL,
  expires_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX address_changes_subscriber ON address_changes (subscriber_id, created_at);
CREATE INDEX address_changes_email ON address_changes (email_key, created_at);
CREATE INDEX address_changes_expiry ON address_changes (expires_at);
`,
  },
  {
    name: 'clicks and opens by edition, of nobody in particular',
    sql: `
-- Empty unless the operator has them counted (COUNT_CLICKS, COUNT_OPENS). No row is about a subscriber.
CREATE TABLE edition_clicks (
  edition_date TEXT NOT NULL CHECK (edition_date GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
  paper_id     INTEGER NOT NULL REFERENCES papers (id),
  link         TEXT NOT NULL CHECK (link IN ('paper', 'pdf', 'code', 'project')),
  clicks       INTEGER NOT NULL,
  PRIMARY KEY (edition_date, paper_id, link)
) STRICT, WITHOUT ROWID;
CREATE INDEX edition_clicks_paper ON edition_clicks (paper_id);

CREATE TABLE edition_opens (
  edition_date TEXT PRIMARY KEY CHECK (edition_date GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
  opens        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`,
  },
  {
    name: 'letters about an address that wait to be mailed',
    sql: `
-- A row is gone once its letter is out, or is given up. To the new address the link that confirms it, to the one before
-- it word that it is left.
CREATE TABLE waiting_letters (
  id            INTEGER PRIMARY KEY,
  kind          TEXT NOT NULL CHECK (kind IN ('move', 'moved')),
  subscriber_id INTEGER NOT NULL REFERENCES subscribers (id),
  -- What it confirms; its link is made when the letter is.
  change_id     INTEGER REFERENCES address_changes (id) ON DELETE CASCADE,
  email         TEXT NOT NULL,
  -- Of their links when they asked.
  link_epoch    INTEGER NOT NULL,
  created_at    INTEGER NOT NULL,
  mail_at       INTEGER NOT NULL,
  attempts      INTEGER NOT NULL DEFAULT 0,
  CHECK ((kind = 'move') = (change_id IS NOT NULL))
) STRICT;
CREATE INDEX waiting_letters_mail ON waiting_letters (mail_at);
CREATE INDEX waiting_letters_subscriber ON waiting_letters (subscriber_id);
CREATE INDEX waiting_letters_change ON waiting_letters (change_id) WHERE change_id IS NOT NULL;
`,
  },
  {
    name: 'answers to requests that may be repeated',
    sql: `
-- What a program with a token was answered, by the key that it gave its request: the same request again gets the same
-- answer. Null: the answer is not known, the request is under way or its process died.
CREATE TABLE request_keys (
  token_id    INTEGER NOT NULL,
  key         TEXT NOT NULL,
  -- A keyed hash of the request.
  fingerprint TEXT NOT NULL,
  began_at    INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL,
  status      INTEGER,
  -- JSON: headers by name.
  headers     TEXT,
  body        TEXT,
  PRIMARY KEY (token_id, key),
  CHECK ((status IS NULL) = (headers IS NULL) AND (status IS NULL) = (body IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX request_keys_expiry ON request_keys (expires_at);
`,
  },
  {
    name: 'sign-ups that wait, found from the latest on',
    sql: `
CREATE INDEX sign_ups_open ON sign_ups (id) WHERE confirmed_at IS NULL;
`,
  },
  {
    name: 'ends of deliveries that were taken back',
    sql: `
-- Of what \`tallies\` counts, by the hour it was counted in: a failed delivery that was tried again, an uncertain one that
-- was resolved. The tallies themselves only rise, as counters do that are read by others.
CREATE TABLE tally_undone (
  what    TEXT NOT NULL,
  reason  TEXT NOT NULL,
  hour_at INTEGER NOT NULL,
  count   INTEGER NOT NULL,
  PRIMARY KEY (what, reason, hour_at)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER tally_end_undone AFTER UPDATE OF status ON deliveries
WHEN OLD.ended_at IS NOT NULL AND NEW.status <> OLD.status BEGIN
  INSERT INTO tally_undone VALUES (OLD.status, coalesce(OLD.reason, ''), OLD.ended_at - OLD.ended_at % 3600000, 1)
  ON CONFLICT DO UPDATE SET count = count + 1;
END;
`,
  },
];

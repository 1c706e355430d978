/** What trended, kept when it did: signals are forgotten, and a page that anybody may open must not work it out anew. */
export const trendingTables = `
CREATE TABLE trending_papers (
  span       TEXT NOT NULL CHECK (span IN ('day', 'week', 'month')),
  -- The day (UTC) it ends with.
  trend_date TEXT NOT NULL CHECK (trend_date GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
  position   INTEGER NOT NULL,
  paper_id   INTEGER NOT NULL REFERENCES papers (id),
  -- JSON of archive/note.ts.
  note       TEXT NOT NULL CHECK (json_valid(note)),
  made_at    INTEGER NOT NULL,
  PRIMARY KEY (span, trend_date, position)
) STRICT, WITHOUT ROWID;

-- The best candidates that each public topic matches now.
CREATE TABLE topic_papers (
  topic_id INTEGER NOT NULL REFERENCES topics (id),
  position INTEGER NOT NULL,
  paper_id INTEGER NOT NULL REFERENCES papers (id),
  note     TEXT NOT NULL CHECK (json_valid(note)),
  -- What the topic asked for then.
  query    TEXT NOT NULL,
  made_at  INTEGER NOT NULL,
  PRIMARY KEY (topic_id, position)
) STRICT, WITHOUT ROWID;
`;

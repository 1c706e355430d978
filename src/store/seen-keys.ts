import BetterSqlite3 from 'better-sqlite3';

/** Remembers at which line a key was first seen, however many there are: SQLite spills to a nameless temporary file. */
export interface SeenKeys {
  /** Null: never seen before, remembered now. Otherwise the line it was first seen at. */
  firstLine(key: string, line: number): number | null;
  close(): void;
}

export function openSeenKeys(): SeenKeys {
  const file = new BetterSqlite3('');
  file.pragma('synchronous = OFF');
  file.pragma('journal_mode = OFF');
  file.exec('CREATE TABLE seen (key TEXT PRIMARY KEY, line INTEGER NOT NULL) STRICT, WITHOUT ROWID; BEGIN');
  const insert = file.prepare('INSERT INTO seen (key, line) VALUES (?, ?) ON CONFLICT DO NOTHING');
  const find = file.prepare('SELECT line FROM seen WHERE key = ?').pluck();
  return {
    firstLine: (key, line) => (insert.run(key, line).changes === 1 ? null : (find.get(key) as number)),
    close: () => file.close(),
  };
}

import type { Compilable, CompiledQuery } from 'kysely';
import type { Db } from './store.ts';

/** Stands in a statement for a value that is known only when it runs. */
class Slot {
  readonly name: string;
  /** Which one of a list; null for a single value. */
  readonly index: number | null;
  constructor(name: string, index: number | null) {
    this.name = name;
    this.index = index;
  }
}

/** The values of one run of a statement: single ones, and lists for `in (…)`. */
export type Values = Record<string, string | number | null | readonly (string | number)[]>;

/**
 * A statement that recurs with every message: Kysely builds and compiles it once for each length of its lists and
 * each database, and then runs the SQL again with other values; building it took as long as running it. `build` is
 * given stand-ins of the values' shape and must not look into them.
 */
export function createStatement<Given extends Values, Row = never>(
  build: (db: Db, slots: Given) => Compilable<Row>,
): (db: Db, values: Given) => Promise<Row[]> {
  const compiled = new WeakMap<object, Map<string, CompiledQuery<Row>>>();
  return async (db, values) => {
    const { adapter } = db.getExecutor();
    let known = compiled.get(adapter);
    if (!known) {
      known = new Map();
      compiled.set(adapter, known);
    }
    let shape = '';
    for (const value of Object.values(values)) if (Array.isArray(value)) shape += `${value.length} `;
    let query = known.get(shape);
    if (!query) {
      query = build(db, standIns(values)).compile();
      if (known.size >= maxShapes) known.clear();
      known.set(shape, query);
    }
    const parameters = query.parameters.map((parameter) =>
      parameter instanceof Slot ? fillIn(values, parameter) : parameter,
    );
    const { rows } = await db.executeQuery<Row>({ ...query, parameters });
    return rows;
  };
}

const maxShapes = 250;

function standIns<Given extends Values>(values: Given): Given {
  const slots = Object.entries(values).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.map((_, index) => new Slot(name, index)) : new Slot(name, null),
  ]);
  return Object.fromEntries(slots) as Given;
}

function fillIn(values: Values, { name, index }: Slot): unknown {
  const value = values[name];
  return index === null ? value : (value as readonly unknown[])[index];
}

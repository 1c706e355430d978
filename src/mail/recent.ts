/** What was made from strings lately, within a bound. */
export interface Recent<Value> {
  get(key: string): Value | undefined;
  /** `weight` counts against the bound. */
  keep(key: string, value: Value, weight: number): void;
}

/**
 * Two generations, each of at most half of `maxWeight`; the older is dropped when the younger is full, so what is
 * in use stays.
 */
export function createRecent<Value>(maxWeight: number): Recent<Value> {
  let young = new Map<string, { value: Value; weight: number }>();
  let old = new Map<string, { value: Value; weight: number }>();
  let weighed = 0;

  function put(key: string, entry: { value: Value; weight: number }): void {
    weighed += entry.weight;
    if (weighed > maxWeight / 2) {
      old = young;
      young = new Map();
      weighed = entry.weight;
    }
    young.set(key, entry);
  }

  return {
    get(key) {
      const known = young.get(key);
      if (known !== undefined) return known.value;
      const older = old.get(key);
      if (older === undefined) return undefined;
      put(key, older);
      return older.value;
    },
    keep: (key, value, weight) => put(key, { value, weight }),
  };
}

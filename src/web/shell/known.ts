/**
 * What one of our own tables holds under a name that anybody can have written; undefined: nothing, also for what all
 * objects inherit (`constructor`).
 */
export function known<T>(table: Readonly<Record<string, T>>, name: string | undefined): T | undefined {
  return name !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
}

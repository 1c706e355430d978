export type Defined<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };

/** Without what is not named: to the rooms below, absent is not the same as undefined. */
export function withoutUndefined<T extends object>(given: T): Defined<T> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Defined<T>;
}

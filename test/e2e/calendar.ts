/** When people's digests are due, worked out apart from the program: Temporal and nothing else. */
export interface Wish {
  email: string;
  timezone: string;
  /** `HH:MM`, local. */
  time: string;
  days: readonly string[];
  maxPapers: number;
  topics: readonly string[];
}

export interface DueEdition {
  date: string;
  dueAt: number;
}

const dayNames = ['', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
export const everyDay: readonly string[] = dayNames.slice(1);

type When = Pick<Wish, 'timezone' | 'time' | 'days'>;

/** The instant of a local date's digest, whether or not it is one of the wished days. */
export function instantOf(wish: Pick<Wish, 'timezone' | 'time'>, date: string): number {
  return Temporal.PlainDateTime.from(`${date}T${wish.time}`).toZonedDateTime(wish.timezone).epochMilliseconds;
}

export function localDate(at: number, timezone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timezone).toPlainDate().toString();
}

/** Every edition due in `[from, to)`, oldest first. */
export function editionsDue(wish: When, from: number, to: number): DueEdition[] {
  const editions: DueEdition[] = [];
  let date = Temporal.PlainDate.from(localDate(from, 'UTC')).subtract({ days: 2 });
  const last = Temporal.PlainDate.from(localDate(to, 'UTC')).add({ days: 2 });
  for (; Temporal.PlainDate.compare(date, last) <= 0; date = date.add({ days: 1 })) {
    if (!wish.days.includes(dayNames[date.dayOfWeek] as string)) continue;
    const dueAt = instantOf(wish, date.toString());
    if (dueAt >= from && dueAt < to) editions.push({ date: date.toString(), dueAt });
  }
  return editions;
}

/** Every instant at which at least one of them is due, oldest first. */
export function instantsDue(wishes: readonly When[], from: number, to: number): number[] {
  const instants = new Set(wishes.flatMap((wish) => editionsDue(wish, from, to).map((one) => one.dueAt)));
  return [...instants].sort((a, b) => a - b);
}

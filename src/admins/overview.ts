import { listAlerts } from '../store/alerts.ts';
import {
  type ClickedPaper,
  type EditionCounts,
  findMostClicked,
  loadEditionCounts,
} from '../store/edition-counts.ts';
import {
  countByDay,
  countMovesBefore,
  countMovesByDay,
  countSourceRuns,
  type DayCount,
  type FollowedTopic,
  findMostFollowed,
  findNextDue,
  loadPlanAccount,
  type Moves,
  type PlanAccount,
  type SourceRuns,
} from '../store/overview.ts';
import type { SubscriberStatus } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import { type Lateness, loadLateness, loadSourceStandings, type SourceStanding } from '../store/watch.ts';
import { readMessage } from '../watch/alert-mail.ts';
import { isReported } from '../watch/reports.ts';
import { findTroubles, type Trouble, type WatchFacts } from '../watch/troubles.ts';
import { gatherFacts } from '../watch/watch.ts';
import { lastDays } from './local-days.ts';
import { findNotices, type Notice } from './notices.ts';

/** What there is to know at a glance. Instants are epoch ms. */
export interface Overview {
  now: number;
  timezone: string;
  /** What is wrong, with what to do; the longest standing first. */
  troubles: (Trouble & { since: number | null })[];
  /** What went wrong besides, however little. */
  notices: Notice[];
  /** Deliveries of which nobody knows whether the mail server took them. */
  uncertain: number;
  today: TodayAccount;
  /** The oldest first, none left out. */
  days: DayFigures[];
  subscribers: Record<SubscriberStatus, number>;
  sources: SourceFigures[];
  topics: FollowedTopic[];
  /** The papers clicked most in the digests of these days; empty where clicks are not counted. */
  clicked: ClickedPaper[];
}

export interface TodayAccount extends PlanAccount {
  date: string;
  /** What was due and has not ended. */
  open: number;
  queue: Pick<WatchFacts['queue'], 'due' | 'ready' | 'later' | 'claimed' | 'sending'>;
  next: { at: number; count: number } | null;
  lateness: Lateness | null;
}

export interface DayFigures {
  date: string;
  due: number;
  sent: number;
  failed: number;
  uncertain: number;
  /** By reason. */
  skipped: Record<string, number>;
  /** Bounces that mean the address is no good, and those that may pass. */
  hard: number;
  soft: number;
  complaints: number;
  /** Active subscribers at the end of the day, and how many became so and ceased to be on it. */
  active: number;
  came: number;
  went: number;
  /** Of the digests of that date; 0 where nothing is counted. */
  opens: number;
  clicks: number;
}

export interface SourceFigures extends SourceStanding {
  /** Of the last 24 hours; null: it was not asked. */
  lately: SourceRuns | null;
}

export interface OverviewRequest {
  /** Epoch ms. */
  now: number;
  /** Whose days are told. */
  timezone: string;
  /** How many of them. */
  days: number;
  /** The sources that are asked; others that once were are left out. Null: all. */
  sources: readonly string[] | null;
}

const dayMs = 24 * 3_600_000;
const topicsShown = 15;
const clickedShown = 10;

/** Takes some ten ms, whatever there is: most of it was counted as it happened. */
export async function loadOverview(store: Store, request: OverviewRequest): Promise<Overview> {
  const { db } = store;
  const { now, timezone } = request;
  const standings = await loadSourceStandings(db);
  const sources = request.sources ?? standings.map(({ source }) => source);
  const local = lastDays(timezone, request.days, now);
  const facts = await gatherFacts(store, now, sources);
  const account = await loadPlanAccount(db, local.todayAt);
  const ended = account.ended.reduce((sum, one) => sum + one.count, 0);
  const before = await countMovesBefore(db, local.since);
  const moves = await countMovesByDay(db, local.since, local.offsets);
  const runs = await countSourceRuns(db, now - dayMs);
  const firstDate = local.dates[0] ?? '';
  const troubles = await findStanding(store, findTroubles(facts));
  const asked = standings.filter(({ source }) => sources.includes(source));
  const { uncertain } = facts.queue;
  return {
    now,
    timezone,
    troubles,
    notices: findNotices({ today: account, uncertain, sources: asked, troubles }),
    uncertain,
    today: {
      ...account,
      date: local.dates.at(-1) ?? '',
      open: Math.max(0, account.due - ended),
      queue: facts.queue,
      next: await findNextDue(db, now),
      lateness: await loadLateness(db, now),
    },
    days: figuresByDay(
      local.dates,
      await countByDay(db, local.since, local.offsets),
      before,
      moves,
      await loadEditionCounts(db, firstDate),
    ),
    subscribers: currentNumbers([...before, ...moves]),
    sources: asked.map((one) => ({
      ...one,
      lately: runs.find(({ source }) => source === one.source) ?? null,
    })),
    topics: await findMostFollowed(db, topicsShown),
    clicked: await findMostClicked(db, firstDate, clickedShown),
  };
}

/** What is found now, since when it is known, and what was reported by the stages and still stands. */
async function findStanding(store: Store, troubles: Trouble[]): Promise<Overview['troubles']> {
  const alerts = await listAlerts(store.db, { standing: true });
  const sinceOf = (cause: string) => alerts.find((one) => one.cause === cause)?.raised_at ?? null;
  const reported = alerts
    .filter(({ cause }) => isReported(cause))
    .map(({ cause, message, raised_at }) => ({ cause, ...readMessage(message), since: raised_at }));
  return [...reported, ...troubles.map((one) => ({ ...one, since: sinceOf(one.cause) }))];
}

type DayMoves = Moves & { date: string };

function figuresByDay(
  dates: readonly string[],
  counts: readonly DayCount[],
  before: readonly Moves[],
  moves: readonly DayMoves[],
  editions: ReadonlyMap<string, EditionCounts>,
): DayFigures[] {
  const isActive = ({ status }: Moves) => status === 'active';
  let active = netOf(before.filter(isActive));
  const countsOf = Map.groupBy(counts, ({ date }) => date);
  const movesOf = Map.groupBy(moves.filter(isActive), ({ date }) => date);
  return dates.map((date) => {
    const own = countsOf.get(date) ?? [];
    const sum = (what: DayCount['what'], reason?: string) =>
      own.reduce(
        (all, one) =>
          one.what === what && (reason === undefined || one.reason === reason) ? all + one.count : all,
        0,
      );
    const moved = movesOf.get(date) ?? [];
    active += netOf(moved);
    return {
      date,
      due: sum('due'),
      sent: sum('sent'),
      failed: sum('failed'),
      uncertain: sum('uncertain'),
      skipped: Object.fromEntries(
        own.filter(({ what }) => what === 'skipped').map(({ reason, count }) => [reason, count]),
      ),
      hard: sum('bounce', 'hard'),
      soft: sum('bounce', 'soft'),
      complaints: sum('bounce', 'complaint'),
      active,
      came: moved.reduce((all, one) => all + one.came, 0),
      went: moved.reduce((all, one) => all + one.went, 0),
      ...(editions.get(date) ?? { opens: 0, clicks: 0 }),
    };
  });
}

function currentNumbers(moves: readonly Moves[]): Overview['subscribers'] {
  const numbers = { pending: 0, active: 0, paused: 0, unsubscribed: 0, erased: 0 };
  for (const one of moves) numbers[one.status] += one.came - one.went;
  return numbers;
}

function netOf(moves: readonly Moves[]): number {
  return moves.reduce((sum, { came, went }) => sum + came - went, 0);
}

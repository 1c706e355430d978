import { setImmediate } from 'node:timers/promises';
import { atomically } from '../store/atomically.ts';
import { type DeliverySearch, findDeliveryIds } from '../store/delivery-search.ts';
import { type ActDeps, type ActResult, type Resolution, resolveDelivery, retryDelivery } from './acts.ts';

/** One act on all deliveries that a search finds. */
export type ManyAct = { act: 'resolve'; as: Resolution } | { act: 'retry' };

export interface ManyRequest {
  search: DeliverySearch;
  many: ManyAct;
  /** The highest id that was counted before it was confirmed: what came since is left alone. */
  upToId: number;
  /** At most so many are looked at in this call. */
  atMost?: number;
  onProgress?: (done: number) => void;
}

export interface ManyReport {
  done: number;
  refused: number;
  /** The first of them, each with why. */
  refusals: { id: number; message: string }[];
  /** Not null: there may be more, from this id down. */
  nextUpToId: number | null;
}

const atOnce = 100;
const toldRefusals = 20;

/** Which deliveries an act is about: uncertain ones are resolved, failed ones are tried again. */
export function searchFor(search: DeliverySearch, { act }: ManyAct): DeliverySearch {
  return { ...search, status: act === 'resolve' ? 'uncertain' : 'failed' };
}

/**
 * Does the same to every delivery that fits, newest first, in transactions of a hundred; each has its own entry in the
 * audit log. One that cannot be acted on is told and stays as it is.
 */
export async function actOnMany(deps: ActDeps, request: ManyRequest): Promise<ManyReport> {
  const { many, upToId, atMost = Number.MAX_SAFE_INTEGER } = request;
  const search = searchFor(request.search, many);
  const report: ManyReport = { done: 0, refused: 0, refusals: [], nextUpToId: upToId };
  let looked = 0;
  while (report.nextUpToId !== null && looked < atMost) {
    const limit = Math.min(atOnce, atMost - looked);
    const ids = await findDeliveryIds(deps.db, search, { beforeId: report.nextUpToId + 1, limit });
    await atomically(deps.db, async (trx) => {
      for (const id of ids) note(report, id, await actOnOne({ ...deps, db: trx }, id, many));
    });
    looked += ids.length;
    const lowest = ids.at(-1);
    report.nextUpToId = ids.length < limit || lowest === undefined ? null : lowest - 1;
    request.onProgress?.(looked);
    await setImmediate();
  }
  return report;
}

function actOnOne(deps: ActDeps, id: number, many: ManyAct): Promise<ActResult> {
  return many.act === 'resolve' ? resolveDelivery(deps, id, many.as) : retryDelivery(deps, id);
}

function note(report: ManyReport, id: number, result: ActResult): void {
  if (result.ok) report.done++;
  else {
    report.refused++;
    if (report.refusals.length < toldRefusals) report.refusals.push({ id, message: result.message });
  }
}

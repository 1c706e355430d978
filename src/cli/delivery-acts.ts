import { Argument, type Command } from 'commander';
import type { App } from '../app.ts';
import {
  type ActDeps,
  type ActResult,
  type Resolution,
  releaseDelivery,
  resolutions,
  resolveDelivery,
  retryDelivery,
} from '../delivery/acts.ts';
import { actOnMany, type ManyAct, searchFor } from '../delivery/acts-on-many.ts';
import { listDeliveries } from '../store/deliveries.ts';
import { countFound } from '../store/delivery-search.ts';
import { readCount } from './arguments.ts';
import { CommandError, define, type Invocation, type Surroundings } from './command.ts';
import { addSearchOptions, readSearch } from './delivery-search.ts';
import { deliveryDocument } from './local/documents.ts';
import { counted, type Output } from './output.ts';

/** What an admin does to deliveries: to one by its id, or to `all` that options name. */
export function addDeliveryActs(deliveries: Command, surroundings: Surroundings): void {
  define(
    addManyOptions(
      deliveries
        .command('resolve')
        .description(
          'say what became of an uncertain delivery: sent (it arrived), pending (send it again, within a day) or failed (give it up; its papers compete again)',
        )
        .argument('<id>', 'its id, or all', readIdOrAll)
        .addArgument(new Argument('<outcome>').choices(resolutions)),
    ),
    surroundings,
    true,
    async (invocation, options, [id = '', outcome]) => {
      const as = outcome as Resolution;
      if (id === 'all') return await onMany(invocation, options, { act: 'resolve', as });
      await onOne(
        invocation,
        id,
        (deps, one) => resolveDelivery(deps, one, as),
        () => `is now ${as}: ${resolved[as]}`,
      );
    },
  );

  define(
    addManyOptions(
      deliveries
        .command('retry')
        .description(
          'put a failed delivery back into the queue while its day lasts; papers that were sent in another digest since are left out',
        )
        .argument('<id>', 'its id, or all', readIdOrAll),
    ),
    surroundings,
    true,
    async (invocation, options, [id = '']) => {
      if (id === 'all') return await onMany(invocation, options, { act: 'retry' });
      await onOne(
        invocation,
        id,
        retryDelivery,
        ({ papers, dropped }) =>
          `waits for the next run again, with ${counted(papers, 'paper')}${dropped > 0 ? `; ${dropped} of it left out` : ''}`,
      );
    },
  );

  define(
    deliveries
      .command('release')
      .description('let the papers of a delivery whose mail came back compete again')
      .argument('<id>', 'its id', readId),
    surroundings,
    true,
    (invocation, _options, [id = '']) =>
      onOne(
        invocation,
        id,
        releaseDelivery,
        ({ papers }) => `holds its papers no more: ${counted(papers, 'paper')} may be sent again`,
      ),
  );
}

const resolved: Record<Resolution, string> = {
  sent: 'it counts as arrived, and its papers are not sent again',
  pending: 'it is sent again with the next run, for a day at most',
  failed: 'it is given up, and its papers compete again',
};

const readId = readCount(1, Number.MAX_SAFE_INTEGER);
const readIdOrAll = (text: string) => (text === 'all' ? text : readId(text));

function addManyOptions(command: Command): Command {
  return addSearchOptions(command).option('--yes', 'with all: do it; without, only say how many there are');
}

async function onOne<Done>(
  { app, out }: Invocation,
  text: string,
  act: (deps: ActDeps, id: number) => Promise<ActResult<Done>>,
  say: (done: Done) => string,
): Promise<void> {
  const id = Number(text);
  const result = await act(depsOf(app), id);
  if (!result.ok) throw new CommandError(result.message);
  const [entry] = await listDeliveries(app.store.db, { id, limit: 1 });
  out.answer(entry ? deliveryDocument(entry) : null, () => `Delivery ${id} ${say(result)}.`);
}

/** Counts first; does it only with `--yes`. */
async function onMany(
  { app, out }: Invocation,
  options: Record<string, unknown>,
  many: ManyAct,
): Promise<void> {
  const search = await readSearch(app, options);
  const { count, lastId } = await countFound(app.store.db, searchFor(search, many), 1_000_000);
  const kind = many.act === 'resolve' ? 'uncertain' : 'failed';
  const found = counted(count, `${kind} delivery`, `${kind} deliveries`);
  if (!options.yes || lastId === null) {
    out.answer({ count, done: 0, refused: 0, refusals: [] }, () =>
      count === 0
        ? `There is no ${kind} delivery of that kind.`
        : `${found}. Nothing was changed; --yes does it.`,
    );
    return;
  }
  const progress = out.progress(many.act === 'resolve' ? 'Resolving' : 'Retrying');
  const request = { search, many, upToId: lastId, onProgress: (done: number) => progress(done, count) };
  const { done, refused, refusals } = await actOnMany(depsOf(app), request);
  out.answer({ count, done, refused, refusals }, () => [
    `${found}: ${done} ${many.act === 'resolve' ? `now ${many.as}` : 'wait for the next run again'}${refused > 0 ? `, ${refused} left as they were` : ''}.`,
  ]);
  tellRefusals(refusals, refused, out);
}

function tellRefusals(refusals: { message: string }[], refused: number, out: Output): void {
  for (const { message } of refusals) out.note(message);
  if (refused > refusals.length) out.note(`… and ${refused - refusals.length} more.`);
}

function depsOf(app: App): ActDeps {
  return { db: app.store.db, now: app.clock.now(), hashAddress: app.hashAddress };
}

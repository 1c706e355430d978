import { Argument, type Command } from 'commander';
import { type Resolution, resolutions } from '../delivery/acts.ts';
import type { ManyAct } from '../delivery/acts-on-many.ts';
import { readCount } from './arguments.ts';
import { type DeskInvocation, defineAtDesk, type Surroundings } from './command.ts';
import { addSearchOptions, searchOf } from './delivery-search.ts';
import { counted, type Output } from './output.ts';

/** What an admin does to deliveries: to one by its id, or to `all` that options name. */
export function addDeliveryActs(deliveries: Command, surroundings: Surroundings): void {
  defineAtDesk(
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
      const delivery = await invocation.desk.deliveries.resolve(Number(id), as);
      invocation.out.answer(delivery, () => `Delivery ${id} is now ${as}: ${resolved[as]}.`);
    },
  );

  defineAtDesk(
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
      const { delivery, papers, dropped } = await invocation.desk.deliveries.retry(Number(id));
      const without = dropped > 0 ? `; ${dropped} of it left out` : '';
      invocation.out.answer(
        delivery,
        () => `Delivery ${id} waits for the next run again, with ${counted(papers, 'paper')}${without}.`,
      );
    },
  );

  defineAtDesk(
    deliveries
      .command('release')
      .description('let the papers of a delivery whose mail came back compete again')
      .argument('<id>', 'its id', readId),
    surroundings,
    true,
    async ({ desk, out }, _options, [id = '']) => {
      const { delivery, papers } = await desk.deliveries.release(Number(id));
      out.answer(
        delivery,
        () => `Delivery ${id} holds its papers no more: ${counted(papers, 'paper')} may be sent again.`,
      );
    },
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

/** Counts first; does it only with `--yes`. */
async function onMany(
  { desk, out }: DeskInvocation,
  options: Record<string, unknown>,
  many: ManyAct,
): Promise<void> {
  const search = searchOf(options);
  const { count, upToId } = await desk.deliveries.countFor(search, many);
  const kind = many.act === 'resolve' ? 'uncertain' : 'failed';
  const found = counted(count, `${kind} delivery`, `${kind} deliveries`);
  if (!options.yes || upToId === null) {
    out.answer({ count, done: 0, refused: 0, refusals: [] }, () =>
      count === 0
        ? `There is no ${kind} delivery of that kind.`
        : `${found}. Nothing was changed; --yes does it.`,
    );
    return;
  }
  const progress = out.progress(many.act === 'resolve' ? 'Resolving' : 'Retrying');
  const tell = (done: number) => progress(done, count);
  const { done, refused, refusals } = await desk.deliveries.actOnMany(search, many, upToId, tell);
  out.answer({ count, done, refused, refusals }, () => [
    `${found}: ${done} ${many.act === 'resolve' ? `now ${many.as}` : 'wait for the next run again'}${refused > 0 ? `, ${refused} left as they were` : ''}.`,
  ]);
  tellRefusals(refusals, refused, out);
}

function tellRefusals(refusals: { message: string }[], refused: number, out: Output): void {
  for (const { message } of refusals) out.note(message);
  if (refused > refusals.length) out.note(`… and ${refused - refusals.length} more.`);
}

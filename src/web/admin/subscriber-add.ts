import { type Context, Hono } from 'hono';
import { makeHashAddress } from '../../mail/address-hash.ts';
import { listPublicQueries } from '../../store/topic-list.ts';
import type { FieldProblem } from '../../subscribers/fields.ts';
import { addSubscriber } from '../../subscribers/subscribers.ts';
import { digestDefaultsOf } from '../defaults.ts';
import type { AdminDependencies, AdminEnv } from './context.ts';
import { adminPage } from './layout.ts';
import { readSubscriberForm, type SubscriberValues, subscriberForm } from './subscriber-form.ts';

/** Somebody added by hand: active at once, as an admin knows that they want it. */
export function subscriberAddPages({ store, base, clock, config }: AdminDependencies): Hono<AdminEnv> {
  const hashAddress = makeHashAddress(config.secretKey);
  const defaults = digestDefaultsOf(config);
  const site = new Hono<AdminEnv>();
  const path = `${base}/admin/subscribers/-/new`;

  const show = async (
    c: Context<AdminEnv>,
    values: SubscriberValues,
    problems: readonly FieldProblem[] = [],
  ) =>
    c.html(
      adminPage(
        c,
        'Add somebody',
        subscriberForm({
          ...{ base, action: path, formToken: c.var.formToken, values, problems, submit: 'Add' },
          topics: await listPublicQueries(store.db),
        }),
        { at: 'subscribers' },
      ),
      problems.length > 0 ? 422 : 200,
    );

  site.get('/admin/subscribers/-/new', (c) =>
    show(c, {
      email: '',
      timezone: defaults.timezone,
      time: defaults.time,
      days: [...defaults.days],
      maxPapers: String(defaults.maxPapers),
      locale: defaults.locale,
      quietMail: 'no',
      topics: [],
    }),
  );

  site.post('/admin/subscribers/-/new', async (c) => {
    const { values } = await readSubscriberForm(c);
    const added = await addSubscriber(store.db, values, defaults, clock.now(), hashAddress);
    if (!added.ok) return show(c, values, added.problems);
    return c.redirect(`${base}/admin/subscribers/${added.subscriber.id}?said=added`, 303);
  });
  return site;
}

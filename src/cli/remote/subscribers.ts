import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { explainedSchema } from '../../web/api/mails.ts';
import { subscriberSchema } from '../../web/api/subscriber-document.ts';
import { storySchema, whySchema } from '../../web/api/subscriber-story.ts';
import { erasedSchema, wholeSubscriberSchema } from '../../web/api/subscribers.ts';
import { readGivenSettings } from '../arguments.ts';
import type { SettingsGiven, SubscribersDesk } from '../desk.ts';
import type { Client } from './client.ts';
import { findSubscriberThere } from './find-subscriber.ts';
import { importThere } from './import.ts';
import { take } from './pages.ts';

/** So many are told of one subscriber; the API tells more. */
const told = { deliveries: 10, bounces: 5 };

export function remoteSubscribers(client: Client): SubscribersDesk {
  async function look(email: string) {
    const { id } = await findSubscriberThere(client, email);
    return await client.look(`/subscribers/${id}`, wholeSubscriberSchema);
  }

  return {
    list(filter, { afterId, limit }) {
      const query = { ...filter, order: 'oldest', limit: afterId > 0 ? 500 : Math.min(limit, 500) };
      const pages = client.pages('/subscribers', query, { name: 'subscribers', schema: subscriberSchema });
      return take(pages, limit, ({ id }) => id > afterId);
    },
    add: ({ email, topics, ...settings }) =>
      client.post('/subscribers', { email, ...settingsOf(settings), topics }, subscriberSchema),
    async edit(address, { email, status, addTopics, removeTopics, ...settings }) {
      const { value, etag } = await look(address);
      const change = { email, status, ...settingsOf(settings), addTopics, removeTopics };
      const path = `/subscribers/${value.id}`;
      const subscriber = await client.patch(path, etag, change, subscriberSchema);
      const { suppressed } = await client.get(path, {}, wholeSubscriberSchema);
      return { subscriber, suppressed };
    },
    async show(email) {
      const { value } = await look(email);
      const { suppressed, ...subscriber } = value;
      const story = await client.get(`/subscribers/${value.id}/story`, {}, storySchema);
      return {
        ...{ subscriber, suppressed, consents: story.consents },
        bounces: story.bounces.slice(0, told.bounces),
        deliveries: story.deliveries.slice(0, told.deliveries),
      };
    },
    async why(email, date) {
      const { id } = await findSubscriberThere(client, email);
      return await client.get(`/subscribers/${id}/why`, { date }, whySchema);
    },
    async explain(email) {
      const { id } = await findSubscriberThere(client, email);
      return await client.get(`/subscribers/${id}/next-digest`, {}, explainedSchema);
    },
    async erase(address) {
      const { value, etag } = await look(address);
      const { id } = await client.delete(`/subscribers/${value.id}`, etag, erasedSchema);
      return { id, email: value.email };
    },
    importList: (given) => importThere(client, given),
    async exportList(output, status, format) {
      let lines = 0;
      const type = format === 'csv' ? 'text/csv' : 'application/jsonl';
      // As if nothing was said: the list of the active ones has no column that says so.
      const query = status === 'active' ? {} : { status };
      const pieces = client.download(`/subscribers/export.${format}`, query, type);
      const counted = async function* () {
        for await (const piece of pieces) {
          for (const byte of piece) if (byte === 0x0a) lines++;
          yield piece;
        }
      };
      await pipeline(Readable.from(counted()), output);
      return format === 'csv' ? Math.max(0, lines - 1) : lines;
    },
  };
}

/** As the API takes them: options are text. */
function settingsOf(given: SettingsGiven) {
  const { days, maxPapers, quietMail } = readGivenSettings(given);
  return {
    ...given,
    days: given.days === undefined ? undefined : days,
    maxPapers: given.maxPapers === undefined ? undefined : maxPapers,
    quietMail: given.quietMail === undefined ? undefined : quietMail,
  };
}

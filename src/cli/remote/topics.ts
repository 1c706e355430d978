import { testedSchema } from '../../web/api/queries.ts';
import { archivedSchema, mergedSchema, restoredSchema, topicSchema } from '../../web/api/topic-document.ts';
import type { ListedTopicDocument, TopicDocument, TopicsDesk } from '../desk.ts';
import { isUntouched } from '../untouched.ts';
import type { Client } from './client.ts';

export function remoteTopics(client: Client): TopicsDesk {
  const pathOf = (slug: string) => `/topics/${encodeURIComponent(slug)}`;

  async function change(slug: string, given: object): Promise<TopicDocument> {
    const { etag } = await client.look(pathOf(slug), topicSchema);
    return documentOf(await client.patch(pathOf(slug), etag, given, topicSchema));
  }

  return {
    async list({ all }) {
      const listed: ListedTopicDocument[] = [];
      const which = all ? { state: 'any', visibility: 'any' } : {};
      const of = { name: 'topics', schema: topicSchema };
      for await (const page of client.pages('/topics', { ...which, limit: 200 }, of)) listed.push(...page);
      return listed;
    },
    async add({ slug, ...given }) {
      const known = await find(slug);
      if (known && isUntouched(known)) return { topic: await change(slug, given), replaced: true };
      const topic = await client.post('/topics', { slug, ...given }, topicSchema);
      return { topic: documentOf(topic), replaced: false };
    },
    async edit(slug, { archived, reopen = false, ...given }) {
      if (archived === undefined) return await change(slug, given);
      const { reopened, reopenable, ...restored } = await client.post(
        `${pathOf(slug)}/restore`,
        { reopen },
        restoredSchema,
      );
      const edits = Object.keys(given).length > 0;
      return { ...(edits ? await change(slug, given) : documentOf(restored)), reopened, reopenable };
    },
    async remove(slug) {
      const { topic, ...ending } = await client.post(`${pathOf(slug)}/archive`, {}, archivedSchema);
      return { topic: documentOf(topic), ...ending };
    },
    async merge(from, into) {
      const { moved, had } = await client.post(`${pathOf(from)}/merge`, { into }, mergedSchema);
      return { moved, had };
    },
    test: (query, { days, limit }) => client.get('/queries/test', { query, days, limit }, testedSchema),
  };

  /** By its own slug, archived ones left out; undefined: there is none. */
  async function find(slug: string): Promise<ListedTopicDocument | undefined> {
    const of = { name: 'topics', schema: topicSchema };
    for await (const page of client.pages('/topics', { search: slug, limit: 200 }, of)) {
      const found = page.find((one) => one.slug === slug);
      if (found) return found;
    }
    return undefined;
  }
}

function documentOf({ subscriptions: _, ...topic }: ListedTopicDocument): TopicDocument {
  return topic;
}

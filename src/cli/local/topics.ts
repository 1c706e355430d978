import type { App } from '../../app.ts';
import { iso } from '../../clock.ts';
import { atomically } from '../../store/atomically.ts';
import { removeTopic, restoreTopic } from '../../store/topic-archive.ts';
import { mergeTopics } from '../../store/topic-merge.ts';
import { addTopic, editTopic, listTopics } from '../../store/topics.ts';
import { testQuery } from '../../topics/test-query.ts';
import type { Topic } from '../../topics/topic.ts';
import { topicDocument } from '../../web/api/documents.ts';
import { CommandError } from '../command.ts';
import type { TopicDocument, TopicsDesk } from '../desk.ts';
import { isUntouched } from '../untouched.ts';

export function localTopics(app: App): TopicsDesk {
  const { db } = app.store;
  return {
    async list({ all }) {
      const listed = await listTopics(db, all ? { archived: true } : { visibility: 'public' });
      return listed.map(({ subscriptions, ...topic }) => topicDocument(topic, subscriptions));
    },
    async add(given) {
      const { slug, ...change } = given;
      const known = (await listTopics(db)).find((one) => one.slug === slug);
      const replaced = known !== undefined && isUntouched(known);
      const now = app.clock.now();
      const topic = replaced ? await editTopic(db, slug, change, now) : await addTopic(db, given, now);
      return { topic: documentOf(topic), replaced };
    },
    edit: (slug, { archived, reopen = false, ...change }) =>
      atomically(db, async (trx) => {
        const now = app.clock.now();
        if (archived === undefined) return documentOf(await editTopic(trx, slug, change, now));
        const { topic: restored, ...told } = await restoreTopic(trx, slug, { reopen }, now);
        const edits = Object.keys(change).length > 0;
        return { ...documentOf(edits ? await editTopic(trx, slug, change, now) : restored), ...told };
      }),
    async remove(slug) {
      const { topic, ...ending } = await removeTopic(db, slug, app.clock.now());
      return { topic: documentOf(topic), ...ending };
    },
    async merge(from, into) {
      const merged = await mergeTopics(db, from, into, app.clock.now());
      if (!merged.ok) throw new CommandError(merged.message);
      return { moved: merged.moved, had: merged.had };
    },
    async test(query, look) {
      const candidates = await app.candidates();
      try {
        const at = app.clock.now();
        const { timezone } = app.config.digest;
        return testQuery(candidates.index, [...candidates.candidates.values()], query, {
          ...{ at, timezone },
          ...look,
        });
      } finally {
        candidates.close();
      }
    },
  };
}

function documentOf({ archivedAt, ...topic }: Topic): TopicDocument {
  return { ...topic, archivedAt: iso(archivedAt) };
}

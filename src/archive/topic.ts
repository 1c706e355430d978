import { paperIdAt } from '../store/archive.ts';
import { loadPapersByIds } from '../store/papers.ts';
import { searchPlaces } from '../store/places.ts';
import { startStopwatch } from '../store/stopwatch.ts';
import type { Db } from '../store/store.ts';
import { findTopicBySlug } from '../store/topics.ts';
import { findTopicPapers } from '../store/trending.ts';
import { compileArchiveQuery } from '../topics/archive-query.ts';
import { parseQueryOrThrow } from '../topics/parse.ts';
import type { Topic } from '../topics/topic.ts';
import { type ListedPaper, openRows } from './lists.ts';
import { listLength } from './rank.ts';

/** A public topic with its best papers now. */
export interface TopicLook {
  topic: Topic;
  papers: ListedPaper[];
  /** When they were ranked, epoch ms; null: not yet, they are the newest that match. */
  madeAt: number | null;
}

/** Null: there is no public topic of that slug that is still kept. */
export async function lookAtTopic(db: Db, slug: string): Promise<TopicLook | null> {
  const topic = await findTopicBySlug(db, slug);
  if (topic?.visibility !== 'public' || topic.archivedAt !== null) return null;
  const kept = await findTopicPapers(db, topic);
  if (kept) return { topic, papers: await openRows(db, kept.rows), madeAt: kept.madeAt };
  return { topic, papers: await findNewest(db, topic.query), madeAt: null };
}

/** Of a topic whose papers take longer to find, some are shown until it is ranked. */
const mostMs = 60;

/** For a topic that was added or changed a moment ago. */
async function findNewest(db: Db, query: string): Promise<ListedPaper[]> {
  const set = compileArchiveQuery(parseQueryOrThrow(query).root, () => null);
  const effort = { watch: startStopwatch(), mostMs };
  const ids = (await searchPlaces(db, set, { limit: listLength }, effort)).places.map(paperIdAt);
  const papers = await loadPapersByIds(db, ids);
  const note = { score: 0, changes: [], votesByDay: [], gained: null, rising: false, terms: [] };
  return ids.flatMap((id) => {
    const paper = papers.get(id);
    return paper ? [{ paper, note }] : [];
  });
}

import type { QueryTest } from '../topics/test-query.ts';
import type { Topic } from '../topics/topic.ts';

/**
 * What the commands that work here and elsewhere ask for: done by the use cases over this machine's database
 * (local/desk.ts), or over HTTP by a Paperboy that runs elsewhere (remote/desk.ts). What comes back is what `--json`
 * prints; instants are ISO. All throw CommandError, or an error of the use case, with a message for people.
 */
export interface Desk {
  readonly topics: TopicsDesk;
}

export type TopicDocument = Omit<Topic, 'archivedAt'> & { archivedAt: string | null };
export type ListedTopicDocument = TopicDocument & { subscriptions: number };

export interface TopicDefinitionGiven {
  slug: string;
  name: string;
  query: string;
  description: string | null;
}

/** What is absent stays. */
export interface TopicChangeGiven {
  slug?: string;
  name?: string;
  query?: string;
  description?: string;
  /** Brings it back. */
  archived?: false;
}

export interface TopicsDesk {
  /** By slug: the live public ones, or `all` there are. */
  list(which: { all: boolean }): Promise<ListedTopicDocument[]>;
  /** `replaced`: it took the place of one that ships with the project and that nobody touched. */
  add(given: TopicDefinitionGiven): Promise<{ topic: TopicDocument; replaced: boolean }>;
  edit(slug: string, change: TopicChangeGiven): Promise<TopicDocument>;
  /** `ended`: so many subscriptions. */
  remove(slug: string): Promise<{ topic: TopicDocument; ended: number }>;
  merge(from: string, into: string): Promise<{ moved: number; had: number }>;
  test(query: string, look: { days: number; limit: number }): Promise<QueryTest>;
}

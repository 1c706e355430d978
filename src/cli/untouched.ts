import { readShippedTopics } from '../app.ts';

/** Whether a topic is just as it ships, with nobody subscribed: it makes room for one's own of that slug. */
export function isUntouched(topic: {
  slug: string;
  name: string;
  query: string;
  subscriptions: number;
  archivedAt: unknown;
}): boolean {
  const shipped = readShippedTopics().find(({ slug }) => slug === topic.slug);
  return (
    shipped !== undefined &&
    topic.archivedAt === null &&
    topic.subscriptions === 0 &&
    topic.query === shipped.query &&
    topic.name === shipped.name
  );
}

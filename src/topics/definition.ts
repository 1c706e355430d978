import { z } from 'zod';
import { parseQuery } from './parse.ts';
import { formatQueryError } from './query.ts';

/** What a topic is before anybody keeps it. */
export interface TopicDefinition {
  slug: string;
  name: string;
  /** One or two sentences for people who choose; null: none. */
  description: string | null;
  query: string;
}

/** A topic cannot be kept, found or changed as asked. The message is for the person who asked. */
export class TopicError extends Error {
  override name = 'TopicError';
  /** What is wrong with which field, where it is about fields. */
  readonly problems: readonly TopicProblem[];
  constructor(given: string | readonly TopicProblem[], options?: ErrorOptions) {
    const problems = typeof given === 'string' ? [] : given;
    super(typeof given === 'string' ? given : problems.map(({ message }) => message).join('\n'), options);
    this.problems = problems;
  }
}

export interface TopicProblem {
  field: keyof TopicDefinition;
  message: string;
}

export const topicLimits = { slug: 60, name: 80, description: 500 } as const;

/**
 * The definition with spaces trimmed, or a TopicError that names every problem: slug, name, description
 * and a query that does not parse (with the place drawn).
 */
export function checkTopicDefinition(given: TopicDefinition): TopicDefinition {
  const definition = {
    slug: given.slug,
    name: given.name.trim(),
    description: given.description?.trim() || null,
    query: given.query.trim(),
  };
  const problems: TopicProblem[] = [];
  const tell = (field: TopicProblem['field'], message: string) => problems.push({ field, message });
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(definition.slug) || definition.slug.length > topicLimits.slug)
    tell(
      'slug',
      `The slug ${JSON.stringify(definition.slug)} is not small letters, digits and single hyphens between them, at most ${topicLimits.slug} characters.`,
    );
  if (!isLine(definition.name, topicLimits.name))
    tell('name', `The name is not one line of 1 to ${topicLimits.name} characters.`);
  if (definition.description !== null && !isLine(definition.description, topicLimits.description))
    tell('description', `The description is not one line of at most ${topicLimits.description} characters.`);
  const parsed = parseQuery(definition.query);
  if (!parsed.ok) tell('query', `The query: ${formatQueryError(definition.query, parsed.error)}`);
  if (problems.length > 0) throw new TopicError(problems);
  return definition;
}

/** Text that may stand in a subject line or a list: no line breaks or other control characters. */
function isLine(text: string, maxLength: number): boolean {
  return (
    text !== '' && text.length <= maxLength && text.isWellFormed() && !/[\p{Cc}\u2028\u2029]/u.test(text)
  );
}

const seedShape = z.array(
  z.strictObject({
    slug: z.string(),
    name: z.string(),
    description: z.string().nullable().default(null),
    query: z.string(),
  }),
);

/**
 * Reads topics from JSON text such as `data/topics.json`: a list of `{slug, name, description?, query}`.
 * Throws one TopicError with everything that is wrong with it.
 */
export function readTopicSeed(json: string): TopicDefinition[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new TopicError(`The topics are not JSON: ${(cause as Error).message}.`, { cause });
  }
  const shaped = seedShape.safeParse(value);
  if (!shaped.success)
    throw new TopicError(`The topics are not as expected:\n${z.prettifyError(shaped.error)}`);
  const problems: string[] = [];
  const slugs = new Set<string>();
  const topics = shaped.data.flatMap((given, index) => {
    const where = `Topic ${index + 1} (${given.slug})`;
    if (slugs.has(given.slug)) problems.push(`${where}: the slug was used before.`);
    slugs.add(given.slug);
    try {
      return [checkTopicDefinition(given)];
    } catch (error) {
      problems.push(`${where}: ${(error as TopicError).message}`);
      return [];
    }
  });
  if (problems.length > 0) throw new TopicError(problems.join('\n'));
  return topics;
}

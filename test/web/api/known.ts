import type { Known } from './generate.ts';
import type { World } from './world.ts';

/** What world.ts puts there. */
const known: Known = {
  slug: ['all-of-it', 'adapters', 'agents', 'own-1'],
  id: [1],
  'subscribers.id': [1, 2, 3],
  'deliveries.id': [1, 3, 4, 5, 6, 7, 8],
  name: ['digest.mjml', 'digest.txt'],
  kind: ['ingest', 'plan', 'send'],
  date: ['2026-06-22'],
  until: ['2026-06-23T08:00:00.000Z', '2026-06-22'],
  topic: ['all-of-it', 'adapters'],
  email: ['ada@example.org', 'bob@example.org'],
  timezone: ['UTC', 'Europe/Berlin'],
  search: ['example', 'a'],
  'body.into': ['all-of-it', 'adapters', 'agents', 'reasoning'],
  'body.email': ['new@example.org', 'newer@example.org', 'ada@example.org', 'b\u00fccher@example.org'],
  'body.topic': ['all-of-it', 'adapters'],
  'body.topics': ['all-of-it', 'adapters', 'agents'],
  'body.addTopics': ['all-of-it', 'adapters', 'agents'],
  'body.removeTopics': ['all-of-it', 'adapters', 'agents'],
  'body.newTopics': ['all-of-it', 'adapters'],
  'body.timezone': ['UTC', 'europe/berlin', 'Asia/Kolkata'],
  'body.time': ['08:00', '7:30', '23:59'],
  'body.days': ['mon', 'wed', 'sun'],
  'body.locale': ['en', 'de', 'pt-BR'],
  'body.date': ['2026-06-22'],
  'body.to': ['you@example.org', 'ada@example.org'],
  'body.upTo': [1, 2, 3],
  'text/csv': ['email,topics\nlisted@example.org,all-of-it\n', 'E-mail;Time\n=1+1@example.org;25:00\n'],
  'body.ids': [1, 2, 3],
  'body.expected': [1, 2, 3],
};

/** The same with what only the world itself can say: keys of papers. */
export async function knownIn(world: World): Promise<Known> {
  const { json } = await world.ask('GET', '/papers?limit=3');
  return { ...known, key: json.papers.map((paper: { key: string }) => paper.key) };
}

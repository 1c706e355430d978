import type { Known } from './generate.ts';

/** What world.ts puts there. */
export const known: Known = {
  slug: ['all-of-it', 'adapters', 'agents', 'own-1'],
  id: ['1', '2', '3'],
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
  'body.expected': [1, 2, 3],
};

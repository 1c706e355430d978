/** Role addresses in a reserved domain (RFC 2606); each reads something else, somewhere else. */
export const readers = [
  {
    email: 'efficiency@example.org',
    timezone: 'Europe/Berlin',
    topics: ['llm-efficiency'],
    time: '08:00',
    maxPapers: 8,
  },
  {
    email: 'robots@example.org',
    timezone: 'Asia/Tokyo',
    topics: ['robotics', 'reinforcement-learning'],
    time: '07:30',
    maxPapers: 8,
  },
  {
    email: 'pictures@example.org',
    timezone: 'America/Los_Angeles',
    topics: ['generative-images-and-video'],
    time: '08:00',
    maxPapers: 6,
  },
  {
    email: 'safety@example.org',
    timezone: 'Europe/London',
    topics: ['ai-safety', 'evaluation'],
    time: '09:00',
    maxPapers: 6,
  },
  {
    email: 'everything@example.org',
    timezone: 'America/New_York',
    topics: ['everything'],
    time: '06:45',
    maxPapers: 10,
  },
];

/** What one call of the demo did. */
export interface Account {
  sentIds: number[];
  skipped: Record<string, number>;
  records: number;
  /** The first evening of the sample that is still to be played, `YYYY-MM-DD`; null: the sample is over. */
  nextDay: string | null;
}

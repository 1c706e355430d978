import { describe, expect, test } from 'vitest';
import { haveRecordings } from './recordings.ts';
import { replay } from './replay.ts';

describe.skipIf(!haveRecordings)('eight recorded days for forty people', () => {
  test('each gets what the recordings, their clock and their topics say, once', async () => {
    const { figures, wrong } = await replay({
      ...{ days: 8, subscribers: 40, fromDate: '2026-06-22', seed: 3 },
      hours: [7, 16],
    });
    expect(wrong).toEqual([]);
    // Nothing was checked in vain.
    expect(figures.sent).toBeGreaterThan(150);
    expect(figures['rising marks']).toBeGreaterThan(0);
    expect(figures['votes checked']).toBeGreaterThan(300);
    expect(figures['papers withdrawn']).toBe(20);
  });
});

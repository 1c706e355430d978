import { expect, test } from 'vitest';
import { sendTogether } from './three-senders.ts';

test('three processes send 10,000 deliveries together, each once', async () => {
  const { sent, mails, wrong } = await sendTogether({ processes: 3, deliveries: 10_000 });
  expect(wrong).toEqual([]);
  expect(mails).toHaveLength(10_000);
  expect(sent.reduce((a, b) => a + b, 0)).toBe(10_000);
  for (const own of sent) expect(own).toBeGreaterThan(0);
});

import { expect, test } from 'vitest';
import { sendTogether } from './three-senders.ts';

test('three processes send each delivery once, and keep to one rate together', async () => {
  const { sent, mails, wrong } = await sendTogether({
    processes: 3,
    deliveries: 120,
    env: { SEND_RATE: '80', SEND_RATE_PER_MINUTE: '3000' },
  });
  expect(wrong).toEqual([]);
  expect(sent.reduce((a, b) => a + b, 0)).toBe(120);
  const accepted = mails.map((mail) => mail.acceptedAt).sort((a, b) => a - b);
  // 3000 a minute are 50 a second; what a slow machine holds up may come together at the end
  expect((accepted.at(-1) ?? 0) - (accepted[0] ?? 0)).toBeGreaterThan(1800);
});

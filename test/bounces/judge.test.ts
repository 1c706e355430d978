import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BounceEvent, judgeAddress, suppressScore } from '../../src/bounces/judge.ts';
import { type Reason, reasons } from '../../src/bounces/reading/reasons.ts';

const day = 86_400_000;
const start = Date.parse('2026-03-02T08:00:00Z');
const bounce = (reason: Reason, at: number): BounceEvent => ({ class: reasons[reason].class, reason, at });
const every = (days: number, count: number, reason: Reason = 'mailbox_full') =>
  Array.from({ length: count }, (_, index) => bounce(reason, start + index * days * day));
const judged = (history: BounceEvent[]) => judgeAddress(history, history.at(-1)?.at ?? start);

describe('an address', () => {
  it('of which nothing is known is mailed', () => {
    expect(judgeAddress([], start)).toEqual({ suppress: false, reason: null, score: 0 });
  });

  it.each(['user_unknown', 'host_unknown', 'moved', 'no_mail_accepted', 'complaint'] as const)(
    'is given up at once for %s, and stays so',
    (reason) => {
      const history = [bounce(reason, start)];
      expect(judgeAddress(history, start)).toMatchObject({ suppress: true, reason });
      expect(judgeAddress(history, start + 3_650 * day)).toMatchObject({ suppress: true, reason });
    },
  );

  it('full every day is given up on the sixth day, full every Monday on the ninth', () => {
    expect(judged(every(1, 5)).suppress).toBe(false);
    expect(judged(every(1, 6))).toMatchObject({ suppress: true, reason: 'mailbox_full' });
    expect(judged(every(7, 8)).suppress).toBe(false);
    expect(judged(every(7, 9)).suppress).toBe(true);
    expect(judged(every(30, 200)).suppress).toBe(false);
  });

  it('is forgiven with time: half in thirty days', () => {
    const history = every(1, 5);
    const [now, later] = [start + 4 * day, start + 34 * day];
    expect(judgeAddress(history, later).score).toBeCloseTo(judgeAddress(history, now).score / 2);
  });

  it('is not given up for many bounces of one day', () => {
    const history = Array.from({ length: 50 }, (_, index) => bounce('mailbox_full', start + index * 60_000));
    expect(judged(history)).toMatchObject({ suppress: false });
    expect(judged(history).score).toBeLessThanOrEqual(1);
  });

  it('never pays for what is about us, for delays, or for automatic replies', () => {
    const none = (Object.keys(reasons) as Reason[]).filter(
      (reason) => reasons[reason].weight === 0 && reasons[reason].class !== 'hard' && reason !== 'complaint',
    );
    expect(none.length).toBeGreaterThan(12);
    const history = none.flatMap((reason) => every(1, 100, reason));
    expect(judgeAddress(history, start + 100 * day)).toEqual({ suppress: false, reason: null, score: 0 });
  });

  it('that got a mail starts anew', () => {
    const history = [
      ...every(1, 5),
      bounce('delivered', start + 5 * day),
      bounce('mailbox_full', start + 6 * day),
    ];
    expect(judged(history).score).toBeCloseTo(1);
  });

  it('counts a "user unknown" with a transient code like a soft bounce', () => {
    const history = every(1, 6, 'user_unknown').map((event) => ({ ...event, class: 'soft' as const }));
    expect(judged(history.slice(0, 5)).suppress).toBe(false);
    expect(judged(history)).toMatchObject({ suppress: true, reason: 'user_unknown' });
  });

  it('is judged the same in whatever order, never below zero, and by no clock that is ahead', () => {
    const event = fc.record({
      reason: fc.constantFrom(...(Object.keys(reasons) as Reason[])),
      at: fc.integer({ min: start - 400 * day, max: start + 400 * day }),
    });
    fc.assert(
      fc.property(fc.uniqueArray(event, { selector: ({ at }) => Math.floor(at / day) }), (events) => {
        const history = events.map(({ reason, at }) => bounce(reason, at));
        const hasFinal = history.some((one) => one.class === 'hard' || one.reason === 'complaint');
        const one = judgeAddress(history, start);
        const other = judgeAddress(history.toReversed(), start);
        expect(other.score).toBeCloseTo(one.score);
        expect(other.suppress).toBe(one.suppress);
        expect(one.score).toBeGreaterThanOrEqual(0);
        expect(one.score).toBeLessThanOrEqual(history.length);
        expect(one.suppress).toBe(hasFinal || one.score >= suppressScore);
      }),
    );
  });
});

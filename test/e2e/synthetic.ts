import { writeFileSync } from 'node:fs';
import type { Wish } from './calendar.ts';

export function pick<T>(random: () => number, among: readonly T[]): T {
  return among[Math.floor(random() * among.length)] as T;
}

const syllables = 'ba ce di fo gu ha je ki lo mu na pe qui ro su ta ve wi xo yu za bel cor dan fer gil'.split(
  ' ',
);

function word(random: () => number): string {
  const length = 2 + Math.floor(random() * 3);
  return Array.from({ length }, () => pick(random, syllables)).join('');
}

function words(random: () => number, count: number): string {
  return Array.from({ length: count }, () => word(random)).join(' ');
}

/** Papers of made-up words, no two alike. */
export function makePapers(random: () => number, count: number): { title: string; abstract: string }[] {
  return Array.from({ length: count }, () => {
    const title = words(random, 6);
    return { title: `${title[0]?.toUpperCase()}${title.slice(1)}`, abstract: `${words(random, 40)}.` };
  });
}

export function writeJsonLines(file: string, records: readonly unknown[]): string {
  writeFileSync(file, records.map((one) => `${JSON.stringify(one)}\n`).join(''));
  return file;
}

/** The file that `subscribers import` reads. */
export function writeSubscribers(file: string, wishes: readonly Wish[]): string {
  const lines = wishes.map((one) =>
    [one.email, one.timezone, one.time, `"${one.days.join(',')}"`, one.maxPapers, one.topics.join(';')].join(
      ',',
    ),
  );
  writeFileSync(file, ['email,timezone,time,days,max_papers,topics', ...lines, ''].join('\n'));
  return file;
}

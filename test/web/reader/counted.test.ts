import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadOverview } from '../../../src/admins/overview.ts';
import { fixedClock } from '../../../src/clock.ts';
import { renderDigest } from '../../../src/digest/render.ts';
import { loadTemplates } from '../../../src/digest/templates.ts';
import { keepHouse } from '../../../src/housekeeping/keep-house.ts';
import { saveFact } from '../../../src/store/installation.ts';
import type { Store } from '../../../src/store/store.ts';
import { createWeb } from '../../../src/web/web.ts';
import { makeDigest, makeNote, placed, site as sender } from '../../digest/digests.ts';
import { monday, openTestStore } from '../../subscribers/people.ts';
import { storedPaper } from '../../support/papers.ts';
import { insertPaper } from '../../support/store.ts';
import { webConfig } from '../pages.ts';

const paper = storedPaper({
  id: 7,
  title: 'Agents that plan',
  paperUrl: 'https://arxiv.org/abs/2606.00007',
  pdfUrl: 'https://arxiv.org/pdf/2606.00007',
  codeUrl: null,
});
const templates = loadTemplates(join(import.meta.dirname, '../../../templates'));
const dayMs = 24 * 3_600_000;

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
  await insertPaper(store, paper);
});
afterEach(() => store.close());

const openWeb = (counting: { clicks: boolean; opens: boolean }) =>
  createWeb({ store, config: { ...webConfig(), counting }, clock: fixedClock(monday) });
const counted = async () => {
  const { days, clicked } = await loadOverview(store, {
    now: monday,
    timezone: 'UTC',
    days: 30,
    sources: [],
  });
  const { opens, clicks } = days.at(-1) ?? { opens: -1, clicks: -1 };
  return { opens, clicks, clicked: clicked.map(({ title, clicks: times }) => [title, times]) };
};
const today = '2026-06-22';

describe('a digest', () => {
  const render = async (counting: { clicks: boolean; opens: boolean } | null = null) =>
    renderDigest(await templates, makeDigest(placed([{ paper, note: makeNote() }])), { ...sender, counting });

  test('leads straight to its papers, holds no picture and says nothing of counting, unless it was switched on', async () => {
    const mail = await render();
    expect(mail.html).toContain('href="https://arxiv.org/pdf/2606.00007"');
    expect(mail.html).not.toMatch(/<img|\/to\/|counted/);
  });

  test('whose clicks are counted leads by links that are the same for everybody, and says so in its foot', async () => {
    const { html, text } = await render({ clicks: true, opens: false });
    const { editionDate } = makeDigest([]);
    for (const link of ['paper', 'pdf']) expect(html).toContain(`/to/${editionDate}/7/${link}"`);
    expect(html).not.toMatch(/<img|href="https:\/\/arxiv/);
    expect(html).toContain('Opens and clicks are counted, but not who made them.');
    // whoever reads the text part sees where a link leads
    expect(text).toContain('https://arxiv.org/pdf/2606.00007');
    expect(text).toContain('Opens and clicks are counted');
  });

  test('whose opens are counted holds one picture of one pixel, without a word for who hears it read', async () => {
    const { html } = await render({ clicks: false, opens: true });
    expect(html.match(/<img [^>]*>/g)).toHaveLength(1);
    expect(html).toMatch(/<img src="[^"]+\/seen\/[0-9-]{10}\.gif" width="1" height="1" alt(?:="")?>/);
    expect(html).toContain('href="https://arxiv.org/pdf/2606.00007"');
  });
});

describe('a counted link', () => {
  test('leads to the paper and counts one for its edition', async () => {
    const web = openWeb({ clicks: true, opens: true });
    const answer = await web.request(`/to/${today}/7/pdf`);
    expect([answer.status, answer.headers.get('Location')]).toEqual([
      302,
      'https://arxiv.org/pdf/2606.00007',
    ]);
    expect([answer.headers.get('Cache-Control'), answer.headers.get('Referrer-Policy')]).toEqual([
      'no-store',
      'no-referrer',
    ]);
    await web.request(`/to/${today}/7/paper`);
    await web.request(`/seen/${today}.gif`);
    expect(await counted()).toEqual({ opens: 1, clicks: 2, clicked: [['Agents that plan', 2]] });
  });

  test('leads on when counting was switched off since, and counts nothing', async () => {
    const web = openWeb({ clicks: false, opens: false });
    expect((await web.request(`/to/${today}/7/pdf`)).status).toBe(302);
    expect((await web.request(`/seen/${today}.gif`)).headers.get('Content-Type')).toBe('image/gif');
    expect(await counted()).toEqual({ opens: 0, clicks: 0, clicked: [] });
  });

  test('counts neither who only looks whether it is there, nor dates that no digest has', async () => {
    const web = openWeb({ clicks: true, opens: true });
    await web.request(`/to/${today}/7/pdf`, { method: 'HEAD' });
    await web.request(`/to/${today}/7/pdf`, { headers: { 'Sec-Purpose': 'prefetch' } });
    for (const date of ['2026-02-31', '2025-01-01', '2026-07-30', 'yesterday'])
      await web.request(`/to/${date}/7/pdf`);
    expect(await counted()).toMatchObject({ clicks: 0 });
    expect(store.raw.prepare('SELECT count(*) AS n FROM edition_clicks').get()).toEqual({ n: 0 });
  });

  test('leads nowhere but to a link of a paper that is known', async () => {
    const web = openWeb({ clicks: true, opens: false });
    for (const path of ['8/pdf', '7/evil', '7/..%2f..', `${'9'.repeat(15)}/pdf`])
      expect((await web.request(`/to/${today}/${path}`)).status).toBe(404);
    // a kind of link that the paper has no more leads to the paper
    expect((await web.request(`/to/${today}/7/code`)).headers.get('Location')).toBe(paper.paperUrl);
  });

  test('stops counting for a network that follows links without end', async () => {
    const web = openWeb({ clicks: true, opens: false });
    for (let at = 0; at < 620; at++) await web.request(`/to/${today}/7/pdf`);
    expect(await counted()).toMatchObject({ clicks: 600 });
  });
});

test('what was counted is forgotten with the deliveries of its time', async () => {
  const web = openWeb({ clicks: true, opens: true });
  await web.request(`/to/${today}/7/pdf`);
  await web.request(`/seen/${today}.gif`);
  const retention = { signalsDays: 100, deliveriesDays: 100 };
  for (const [days, left] of [
    [99, 2],
    [102, 0],
  ] as const) {
    const now = monday + days * dayMs;
    await saveFact(store.db, 'housekept_at', String(now - dayMs));
    await keepHouse({ store, now, retention });
    const rows = store.raw
      .prepare('SELECT (SELECT count(*) FROM edition_clicks) + (SELECT count(*) FROM edition_opens) AS n')
      .get();
    expect(rows).toEqual({ n: left });
  }
});

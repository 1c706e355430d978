import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type App,
  ingestPapers,
  openApp,
  planDigests,
  projectFolder,
  rankPapers,
  sendDigests,
} from '../../../src/app.ts';
import { createWeb } from '../../../src/web/web.ts';
import { type Caught, startSink } from '../../e2e/sink.ts';

const sample = (date: string) => join(projectFolder, 'data', 'sample', `${date}.jsonl`);

/**
 * A whole Paperboy on a clock of its own: a database file, the sample's papers, pages, and a real SMTP server on
 * loopback that keeps the mail. `serve` is told the pages' address before the app is opened with it.
 */
export async function openInstallation(
  serve: (pages: (publicUrl: string) => never) => Promise<string>,
  env: Record<string, string> = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'paperboy-life-'));
  const sink = await startSink();
  const world = { now: Date.parse('2026-06-22T20:00:00Z') };
  let app: App | null = null;
  let pages: ReturnType<typeof createWeb> | null = null;
  const address = await serve(
    () => ({ fetch: (request: Request, env: object) => pages?.fetch(request, env) }) as never,
  );
  const opened = await openApp({
    env: {
      DATABASE_URL: `sqlite:${join(folder, 'paperboy.db')}`,
      SECRET_KEY: 'k'.repeat(40),
      SMTP_URL: sink.url,
      MAIL_FROM: 'Paperboy <paperboy@papers.example.org>',
      PUBLIC_URL: address,
      SOURCES: 'none',
      ...env,
    },
    cwd: folder,
    clock: { now: () => world.now },
  });
  app = opened;
  pages = createWeb(app);
  return {
    app: opened,
    address,
    world,
    mails: sink.caught,
    sample,
    /** The mail that came last to an address; null: none yet. */
    latestTo: (email: string): Caught | null => sink.caught.findLast((one) => one.to.includes(email)) ?? null,
    /** One round at an instant, with the sample papers of the days named. */
    async round(at: string, ...dates: string[]) {
      world.now = Date.parse(at);
      for (const date of dates) await ingestPapers(opened, { file: sample(date) });
      await rankPapers(opened);
      await planDigests(opened);
      return await sendDigests(opened);
    },
    async close() {
      await opened.close();
      await sink.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** The first address in a mail's text that has this path under it. */
export function linkIn(mail: Caught | null, path: string): string {
  const found = mail?.text.match(new RegExp(`https?://\\S+/${path}/\\S+`))?.[0];
  if (!found) throw new Error(`no link to /${path}/ in: ${mail?.text ?? 'no mail'}`);
  return found;
}

import { setTimeout } from 'node:timers/promises';
import { tokenScopes } from '../../../src/admins/tokens.ts';
import { startWeb } from '../../../src/web/start.ts';
import { fillWorld, openWorld, troubleWorld } from '../../web/api/world.ts';
import { openTerminal } from '../terminal.ts';

/** With something of everything, and the same each time. */
async function openWhole() {
  const world = await openWorld();
  await fillWorld(world);
  await troubleWorld(world);
  for (const runs of ['ingest_runs', 'plan_runs', 'send_runs'])
    world.app.store.raw.exec(`UPDATE ${runs} SET took_ms = 1234`);
  return world;
}

/** An installation that is served on the loopback, with a terminal elsewhere for each kind of token. */
export async function openServed(stdin = '') {
  const world = await openWhole();
  const { app } = world;
  const problems: object[] = [];
  const web = await startWeb({
    ...app,
    config: { ...app.config, web: { ...app.config.web, host: '127.0.0.1', port: 0 } },
    api: { requestsAMinute: 1_000_000 },
    log: { error: (what) => problems.push(what) },
  });
  const url = `http://127.0.0.1:${web.port}`;
  const terminals: ReturnType<typeof openTerminal>[] = [];
  const terminalOf = (settings: Record<string, string>) => {
    const terminal = openTerminal(settings, { wait: () => setTimeout(1), stdin: input(stdin) });
    terminals.push(terminal);
    return terminal;
  };
  return {
    ...{ world, url, problems },
    /** Who commands it from elsewhere. */
    terminal: terminalOf({ PAPERBOY_SERVER: url, PAPERBOY_TOKEN: world.tokens.all }),
    as: Object.fromEntries(
      tokenScopes.map((scope) => [
        scope,
        terminalOf({ PAPERBOY_SERVER: url, PAPERBOY_TOKEN: world.tokens[scope] }),
      ]),
    ) as Record<(typeof tokenScopes)[number], ReturnType<typeof openTerminal>>,
    async close() {
      for (const terminal of terminals) terminal.remove();
      await web.close();
      await world.close();
    },
  };
}

/** The same text each time that it is read. */
function input(text: string): AsyncIterable<Uint8Array> {
  return {
    async *[Symbol.asyncIterator]() {
      yield Buffer.from(text);
    },
  };
}

/** The same installation, commanded where it is; `at`: the clock of its commands. */
export async function openHere(stdin = '') {
  const world = await openWhole();
  const terminal = openTerminal(
    {
      DATABASE_URL: `sqlite:${world.app.store.file}`,
      SECRET_KEY: 'k'.repeat(43),
      PUBLIC_URL: 'https://papers.example.org',
      DIGEST_TIMEZONE: 'UTC',
    },
    { stdin: input(stdin) },
  );
  return {
    world,
    terminal,
    at: new Date(world.app.clock.now()).toISOString(),
    async close() {
      terminal.remove();
      await world.close();
    },
  };
}

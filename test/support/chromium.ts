import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer, type ServerType } from '@hono/node-server';
import type { Hono } from 'hono';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { findChromium, quietFlags } from './find-chromium.ts';

/** A Chromium without a window. Without a sandbox, since tests also run as root in containers. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: quietFlags, chromiumSandbox: false });
}

let launched: Promise<Browser> | undefined;

/** Those whose reader has switched scripts off. */
const scriptless = new WeakSet<BrowserContext>();

export interface Visit {
  /** Pixels of CSS; a phone is 360, the least that must do is 320. */
  width?: number;
  height?: number;
  scheme?: 'light' | 'dark';
  /** False: as if the reader had switched scripts off. */
  javaScript?: boolean;
  /** Opens a further page of the same reader: same cookies, and the other options are those of the first. */
  sameReaderAs?: Page;
}

export interface TestBrowser {
  /**
   * Serves the pages on loopback until the `describe` ends; `createPages` is told the PUBLIC_URL. It is at localhost,
   * where browsers keep even `Secure` cookies and passkeys. Gives the address, without a closing slash.
   */
  serve(createPages: (publicUrl: string) => Hono): Promise<string>;
  /** Opens an address as a reader of its own, with no cookies. The page is closed when the test ends. */
  visit(address: string, how?: Visit): Promise<Page>;
  readonly browser: Browser;
}

/**
 * A `describe` whose tests run in Chromium; skipped where there is none. A test fails, too, when one of its pages
 * throws, breaks its content security policy or asks for something that is not there.
 */
export function describeInChromium(name: string, body: (chromium: TestBrowser) => void): void {
  const path = findChromium();
  if (path === null && process.env.PAPERBOY_REQUIRE_TOOLS === '1')
    throw new Error('Chromium is wanted here (Debian: chromium; CHROMIUM_PATH names another)');
  describe.skipIf(path === null)(name, () => {
    let browser: Browser;
    const servers: ServerType[] = [];
    const contexts = new Set<BrowserContext>();
    const problems: string[] = [];

    beforeAll(async () => {
      // The files that share a process share it; it ends with the process.
      if (!(await launched)?.isConnected()) launched = launchChromium(path as string);
      browser = (await launched) as Browser;
    });
    afterEach(async () => {
      await Promise.all([...contexts].map((context) => context.close()));
      contexts.clear();
      expect(problems.splice(0), 'what went wrong within the pages').toEqual([]);
    });
    afterAll(() => {
      for (const server of servers) server.close();
    });

    body({
      get browser() {
        return browser;
      },
      async serve(createPages) {
        let pages: Hono | null = null;
        const server = createAdaptorServer({ fetch: (request, env) => (pages as Hono).fetch(request, env) });
        servers.push(server);
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        const address = `http://localhost:${(server.address() as AddressInfo).port}`;
        pages = createPages(address);
        return address;
      },
      async visit(address, { width = 1280, height = 800, scheme, javaScript, sameReaderAs } = {}) {
        const context =
          sameReaderAs?.context() ??
          (await browser.newContext({
            viewport: { width, height },
            colorScheme: scheme ?? 'light',
            javaScriptEnabled: javaScript ?? true,
            // Colours are measured as they are in the end, not on their way there.
            reducedMotion: 'reduce',
          }));
        contexts.add(context);
        if (javaScript === false) scriptless.add(context);
        const page = await context.newPage();
        page.setDefaultTimeout(45_000);
        hearProblems(page, problems);
        await page.goto(address);
        return page;
      },
    });
  });
}

/**
 * Collects what goes wrong within a page. An answer of 400 or above is fine for the page itself and for what htmx or a
 * script asks, but not for what a page loads.
 */
export function hearProblems(page: Page, problems: string[]): void {
  page.on('pageerror', (error) => problems.push(`${page.url()}: ${error.stack ?? error}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      problems.push(`${page.url()}: ${message.text()}`);
  });
  page.on('response', (response) => {
    const request = response.request();
    if (response.status() >= 400 && !['document', 'fetch', 'xhr'].includes(request.resourceType()))
      problems.push(`${page.url()}: ${request.url()} is answered with ${response.status()}`);
  });
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? 'no answer';
    // What the content security policy forbids is said in the console, too; left off is what the next page replaced.
    if (why !== 'csp' && why !== 'net::ERR_ABORTED') problems.push(`${page.url()}: ${request.url()}: ${why}`);
  });
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'];

/** The one rule of axe that looks at colours. */
const colourRules = ['color-contrast'];

interface Finding {
  id: string;
  help: string;
  nodes: { target: string[]; html: string; failureSummary: string }[];
}

/** axe finds nothing wrong with the page as it stands, in the light and the dark. Leaves the page in the light. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light' });
  const light = await askAxe(page, { type: 'tag', values: tags });
  await page.emulateMedia({ colorScheme: 'dark' });
  const dark = await askAxe(page, { type: 'rule', values: colourRules });
  await page.emulateMedia({ colorScheme: 'light' });
  const told = [...light.map(sayFinding('light')), ...dark.map(sayFinding('dark'))];
  if (told.length > 0) throw new Error(`${page.url()} is not accessible:\n${told.join('\n')}`);
}

const sayFinding = (scheme: string) => (finding: Finding) =>
  [
    `${finding.id} (${scheme}): ${finding.help}`,
    ...finding.nodes.map(
      ({ target, html, failureSummary }) =>
        `  ${target.join(' ')}\n    ${html.slice(0, 200)}\n    ${failureSummary.replace(/\n\s*/g, '\n    ')}`,
    ),
  ].join('\n');

/**
 * Runs axe in a world of its own beside the page's, which the page's content security policy does not reach and the
 * page's scripts do not see; and also where the reader has no scripts.
 */
async function askAxe(page: Page, runOnly: { type: 'tag' | 'rule'; values: string[] }): Promise<Finding[]> {
  const session = await page.context().newCDPSession(page);
  try {
    // Switched off, scripts do not even have timers. Only a change counts, hence both.
    if (scriptless.has(page.context()))
      for (const value of [true, false])
        await session.send('Emulation.setScriptExecutionDisabled', { value });
    const { frameTree } = await session.send('Page.getFrameTree');
    const world = await session.send('Page.createIsolatedWorld', {
      frameId: frameTree.frame.id,
      worldName: 'axe',
    });
    const evaluate = async (expression: string) => {
      const answer = await session.send('Runtime.evaluate', {
        ...{ expression, contextId: world.executionContextId },
        ...{ awaitPromise: true, returnByValue: true },
      });
      if (answer.exceptionDetails)
        throw new Error(answer.exceptionDetails.exception?.description ?? answer.exceptionDetails.text);
      return answer.result.value;
    };
    await evaluate(`${axe};0`);
    const options = JSON.stringify({ runOnly, resultTypes: ['violations'] });
    return await evaluate(`axe.run(document, ${options}).then(({ violations }) => violations)`);
  } finally {
    await session.detach();
  }
}

/** Nobody has to scroll sideways. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const told = (await page.evaluate(`(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const wide = [...document.querySelectorAll('body *')]
      .filter((element) => element.getBoundingClientRect().right > width + 1)
      .map((element) => element.outerHTML.slice(0, 120));
    return ['by ' + (document.documentElement.scrollWidth - width) + ' px', ...wide.slice(0, 10)];
  })()`)) as string[];
  if (told.length > 0)
    throw new Error(`${page.url()} is wider than ${page.viewportSize()?.width} px:\n${told.join('\n')}`);
}

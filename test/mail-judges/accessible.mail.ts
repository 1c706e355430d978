import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { HtmlValidate, StaticConfigLoader } from 'html-validate';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asPage } from '../../src/digest/as-page.ts';
import { launchChromium } from '../support/chromium.ts';
import { findChromium } from '../support/find-chromium.ts';
import { type Letter, openPost, writeAll } from './letters.ts';
import { isMissing } from './tools.ts';

const executablePath = findChromium();
const missing = isMissing(
  'axe in Chromium',
  executablePath === null ? 'there is no Chromium (Debian: chromium; CHROMIUM_PATH names another)' : null,
);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * What a mail leaves to the page around it. Webmail puts mails into its own page, several at once where it shows a
 * conversation: with a main part each, that page would have many, one in another, and what leads to *the* main part would
 * lead anywhere (WAI-ARIA: no more than one). There a mail is an article; shown as a page of its own, it has to have one.
 */
const pageRules = { 'landmark-one-main': { enabled: false }, region: { enabled: false } };

interface Finding {
  id: string;
  nodes: { html: string; failureSummary: string }[];
}

let letters: Letter[];
beforeAll(async () => {
  const post = await openPost();
  letters = await writeAll(post);
  return () => post.close();
});

test("html-validate's accessibility rules hold", async () => {
  const rules = {
    // MJML says so on a div, which Outlook keeps.
    'prefer-native-element': ['error', { exclude: ['article'] }],
  } as const;
  const validator = new HtmlValidate(
    new StaticConfigLoader({ extends: ['html-validate:a11y'], rules: rules as never }),
  );
  for (const { name, mail } of letters) {
    const { results } = await validator.validateString(mail.html);
    const told = results.flatMap(({ messages }) =>
      messages.map((one) => `${one.line}: ${one.ruleId}: ${one.message} ${one.selector ?? ''}`),
    );
    expect(told, name).toEqual([]);
  }
});

describe.skipIf(missing)('axe', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium(executablePath as string);
  });
  afterAll(() => browser?.close());

  interface Look {
    violations: string[];
    contrasts: number[];
  }

  /** By all rules, but for those of `rules`, in the light; in the dark only colours differ. */
  async function look(html: string, rules: object): Promise<Record<'light' | 'dark', Look>> {
    const page = await browser.newPage({ viewport: { width: 600, height: 800 }, colorScheme: 'light' });
    await page.setContent(html);
    await page.evaluate(axe);
    const ask = async (options: object): Promise<Look> => {
      const run = `axe.run(document, ${JSON.stringify({ resultTypes: ['violations', 'passes'], ...options })})`;
      const { violations, passes } = (await page.evaluate(run)) as {
        violations: Finding[];
        passes: { id: string; nodes: { any: { data: { contrastRatio?: number } | null }[] }[] }[];
      };
      const contrasts = passes
        .filter(({ id }) => id === 'color-contrast')
        .flatMap(({ nodes }) => nodes.flatMap(({ any }) => any.map(({ data }) => data?.contrastRatio ?? 0)));
      return {
        violations: violations.flatMap(({ id, nodes }) =>
          nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 150)} ${failureSummary}`),
        ),
        contrasts: contrasts.filter((one) => one > 0),
      };
    };
    const light = await ask({ rules });
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await ask({ runOnly: ['color-contrast'] });
    await page.close();
    return { light, dark };
  }

  test('finds nothing in light and dark, and a contrast of 4.5 or more', async () => {
    const lowest = { light: Number.POSITIVE_INFINITY, dark: Number.POSITIVE_INFINITY };
    for (const { name, mail } of letters) {
      const looks = await look(mail.html, pageRules);
      for (const scheme of ['light', 'dark'] as const) {
        const { violations, contrasts } = looks[scheme];
        expect(violations, `${name}, ${scheme}`).toEqual([]);
        // Of Arabic text it does not tell the contrast.
        expect(contrasts.length, `${name}, ${scheme}`).toBeGreaterThanOrEqual(2);
        lowest[scheme] = Math.min(lowest[scheme], ...contrasts);
      }
    }
    console.info(`lowest contrast: ${lowest.light.toFixed(2)} in light, ${lowest.dark.toFixed(2)} in dark`);
    expect(Math.min(lowest.light, lowest.dark)).toBeGreaterThanOrEqual(4.5);
  });

  test('finds nothing by any rule in a digest that is shown as a page', async () => {
    for (const { name, mail } of letters.filter(({ name }) => name.startsWith('odd, ')))
      expect((await look(asPage(mail.html), {})).light.violations, name).toEqual([]);
  });

  test('is awake: grey on grey and a link without words are found', async () => {
    const bad =
      '<html lang="en"><title>x</title><main><h1 style="color:#999;background:#aaa">Grey words</h1><a href="/"></a></main>';
    const { light, dark } = await look(bad, {});
    expect(light.violations.join('\n')).toMatch(/color-contrast: [\s\S]*link-name: /);
    expect(dark.violations.join('\n')).toMatch(/color-contrast: /);
  });
});

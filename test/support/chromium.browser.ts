import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { describeInChromium, expectAccessible, expectNoSidewaysScroll, hearProblems } from './chromium.ts';

const policy = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src 'self'";

/** A page as bad as `body` is. */
const pageOf = (body: string, head = '') => {
  const site = new Hono();
  site.get('/', (c) => {
    c.header('Content-Security-Policy', policy);
    return c.html(
      `<!doctype html><html lang="en"><head><title>quiet</title><link rel="icon" href="/icon">${head}</head><body><main><h1>Bad</h1>${body}</main></body></html>`,
    );
  });
  site.get('/icon', (c) => c.body(null, 204));
  site.get('/loud.js', (c) => c.body('document.title = "loud"', 200, { 'Content-Type': 'text/javascript' }));
  return () => site;
};

describeInChromium('looking at pages in Chromium', (chromium) => {
  const { serve, visit } = chromium;

  test.each([true, false])('finds what is not accessible, with scripts: %s', async (javaScript) => {
    const address = await serve(
      pageOf(
        '<a href="/"></a><p class="pale">pale in the dark</p>',
        '<style>@media (prefers-color-scheme: dark) { .pale { color: #777; background: #666; } }</style>',
      ),
    );
    const page = await visit(address, { javaScript });
    const told = await expectAccessible(page).catch(String);
    expect(told).toMatch(/link-name \(light\): .*\n {2}a\n/);
    expect(told).toMatch(/color-contrast \(dark\): .*\n {2}p\n/);
    expect(told).not.toContain('color-contrast (light)');
  });

  test('leaves scripts off where the reader has none', async () => {
    const page = await visit(await serve(pageOf('', '<script src="/loud.js"></script>')), {
      javaScript: false,
    });
    await expectAccessible(page);
    await page.reload();
    expect(await page.title()).toBe('quiet');
  });

  test('finds what is too wide', async () => {
    const page = await visit(await serve(pageOf('<p style="width:400px">wide</p>')), { width: 360 });
    await expect(expectNoSidewaysScroll(page)).rejects.toThrow('<p style=');
  });

  test('hears what goes wrong within a page', async () => {
    const body = `<script>0</script><script src="/gone.js"></script><img alt="" src="https://elsewhere.example/x.png">`;
    const page = await chromium.browser.newPage();
    const problems: string[] = [];
    hearProblems(page, problems);
    await page.goto(await serve(pageOf(`${body}<script src="/loud.js"></script>`)));
    await page.evaluate('setTimeout(() => { throw new Error("thrown") })');
    await expect.poll(() => problems.join('\n')).toContain('Error: thrown');
    await page.close();
    expect(problems.join('\n')).toMatch(/\/gone\.js is answered with 404/);
    expect(problems.filter((one) => one.includes('Content Security Policy'))).toHaveLength(2);
    expect(problems).toHaveLength(4);
  });
});

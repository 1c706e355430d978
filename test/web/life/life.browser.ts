import { test, vi } from 'vitest';
import { describeInChromium } from '../../support/chromium.ts';
import { walkThroughLife } from './walk.ts';

// Every page is loaded for real: a quarter of a minute, minutes on a busy machine.
vi.setConfig({ testTimeout: 240_000 });

/** `npm test` looks at the pages by this one; `npm run test:browser` by all. */
describeInChromium('the whole life of a reader', (chromium) => {
  test('from finding the page to being forgotten', () => walkThroughLife(chromium, true));
});

import { test } from 'vitest';
import { describeInChromium } from '../../support/chromium.ts';
import { walkThroughLife } from './walk.ts';

describeInChromium('the whole life of a reader who runs no scripts', (chromium) => {
  test('from finding the page to being forgotten', () => walkThroughLife(chromium, false));
});

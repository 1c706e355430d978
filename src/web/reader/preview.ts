import type { Context } from 'hono';
import type { PreviewWish } from '../../delivery/previews.ts';
import type { WebDependencies } from '../context.ts';
import { createLimiter } from '../shell/limiter.ts';
import { blockOf, networkOf } from '../shell/network.ts';
import { type ShownPreview, showEditions } from './preview-view.ts';

/** Whoever types sees a preview a second at most; all together as many as one thread can play. */
const limits = { windowMs: 60_000, each: { network: 60, block: 150 }, all: 500 };

/** What a digest would have held on each of the last seven days, for pages with a form that chooses. */
export interface PreviewDoor {
  /** Whether there are previews here. */
  readonly isOpen: boolean;
  /** Gets the thread ready while somebody begins to read the form. */
  warm(): void;
  /** What goes into `previewPlace`, and its status (429: too often, with Retry-After set). Null: nothing was chosen. */
  show(c: Context, wish: PreviewWish | null): Promise<{ shown: ShownPreview; status: 200 | 429 | 503 }>;
}

/** One for each page that shows previews; what limits them is counted apart. `nothingChosen`: what to do first. */
export function createPreviewDoor(
  { previews, clock, config, log }: WebDependencies,
  nothingChosen = 'Choose a topic, and you see here what you would have got.',
): PreviewDoor {
  const limiter = createLimiter(limits);
  return {
    isOpen: previews !== undefined,
    warm: () => previews?.warm(clock.now()),
    async show(c, wish) {
      if (!previews) return { shown: { told: 'There is no preview here.' }, status: 503 };
      if (!wish || wish.topics.length === 0) return { shown: { told: nothingChosen }, status: 200 };
      const network = networkOf(c, config.access?.trustedProxies);
      const waitMs = await limiter.take({ network, block: blockOf(network) });
      if (waitMs !== null) {
        c.header('Retry-After', String(Math.ceil(waitMs / 1000)));
        return {
          shown: { told: 'That were many previews.', hint: 'Please wait a moment and try again.' },
          status: 429,
        };
      }
      const preview = await previews.play(wish, clock.now());
      if (preview.ok) return { shown: showEditions(preview.editions), status: 200 };
      if (preview.reason === 'failed')
        log?.error({ error: preview.message }, 'a preview could not be played');
      return preview.reason === 'query'
        ? { shown: { told: 'One of your own queries cannot be understood yet.' }, status: 200 }
        : {
            shown: {
              told: 'The preview cannot be shown just now.',
              hint: 'It makes no difference to what you get.',
            },
            status: 503,
          };
    },
  };
}

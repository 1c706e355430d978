import type { App } from '../../app.ts';
import { type EditionLook, lookAtEdition } from '../../delivery/edition.ts';
import type { Subscriber } from '../../store/subscribers.ts';

type Candidates = Awaited<ReturnType<App['candidates']>>;

/** Looks at somebody's digest of today, or else the next one, as it is frozen or would be now. */
export async function withLook<T>(
  app: App,
  subscriber: Subscriber,
  act: (look: EditionLook, candidates: Candidates) => Promise<T>,
): Promise<T> {
  const candidates = await app.candidates();
  try {
    const look = await lookAtEdition(
      {
        db: app.store.db,
        at: app.clock.now(),
        candidates,
        links: app.links,
        messageId: app.messageId,
        hashAddress: app.hashAddress,
      },
      subscriber,
    );
    return await act(look, candidates);
  } finally {
    candidates.close();
  }
}

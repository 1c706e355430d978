/** How long nothing may happen on a connection; a query over all papers takes seconds. */
const silenceMs = 60_000;

/** Ends a request in which nothing happens any more, however long it lasts in all. */
export interface Patience {
  readonly signal: AbortSignal;
  /** The same pieces; each of them is a sign of life. */
  over(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array>;
  end(): void;
}

export function createPatience(): Patience {
  const controller = new AbortController();
  const timer = setTimeout(
    () => controller.abort(new DOMException('nothing came', 'TimeoutError')),
    silenceMs,
  ).unref();
  return {
    signal: controller.signal,
    async *over(pieces) {
      for await (const piece of pieces) {
        timer.refresh();
        yield piece;
        // However long whoever takes it needs.
        timer.refresh();
      }
    },
    end: () => clearTimeout(timer),
  };
}

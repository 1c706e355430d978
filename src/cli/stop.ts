/** How often we look whether npm is still there. */
const lookEveryMs = 500;

/**
 * Calls `stop` at SIGTERM or SIGINT, and when npm, which had started us, was ended: it passes the signal on to the shell between
 * us, which dies of it and tells nobody. `npm start` and `npx paperboy serve` would live on unseen. Gives what ends the
 * watch.
 */
export function onStop(stop: () => void): () => void {
  process.once('SIGTERM', stop).once('SIGINT', stop);
  const parent = process.ppid;
  const watch =
    process.env.npm_lifecycle_event === undefined
      ? undefined
      : setInterval(() => {
          if (process.ppid === parent) return;
          clearInterval(watch);
          stop();
        }, lookEveryMs).unref();
  return () => {
    clearInterval(watch);
    process.removeListener('SIGTERM', stop).removeListener('SIGINT', stop);
  };
}

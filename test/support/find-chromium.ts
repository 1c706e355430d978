import { existsSync } from 'node:fs';

/** Where Debian, Fedora, Arch, Alpine and Google put it. */
const usualPaths = [
  ...['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
  ...['/opt/google/chrome/chrome', '/snap/bin/chromium'],
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** CHROMIUM_PATH, or else the first that is where Chromium usually is; null: there is none. */
export function findChromium(): string | null {
  const named = process.env.CHROMIUM_PATH;
  return [...(named ? [named] : usualPaths)].find((path) => existsSync(path)) ?? null;
}

/** Nothing of its own may go out into the net, and pages may load nothing from elsewhere. */
export const quietFlags = [
  ...['--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update'],
  ...['--disable-sync', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1'],
];

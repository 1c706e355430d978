import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { Hono } from 'hono';

/** What the pages load, all of it served by ourselves. */
interface Asset {
  readonly type: string;
  readonly body: Buffer;
  /** Names the contents in the address, so that they may be kept for ever. */
  readonly version: string;
}

const own = (name: string) => join(import.meta.dirname, '..', 'assets', name);
const { resolve } = createRequire(import.meta.url);

const css = 'text/css; charset=utf-8';
const script = 'text/javascript; charset=utf-8';

/** By name: the files that make it up, joined. */
const parts = {
  'style.css': {
    type: css,
    files: () => [
      resolve('@picocss/pico/css/pico.min.css'),
      ...['base.css', 'site.css', 'reader.css'].map(own),
    ],
  },
  'admin.css': {
    type: css,
    files: () => [resolve('uplot/dist/uPlot.min.css'), ...['admin.css', 'overview.css', 'runs.css'].map(own)],
  },
  'api.css': { type: css, files: () => [own('api.css')] },
  'icon.svg': { type: 'image/svg+xml', files: () => [own('icon.svg')] },
  'htmx.min.js': { type: script, files: () => [resolve('htmx.org/dist/htmx.min.js')] },
  'webauthn.min.js': {
    type: script,
    // Not among what the package exports: found from what is.
    files: () => [join(dirname(resolve('@simplewebauthn/browser')), '../dist/bundle/index.umd.min.js')],
  },
  'passkey.js': { type: script, files: () => [own('passkey.js')] },
  'uplot.min.js': { type: script, files: () => [resolve('uplot/dist/uPlot.iife.min.js')] },
  'chart.js': { type: script, files: () => [own('chart.js')] },
  'page.js': { type: script, files: () => [own('page.js')] },
} satisfies Record<string, { type: string; files: () => string[] }>;

export type AssetName = keyof typeof parts;

const read = new Map<string, Asset>();

function assetOf(name: AssetName): Asset {
  let asset = read.get(name);
  if (!asset) {
    const { type, files } = parts[name];
    const body = Buffer.concat(files().flatMap((file) => [readFileSync(file), Buffer.from('\n')]));
    asset = { type, body, version: createHash('sha256').update(body).digest('hex').slice(0, 12) };
    read.set(name, asset);
  }
  return asset;
}

/** The address of an asset as it is now; `base` is the path of PUBLIC_URL. */
export function assetUrl(base: string, name: AssetName): string {
  return `${base}/assets/${name}?v=${assetOf(name).version}`;
}

const compressions = {
  br: (body: Buffer) =>
    brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } }),
  gzip: (body: Buffer) => gzipSync(body, { level: 9 }),
};
const compressed = new Map<string, Buffer<ArrayBuffer>>();

/** `/assets/NAME`, compressed once for all who ask; kept for a year by its version, for an hour without. */
export function assetPages(): Hono {
  const site = new Hono();
  for (const name of Object.keys(parts) as AssetName[])
    site.get(`/assets/${name}`, (c) => {
      const { type, body, version } = assetOf(name);
      const accepted = c.req.header('Accept-Encoding') ?? '';
      const encoding = (['br', 'gzip'] as const).find((one) => new RegExp(`\\b${one}\\b`).test(accepted));
      const isVersioned = c.req.query('v') === version;
      c.header('Content-Type', type);
      c.header('Vary', 'Accept-Encoding');
      c.header('Cache-Control', `public, max-age=${isVersioned ? '31536000, immutable' : '3600'}`);
      c.header('ETag', `"${version}${encoding ? `-${encoding}` : ''}"`);
      if (c.req.header('If-None-Match')?.includes(version)) return c.body(null, 304);
      if (!encoding) return c.body(new Uint8Array(body));
      const key = `${name} ${encoding}`;
      let smaller = compressed.get(key);
      if (!smaller) {
        smaller = Buffer.from(compressions[encoding](body));
        compressed.set(key, smaller);
      }
      c.header('Content-Encoding', encoding);
      return c.body(smaller);
    });
  return site;
}

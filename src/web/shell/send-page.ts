import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Context } from 'hono';

const encodings = ['br', 'gzip'] as const;
type Encoding = (typeof encodings)[number];

/** How compressed bodies are kept: most visitors get the same few pages. */
const mostKeptBytes = 16 * 2 ** 20;
const kept = new Map<string, Buffer<ArrayBuffer>>();
let keptBytes = 0;

const brotli = promisify(brotliCompress);
const zip = promisify(gzip);
/** Of what is made anew for each visitor: 5 saves a twentieth of the bytes and takes half as long again. */
const brotliQuality = 4;
/** Shorter bodies stay as they are. */
const leastBytes = 800;

/**
 * Answers with a page that anybody may keep for a while: compressed, with an ETag of its contents, and with 304 to who has
 * it (RFC 9110 §13, RFC 9111). `type`: with its charset. Not for what belongs to one reader.
 */
export async function sendPublic(
  c: Context,
  body: string,
  { type = 'text/html; charset=utf-8', maxAgeS = 60 }: { type?: string; maxAgeS?: number } = {},
): Promise<Response> {
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 22);
  const encoding = body.length < leastBytes ? null : chooseEncoding(c.req.header('Accept-Encoding'));
  c.header('Content-Type', type);
  c.header('Vary', 'Accept-Encoding');
  c.header('Cache-Control', `public, max-age=${maxAgeS}, stale-while-revalidate=${maxAgeS * 10}`);
  c.header('ETag', `"${hash}${encoding ? `-${encoding}` : ''}"`);
  if (isKnown(c.req.header('If-None-Match'), hash)) return c.body(null, 304);
  if (encoding === null) return c.body(body);
  c.header('Content-Encoding', encoding);
  return c.body(await compress(body, hash, encoding));
}

/** The best that the asker takes (RFC 9110 §12.5.3); null: neither. */
function chooseEncoding(accepted: string | undefined): Encoding | null {
  const weights = new Map(
    (accepted ?? '').split(',').map((one) => {
      const [name = '', weight] = one
        .trim()
        .toLowerCase()
        .split(/\s*;\s*q=/);
      return [name, weight === undefined ? 1 : Number(weight)];
    }),
  );
  return encodings.find((one) => (weights.get(one) ?? weights.get('*') ?? 0) > 0) ?? null;
}

/** Whatever it was compressed with, the page is the same: a weak comparison (RFC 9110 §8.8.3.2). */
function isKnown(header: string | undefined, hash: string): boolean {
  if (header === undefined) return false;
  return header.trim() === '*' || header.split(',').some((one) => one.includes(`"${hash}`));
}

async function compress(body: string, hash: string, encoding: Encoding): Promise<Buffer<ArrayBuffer>> {
  const key = `${hash} ${encoding}`;
  const known = kept.get(key);
  if (known) {
    kept.delete(key);
    kept.set(key, known);
    return known;
  }
  const bytes = Buffer.from(body);
  const smaller = Buffer.from(
    encoding === 'gzip'
      ? await zip(bytes)
      : await brotli(bytes, {
          params: {
            [constants.BROTLI_PARAM_QUALITY]: brotliQuality,
            [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
            [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
          },
        }),
  );
  if (!kept.has(key)) {
    kept.set(key, smaller);
    keptBytes += smaller.length;
  }
  for (const [oldest, { length }] of kept) {
    if (keptBytes <= mostKeptBytes) break;
    kept.delete(oldest);
    keptBytes -= length;
  }
  return smaller;
}

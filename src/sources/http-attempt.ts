/** A request that did not bring what was asked for. */
export class HttpError extends Error {
  override name = 'HttpError';
  readonly url: string;
  /** Null: no answer was read. */
  readonly status: number | null;
  readonly retryable: boolean;
  /** What the server's Retry-After asks for; null when it does not. */
  readonly retryAfterMs: number | null;
  /** The beginning of the answer's body, at most 4 KB. */
  readonly body: string;

  constructor(
    url: string,
    status: number | null,
    message: string,
    more: { retryable?: boolean; retryAfterMs?: number | null; body?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.url = url;
    this.status = status;
    this.retryable = more.retryable ?? false;
    this.retryAfterMs = more.retryAfterMs ?? null;
    this.body = more.body ?? '';
  }

  /** The same, saying how often it was tried. */
  after(tries: number): HttpError {
    return new HttpError(this.url, this.status, `${this.message} (tried ${tries} times)`, this);
  }
}

export type Attempt =
  | { kind: 'ok'; body: Buffer; etag: string | null; lastModified: string | null }
  | { kind: 'not_modified' };

export interface AttemptSettings {
  headers: Record<string, string>;
  /** For the whole of it, redirects and body included. */
  timeoutMs: number;
  /** Of the body as it is after decompression. */
  maxBodyBytes: number;
  now: () => number;
}

const maxRedirects = 5;

/** Asks once. Throws HttpError; `retryable` for a lost connection, a timeout, 408, 429 and 5xx. */
export async function attemptOnce(url: string, settings: AttemptSettings): Promise<Attempt> {
  const signal = AbortSignal.timeout(settings.timeoutMs);
  try {
    const response = await follow(url, settings.headers, signal);
    if (response.status === 304) {
      await response.body?.cancel();
      return { kind: 'not_modified' };
    }
    if (!response.ok) throw await refusal(url, response, settings.now());
    return {
      kind: 'ok',
      body: await readBody(url, response, settings.maxBodyBytes),
      etag: response.headers.get('etag'),
      lastModified: response.headers.get('last-modified'),
    };
  } catch (error) {
    if (error instanceof HttpError) throw error;
    const why = signal.aborted ? `no whole answer within ${settings.timeoutMs} ms` : reason(error);
    throw new HttpError(url, null, `${url} cannot be fetched: ${why}`, { retryable: true, cause: error });
  }
}

async function follow(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  let at = checkAddress(url, url);
  for (let hops = 0; hops <= maxRedirects; hops += 1) {
    const response = await fetch(at, { headers, signal, redirect: 'manual' });
    const location = response.headers.get('location');
    if (![301, 302, 303, 307, 308].includes(response.status) || !location) return response;
    await response.body?.cancel();
    const next = checkAddress(URL.parse(location, at)?.href ?? location, url);
    if (at.protocol === 'https:' && next.protocol === 'http:')
      throw new HttpError(url, response.status, `${url} redirects from https to ${next.href}; not followed`);
    at = next;
  }
  throw new HttpError(url, null, `${url} redirects more than ${maxRedirects} times`);
}

function checkAddress(address: string, url: string): URL {
  const parsed = URL.parse(address);
  if (!parsed || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:'))
    throw new HttpError(url, null, `${url} leads to ${address.slice(0, 200)}, which is no http(s) address`);
  return parsed;
}

async function readBody(url: string, response: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    // Leaving the loop cancels the stream.
    if (size > maxBytes)
      throw new HttpError(
        url,
        response.status,
        `${url} answers with more than ${maxBytes} bytes; not read on`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function refusal(url: string, response: Response, now: number): Promise<HttpError> {
  const body = await readBody(url, response, 64 * 1024).catch(() => Buffer.alloc(0));
  const { status } = response;
  return new HttpError(url, status, `${url} answers ${status} ${response.statusText}`.trim(), {
    retryable: status === 408 || status === 429 || status >= 500,
    retryAfterMs: readRetryAfter(response.headers.get('retry-after'), now),
    body: body.toString('utf8').slice(0, 4096),
  });
}

/** Retry-After in seconds or as a date (RFC 9110, 10.2.3), in ms from `now`; null when absent or unreadable. */
export function readRetryAfter(value: string | null, now: number): number | null {
  if (value === null) return null;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

function reason(error: unknown): string {
  const cause = (error as Error).cause as (Error & { code?: string }) | undefined;
  return [cause?.code, cause?.message ?? (error as Error).message].filter(Boolean).join(' ');
}

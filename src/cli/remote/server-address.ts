import { UsageError } from '../usage.ts';

/**
 * The address under which a Paperboy's paths begin, without a slash at its end: its PUBLIC_URL, with a path before ours
 * where it has one. Throws UsageError for what is none, and for http:// to another machine: the token would go there for
 * anybody on the way to read, so that has to be asked for by PAPERBOY_INSECURE=1.
 */
export function readServer(address: string, env: NodeJS.ProcessEnv): string {
  const url = URL.parse(address);
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw new UsageError(
      `the server ${JSON.stringify(address)} is no address; expected its PUBLIC_URL, such as https://papers.example.org`,
    );
  // Not shown again: there may be a password in it.
  if (url.username !== '' || url.password !== '')
    throw new UsageError('a server is told without a name and a password; the token is in PAPERBOY_TOKEN');
  if (url.search !== '' || url.hash !== '')
    throw new UsageError('a server is told without ? and #: only where its pages begin');
  if (url.protocol === 'http:' && !isLoopback(url.hostname) && env.PAPERBOY_INSECURE?.trim() !== '1')
    throw new UsageError(
      `over http:// anybody on the way to ${url.hostname} could read the token; use https://, or set PAPERBOY_INSECURE=1 where you trust the way`,
    );
  return url.href.replace(/(\/api\/v1)?\/*$/, '');
}

/** The token that opens the server's API. Throws UsageError where there is none. */
export function readToken(env: NodeJS.ProcessEnv, server: string): string {
  const token = env.PAPERBOY_TOKEN?.trim() ?? '';
  if (token === '')
    throw new UsageError(
      `PAPERBOY_TOKEN has to hold a token for ${server}; \`paperboy tokens add NAME --scope …\` makes one there`,
    );
  if (!/^[\x21-\x7e]{1,500}$/.test(token)) throw new UsageError('PAPERBOY_TOKEN holds no token');
  return token;
}

function isLoopback(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

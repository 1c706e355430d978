import { isIP } from 'node:net';
import type { ImapFlow } from 'imapflow';

/** The mailbox cannot be worked with. The message says why, and holds neither password nor what the server said. */
export class MailboxError extends Error {
  override name = 'MailboxError';
}

export interface ImapServer {
  host: string;
  port: number;
  /** TLS from the start; else STARTTLS, which only this machine itself may do without. */
  secure: boolean;
  user: string;
  pass: string;
  mailbox: string;
}

/** Reads `imaps://user:password@host[:port][/MAILBOX]`; INBOX unless named. Throws MailboxError. */
export function readImapUrl(text: string): ImapServer {
  const { protocol, hostname, port, username, password, pathname } = new URL(text);
  const secure = protocol === 'imaps:' || port === '993';
  try {
    return {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? (secure ? 993 : 143) : Number(port),
      secure,
      user: decodeURIComponent(username),
      pass: decodeURIComponent(password),
      mailbox: decodeURIComponent(pathname.slice(1)) || 'INBOX',
    };
  } catch (cause) {
    throw new MailboxError('BOUNCE_IMAP_URL: a % in user, password or mailbox must be written %25', {
      cause,
    });
  }
}

/** `imaps://mail.example.org:993/INBOX`: what may be shown of it. */
export function describeMailbox({ host, port, secure, mailbox }: ImapServer): string {
  return `${secure ? 'imaps' : 'imap'}://${isIP(host) === 6 ? `[${host}]` : host}:${port}/${mailbox}`;
}

/** A message is asked for in part, never longer; what a server sends beyond such limits is not awaited. */
const limits = {
  connectionTimeout: 15_000,
  greetingTimeout: 15_000,
  socketTimeout: 60_000,
  maxLiteralSize: 8 * 1024 * 1024,
  maxResponseSize: 64 * 1024 * 1024,
  maxLineLength: 32 * 1024 * 1024,
};
/** After an abort a server that does not answer is waited for no longer than this. */
const graceMs = 2_000;

/**
 * Logs in, lets `act` work with the mailbox opened, and logs out, whatever happens. After `signal` a server that does
 * not answer soon is left. Throws MailboxError for whatever goes wrong between us and the server; the errors that
 * `act` itself throws stay what they are.
 */
export async function withMailbox<T>(
  server: ImapServer,
  signal: AbortSignal | undefined,
  act: (client: ImapFlow) => Promise<T>,
): Promise<T> {
  const { ImapFlow } = await import('imapflow');
  const { host, port, secure, user, pass, mailbox } = server;
  const client = new ImapFlow({
    ...limits,
    ...{ host, port, secure },
    ...(secure || isLoopback(host) ? {} : { doSTARTTLS: true }),
    auth: { user, pass },
    logger: false,
    disableAutoIdle: true,
  });
  // Each failure also rejects the command that is under way.
  client.on('error', () => {});
  let grace: NodeJS.Timeout | undefined;
  let phase = 'the login';
  const abort = () => {
    grace = setTimeout(() => client.close(), graceMs);
  };
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();
  try {
    await client.connect();
    phase = 'the mailbox';
    await client.mailboxOpen(asPath(mailbox));
    phase = 'a command';
    return await act(client);
  } catch (error) {
    throw isOfServer(error)
      ? new MailboxError(`${describeMailbox(server)}: ${tell(error, phase)}`, { cause: error })
      : error;
  } finally {
    await client.logout().catch(() => client.close());
    clearTimeout(grace);
    signal?.removeEventListener('abort', abort);
  }
}

/** The levels of a mailbox's name: the client joins them with whatever the server puts between. */
export function asPath(mailbox: string): string[] {
  return mailbox.split('/').filter((level) => level !== '');
}

interface ServerFailure extends Error {
  code?: string;
  responseStatus?: string;
  serverResponseCode?: string;
  authenticationFailed?: boolean;
}

/** Errors of the client and of the socket carry a code or a response; our own do not. */
function isOfServer(error: unknown): error is ServerFailure {
  const { code, responseStatus, authenticationFailed } = error as ServerFailure;
  const isOfDatabase = typeof code === 'string' && code.startsWith('SQLITE_');
  return !isOfDatabase && [code, responseStatus, authenticationFailed].some((one) => one !== undefined);
}

/** What went wrong, without the server's own words: it likes to repeat the address. */
function tell(error: ServerFailure, phase: string): string {
  const { authenticationFailed, responseStatus, serverResponseCode, code, message } = error;
  const detail = serverResponseCode ?? responseStatus;
  if (authenticationFailed || responseStatus)
    return `the server refused ${phase}${detail ? ` (${detail})` : ''}`;
  return `${message.replace(/\s+/g, ' ').slice(0, 200)}${code && !message.includes(code) ? ` (${code})` : ''}`;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

import { isIP } from 'node:net';

/** Whether STARTTLS must succeed, is used when offered, or is not tried. */
export type StartTls = 'required' | 'opportunistic' | 'none';

export interface SmtpServer {
  host: string;
  port: number;
  /** TLS from the first byte (`smtps:`). */
  secure: boolean;
  startTls: StartTls;
  /** False only for servers whose certificate cannot be checked. */
  rejectUnauthorized: boolean;
  /** What this side calls itself in EHLO; null: the machine's name. */
  name: string | null;
  auth: { user: string; pass: string } | null;
}

export type ParsedSmtpUrl = { ok: true; server: SmtpServer } | { ok: false; message: string };

const parameters = ['tls', 'name', 'tls.rejectUnauthorized'];

/**
 * Reads `SMTP_URL`: `smtp://user:password@host:587?tls=required`, `smtps://host`. Parameters: `tls` (`required`,
 * `opportunistic`, `none`), `name` (for EHLO), `tls.rejectUnauthorized=false`. Port 587 is the default, 465 for
 * `smtps:`. With a password TLS is required unless `tls` says otherwise or the host is this machine.
 * `message` never holds the password.
 */
export function parseSmtpUrl(text: string): ParsedSmtpUrl {
  const url = URL.parse(text.trim());
  if (url === null || (url.protocol !== 'smtp:' && url.protocol !== 'smtps:')) {
    return refuse('expected a URL such as smtp://user:password@mail.example.org:587');
  }
  if (url.hostname === '') return refuse('the host is missing, as in smtp://mail.example.org:587');
  if (url.pathname !== '' && url.pathname !== '/') {
    return refuse(
      'nothing may follow host and port but ?parameters (is a / or # in the password not written %2F or %23?)',
    );
  }
  for (const name of url.searchParams.keys()) {
    if (!parameters.includes(name))
      return refuse(`unknown parameter ${JSON.stringify(name)} (known: ${parameters.join(', ')})`);
  }
  const user = decode(url.username);
  const pass = decode(url.password);
  if (user === null || pass === null) return refuse('a % in user or password must be written %25');
  if ((user === '') !== (pass === '')) return refuse('user and password are given together or not at all');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? (url.protocol === 'smtps:' ? 465 : 587) : Number(url.port);
  if (port === 0) return refuse('0 is not a port');
  const auth = user === '' ? null : { user, pass };
  const startTls =
    url.searchParams.get('tls') ?? (auth !== null && !isLoopback(host) ? 'required' : 'opportunistic');
  if (startTls !== 'required' && startTls !== 'opportunistic' && startTls !== 'none') {
    return refuse('tls is required, opportunistic or none');
  }
  const checked = url.searchParams.get('tls.rejectUnauthorized') ?? 'true';
  if (checked !== 'true' && checked !== 'false') return refuse('tls.rejectUnauthorized is true or false');
  const name = url.searchParams.get('name');
  if (name !== null && !/^[!-~]{1,255}$/.test(name))
    return refuse('name is a host name, as in mail.example.org');
  const secure = url.protocol === 'smtps:' || port === 465;
  return {
    ok: true,
    server: { host, port, secure, startTls, rejectUnauthorized: checked === 'true', name, auth },
  };
}

/** `smtp://mail.example.org:587`: what may be shown of a server. */
export function describeServer(server: SmtpServer): string {
  const host = isIP(server.host) === 6 ? `[${server.host}]` : server.host;
  return `${server.secure ? 'smtps' : 'smtp'}://${host}:${server.port}`;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function refuse(message: string): { ok: false; message: string } {
  return { ok: false, message };
}

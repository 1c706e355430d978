import { describe, expect, it } from 'vitest';
import { describeServer, parseSmtpUrl, type SmtpServer } from '../../src/mail/smtp-url.ts';

function accepted(url: string): SmtpServer {
  const parsed = parseSmtpUrl(url);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.server;
}

describe('parseSmtpUrl', () => {
  it('reads everything there is', () => {
    const url =
      'smtp://ann%40example.org:p%2Fa%3As%25s@mail.example.org:2525?tls=none&name=me.example.org&tls.rejectUnauthorized=false';
    expect(accepted(url)).toEqual({
      host: 'mail.example.org',
      port: 2525,
      secure: false,
      startTls: 'none',
      rejectUnauthorized: false,
      name: 'me.example.org',
      auth: { user: 'ann@example.org', pass: 'p/a:s%s' },
    });
  });

  it.each([
    [
      'smtp://mail.example.org',
      { port: 587, secure: false, startTls: 'opportunistic', auth: null, rejectUnauthorized: true },
    ],
    ['smtps://mail.example.org', { port: 465, secure: true }],
    ['smtp://mail.example.org:465', { port: 465, secure: true }],
    ['smtp://127.0.0.1:25/', { host: '127.0.0.1', port: 25 }],
    ['smtp://[::1]:25', { host: '::1', port: 25 }],
  ])('%s', (url, server) => {
    expect(accepted(url)).toMatchObject(server);
  });

  it('requires TLS for a password, unless it stays on this machine or the URL says otherwise', () => {
    expect(accepted('smtp://u:p@mail.example.org').startTls).toBe('required');
    expect(accepted('smtp://u:p@127.0.0.2').startTls).toBe('opportunistic');
    expect(accepted('smtp://u:p@[::1]').startTls).toBe('opportunistic');
    expect(accepted('smtp://u:p@localhost').startTls).toBe('opportunistic');
    expect(accepted('smtp://u:p@127.0.0.1.example.org').startTls).toBe('required');
    expect(accepted('smtp://u:p@mail.example.org?tls=opportunistic').startTls).toBe('opportunistic');
  });

  it.each([
    ['', /expected a URL/],
    ['mail.example.org:587', /expected a URL/],
    ['http://mail.example.org', /expected a URL/],
    ['smtp://', /expected a URL|host/],
    ['smtp://u:hunter2@', /expected a URL|host/],
    ['smtp://u:hunter2@mail.example.org:0', /port/],
    ['smtp://u:hunter2@mail.example.org:99999', /expected a URL/],
    ['smtp://u@mail.example.org', /together/],
    ['smtp://:hunter2@mail.example.org', /together/],
    ['smtp://u:hunter2%@mail.example.org', /%25/],
    ['smtp://u:hunter2@mail.example.org/inbox', /nothing may follow/],
    ['smtp://u:hunter2@mail.example.org?tls=yes', /required, opportunistic or none/],
    ['smtp://u:hunter2@mail.example.org?insecure=true', /unknown parameter "insecure"/],
    ['smtp://u:hunter2@mail.example.org?tls.rejectUnauthorized=no', /true or false/],
    ['smtp://u:hunter2@mail.example.org?name=a%20b', /host name/],
    ['smtp://u:hunter2@mail.example.org?name=a%0d%0aRSET', /host name/],
  ])('refuses %s', (url, message) => {
    const parsed = parseSmtpUrl(url);
    expect(parsed.ok).toBe(false);
    expect(parsed.ok ? '' : parsed.message).toMatch(message);
    expect(JSON.stringify(parsed)).not.toContain('hunter2');
  });

  it('shows a server without its password', () => {
    expect(describeServer(accepted('smtps://u:hunter2@[::1]'))).toBe('smtps://[::1]:465');
  });
});

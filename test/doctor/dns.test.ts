import { expect, test } from 'vitest';
import type { Lookups } from '../../src/doctor/ask.ts';
import { checkDns } from '../../src/doctor/dns.ts';

interface Records {
  txt?: Record<string, string[] | Error>;
  mx?: Record<string, string[] | Error>;
  a?: Record<string, string[] | Error>;
  ptr?: Record<string, string[] | Error>;
}

const failure = (code: string) => Object.assign(new Error(code), { code });
async function find(records: Record<string, string[] | Error> | undefined, name: string): Promise<string[]> {
  const found = records?.[name];
  if (found === undefined) throw failure('ENOTFOUND');
  if (found instanceof Error) throw found;
  return found;
}
const lookupsOf = ({ txt, mx, a, ptr }: Records): Lookups => ({
  // A record is made of strings of at most 255 octets.
  resolveTxt: async (name) => (await find(txt, name)).map((text) => text.match(/.{1,255}/g) ?? ['']),
  resolveMx: async (name) => (await find(mx, name)).map((exchange) => ({ exchange, priority: 10 })),
  resolve4: (name) => find(a, name),
  reverse: (address) => find(ptr, address),
});

const key = `v=DKIM1; k=rsa; p=${'Ab+/'.repeat(98)}`;
const good: Records = {
  txt: {
    'example.org': ['v=spf1 include:relay.example.net -all', 'some-verification=1'],
    '_dmarc.example.org': ['v=DMARC1; p=quarantine'],
    'paperboy._domainkey.example.org': [key],
  },
  mx: { 'example.org': ['mx.example.org'] },
  a: { 'mail.example.org': ['198.51.100.7'] },
  ptr: { '198.51.100.7': ['mail.example.org'] },
};
const request = {
  domain: 'example.org',
  returnDomain: 'example.org',
  dkim: [{ selector: 'paperboy', record: key }],
  smtpHost: 'mail.example.org',
};
const check = (records: Records, changes: Partial<Parameters<typeof checkDns>[0]> = {}) =>
  checkDns({ ...request, lookups: lookupsOf(records), ...changes });
const statuses = async (checks: ReturnType<typeof check>) =>
  Object.fromEntries((await checks).map(({ name, status }) => [name, status]));

test('a domain that has what Gmail, Yahoo and Outlook ask for has nothing to mend', async () => {
  expect(await statuses(check(good))).toEqual({ SPF: 'ok', DKIM: 'ok', DMARC: 'ok', MX: 'ok', PTR: 'ok' });
});

test('a domain without records is told of each, and what to publish', async () => {
  const checks = await check({ a: good.a as never });
  expect(checks.map(({ name, status }) => `${name} ${status}`)).toEqual([
    'SPF warn',
    'DKIM warn',
    'DMARC warn',
    'MX warn',
    'PTR warn',
  ]);
  for (const { message, fix } of checks) expect(message && fix).toBeTruthy();
  expect(checks[0]?.message).toContain('Gmail, Yahoo and Outlook');
});

test('a machine that can resolve nothing gets one warning', async () => {
  const dead = failure('ECONNREFUSED');
  const txt = { 'example.org': dead, '_dmarc.example.org': dead, 'paperboy._domainkey.example.org': dead };
  const checks = await check({ txt, mx: { 'example.org': dead }, a: { 'mail.example.org': dead } });
  expect(checks).toMatchObject([{ name: 'dns', status: 'warn' }]);
  expect(checks[0]?.message).toContain('ECONNREFUSED');
});

test('a resolver that never answers is waited for no longer than said', async () => {
  const never = () => new Promise<never>(() => {});
  const lookups: Lookups = { resolveTxt: never, resolveMx: never, resolve4: never, reverse: never };
  expect(await checkDns({ ...request, lookups, timeoutMs: 20 })).toMatchObject([
    { name: 'dns', status: 'warn', message: expect.stringContaining('no answer in time') },
  ]);
});

test.each([
  ['v=spf1 ip4:198.51.100.7 -all', 'ok'],
  ['v=spf1 redirect=_spf.example.net', 'ok'],
  ['v=spf1 +all', 'warn'],
  ['v=spf1 mx all', 'warn'],
  ['v=spf10 mx -all', 'warn'],
  ['spf2.0/pra -all', 'warn'],
  ['v=spf1 -all', 'warn'],
  ['v=spf1 ?all', 'warn'],
  ['v=spf1 -ip4:198.51.100.7 ~all', 'warn'],
  ['v=spf1 -all mx', 'warn'],
  ['v=spf1 -all redirect=_spf.example.net', 'warn'],
  ['v=spf1 +a/24 ?all', 'ok'],
])('SPF %j: %s', async (record, status) => {
  const txt = { ...good.txt, 'example.org': [record] } as never;
  expect(await statuses(check({ ...good, txt }))).toMatchObject({ SPF: status });
});

test('two SPF records count as none', async () => {
  const txt = { ...good.txt, 'example.org': ['v=spf1 mx -all', 'v=spf1 a -all'] } as never;
  expect(await statuses(check({ ...good, txt }))).toMatchObject({ SPF: 'warn' });
});

test('SPF is looked up for the return path, all else for the sender', async () => {
  const txt = { ...good.txt, 'example.org': [], 'bounces.example.net': ['v=spf1 mx -all'] } as never;
  const checks = check({ ...good, txt }, { returnDomain: 'bounces.example.net' });
  expect(await statuses(checks)).toMatchObject({ SPF: 'ok', DMARC: 'ok' });
});

test.each([
  ['the same key, cut and spaced', [key.replace('p=', 'p= ').replace('Ab+/Ab', 'Ab+/ Ab')], 'ok'],
  ['another key', [key.replace('Ab+/', 'Cd+/')], 'warn'],
  ['a revoked key', ['v=DKIM1; p='], 'warn'],
])('DKIM with %s: %s', async (_what, records, status) => {
  const txt = { ...good.txt, 'paperboy._domainkey.example.org': records } as never;
  expect(await statuses(check({ ...good, txt }))).toMatchObject({ DKIM: status });
});

test('where nothing is signed here the relay is named as who has to', async () => {
  const dkim = (await check(good, { dkim: [] })).find(({ name }) => name === 'DKIM');
  expect(dkim).toMatchObject({ status: 'ok', message: expect.stringContaining('relay') });
});

const relayed = async (changes: object, policy = 'v=DMARC1; p=none') => {
  const txt = {
    ...good.txt,
    '_dmarc.example.org': [policy],
    'bounces.relay.net': ['v=spf1 mx -all'],
  } as never;
  return (await check({ ...good, txt }, { dkim: [], ...changes })).find(({ name }) => name === 'DKIM');
};

test("a return path of another organisation aligns with no sender, so the relay's signature has to", async () => {
  const told = await relayed({ returnDomain: 'bounces.relay.net' });
  expect(told).toMatchObject({
    status: 'warn',
    message: expect.stringMatching(/bounces\.relay\.net.*aligns/),
  });
  expect(told?.fix).toContain('sign for example.org');
  for (const [domain, returnDomain] of [
    ['news.example.co.uk', 'mail.other.co.uk'],
    ['example.org', 'otherexample.org'],
  ])
    expect(await relayed({ domain, returnDomain })).toMatchObject({ status: 'warn' });
  for (const [domain, returnDomain] of [
    ['example.org', 'bounces.example.org'],
    ['news.example.co.uk', 'bounces.example.co.uk'],
    ['digest.example.org', 'example.org'],
  ])
    expect(await relayed({ domain, returnDomain })).toMatchObject({ status: 'ok' });
});

test('strict alignment is of the very domain, and is said where it is demanded', async () => {
  const returnDomain = 'bounces.example.org';
  const strictSpf = await relayed({ returnDomain }, 'v=DMARC1; p=none; aspf=s');
  expect(strictSpf).toMatchObject({ status: 'warn', message: expect.stringContaining('aspf=s') });
  const strictDkim = await relayed({ returnDomain }, 'v=DMARC1; p=none; adkim=s');
  expect(strictDkim).toMatchObject({ status: 'ok', message: expect.stringContaining('d=example.org') });
  expect(await relayed({}, 'v=DMARC1; p=none; aspf=s')).toMatchObject({ status: 'ok' });
});

test("a DMARC record of the organisation's domain counts for those below it; one without a policy does not", async () => {
  const domain = 'digest.papers.example.org';
  expect(await statuses(check(good, { domain }))).toMatchObject({ DMARC: 'ok' });
  const txt = { ...good.txt, '_dmarc.example.org': ['v=DMARC1; rua=mailto:a@example.org'] } as never;
  expect(await statuses(check({ ...good, txt }))).toMatchObject({ DMARC: 'warn' });
});

test('a null MX takes no mail (RFC 7505)', async () => {
  expect(await statuses(check({ ...good, mx: { 'example.org': [''] } }))).toMatchObject({ MX: 'warn' });
});

test('an address has to have a name that leads back to it', async () => {
  expect(await statuses(check({ ...good, ptr: { '198.51.100.7': ['elsewhere.example'] } }))).toMatchObject({
    PTR: 'warn',
  });
  for (const smtpHost of [null, 'unknown.example', '2001:db8::7'])
    expect(await statuses(check(good, { smtpHost }))).not.toHaveProperty('PTR');
});

test.each(['127.0.0.1', '10.1.2.3', '100.64.0.9', '::1', 'localhost', 'postfix', 'mail.lan.example'])(
  'of a mail server in here, as at %s, is said that its public address needs such a name',
  async (smtpHost) => {
    const records = { ...good, a: { 'mail.lan.example': ['192.168.0.9'] } };
    const told = (await check(records, { smtpHost })).find(({ name }) => name === 'PTR');
    expect(told).toMatchObject({ status: 'ok', message: expect.stringContaining('public address') });
  },
);

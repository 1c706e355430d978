import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { readBrevo } from '../../../src/bounces/relays/brevo.ts';
import { makeTokenMemory, readMailgun } from '../../../src/bounces/relays/mailgun.ts';
import { readPostmark } from '../../../src/bounces/relays/postmark.ts';
import { readSendgrid } from '../../../src/bounces/relays/sendgrid.ts';
import { type Certificates, readSns } from '../../../src/bounces/relays/sns.ts';
import { makeCertificates } from '../../../src/bounces/relays/sns-fetch.ts';
import {
  certificateUrl,
  mailgunCall,
  makeSendgridKeys,
  now,
  payloads,
  type SignedCall,
  secret,
  sendgridCall,
  snsCall,
  toCall,
  topicArn,
  withSecret,
} from './calls.ts';
import { makeCertificate } from './certificate.ts';

const dayMs = 86_400_000;

describe.each([
  ['Postmark', readPostmark, payloads('postmark').hard],
  ['Brevo', readBrevo, payloads('brevo').hard],
] as const)('a call by %s', (_, read, event) => {
  const body = JSON.stringify(event);
  const by = (headers: Record<string, string>) => read(toCall({ body, headers }), secret).kind;

  test('is known by its secret, whichever way it is brought', () => {
    expect(by(withSecret(event).headers)).toBe('events');
    expect(by({ Authorization: `Bearer ${secret}` })).toBe('events');
    expect(by({ 'X-Webhook-Secret': secret })).toBe('events');
  });

  test('is refused without it', () => {
    const basic = (pair: string) => ({ Authorization: `Basic ${Buffer.from(pair).toString('base64')}` });
    for (const headers of [
      {},
      basic(`paperboy:${secret}x`),
      basic(`${secret}:`),
      basic(`paperboy:${secret.slice(0, -1)}`),
      { Authorization: 'Bearer ' },
      { Authorization: 'Basic !!!' },
      { Authorization: `constructor ${secret}` },
      { 'X-Webhook-Secret': '' },
      { 'X-Webhook-Secret': secret.toUpperCase() },
    ])
      expect(by(headers), JSON.stringify(headers)).toBe('refused');
  });

  test('is read only once it is known', () => {
    const call = toCall({ body: '{', headers: {} });
    expect(read(call, secret).kind).toBe('refused');
    expect(read(toCall({ ...withSecret(event), body: '{' }), secret).kind).toBe('malformed');
  });
});

describe('a call by Mailgun', () => {
  const event = payloads('mailgun').hard;
  const read = (call: SignedCall, memory = makeTokenMemory()) => readMailgun(toCall(call), secret, memory);

  test('is known by its signature', () => {
    expect(read(mailgunCall(event)).kind).toBe('events');
    expect(read(mailgunCall(event, { key: 'another-signing-key' }))).toMatchObject({ kind: 'refused' });
    const forged = JSON.parse(String(mailgunCall(event).body));
    forged.signature.token = 'another';
    expect(read({ body: JSON.stringify(forged), headers: {} })).toMatchObject({ kind: 'refused' });
  });

  test('is refused when it was signed days ago, or in the future', () => {
    expect(read(mailgunCall(event, { at: now - 2 * dayMs })).kind).toBe('events');
    expect(read(mailgunCall(event, { at: now - 4 * dayMs }))).toMatchObject({
      why: expect.stringContaining('three days'),
    });
    expect(read(mailgunCall(event, { at: now + dayMs }))).toMatchObject({ kind: 'refused' });
    expect(read(mailgunCall(event, { at: Number.NaN }))).toMatchObject({ kind: 'refused' });
  });

  test('may come again, but its signature serves no other event', () => {
    const memory = makeTokenMemory();
    const call = mailgunCall(event, { token: 'once' });
    expect(read(call, memory).kind).toBe('events');
    expect(read(call, memory).kind).toBe('events');
    const other = mailgunCall(payloads('mailgun').complaint, { token: 'once' });
    expect(read(other, memory)).toMatchObject({ kind: 'refused' });
  });

  test('is remembered among a bounded number', () => {
    const isGood = makeTokenMemory(2);
    expect([isGood('a', 1), isGood('b', 1), isGood('c', 1)]).toEqual([true, true, true]);
    expect([isGood('c', 2), isGood('b', 2), isGood('a', 2)]).toEqual([false, false, true]);
  });

  test.each([
    '',
    '[]',
    '{}',
    'null',
    '{"signature":7}',
    'event=failed&token=x',
    '{"signature":{"timestamp":1}}',
  ])('in another form is told what is expected: %s', (body) =>
    expect(read({ body, headers: {} }).kind).toBe('malformed'),
  );
});

describe('a call by SendGrid', () => {
  const { key, privateKey } = makeSendgridKeys();
  const events = Object.values(payloads('sendgrid'));
  const read = (call: SignedCall, by = key) => readSendgrid(toCall(call), by);

  test('is known by the signature over its bytes', () => {
    const call = sendgridCall(events, privateKey);
    expect(read(call).kind).toBe('events');
    expect(read({ ...call, body: String(call.body).trimEnd() }).kind).toBe('refused');
    expect(read(call, makeSendgridKeys().key).kind).toBe('refused');
    const later = { ...call.headers, 'X-Twilio-Email-Event-Webhook-Timestamp': String(now / 1_000 + 1) };
    expect(read({ ...call, headers: later }).kind).toBe('refused');
  });

  test('is refused without a signature, or with one that is none', () => {
    const call = sendgridCall(events, privateKey);
    expect(read({ ...call, headers: {} }).kind).toBe('refused');
    for (const signature of ['', 'x', '!!!!', Buffer.alloc(200).toString('base64')]) {
      const headers = { ...call.headers, 'X-Twilio-Email-Event-Webhook-Signature': signature };
      expect(read({ ...call, headers }).kind).toBe('refused');
    }
  });

  test('is refused when it was signed days ago', () => {
    expect(read(sendgridCall(events, privateKey, now - 4 * dayMs)).kind).toBe('refused');
  });

  test('must be a list', () => {
    for (const body of ['{', '{}', '"x"', 'null'])
      expect(read(sendgridCall(body, privateKey)).kind).toBe('malformed');
  });
});

describe('a call by Amazon SNS', () => {
  const certificate = makeCertificate();
  const asked: string[] = [];
  const certificates: Certificates = async (url) => {
    asked.push(url);
    return new X509Certificate(certificate.pem);
  };
  const read = (call: SignedCall, get = certificates) => readSns(toCall(call), topicArn, get);
  const message = { Message: JSON.stringify(payloads('ses').hard) };
  const confirmation = (url: string) => ({
    Type: 'SubscriptionConfirmation',
    Message: 'You have chosen to subscribe to the topic …\nTo confirm, visit the SubscribeURL.',
    Token: '2336412f37fb687f5d51e6e241d09c805a5a57b30d712f794cc5f6a988666d92768dd60a',
    SubscribeURL: url,
  });

  test.each(['1', '2'])(
    'is known by its signature of version %s, with and without a subject',
    async (version) => {
      for (const subject of [{}, { Subject: 'Amazon SES Email Event Notification' }])
        expect(await read(snsCall(certificate, { ...message, ...subject }, version))).toMatchObject({
          kind: 'notification',
          message: message.Message,
        });
    },
  );

  test('is refused when anything signed was changed, or by another key', async () => {
    const { body, headers } = snsCall(certificate, { ...message, Subject: 'one' });
    for (const change of [
      { Message: '{}' },
      { MessageId: 'x' },
      { Timestamp: new Date(now + 1).toISOString() },
      { Subject: 'two' },
      { Signature: '' },
      { SignatureVersion: '1' },
      { SignatureVersion: '3' },
      { SignatureVersion: 2 },
    ]) {
      const changed = JSON.stringify({ ...JSON.parse(String(body)), ...change });
      expect(await read({ body: changed, headers }), JSON.stringify(change)).toMatchObject({
        kind: 'refused',
      });
    }
    expect(await read(snsCall(makeCertificate(), message))).toMatchObject({ kind: 'refused' });
  });

  test('is refused for another topic, though Amazon signed it, before anything is fetched', async () => {
    asked.length = 0;
    const other = { ...message, TopicArn: `${topicArn}-2` };
    expect(await read(snsCall(certificate, other))).toMatchObject({ kind: 'refused' });
    expect(asked).toEqual([]);
  });

  test.each([
    certificateUrl.replace('https', 'http'),
    certificateUrl.replace('eu-west-1', 'us-east-1'),
    certificateUrl.replace('amazonaws.com', 'amazonaws.com.example.org'),
    certificateUrl.replace('sns.', 'sns-'),
    certificateUrl.replace('https://', 'https://user:pass@'),
    certificateUrl.replace('.com/', '.com:8443/'),
    certificateUrl.replace('.com/', '.com@example.org/'),
    certificateUrl.replace('.pem', '.pem?x=.pem'),
    certificateUrl.replace('.pem', '.txt'),
    certificateUrl.replace('SimpleNotificationService', 'Other'),
    'https://127.0.0.1/SimpleNotificationService-0.pem',
    'file:///etc/passwd.pem',
    '',
  ])('asks for no certificate elsewhere: %s', async (url) => {
    asked.length = 0;
    const reading = await read(snsCall(certificate, { ...message, SigningCertURL: url }));
    expect(reading).toMatchObject({ kind: 'refused' });
    expect(asked).toEqual([]);
  });

  test('of the China partition comes from its own host', async () => {
    const arn = 'arn:aws-cn:sns:cn-north-1:123456789012:ses-feedback';
    const from = (host: string) =>
      readSns(
        toCall(
          snsCall(certificate, {
            ...message,
            TopicArn: arn,
            SigningCertURL: `https://${host}/SimpleNotificationService-0a.pem`,
          }),
        ),
        arn,
        certificates,
      );
    expect(await from('sns.cn-north-1.amazonaws.com.cn')).toMatchObject({ kind: 'notification' });
    expect(await from('sns.cn-north-1.amazonaws.com')).toMatchObject({ kind: 'refused' });
  });

  test('is refused when its certificate has run out, or it was signed days ago', async () => {
    const old = makeCertificate('2024-01-01', '2025-01-01');
    const get = async () => new X509Certificate(old.pem);
    expect(await read(snsCall(old, message), get)).toMatchObject({ kind: 'refused' });
    const Timestamp = new Date(now - 4 * dayMs).toISOString();
    expect(await read(snsCall(certificate, { ...message, Timestamp }))).toMatchObject({ kind: 'refused' });
  });

  test('shall come again while the certificate cannot be had', async () => {
    const get = () => Promise.reject(new Error('no route'));
    expect(await read(snsCall(certificate, message), get)).toMatchObject({ kind: 'unavailable' });
  });

  test('delivered raw has no signature, which is told', async () => {
    const { body } = snsCall(certificate, message);
    expect(await read({ body, headers: { 'x-amz-sns-rawdelivery': 'true' } })).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining('raw message delivery'),
    });
  });

  test('asks for a confirmation only of this topic and at Amazon SNS', async () => {
    const arn = encodeURIComponent(topicArn);
    const url = `https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${arn}&Token=2336412f`;
    expect(await read(snsCall(certificate, confirmation(url)))).toEqual({ kind: 'confirm', url });
    for (const other of [
      url.replace('https', 'http'),
      url.replace('sns.eu-west-1', 'sns.us-east-1'),
      url.replace('amazonaws.com', 'example.org'),
      url.replace('ConfirmSubscription', 'Unsubscribe'),
      url.replace(arn, encodeURIComponent(`${topicArn}-2`)),
      url.replace('.com/?', '.com/other?'),
    ])
      expect(await read(snsCall(certificate, confirmation(other))), other).toMatchObject({ kind: 'refused' });
    const { body, headers } = snsCall(makeCertificate(), confirmation(url));
    expect(await read({ body, headers })).toMatchObject({ kind: 'refused' });
  });

  test('to end the subscription is taken note of and no more', async () => {
    const { SubscribeURL, ...rest } = confirmation('https://sns.eu-west-1.amazonaws.com/');
    const call = snsCall(certificate, { ...rest, SubscribeURL, Type: 'UnsubscribeConfirmation' });
    expect(await read(call)).toEqual({ kind: 'events', events: [], ignored: ['UnsubscribeConfirmation'] });
  });
});

describe('certificates', () => {
  const { pem } = makeCertificate();

  test('are fetched once, and again a minute after they could not be had', async () => {
    let time = now;
    let fails = true;
    let asked = 0;
    const certificates = makeCertificates(
      async () => {
        asked++;
        if (fails) throw new Error('no route');
        return pem;
      },
      { now: () => time },
    );
    await expect(certificates('a')).rejects.toThrow('no route');
    fails = false;
    await expect(certificates('a')).rejects.toThrow('no route');
    expect(asked).toBe(1);
    time += 61_000;
    expect((await certificates('a')).subject).toBe('CN=sns.amazonaws.com');
    await certificates('a');
    expect(asked).toBe(2);
  });

  test('that are none are not kept as such', async () => {
    const certificates = makeCertificates(async () => '<html>', { now: () => now });
    await expect(certificates('a')).rejects.toThrow();
  });

  test('of made-up addresses are asked for only a few at once', async () => {
    let asked = 0;
    const certificates = makeCertificates(
      () => {
        asked++;
        return new Promise<string>(() => {});
      },
      { now: () => now },
    );
    for (let index = 0; index < 20; index++) certificates(`a${index}`).catch(() => {});
    expect(asked).toBe(4);
  });
});

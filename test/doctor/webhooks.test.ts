import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { checkWebhooks } from '../../src/doctor/webhooks.ts';
import { temporaryFolder } from '../support/store.ts';

const check = (env: NodeJS.ProcessEnv) =>
  checkWebhooks(loadConfig({ PUBLIC_URL: 'https://papers.example.org', ...env }, temporaryFolder()));

test.each([
  ['email-smtp.eu-west-1.amazonaws.com', 'SES_TOPIC_ARN', 'arn:aws:sns:eu-west-1:123456789012:ses', 'ses'],
  ['smtp-broadcasts.postmarkapp.com', 'POSTMARK_WEBHOOK_SECRET', 'a-secret-of-24-letters-x', 'postmark'],
  ['smtp.eu.mailgun.org', 'MAILGUN_SIGNING_KEY', 'a-secret-of-24-letters-x', 'mailgun'],
  ['smtp-relay.brevo.com', 'BREVO_WEBHOOK_SECRET', 'a-secret-of-24-letters-x', 'brevo'],
])('mail through %s wants its webhook', (host, setting, value, relay) => {
  const smtp = { SMTP_URL: `smtp://user:password@${host}:587` };
  expect(check(smtp)).toMatchObject({ status: 'warn', fix: expect.stringContaining(`Set ${setting}`) });
  const shown = check({ ...smtp, [setting]: value });
  expect(shown).toMatchObject({ status: 'ok', message: `https://papers.example.org/webhooks/${relay}` });
  expect(JSON.stringify(shown)).not.toContain(value);
});

test('a mail server of one’s own needs none', () => {
  expect(check({ SMTP_URL: 'smtp://mail.example.org' }).status).toBe('ok');
  expect(check({}).status).toBe('ok');
});

test('a secret that travels in the open is told', () => {
  expect(
    check({ PUBLIC_URL: 'http://papers.example.org', BREVO_WEBHOOK_SECRET: 'a-secret-of-24-letters-x' }),
  ).toMatchObject({ status: 'warn', message: expect.stringContaining('not https') });
});

import { verify, type X509Certificate } from 'node:crypto';
import { findStale, malformed, type RelayReading, refused, type WebhookCall } from './call.ts';
import { asInstant, asObject, type Json, parseJson } from './json.ts';

/** The certificate at an address of Amazon SNS. Throws when it cannot be had. */
export type Certificates = (url: string) => Promise<X509Certificate>;

/** A message of the topic, or what else came of the call. */
export type SnsReading = RelayReading | { kind: 'notification'; message: string };

/** What is signed, in this order; `Subject` only where there is one. */
const signedFields = new Map([
  ['Notification', ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']],
  [
    'SubscriptionConfirmation',
    ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
  ],
  [
    'UnsubscribeConfirmation',
    ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
  ],
]);

/**
 * Reads a call by Amazon SNS and checks that the one topic we trust has sent it:
 * https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html (SignatureVersion 1: SHA1, 2: SHA256) and
 * …/sns-message-and-json-formats.html.
 */
export async function readSns(
  call: WebhookCall,
  topicArn: string,
  certificates: Certificates,
): Promise<SnsReading> {
  if (call.header('x-amz-sns-rawdelivery') === 'true')
    return refused('raw message delivery is on, which leaves out the signature: turn it off');
  const json = asObject(parseJson(call.body.toString('utf8')));
  const fields = typeof json.Type === 'string' ? signedFields.get(json.Type) : undefined;
  if (fields === undefined || typeof json.Message !== 'string')
    return malformed('expected a JSON message by Amazon SNS');
  // Before anything is fetched for it.
  if (json.TopicArn !== topicArn) return refused('it is not of the topic that SES_TOPIC_ARN names');
  const url = json.SigningCertURL;
  if (typeof url !== 'string' || !isSnsUrl(url, topicArn, isCertificatePath))
    return refused('its SigningCertURL is not an address of Amazon SNS in the region of the topic');
  const stale = findStale(asInstant(json.Timestamp), call.now);
  if (stale !== null) return refused(stale);
  let certificate: X509Certificate;
  try {
    certificate = await certificates(url);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { kind: 'unavailable', why: `the certificate of Amazon SNS could not be had: ${why}` };
  }
  if (!isSigned(json, fields, certificate, call.now)) return refused('it is not signed by Amazon SNS');
  if (json.Type === 'Notification') return { kind: 'notification', message: json.Message };
  if (json.Type === 'UnsubscribeConfirmation')
    return { kind: 'events', events: [], ignored: ['UnsubscribeConfirmation'] };
  const { SubscribeURL: subscribe } = json;
  if (typeof subscribe !== 'string' || !isSnsUrl(subscribe, topicArn, isConfirmation))
    return refused('its SubscribeURL is not one to confirm this topic at Amazon SNS');
  return { kind: 'confirm', url: subscribe };
}

/** Whether an address is https, at the one host that speaks for the region of the topic. */
function isSnsUrl(text: string, topicArn: string, accepts: (url: URL, topicArn: string) => boolean): boolean {
  const [, partition, , region] = topicArn.split(':');
  const url = URL.canParse(text) ? new URL(text) : null;
  const host = `sns.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`;
  // `host` and not `hostname`: no port either.
  return (
    url !== null &&
    url.protocol === 'https:' &&
    url.host === host &&
    url.username === '' &&
    url.password === '' &&
    accepts(url, topicArn)
  );
}

const isCertificatePath = ({ pathname, search }: URL): boolean =>
  /^\/SimpleNotificationService-[\w-]{1,100}\.pem$/.test(pathname) && search === '';

const isConfirmation = ({ pathname, searchParams }: URL, topicArn: string): boolean =>
  pathname === '/' &&
  searchParams.get('Action') === 'ConfirmSubscription' &&
  searchParams.getAll('TopicArn').every((arn) => arn === topicArn);

function isSigned(json: Json, fields: readonly string[], certificate: X509Certificate, now: number): boolean {
  const { SignatureVersion: version, Signature: signature } = json;
  const digest = version === '1' ? 'sha1' : version === '2' ? 'sha256' : null;
  if (digest === null || typeof signature !== 'string') return false;
  if (certificate.publicKey.asymmetricKeyType !== 'rsa') return false;
  const { validFromDate, validToDate } = certificate;
  if (now < validFromDate.getTime() || now > validToDate.getTime()) return false;
  const given = fields.filter((name) => name !== 'Subject' || typeof json[name] === 'string');
  if (given.some((name) => typeof json[name] !== 'string')) return false;
  const content = given.map((name) => `${name}\n${String(json[name])}\n`).join('');
  return verify(digest, Buffer.from(content), certificate.publicKey, Buffer.from(signature, 'base64'));
}

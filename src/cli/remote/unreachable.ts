import { CommandError } from '../command.ts';

/** What Node says of certificates that it does not take. */
const certificates = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_)/;
/** What another try does not mend. */
const lasting = /^(ENOTFOUND|ERR_INVALID_|UND_ERR_INVALID_)/;

/** Whether a request that got no answer may get one another time. */
export function isWorthAnother(error: unknown): boolean {
  const code = codeOf(error);
  return !certificates.test(code) && !lasting.test(code);
}

/** Why no answer came, for people. `changing`: what was asked for may have been done all the same. */
export function explainUnreachable(error: unknown, server: string, changing: boolean): CommandError {
  const code = codeOf(error);
  const { host } = new URL(server);
  const refused = ['ECONNREFUSED', 'ENOTFOUND', 'UND_ERR_CONNECT_TIMEOUT', 'EHOSTUNREACH', 'ENETUNREACH'];
  const notSent = refused.includes(code) || certificates.test(code);
  const why = certificates.test(code)
    ? `its certificate is not taken (${code})`
    : (words[code] ?? `the connection was lost (${code || rootOf(error).message})`);
  const after =
    changing && !notSent
      ? ' Whether it was done is not known: look before you do it again.'
      : ' Nothing was changed.';
  return new CommandError(`${host} could not be asked: ${why}.${changing ? after : ''}`, { cause: error });
}

const words: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name could not be looked up',
  EHOSTUNREACH: 'there is no way there',
  ENETUNREACH: 'there is no way there',
  UND_ERR_CONNECT_TIMEOUT: 'it did not take the connection in time',
  TimeoutError: 'it did not answer within a minute',
};

function rootOf(error: unknown): Error {
  const { cause } = error as Error;
  return cause instanceof Error ? rootOf(cause) : (error as Error);
}

/** The code of the system's or of fetch's own error, which stands behind what fetch throws. */
function codeOf(error: unknown): string {
  for (let one = error as (Error & { code?: unknown }) | undefined; one; one = one.cause as typeof one) {
    if (typeof one.code === 'string') return one.code;
    if (one.name === 'TimeoutError') return one.name;
    // Several addresses were tried: the first tells enough.
    const [first] = (one as AggregateError).errors ?? [];
    if (typeof first?.code === 'string') return first.code;
  }
  return '';
}

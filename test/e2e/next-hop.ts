import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** The mail server of readers: it takes mail for most, and refuses by what their address begins with. */
export interface NextHop {
  port: number;
  /** Recipients in the order in which mail for them was taken. */
  taken: string[];
  close(): Promise<void>;
}

type Refusal = readonly [stage: 'rcpt' | 'data', code: number, text: string];

const refusals: Record<string, Refusal> = {
  gone: ['rcpt', 550, '5.1.1 The email account that you tried to reach does not exist'],
  full: ['rcpt', 552, '5.2.2 The recipient mailbox is over quota'],
  busy: ['rcpt', 452, '4.2.2 The recipient mailbox is over quota'],
  spam: ['data', 550, '5.7.1 Message rejected as spam by content policy'],
};

export async function startNextHop(): Promise<NextHop> {
  const taken: string[] = [];
  const refuse = (stage: Refusal[0], address: string): Error | null => {
    const [at, responseCode, text] = refusals[/^[a-z]+/.exec(address)?.[0] ?? ''] ?? [];
    return at === stage ? Object.assign(new Error(text), { responseCode }) : null;
  };
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    logger: false,
    disableReverseLookup: true,
    onRcptTo: ({ address }, _session, callback) => callback(refuse('rcpt', address)),
    onData(stream, { envelope }, callback) {
      const to = envelope.rcptTo.map(({ address }) => address);
      stream.on('end', () => {
        const refused = to.map((address) => refuse('data', address)).find((one) => one !== null);
        if (!refused) taken.push(...to);
        callback(refused ?? null);
      });
      stream.resume();
    },
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.server.address() as AddressInfo).port,
    taken,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

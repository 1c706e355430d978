import type { Digest } from '../../src/digest/digest.ts';
import type { Outcome, OutgoingMessage, Phase, Reply, Transport } from '../../src/mail/transport.ts';
import type { Mortal } from './mortal.ts';
import type { Answer, Sending } from './steps.ts';

/** A message that was handed over whole, and what the server made of it. */
export interface Handover {
  messageId: string;
  to: string;
  paperIds: number[];
  answer: Answer;
  /** It is in the mailbox, whatever was answered. */
  taken: boolean;
  /** After the act that came meanwhile. */
  afterAct: boolean;
}

/** The mail server as all processes of one step see it. */
export interface Post {
  readonly handovers: Handover[];
  acted: boolean;
  transportOf(process: Mortal, isFirst: boolean): Transport;
}

/** What a message is made of here: enough to see who gets which papers. */
export function composePlainly(
  delivery: { messageId: string; email: string },
  digest: Digest,
): OutgoingMessage {
  const paperIds = digest.papers.map(({ paper }) => paper.id);
  return {
    from: 'bounce@example.org',
    to: delivery.email,
    messageId: delivery.messageId,
    raw: Buffer.from(JSON.stringify(paperIds)),
  };
}

const reply = (phase: Phase, code: number | null, enhanced: string | null, text: string): Reply => ({
  phase,
  code,
  enhanced,
  text,
});

const outcomes: Record<Answer, Outcome> = {
  ok: { kind: 'sent', reply: reply('reply', 250, '2.0.0', 'queued') },
  later: { kind: 'retry', reply: reply('rcpt', 451, '4.3.0', 'try again later') },
  refused: {
    kind: 'failed',
    reason: 'message_refused',
    reply: reply('reply', 554, '5.6.0', 'message content rejected'),
  },
  unknown: {
    kind: 'failed',
    reason: 'recipient_refused',
    reply: reply('rcpt', 550, '5.1.1', 'User unknown'),
  },
  taken: { kind: 'uncertain', reply: reply('reply', null, null, 'the connection was lost') },
  lost: { kind: 'uncertain', reply: reply('reply', null, null, 'the connection was lost') },
};

const refusals: Record<'down' | 'busy', Outcome> = {
  down: { kind: 'stop', cause: 'unreachable', reply: reply('connect', null, null, 'connection refused') },
  busy: { kind: 'retry', reply: reply('greeting', 421, '4.3.2', 'too many connections') },
};

/** `answerTo`: by recipient. `act` is run once, when a connection is opened for the so manieth time. */
export function openPost(
  sending: Sending,
  answerTo: (email: string) => Answer,
  act: () => Promise<void>,
): Post {
  let opened = 0;
  let messages = 0;
  let pauses = 0;
  const post: Post = { handovers: [], acted: false, transportOf };

  async function pause(): Promise<void> {
    const turns = sending.turns[pauses++ % sending.turns.length] as number;
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
  }

  function transportOf(process: Mortal, isFirst: boolean): Transport {
    async function send(message: OutgoingMessage): Promise<Outcome> {
      process.live();
      await pause();
      process.live();
      const answer = answerTo(message.to);
      const handover: Handover = {
        messageId: message.messageId,
        to: message.to,
        paperIds: JSON.parse(message.raw.toString()) as number[],
        answer,
        taken: answer === 'ok' || answer === 'taken',
        afterAct: post.acted,
      };
      const { dies } = sending;
      if (isFirst && dies && 'atMessage' in dies && dies.atMessage === ++messages) {
        handover.taken = dies.taken;
        post.handovers.push(handover);
        process.die();
      }
      post.handovers.push(handover);
      await pause();
      process.live();
      return outcomes[answer];
    }
    return {
      description: 'a post office',
      concurrency: sending.lanes,
      verify: async () => null,
      close: async () => {},
      send,
      async reserve() {
        process.live();
        await pause();
        if (++opened === sending.meanwhile?.at) {
          await act();
          post.acted = true;
        }
        process.live();
        if (sending.server !== 'up') return { ok: false, outcome: refusals[sending.server] };
        return { ok: true, send, release() {} };
      },
    };
  }
  return post;
}

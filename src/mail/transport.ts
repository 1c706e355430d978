/** A ready message: exactly these bytes go out (CRLF line ends, not dot-stuffed). */
export interface OutgoingMessage {
  /** SMTP envelope: return path and the single recipient. */
  from: string;
  to: string;
  messageId: string;
  raw: Buffer;
}

/** The SMTP phases in which an attempt can end (RFC 5321). `reply` is after the final dot. */
export const phases = [
  'connect',
  'greeting',
  'ehlo',
  'starttls',
  'auth',
  'mail',
  'rcpt',
  'data',
  'body',
  'reply',
] as const;
export type Phase = (typeof phases)[number];

/** A server's reply, or what stood in its place. `code` null: no reply was read. */
export interface Reply {
  phase: Phase;
  code: number | null;
  /** Enhanced status code (RFC 3463) such as `5.1.1`, when the reply had one. */
  enhanced: string | null;
  text: string;
}

/**
 * How an attempt ended. The outcome decides what the ledger does:
 * - `sent`: 2xx after the body.
 * - `retry`: certainly not accepted, worth trying again (4xx, or connection lost before the body was complete).
 * - `failed`: certainly refused for this recipient or this message (5xx).
 * - `uncertain`: the body's end may have reached the server and no reply was read.
 * - `stop`: nothing about this delivery; the server refuses us (login, configuration, policy, unreachable).
 */
export type Outcome =
  | { kind: 'sent'; reply: Reply }
  | { kind: 'retry'; reply: Reply }
  | { kind: 'failed'; reason: FailedReason; reply: Reply }
  | { kind: 'uncertain'; reply: Reply }
  | { kind: 'stop'; cause: StopCause; reply: Reply };

export type FailedReason = 'recipient_refused' | 'message_refused' | 'policy_refused';
export type StopCause = 'unreachable' | 'auth' | 'tls' | 'config' | 'policy';

/** A way that is open for one message, or why there is none. */
export type Reservation =
  | {
      ok: true;
      /** Hands the message over, once. Never rejects for what a server does. */
      send(message: OutgoingMessage): Promise<Outcome>;
      /** Gives it back unused. */
      release(): void;
    }
  | { ok: false; outcome: Outcome };

/** Where mail goes: an SMTP server or the outbox folder. */
export interface Transport {
  /** For people: `smtp://mail.example.org:587 (10 connections)`, `outbox data/outbox`. Never a password. */
  readonly description: string;
  /** How many `send`s may be under way at once. */
  readonly concurrency: number;
  /** Opens what it needs and logs in, without sending. Resolves to null when fine. Never rejects. */
  verify(): Promise<Reply | null>;
  /**
   * A logged-in connection for one message. What fails here has handed nothing over: the ledger marks a delivery
   * as being sent only after it. At most `concurrency` at a time.
   */
  reserve(): Promise<Reservation>;
  /** Reserves and hands over one message. Never rejects for what a server does. */
  send(message: OutgoingMessage): Promise<Outcome>;
  /** Ends the connections politely; waits for none that is stuck. */
  close(): Promise<void>;
}

/**
 * The steps of plan, claim, send and record, named from outside: by the SQL that the program runs and by what it
 * writes to the mail server. Each has a `before` and an `after`; a commit also has a `within`, while it is being
 * synced to disk.
 */
export const stepNames = [
  ...['plan.expire', 'plan.begin', 'plan.notes', 'plan.deliveries', 'plan.papers', 'plan.due', 'plan.counts'],
  ...['plan.release', 'plan.commit', 'plan.end'],
  ...['recover.unclaim', 'recover.uncertain', 'recover.commit'],
  ...['claim.lock', 'claim.take', 'claim.read', 'claim.return'],
  ...['send.look', 'send.mark', 'send.commit', 'send.connect', 'send.ehlo', 'send.mail', 'send.rcpt'],
  ...['send.data', 'send.body', 'send.dot', 'send.reply'],
  ...['record.sent', 'record.retry', 'record.failed', 'record.uncertain', 'record.release', 'record.commit'],
] as const;
export type StepName = (typeof stepNames)[number];
export type Side = 'before' | 'after' | 'within';
/** As `send.dot:after`. */
export type Step = `${StepName}:${Side}`;

export const steps: readonly Step[] = stepNames.flatMap((name): Step[] => [
  `${name}:before`,
  `${name}:after`,
  ...(name.endsWith('.commit') ? [`${name}:within` as const] : []),
]);

/** Which steps a statement is; those of the open transaction tell what its `commit` commits. */
export interface StatementReader {
  read(sql: string, parameters: readonly unknown[], file: string): StepName[];
}

export function createStatementReader(): StatementReader {
  /** Null: no transaction is open. */
  let within: Set<StepName> | null = null;

  function readOne(sql: string, parameters: readonly unknown[]): StepName | null {
    const [status, reason] = parameters;
    if (sql.startsWith('insert into "plan_runs"')) return 'plan.begin';
    if (sql.startsWith('insert into "paper_notes"')) return 'plan.notes';
    if (sql.startsWith('insert into "deliveries"')) return 'plan.deliveries';
    if (sql.startsWith('insert into "delivery_papers"')) return 'plan.papers';
    if (sql.startsWith('update "subscribers" set "next_due_at"')) return 'plan.due';
    if (sql.startsWith('update "plan_runs"')) return within ? 'plan.counts' : 'plan.end';
    if (sql.startsWith('update "delivery_papers" set "released_at"'))
      return within?.has('plan.expire') ? 'plan.release' : 'record.release';
    if (sql.startsWith('select "d"."id"') && sql.includes('"d"."attempts"')) return 'claim.read';
    if (sql.startsWith('select "d"."id", "s"."status"')) return 'send.look';
    if (!sql.startsWith('update "deliveries" set "status"')) return null;
    if (status === 'claimed') return 'claim.take';
    if (status === 'sending') return 'send.mark';
    if (status === 'sent') return 'record.sent';
    if (status === 'failed')
      return within?.size === 0 && reason === 'expired' ? 'plan.expire' : 'record.failed';
    if (status === 'uncertain') return reason === 'crashed' ? 'recover.uncertain' : 'record.uncertain';
    if (status !== 'pending') return null;
    if (sql.includes('"detail"')) return 'record.retry';
    return within ? 'recover.unclaim' : 'claim.return';
  }

  return {
    read(text, parameters, file) {
      const sql = text.trim();
      if (file.endsWith('.lock')) return sql === 'BEGIN EXCLUSIVE' ? ['claim.lock'] : [];
      if (file === ':memory:') return [];
      if (/^begin/i.test(sql)) {
        within = new Set();
        return [];
      }
      if (/^(commit|rollback)/i.test(sql)) {
        const rooms = new Set([...(within ?? [])].map((step) => step.split('.')[0]));
        within = null;
        return /^commit/i.test(sql) ? [...rooms].map((room) => `${room}.commit` as StepName) : [];
      }
      const step = readOne(sql, parameters);
      if (step) within?.add(step);
      return step ? [step] : [];
    },
  };
}

/** Which step a write to the mail server is; one reader for each connection. */
export interface WireReader {
  read(chunk: string | Uint8Array): StepName[];
  /** Something came from the server; true when it is the reply to a final dot. */
  hear(): boolean;
}

const commands: [start: string, step: StepName][] = [
  ['EHLO ', 'send.ehlo'],
  ['MAIL FROM:', 'send.mail'],
  ['RCPT TO:', 'send.rcpt'],
  ['DATA\r\n', 'send.data'],
];

export function createWireReader(): WireReader {
  let inBody = false;
  let awaits = false;
  return {
    hear() {
      const awaited = awaits;
      awaits = false;
      return awaited;
    },
    read(chunk) {
      const text = Buffer.from(chunk as Uint8Array).toString('latin1');
      if (inBody && text === '.\r\n') {
        inBody = false;
        awaits = true;
        return ['send.dot'];
      }
      if (inBody && !text.startsWith('MAIL FROM:') && !text.startsWith('RSET')) return ['send.body'];
      awaits = false;
      // With pipelining (RFC 2920) the whole envelope is one write.
      const found = commands.filter(([start]) => text.startsWith(start) || text.includes(`\r\n${start}`));
      inBody = found.some(([, step]) => step === 'send.data');
      return found.map(([, step]) => step);
    },
  };
}

import { type Command, Option } from 'commander';
import { type AuditAct, type AuditSubject, auditActs, auditSubjects } from '../store/audit-words.ts';
import { readCount } from './arguments.ts';
import { defineAtDesk, type Surroundings } from './command.ts';
import type { AuditDesk, AuditDocument } from './desk.ts';
import { isoWords, shortened, table } from './output.ts';

export function addAuditCommands(program: Command, surroundings: Surroundings): void {
  const audit = program.command('audit').description('who changed what, when');

  defineAtDesk(
    audit
      .command('list')
      .description('changes, newest first')
      .addOption(new Option('--act <act>', 'only these').choices(auditActs))
      .addOption(new Option('--about <kind>', 'only what was changed of these').choices(auditSubjects))
      .option('--id <id>', 'only about the one with this id', readCount(1, Number.MAX_SAFE_INTEGER))
      .addOption(
        new Option('--by <kind>', 'only by these').choices(['admin', 'token', 'subscriber', 'cli', 'system']),
      )
      .option('--before <id>', 'only those older than this entry', readCount(1, Number.MAX_SAFE_INTEGER))
      .option('--limit <count>', 'how many', readCount(1, 500), 50),
    surroundings,
    false,
    async ({ desk, out }, options) => {
      const filter: Parameters<AuditDesk['list']>[0] = { limit: options.limit as number };
      if (options.act) filter.act = options.act as AuditAct;
      if (options.about) filter.subject = options.about as AuditSubject;
      if (options.id) filter.subjectId = options.id as number;
      if (options.by) filter.actor = options.by as AuditDocument['actor']['kind'];
      if (options.before) filter.beforeId = options.before as number;
      const entries = await desk.audit.list(filter);
      out.answer(entries, () =>
        entries.length === 0
          ? 'No change of that kind.'
          : table([
              ['ID', 'WHEN', 'BY', 'ACT', 'ON', 'WHAT CHANGED'],
              ...entries.map((one) => [
                one.id,
                isoWords(one.at),
                one.actor.id === undefined
                  ? one.actor.kind
                  : `${one.actor.kind} ${one.actorName ?? one.actor.id}`,
                one.act,
                `${one.subject.kind} ${one.subjectName ?? one.subject.id}`,
                shortened(changeWords(one), 100),
              ]),
            ]),
      );
    },
  );
}

function changeWords({ before, after }: AuditDocument): string {
  const words = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  return Object.keys({ ...before, ...after })
    .map((name) =>
      before === null || after === null
        ? `${name} ${words((after ?? before)?.[name])}`
        : `${name} ${words(before[name])} → ${words(after[name])}`,
    )
    .join(', ');
}

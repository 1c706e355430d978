import { describe, expect, test } from 'vitest';
import { openTerminal } from './terminal.ts';

describe.concurrent('help', () => {
  const groups = ['papers', 'topics', 'subscribers', 'deliveries', 'alerts', 'admins', 'tokens', 'audit'];
  const commands = [
    ...[
      'migrate',
      'doctor',
      'ingest',
      'plan',
      'send',
      'run',
      'preview',
      'explain',
      'send-test',
      'serve',
      'backup',
      'restore',
      'housekeeping',
      'demo',
    ],
    ...groups,
    ...[
      'papers list',
      'papers show',
      'topics list',
      'topics add',
      'topics edit',
      'topics remove',
      'topics test',
    ],
    ...['list', 'add', 'show', 'edit', 'remove', 'import', 'export'].map((name) => `subscribers ${name}`),
    ...['list', 'show', 'resolve'].map((name) => `deliveries ${name}`),
    'alerts list',
    ...['add', 'list', 'link', 'remove'].map((name) => `admins ${name}`),
    ...['add', 'list', 'revoke'].map((name) => `tokens ${name}`),
    'audit list',
  ];
  test('is there for every command', async () => {
    const terminal = openTerminal();
    for (const command of commands) {
      const ended = await terminal.run(...command.split(' '), '--help');
      expect(ended.code, command).toBe(0);
      expect(ended.stdout).toContain(`Usage: paperboy ${command}`);
      expect(ended.stderr).toBe('');
      if (!groups.includes(command)) expect(ended.stdout, command).toContain('--json');
    }
    const whole = (await terminal.run('--help')).stdout;
    terminal.remove();
    for (const command of commands) expect(whole).toContain(command.split(' ')[0]);
  });
});

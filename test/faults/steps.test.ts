import { describe, expect, test } from 'vitest';
import { createStatementReader, createWireReader } from './steps.ts';

describe('the steps', () => {
  test('a commit is named after what it commits', () => {
    const reader = createStatementReader();
    const read = (sql: string, ...parameters: unknown[]) => reader.read(sql, parameters, '/paperboy.db');
    expect(read('begin immediate')).toEqual([]);
    expect(read('update "deliveries" set "status" = ?', 'sent')).toEqual(['record.sent']);
    expect(read('update "deliveries" set "status" = ?', 'sending')).toEqual(['send.mark']);
    expect(read('commit')).toEqual(['record.commit', 'send.commit']);
    expect(read('commit')).toEqual([]);
  });

  test('the final dot is told from the body, with and without pipelining', () => {
    for (const envelope of [
      ['MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n'],
      ['MAIL FROM:<a@x>\r\n', 'RCPT TO:<b@x>\r\n', 'DATA\r\n'],
    ]) {
      const wire = createWireReader();
      expect(envelope.flatMap((line) => wire.read(line))).toEqual(['send.mail', 'send.rcpt', 'send.data']);
      expect(wire.hear()).toBe(false);
      expect(wire.read(Buffer.from('Subject: x\r\n\r\n'))).toEqual(['send.body']);
      expect(wire.read('.\r\n')).toEqual(['send.dot']);
      expect(wire.hear()).toBe(true);
      expect(wire.hear()).toBe(false);
    }
  });
});

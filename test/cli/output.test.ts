import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { createOutput } from '../../src/cli/output.ts';

function open(json: boolean) {
  const said = { stdout: '', stderr: '' };
  const keep = (name: keyof typeof said) =>
    new Writable({
      decodeStrings: false,
      write(chunk, _, done) {
        said[name] += chunk;
        done();
      },
    });
  return { out: createOutput(json, { stdout: keep('stdout'), stderr: keep('stderr') }), said };
}
const title = 'Agents\u001b[2J\u0007 that \u202eplan\u009b1m';

test('nothing from a title or an error reaches the terminal as a command or turns its line around', () => {
  const { out, said } = open(false);
  out.answer(null, () => [title, '\tkept']);
  out.note(title);
  out.fail(title);
  const shown = 'Agents\ufffd[2J\ufffd that \ufffdplan\ufffd1m\n';
  expect(said).toEqual({ stdout: `${shown}\tkept\n`, stderr: shown + shown });
});

test('a document for programs keeps every character', () => {
  const { out, said } = open(true);
  out.answer({ title }, () => '');
  expect(JSON.parse(said.stdout)).toEqual({ title });
});

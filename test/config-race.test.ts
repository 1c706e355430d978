import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('processes that start at once agree on one secret key and leave no draft behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'paperboy-key-'));
  const module = join(import.meta.dirname, '../src/secret-key.ts');
  const file = join(folder, 'secret.key');
  const code = `const { keepSecretKey } = await import(${JSON.stringify(module)});
    while (Date.now() < ${Date.now() + 600}); console.log(keepSecretKey(${JSON.stringify(file)}));`;
  const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', code]);
  const secrets = await Promise.all(Array.from({ length: 4 }, run));
  expect(new Set(secrets.map(({ stdout }) => stdout)).size).toBe(1);
  expect(readdirSync(folder)).toEqual(['secret.key']);
  rmSync(folder, { recursive: true });
});

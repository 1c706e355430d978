import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { StoreError } from '../../src/store/store.ts';
import { lockWorker } from '../../src/store/worker-lock.ts';
import { temporaryFolder } from '../support/store.ts';

test('where no lock can be kept, the folder is named and what to do about it', () => {
  const file = join(temporaryFolder(), 'paperboy.db');
  writeFileSync(`${file}.workers`, 'no folder');
  expect(() => lockWorker(file, 'w')).toThrow(StoreError);
  expect(() => lockWorker(file, 'w')).toThrow(`${file}.workers`);
});

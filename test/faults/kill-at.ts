/**
 * Preloaded into the program (`NODE_OPTIONS=--import …/kill-at.ts`), ends it with SIGKILL at a step:
 * `PAPERBOY_KILL_AT=send.dot:after#3` is the third time that the final dot has been written. With
 * `PAPERBOY_STEPS_FILE` it notes each step that is passed. Knows the program only by its SQL and its sockets.
 */
import { appendFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type BetterSqlite3 from 'better-sqlite3';
import {
  createStatementReader,
  createWireReader,
  type Side,
  type StepName,
  type WireReader,
} from './steps.ts';

const [aim = '', nth = '1'] = (process.env.PAPERBOY_KILL_AT ?? '').split('#');
const notes = process.env.PAPERBOY_STEPS_FILE;
let left = Number(nth);

function die(): void {
  process.kill(process.pid, 'SIGKILL');
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
}

function pass(names: readonly StepName[], side: Side): void {
  for (const name of names) {
    const step = `${name}:${side}`;
    if (notes) appendFileSync(notes, `${step}\n`);
    if (step === aim && --left === 0) {
      if (side === 'within') dieSoon();
      else die();
    }
  }
}

/** A thread of its own: this one is about to wait for the disk. Shared memory tells it when, a number how soon (µs). */
const signal = new Int32Array(new SharedArrayBuffer(4));
if (aim.endsWith(':within')) {
  const code = `const { workerData: [signal, pid, us] } = require('node:worker_threads');
    Atomics.store(signal, 0, 1);
    while (Atomics.load(signal, 0) !== 2) Atomics.wait(signal, 0, 1, 50);
    const until = performance.now() + us / 1000;
    while (performance.now() < until);
    process.kill(pid, 'SIGKILL');`;
  const us = Number(process.env.PAPERBOY_KILL_AFTER_US ?? '0');
  new Worker(code, { eval: true, workerData: [signal, process.pid, us], execArgv: [] }).unref();
}
function dieSoon(): void {
  Atomics.store(signal, 0, 2);
  Atomics.notify(signal, 0);
}

const Database = createRequire(join(import.meta.dirname, '../../src/store/x.ts'))(
  'better-sqlite3',
) as typeof BetterSqlite3;
type Loose = Record<string, (...given: unknown[]) => unknown>;
const reader = createStatementReader();

function around(database: BetterSqlite3.Database, sql: string, parameters: unknown[], act: () => unknown) {
  const names = reader.read(sql, parameters.flat(), database.name);
  pass(names, 'before');
  pass(
    names.filter((name) => name.endsWith('.commit')),
    'within',
  );
  const result = act();
  pass(names, 'after');
  return result;
}

const { prepare, exec } = Database.prototype;
Database.prototype.prepare = function (this: BetterSqlite3.Database, sql: string) {
  const statement = prepare.call(this, sql) as unknown as Loose;
  for (const name of ['run', 'all', 'get']) {
    const act = statement[name] as Loose[string];
    statement[name] = (...given) => around(this, sql, given, () => act.apply(statement, given));
  }
  return statement;
} as unknown as typeof prepare;
Database.prototype.exec = function (this: BetterSqlite3.Database, sql: string) {
  return around(this, sql, [], () => exec.call(this, sql)) as BetterSqlite3.Database;
};

const wires = new WeakMap<Socket, WireReader>();
const { connect, write, emit } = Socket.prototype as unknown as Loose;
Object.assign(Socket.prototype, {
  connect(this: Socket, ...given: unknown[]) {
    wires.set(this, createWireReader());
    pass(['send.connect'], 'before');
    const result = (connect as Loose[string]).apply(this, given);
    pass(['send.connect'], 'after');
    return result;
  },
  write(this: Socket, chunk: string | Uint8Array, ...given: unknown[]) {
    const names = wires.get(this)?.read(chunk) ?? [];
    pass(names, 'before');
    const result = (write as Loose[string]).call(this, chunk, ...given);
    pass(names, 'after');
    return result;
  },
  emit(this: Socket, event: string, ...given: unknown[]) {
    const names: StepName[] = event === 'data' && wires.get(this)?.hear() ? ['send.reply'] : [];
    pass(names, 'before');
    const result = (emit as Loose[string]).call(this, event, ...given);
    pass(names, 'after');
    return result;
  },
});

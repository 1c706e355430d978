import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { fetchText } from '../../../src/bounces/relays/sns-fetch.ts';

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test('gets a small text', async () => {
  expect(await fetchText(await serve((_, answer) => answer.end('a certificate')))).toBe('a certificate');
});

test('follows nowhere', async () => {
  const asked: (string | undefined)[] = [];
  const url = await serve(({ url: path }, answer) => {
    asked.push(path);
    answer.writeHead(302, { Location: '/elsewhere' }).end();
  });
  await expect(fetchText(url)).rejects.toThrow();
  expect(asked).toEqual(['/']);
});

test('takes nothing but 200', async () => {
  await expect(fetchText(await serve((_, answer) => answer.writeHead(404).end('<html>')))).rejects.toThrow(
    'answered 404',
  );
});

test('stops reading what is long, however it is told', async () => {
  const endless = await serve((_, answer) => {
    const more = () => answer.write('x'.repeat(16_384), () => answer.destroyed || setImmediate(more));
    more();
  });
  await expect(fetchText(endless)).rejects.toThrow('longer than 65536 bytes');
});

test('does not wait for ever', async () => {
  const silent = await serve((_, answer) => answer.write('x'));
  await expect(fetchText(silent, 50)).rejects.toThrow(/timeout|aborted/i);
});

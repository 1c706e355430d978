import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface TestServer {
  url: string;
  /** Every request: method, path with query, headers. */
  requests: IncomingMessage[];
  paths(): string[];
}

/** A real HTTP server on loopback that ends with the test. */
export async function serve(
  answer: (request: IncomingMessage, response: ServerResponse, count: number) => unknown,
): Promise<TestServer> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response, requests.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    paths: () => requests.map((request) => decodeURIComponent(request.url ?? '')),
  };
}

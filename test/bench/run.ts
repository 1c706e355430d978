// npm run bench [-- --subscribers 20000 --planned 100000]
// End to end: digests a second (render, SMTP, record) beside smtp-source and the plain way on the same smtp-sink, in
// one run; planning; peak memory. Needs smtp-sink and smtp-source (Debian: postfix). Absolute figures are this
// machine's; the ratios travel.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import mjml2html from 'mjml';
import nodemailer from 'nodemailer';
import { makeStage, prepare, type Usage } from './stage.ts';

const { values } = parseArgs({
  options: {
    subscribers: { type: 'string', default: '20000' },
    planned: { type: 'string', default: '100000' },
    connections: { type: 'string', default: '20' },
  },
});
const subscribers = Number(values.subscribers);
const planned = Number(values.planned);
const connections = Number(values.connections);
const date = '2026-06-22';
const at = ['--at', `${date}T08:00:00Z`];
const path = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

async function startSink(): Promise<{ port: number; sink: ChildProcess }> {
  const port = await freePort();
  const sink = spawn('smtp-sink', ['-u', 'nobody', `127.0.0.1:${port}`, '1000'], {
    env: { PATH: path },
    stdio: 'ignore',
  });
  for (let tries = 0; tries < 100; tries++) {
    const open = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.end());
    });
    if (open) return { port, sink };
    await sleep(50);
  }
  throw new Error('smtp-sink does not listen; is it installed? (Debian: apt-get install postfix)');
}

interface Row {
  name: string;
  count: number;
  wallMs: number;
  cpuMs: number | null;
  maxRssMb: number | null;
}

const rows: Row[] = [];
function note(
  name: string,
  count: number,
  usage: { wallMs: number; cpuMs?: number; maxRssMb?: number },
): Row {
  const row = {
    name,
    count,
    wallMs: usage.wallMs,
    cpuMs: usage.cpuMs ?? null,
    maxRssMb: usage.maxRssMb ?? null,
  };
  rows.push(row);
  const rate = Math.round((count / row.wallMs) * 1000).toLocaleString('en');
  const cpu = row.cpuMs === null ? '' : `${(row.cpuMs / count).toFixed(3)} ms CPU each`;
  const memory = row.maxRssMb === null ? '' : `${Math.round(row.maxRssMb)} MB peak`;
  console.log(
    `${name.padEnd(46)} ${rate.padStart(9)} /s  ${(row.wallMs / 1000).toFixed(2).padStart(7)} s  ${cpu.padEnd(20)} ${memory}`,
  );
  return row;
}

/** mjml and nodemailer's pool for every recipient, as many a newsletter script does. */
async function plainWay(port: number, count: number, html: string): Promise<void> {
  const pool = nodemailer.createTransport({
    host: '127.0.0.1',
    port,
    pool: true,
    maxConnections: connections,
    maxMessages: 1e9,
  });
  const cards = html.match(/<h2[\s\S]*?(?=<h2|$)/g)?.slice(0, 10) ?? [];
  const texts = cards.map((card) =>
    card
      .replace(/<[^>]+>/g, ' ')
      .replace(/\s+/g, ' ')
      .slice(0, 500),
  );
  let next = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (next < count) {
        const n = next++;
        const source = `<mjml><mj-body>${texts.map((text) => `<mj-section><mj-column><mj-text>${text}</mj-text></mj-column></mj-section>`).join('')}</mj-body></mjml>`;
        const mail = await mjml2html(source);
        await pool.sendMail({
          from: 'paperboy@example.org',
          to: `reader${n}@example.org`,
          subject: 'Your papers',
          html: mail.html,
          text: texts.join('\n'),
        });
      }
    }),
  );
  pool.close();
}

const { port, sink } = await startSink();
const stage = makeStage();
try {
  console.log(`${subscribers.toLocaleString('en')} subscribers, ${connections} connections, one smtp-sink\n`);
  await prepare(stage, subscribers, date);
  note('plan', subscribers, await stage.run(['plan', ...at]));
  const smtp = {
    SMTP_URL: `smtp://127.0.0.1:${port}`,
    SMTP_CONNECTIONS: String(connections),
    MAIL_FROM: 'paperboy@example.org',
  };
  const preview = (await stage.run(['preview', 'reader2@example.org', ...at])).json as { html: string };
  const eml = join(stage.folder, 'one.eml');
  await stage.run(['preview', 'reader2@example.org', '--out', eml, ...at]);
  const bytes = readFileSync(eml).length;

  const sent: Usage = await stage.run(['send', ...at], smtp);
  const ours = note('Paperboy: render, SMTP, record', subscribers, sent);
  if ((sent.json as { sent: number }).sent !== subscribers)
    throw new Error(`not all were sent: ${JSON.stringify(sent.json)}`);

  const started = performance.now();
  const source = spawnSync(
    'smtp-source',
    [
      '-d',
      '-s',
      String(connections),
      '-m',
      String(subscribers),
      '-l',
      String(bytes),
      '-f',
      'a@example.org',
      '-t',
      'b@example.org',
      `127.0.0.1:${port}`,
    ],
    { env: { PATH: path } },
  );
  if (source.status !== 0) throw new Error(`smtp-source: ${source.stderr}`);
  const reference = note(`smtp-source -d, the same ${bytes.toLocaleString('en')} bytes`, subscribers, {
    wallMs: performance.now() - started,
  });

  const few = Math.min(1000, subscribers);
  const before = process.cpuUsage();
  const plainStarted = performance.now();
  await plainWay(port, few, preview.html);
  const { user, system } = process.cpuUsage(before);
  const plain = note('mjml and nodemailer per recipient', few, {
    wallMs: performance.now() - plainStarted,
    cpuMs: (user + system) / 1000,
  });

  const rate = (row: Row) => row.count / row.wallMs;
  console.log(
    `\nPaperboy sends ${(rate(ours) / rate(reference)).toFixed(2)} × smtp-source -d and ${(rate(ours) / rate(plain)).toFixed(1)} × the plain way.\n`,
  );
} finally {
  sink.kill();
  stage.remove();
}

const large = makeStage();
try {
  note(`import of ${planned.toLocaleString('en')} subscribers`, planned, await prepare(large, planned, date));
  note(`plan for ${planned.toLocaleString('en')} subscribers`, planned, await large.run(['plan', ...at]));
} finally {
  large.remove();
}

// A folder with a database full of papers and subscribers, and the program run in it as a process of its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const node = join(root, 'node_modules', '.bin', 'node');

export interface Usage {
  wallMs: number;
  cpuMs: number;
  maxRssMb: number;
  json: unknown;
}

export interface Stage {
  folder: string;
  run(args: string[], env?: Record<string, string>): Promise<Usage>;
  remove(): void;
}

export function makeStage(): Stage {
  const folder = mkdtempSync(join(tmpdir(), 'paperboy-bench-'));
  return {
    folder,
    run: (args, env = {}) => runProgram(folder, args, env),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Runs `paperboy ARGS --json` and resolves to what it used and answered. Rejects when it fails. */
async function runProgram(folder: string, args: string[], env: Record<string, string>): Promise<Usage> {
  const usageFile = join(folder, 'usage.json');
  const started = performance.now();
  const child = spawn(
    node,
    ['--import', join(import.meta.dirname, 'peak.ts'), join(root, 'src', 'cli.ts'), ...args, '--json'],
    {
      cwd: folder,
      env: {
        PATH: process.env.PATH ?? '',
        PAPERBOY_BENCH_USAGE: usageFile,
        DATABASE_URL: `sqlite:${folder}/paperboy.db`,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let stdout = '';
  child.stdout.on('data', (piece) => {
    stdout += piece;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  const wallMs = performance.now() - started;
  if (code !== 0) throw new Error(`paperboy ${args.join(' ')} ended with ${code}: ${stdout.slice(0, 2000)}`);
  return { wallMs, json: JSON.parse(stdout), ...JSON.parse(readFileSync(usageFile, 'utf8')) };
}

/**
 * A thousand papers of three days: the sample's words in new combinations, so that topics match as they do in
 * life; made-up figures, for measuring alone.
 */
export function writePapers(file: string, count: number, date: string): void {
  const sample = join(root, 'data', 'sample');
  const lines = readdirSync(sample)
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => readFileSync(join(sample, name), 'utf8').trim().split('\n'))
    .map(
      (line) =>
        JSON.parse(line) as { title: string; authors: string[]; summary: string; categories?: string[] },
    );
  const made = Array.from({ length: count }, (_, i) => {
    const a = lines[i % lines.length];
    const b = lines[(i * 7 + 3) % lines.length];
    return JSON.stringify({
      id: `2606.${String(10_000 + i)}`,
      title: `${a?.title.split(':')[0]} ${i}: ${b?.title.split(':').at(-1)}`,
      authors: b?.authors,
      categories: a?.categories,
      summary: `${a?.summary} ${b?.summary}`,
      featuredAt: `${date}T00:00:00Z`,
      upvotes: (i * 37) % 211,
      comments: i % 9,
    });
  });
  writeFileSync(file, `${made.join('\n')}\n`);
}

const topics = [
  'llm-efficiency',
  'reinforcement-learning',
  'reasoning',
  'agents',
  'multimodal',
  'robotics',
  'ai-safety',
  'evaluation',
  'everything',
  'computer-vision',
  'world-models',
  'retrieval-and-rag',
];

/** Subscribers of one time zone, all due at the same hour, each with one to three of twelve topics. */
export function writeSubscribers(file: string, count: number): void {
  const lines = Array.from({ length: count }, (_, i) => {
    const own = [
      ...new Set([topics[i % 12], topics[(i * 5 + 1) % 12], topics[(i * 7 + 2) % 12]].slice(0, (i % 3) + 1)),
    ];
    return `reader${i}@example.org,UTC,08:00,10,${own.join(';')}`;
  });
  writeFileSync(file, `email,timezone,time,max_papers,topics\n${lines.join('\n')}\n`);
}

/** Papers ingested and subscribers imported, ready to plan at `${date}T08:00Z`. */
export async function prepare(
  stage: Stage,
  subscribers: number,
  date: string,
  papers = 1000,
): Promise<Usage> {
  writePapers(join(stage.folder, 'papers.jsonl'), papers, date);
  writeSubscribers(join(stage.folder, 'subscribers.csv'), subscribers);
  await stage.run(['ingest', '--file', 'papers.jsonl', '--at', `${date}T06:00:00Z`]);
  return await stage.run(['subscribers', 'import', 'subscribers.csv', '--at', `${date}T06:30:00Z`]);
}

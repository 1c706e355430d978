import { version } from '../app.ts';
import { createProgram } from './program.ts';

/** Runs the command that the process was started with and sets its exit code. */
export async function main(): Promise<void> {
  // A reader that closes the pipe early (`| head`) is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const program = createProgram(
    { stdout: process.stdout, stderr: process.stderr, env: process.env, cwd: process.cwd() },
    version,
  );
  process.exitCode = await program.run(process.argv.slice(2));
}

// Preloaded into a measured process (--import): writes what it used, as the operating system accounts it, on exit.
import { writeFileSync } from 'node:fs';

process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const file = process.env.PAPERBOY_BENCH_USAGE;
  if (file)
    writeFileSync(
      file,
      JSON.stringify({ maxRssMb: maxRSS / 1024, cpuMs: (userCPUTime + systemCPUTime) / 1000 }),
    );
});

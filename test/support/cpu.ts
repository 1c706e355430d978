/**
 * How long the processor worked on something, ms. For bounds that only work out of all proportion breaks, such as
 * backtracking without end: unlike time on a clock, it is about the same on a busy machine.
 */
export async function cpuMsOf(act: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

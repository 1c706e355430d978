import fc from 'fast-check';

/**
 * Where generated examples begin. Always the same unless SEED says otherwise, so that a run tells of the change it is
 * run for; SEED=random looks further, and a failure prints the seed it had.
 */
const given = process.env.SEED ?? '20260622';
if (given !== 'random') {
  const seed = Number(given);
  if (!Number.isSafeInteger(seed)) throw new Error(`SEED is ${given}: expected a whole number, or random`);
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
}

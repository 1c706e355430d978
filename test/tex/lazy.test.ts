import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

// In a process of its own: here, another test may have loaded it.
const program = `
  import { createRequire } from 'node:module';
  import { readableName, readableText } from '${new URL('../../src/tex/readable.ts', import.meta.url)}';
  const isLoaded = () => Object.keys(createRequire('/').cache).some((file) => file.includes('/temml/'));
  readableText("Plain text at $5, 50% of {words}, \`\`quoted'' and Schr{\\"o}dinger with \\\\emph{stress}");
  readableName('{\\\\L}ukasz $x^2$');
  console.log(isLoaded());
  readableText('$x^2$');
  console.log(isLoaded());
`;

it('text without mathematics does not load the parser of it', () => {
  const run = ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', '--input-type=module', '-e', program];
  expect(execFileSync(process.execPath, run, { encoding: 'utf8' })).toBe('false\ntrue\n');
});

#!/usr/bin/env node
// Nothing but old JavaScript here, and a package.json beside it that names no module type: an older Node,
// which cannot read TypeScript, must get as far as the sentence below.
const least = 26;
if (Number(process.versions.node.split('.')[0]) < least) {
  console.error(
    `Paperboy needs Node ${least} or newer and this is ${process.version}: run it as "npx paperboy …" or "npm run paperboy -- …", which use the Node that "npm ci" installs.`,
  );
  process.exit(1);
}
const { enableCompileCache, registerHooks } = process.getBuiltinModule('node:module');
enableCompileCache();
// All else is modules: told so, Node need not find out by parsing each file twice.
registerHooks({
  load: (url, context, nextLoad) =>
    nextLoad(url, url.endsWith('.ts') ? { ...context, format: 'module-typescript' } : context),
});
import('./cli/main.ts').then(({ main }) => main());

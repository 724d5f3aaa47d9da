#!/usr/bin/env node
// Nothing is imported at the top: an older Node would fail at the first module that it does not have, with a stack.

const oldestNode = [22, 17] as const;

async function main(): Promise<void> {
  // biome-ignore-start lint/style/noProcessEnv: others read them, libuv when it first needs a thread, and graphql as it is loaded.
  // Half of these threads look up names: of Node's four, two names whose servers hang would keep all others waiting.
  process.env.UV_THREADPOOL_SIZE ??= '128';
  // Else graphql looks with each value for a second graphql that it might be of.
  process.env.NODE_ENV ??= 'production';
  // biome-ignore-end lint/style/noProcessEnv: as above
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])) {
    console.error(
      `Tendril needs Node ${oldestNode.join('.')} or later, and this is ${process.version}. npm ci brings the right one: use npx tendril, npm start, or node_modules/.bin/node.`,
    );
    process.exitCode = 1;
    return;
  }
  const args = process.argv.slice(2);
  // Before all that a start has to load; a command ends before it would gain by it.
  if ((args[0] ?? 'start') === 'start') (await import('./malloc.js')).settleMalloc();
  const { runCommand } = await import('./cli/run-command.js');
  await runCommand(args, async () => (await import('./serve.js')).serve());
}

void main();

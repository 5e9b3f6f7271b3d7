// test: timeout=300
// HubSpot's own client against `rapport sandbox hubspot`: with a search lag and without, and while it
// makes trouble.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const program = process.env.RAPPORT;
if (!program) {
  console.error('RAPPORT must name the rapport program');
  process.exit(2);
}
const token = 'client-test-token';

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function ready(base, sandbox) {
  for (let i = 0; i < 200 && sandbox.exitCode === null; i += 1) {
    try {
      if ((await fetch(`${base}/__sandbox/effects`)).ok) return;
    } catch {
      // not listening yet
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the sandbox did not answer at ${base}`);
}

function runCheck(name, base, argument) {
  return new Promise((resolve) => {
    const script = fileURLToPath(new URL(name, import.meta.url));
    const check = spawn(process.execPath, [script, base, token, argument], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    check.stdout.on('data', (chunk) => {
      output += chunk;
      process.stdout.write(String(chunk).replace(/^\d+ passed, \d+ failed\n/m, ''));
    });
    check.on('close', () => {
      const counts = output.match(/(\d+) passed, (\d+) failed\n$/);
      resolve(counts ? [Number(counts[1]), Number(counts[2])] : [0, 1]);
    });
  });
}

let passed = 0;
let failed = 0;
const runs = [
  ['client_check.mjs', '1', ['--quotas', 'none', '--search-lag', '1s']],
  ['client_check.mjs', '0', ['--quotas', 'none', '--search-lag', '0s']],
  ['troubles_check.mjs', 'rotates', ['--quotas', 'free', '--token-lifetime', '2s', '--rotate-refresh-tokens']],
  ['troubles_check.mjs', '', ['--quotas', 'free', '--token-lifetime', '2s']],
  ['speed_check.mjs', '', ['--quotas', 'free', '--speed', '60', '--search-lag', '30s']],
];
for (const [script, argument, options] of runs) {
  const port = await freePort();
  const sandbox = spawn(program, ['sandbox', 'hubspot', '--port', String(port), '--token', token, ...options],
    { stdio: ['ignore', 'inherit', 'inherit'] });
  try {
    const base = `http://127.0.0.1:${port}`;
    await ready(base, sandbox);
    const [good, bad] = await runCheck(script, base, argument);
    passed += good;
    failed += bad;
  } catch (error) {
    console.log(`not ok ${error.message}`);
    failed += 1;
  } finally {
    sandbox.kill();
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

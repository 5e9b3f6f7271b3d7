// A tiny tally: every check prints one `ok` or `not ok` line.
import assert from 'node:assert/strict';

export { assert };

let passed = 0;
let failed = 0;

export async function check(name, body) {
  try {
    await body();
    passed += 1;
    console.log(`ok ${passed + failed} ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`not ok ${passed + failed} ${name}`);
    console.log(String(error.stack ?? error).split('\n').slice(0, 12).map((line) => `  # ${line}`).join('\n'));
  }
}

// Awaits a call of the client that must fail with this status; gives the error body.
export async function refused(status, promise) {
  try {
    await promise;
  } catch (error) {
    assert.equal(error.code, status, `expected ${status}: ${error.message}`);
    return error.body;
  }
  assert.fail(`expected ${status}, but the call succeeded`);
}

export async function eventually(seconds, body) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await body();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

export function finish() {
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

// Asks a sandbox's own paths: sandbox('POST', 'reset').
export function control(base) {
  return async (method, path, body) => {
    const answer = await fetch(`${base}/__sandbox/${path}`, {
      method,
      headers: body ? { 'Content-Type': 'application/json' } : {},
      body: body ? JSON.stringify(body) : undefined,
    });
    return answer.status === 204 ? undefined : answer.json();
  };
}

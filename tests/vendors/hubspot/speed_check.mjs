// A sandbox whose clock runs 60 times as fast: minutes of it pass in seconds.
//
//   node speed_check.mjs BASE_URL TOKEN
//
// The sandbox runs with --speed 60, --quotas free and --search-lag 30s.
import { Client } from '@hubspot/api-client';
import { assert, check, eventually, finish } from './check.mjs';

const [base, token] = process.argv.slice(2);
const sandbox = async (what) => (await fetch(`${base}/__sandbox/${what}`)).json();
const client = new Client({ accessToken: token, basePath: base, numberOfApiCallRetries: 0 });
const ask = () => fetch(`${base}/crm/v3/objects/contacts?limit=1`, { headers: { Authorization: `Bearer ${token}` } });

await check('the clock runs as fast as it was told', async () => {
  const first = await sandbox('clock');
  assert.equal(first.speed, 60);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const second = await sandbox('clock');
  const passed = Date.parse(second.now) - Date.parse(first.now);
  assert.ok(passed >= 29_000 && passed < 300_000, `${passed} ms`);
});

await check('a write shows in search after half a second instead of half a minute', async () => {
  const made = await client.crm.contacts.basicApi.create({ properties: { email: 'fast@speed.example' } });
  await eventually(3, async () => {
    const found = await client.crm.contacts.searchApi.doSearch({ filterGroups: [], sorts: [], properties: [], limit: 1 });
    assert.equal(found.results[0]?.id, made.id);
  });
});

await check('a window of ten seconds is open again a sixth of a second later', async () => {
  await fetch(`${base}/__sandbox/faults`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ faults: [{ kind: 'quota_used', calls: 100, policy: 'TEN_SECONDLY_ROLLING' }] }),
  });
  assert.equal((await ask()).status, 429);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal((await ask()).status, 200);
});
finish();

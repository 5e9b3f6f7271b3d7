// How often the portal may be called. Ends with full windows: runs last, or before a reset.
import { assert, check } from './check.mjs';

export async function checkQuotas({ client, base, token, sandbox }) {
  const { contacts } = client.crm;
  const ask = () => fetch(`${base}/crm/v3/objects/contacts?limit=1`, { headers: { Authorization: `Bearer ${token}` } });

  await check('answers tell what is left of the windows', async () => {
    await sandbox('POST', 'reset');
    const first = await ask();
    assert.equal(first.headers.get('x-hubspot-ratelimit-max'), '100');
    assert.equal(first.headers.get('x-hubspot-ratelimit-remaining'), '99');
    assert.equal(first.headers.get('x-hubspot-ratelimit-interval-milliseconds'), '10000');
    assert.equal(first.headers.get('x-hubspot-ratelimit-daily-remaining'), '249999');
    const second = await ask();
    assert.equal(second.headers.get('x-hubspot-ratelimit-remaining'), '98');
  });

  await check('search answers carry no quota headers', async () => {
    const answer = await client.apiRequest({ method: 'POST', path: '/crm/v3/objects/contacts/search', body: {} });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('x-hubspot-ratelimit-max'), null);
  });

  await check('more than five searches in a second are refused, and the client tries again', async () => {
    const search = () => contacts.searchApi.doSearch({ filterGroups: [], sorts: [], properties: [], limit: 1 });
    const { last } = await sandbox('GET', 'requests');
    const answers = await Promise.all(Array.from({ length: 6 }, search));
    assert.ok(answers.every((answer) => answer.total === 0));
    const { requests } = await sandbox('GET', `requests?after=${last}`);
    const refusals = requests.filter((request) => request.refused_for_quota);
    assert.ok(refusals.length >= 1, 'no search was refused');
    assert.ok(refusals.every((request) => request.status === 429));
  });

  await check('more than a hundred calls in ten seconds are refused by name', async () => {
    const statuses = [];
    let refusal;
    for (let i = 0; i < 101; i += 1) {
      const answer = await ask();
      statuses.push(answer.status);
      if (answer.status === 429) refusal = await answer.json();
    }
    assert.ok(statuses.includes(429));
    assert.equal(refusal.errorType, 'RATE_LIMIT');
    assert.equal(refusal.policyName, 'TEN_SECONDLY_ROLLING');
    assert.equal(refusal.message, 'You have reached your ten_secondly_rolling limit.');
    await sandbox('POST', 'reset');
    assert.equal((await ask()).status, 200);
  });
}

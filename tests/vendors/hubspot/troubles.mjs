// What goes wrong on demand, as the vendor's client and a plain connection see it.
import { assert, check, refused } from './check.mjs';

export async function checkTroubles({ client, base, token, sandbox }) {
  const { contacts } = client.crm;
  const arm = async (...faults) => {
    await sandbox('DELETE', 'faults');
    assert.equal((await sandbox('POST', 'faults', { faults })).faults.length, faults.length);
  };
  const person = (name) => ({ properties: { email: `${name}@trouble.example` } });
  const last = async () => (await sandbox('GET', 'effects')).last;
  const requestsOf = async (body) => {
    const before = (await sandbox('GET', 'requests')).last;
    await body();
    return (await sandbox('GET', `requests?after=${before}`)).requests;
  };
  const post = (name, span = 20_000) => fetch(`${base}/crm/v3/objects/contacts`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(person(name)),
    signal: AbortSignal.timeout(span),
  });

  await check('the client tries again after 429, and nothing was applied before', async () => {
    await arm({ kind: 'rate_limited', policy: 'SECONDLY', retry_after: 1 });
    const requests = await requestsOf(() => contacts.basicApi.create(person('again')));
    assert.deepEqual(requests.map(({ status, fault, refused_for_quota: real }) => [status, fault, real]),
      [[429, 'rate_limited', false], [201, null, false]]);
  });

  await check('the client tries again after 500 and 503', async () => {
    await arm({ kind: 'server_error', status: 500 }, { kind: 'server_error', status: 503 });
    const requests = await requestsOf(() => contacts.basicApi.create(person('down')));
    assert.deepEqual(requests.map((request) => request.status), [500, 503, 201]);
  });

  await check('a write behind a 504 was applied: trying again is a conflict', async () => {
    const before = await last();
    await arm({ kind: 'server_error', status: 504, applied: true });
    await refused(409, contacts.basicApi.create(person('applied')));
    const { effects } = await sandbox('GET', `effects?after=${before}`);
    assert.deepEqual(effects.map(({ action, lost }) => [action, lost]), [['create', true]]);
  });

  await check('401 until cleared, 403 names the scope, 423 says locked', async () => {
    await arm({ kind: 'token_expired' });
    const expired = await refused(401, contacts.basicApi.getPage(1));
    assert.equal(expired.category, 'EXPIRED_AUTHENTICATION');
    await refused(401, contacts.basicApi.getPage(1));
    await sandbox('DELETE', 'faults');
    await arm({ kind: 'token_revoked', count: 1 });
    assert.equal((await refused(401, contacts.basicApi.getPage(1))).category, 'INVALID_AUTHENTICATION');
    await arm({ kind: 'missing_scope', scope: 'crm.objects.contacts.read', count: 1 });
    const scope = await refused(403, contacts.basicApi.getPage(1));
    assert.deepEqual(scope.errors[0].context.requiredGranularScopes, ['crm.objects.contacts.read']);
    await arm({ kind: 'locked' });
    await refused(423, contacts.basicApi.getPage(1));
    await contacts.basicApi.getPage(1);
  });

  await check('a batch comes back in part (207)', async () => {
    await arm({ kind: 'partial_batch', inputs: [0] });
    const inputs = ['one', 'two'].map((name) => ({ ...person(name), objectWriteTraceId: name }));
    const answer = await contacts.batchApi.create({ inputs });
    assert.deepEqual(answer.results.map((record) => record.objectWriteTraceId), ['two']);
    assert.deepEqual(answer.errors.map(({ category, context }) => [category, context.objectWriteTraceId]), [['RATE_LIMITS', ['one']]]);
  });

  // The client does not look at the content type of an answer with status 200.
  await check('an HTML page with status 200 has no results, broken JSON is an error to the client', async () => {
    await arm({ kind: 'html_ok' });
    assert.equal((await contacts.basicApi.getPage(1)).results, undefined);
    for (const kind of ['malformed_json', 'truncated_json']) {
      await arm({ kind });
      await assert.rejects(contacts.basicApi.getPage(1), kind);
    }
    await contacts.basicApi.getPage(1);
  });

  await check('connections close, are reset, end in the middle or never answer', async () => {
    const cases = [['no_connection', 0], ['lost_response', 1], ['reset_mid_body', 1]];
    for (const [kind, applied] of cases) {
      const before = await last();
      await arm({ kind });
      await assert.rejects(async () => (await post(kind)).text(), { name: 'TypeError' }, kind);
      assert.equal(await last() - before, applied, kind);
    }
    for (const [kind, applied] of [['timeout_before', 0], ['timeout_after', 1]]) {
      const before = await last();
      await arm({ kind });
      await assert.rejects(post(kind, 300), { name: 'TimeoutError' }, kind);
      assert.equal(await last() - before, applied, kind);
    }
  });

  await check('the head of a cut answer arrives, with its status', async () => {
    await arm({ kind: 'reset_mid_body' });
    const answer = await post('cut');
    assert.equal(answer.status, 201);
    await assert.rejects(answer.text());
  });

  await check('a slow body takes its time and holds up nobody else', async () => {
    await arm({ kind: 'slow_body', span_ms: 1000, method: 'POST' });
    const started = Date.now();
    const slow = post('slow').then(async (answer) => [answer.status, (await answer.json()).properties.email, Date.now() - started]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await contacts.basicApi.getPage(1);
    assert.ok(Date.now() - started < 800, 'another call waited for the slow one');
    const [status, email, span] = await slow;
    assert.deepEqual([status, email], [201, 'slow@trouble.example']);
    assert.ok(span >= 900, `came after ${span} ms`);
  });

  await check('what is armed, and how often it fired, can be read', async () => {
    await sandbox('DELETE', 'faults');
    await sandbox('POST', 'faults', { seed: 7, faults: [{ kind: 'locked', count: 3, path_prefix: '/crm/v3/objects/contacts' }] });
    await refused(423, contacts.basicApi.getPage(1));
    const { faults } = await sandbox('GET', 'faults');
    assert.deepEqual(faults.map(({ kind, left, fired }) => [kind, left, fired]), [['locked', 2, 1]]);
    const wrong = await sandbox('POST', 'faults', { faults: [{ kind: 'gremlins' }] });
    assert.match(wrong.error, /there is no fault 'gremlins'/);
    await sandbox('DELETE', 'faults');
  });
}

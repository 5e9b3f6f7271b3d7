// Consent, codes and tokens.
import { createHash, randomBytes } from 'node:crypto';
import { Client } from '@hubspot/api-client';
import { assert, check, refused } from './check.mjs';

const BACK = 'http://127.0.0.1:1/back';
const ID = 'sandbox-client';
const SECRET = 'sandbox-secret';

export async function checkOauth({ client, base, sandbox, rotates }) {
  const { tokensApi, accessTokensApi, refreshTokensApi } = client.oauth;
  const consent = async (more = {}) => {
    const query = new URLSearchParams({
      client_id: ID, redirect_uri: BACK, scope: 'crm.objects.contacts.read crm.objects.contacts.write', state: 'a b&c', ...more,
    });
    const answer = await fetch(`${base}/oauth/authorize?${query}`, { redirect: 'manual' });
    assert.equal(answer.status, 302, await answer.text());
    const back = new URL(answer.headers.get('location'));
    assert.equal(back.searchParams.get('state'), 'a b&c');
    return back.searchParams.get('code');
  };
  const exchange = (code) => tokensApi.create('authorization_code', code, BACK, ID, SECRET);
  const refresh = (token) => tokensApi.create('refresh_token', undefined, undefined, ID, SECRET, token);
  const as = (accessToken) => new Client({ accessToken, basePath: base, numberOfApiCallRetries: 0 });
  let first;

  await check('a consent becomes a token that may do what was asked', async () => {
    first = await exchange(await consent());
    assert.equal(first.tokenType, 'bearer');
    assert.equal(first.expiresIn, 2);
    const { contacts, companies } = as(first.accessToken).crm;
    await contacts.basicApi.create({ properties: { email: 'oauth@token.example' } });
    await refused(403, companies.basicApi.getPage(1));
    const shown = await accessTokensApi.get(first.accessToken);
    assert.equal(shown.hubId, 24680135);
    assert.deepEqual(shown.scopes, ['crm.objects.contacts.read', 'crm.objects.contacts.write']);
  });

  await check('a code works once', async () => {
    const code = await consent();
    await exchange(code);
    assert.equal((await refused(400, exchange(code))).status, 'BAD_AUTH_CODE');
  });

  await check('a code that was asked for with a challenge needs its verifier', async () => {
    const verifier = randomBytes(32).toString('base64url');
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const code = await consent({ code_challenge: challenge, code_challenge_method: 'S256' });
    await refused(400, exchange(code));
    const form = { grant_type: 'authorization_code', code, redirect_uri: BACK, client_id: ID, client_secret: SECRET, code_verifier: verifier };
    const answer = await fetch(`${base}/oauth/v1/token`, { method: 'POST', body: new URLSearchParams(form) });
    assert.equal(answer.status, 200, await answer.text());
  });

  await check('an expired token is refused, and the client gets another', async () => {
    await new Promise((resolve) => setTimeout(resolve, 2100));
    const expired = await refused(401, as(first.accessToken).crm.contacts.basicApi.getPage(1));
    assert.equal(expired.category, 'EXPIRED_AUTHENTICATION');
    const before = (await sandbox('GET', 'oauth')).refreshes;
    const second = await refresh(first.refreshToken);
    await as(second.accessToken).crm.contacts.basicApi.getPage(1);
    assert.equal((await sandbox('GET', 'oauth')).refreshes, before + 1);
    if (!rotates) {
      assert.equal(second.refreshToken, first.refreshToken);
      return;
    }
    assert.notEqual(second.refreshToken, first.refreshToken);
    await refresh(first.refreshToken);
    await refresh(second.refreshToken);
    assert.equal((await refused(400, refresh(first.refreshToken))).status, 'BAD_REFRESH_TOKEN');
  });

  await check('a refresh token that was deleted is refused', async () => {
    const { refreshToken } = await exchange(await consent());
    assert.equal((await refreshTokensApi.get(refreshToken)).clientId, ID);
    await refreshTokensApi.archive(refreshToken);
    assert.equal((await refused(400, refresh(refreshToken))).status, 'BAD_REFRESH_TOKEN');
    assert.equal((await refused(400, refresh('nonsense'))).status, 'BAD_REFRESH_TOKEN');
  });
}

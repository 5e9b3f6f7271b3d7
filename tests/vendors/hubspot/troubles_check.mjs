// Drives a HubSpot sandbox through HubSpot's own client while it makes trouble.
//
//   node troubles_check.mjs BASE_URL TOKEN [rotates]
//
// The sandbox runs with --quotas free, --token-lifetime 2s, and with `rotates` told here also with
// --rotate-refresh-tokens. It is reset first.
import { Client } from '@hubspot/api-client';
import { check, control, finish } from './check.mjs';
import { checkOauth } from './oauth.mjs';
import { checkQuotas } from './quotas.mjs';
import { checkTroubles } from './troubles.mjs';

const [base, token, rotates] = process.argv.slice(2);
if (!base || !token) {
  console.error('usage: node troubles_check.mjs BASE_URL TOKEN [rotates]');
  process.exit(2);
}

const context = {
  base,
  token,
  rotates: rotates === 'rotates',
  client: new Client({ accessToken: token, basePath: base, numberOfApiCallRetries: 3, limiterOptions: { maxConcurrent: 20 } }),
  sandbox: control(base),
};

await check('the sandbox can be reset', () => context.sandbox('POST', 'reset'));
await checkTroubles(context);
await checkOauth(context);
await checkQuotas(context);
finish();

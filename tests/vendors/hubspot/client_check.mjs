// Drives a HubSpot sandbox through HubSpot's own client.
//
//   node client_check.mjs BASE_URL TOKEN [SEARCH_LAG_SECONDS]
//
// The sandbox is reset first. With the lag given, a search right after a write must miss it.
import { Client } from '@hubspot/api-client';
import { check, control, finish } from './check.mjs';
import { checkObjects } from './objects.mjs';
import { checkBatches } from './batches.mjs';
import { checkSearch } from './searches.mjs';
import { checkAssociations } from './associations.mjs';
import { checkDefinitions } from './definitions.mjs';
import { checkControl } from './control.mjs';

const [base, token, lag] = process.argv.slice(2);
if (!base || !token) {
  console.error('usage: node client_check.mjs BASE_URL TOKEN [SEARCH_LAG_SECONDS]');
  process.exit(2);
}

const context = {
  base,
  token,
  lag: lag === undefined ? undefined : Number(lag),
  client: new Client({ accessToken: token, basePath: base, numberOfApiCallRetries: 0 }),
  stranger: new Client({ accessToken: 'not-a-token', basePath: base, numberOfApiCallRetries: 0 }),
  sandbox: control(base),
};

await check('the sandbox can be reset', () => context.sandbox('POST', 'reset'));
await checkDefinitions(context);
await checkObjects(context);
await checkBatches(context);
await checkAssociations(context);
await checkSearch(context);
await checkControl(context);
finish();

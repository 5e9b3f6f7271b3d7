// Sends calls through Segment's own client.  node send.mjs URL WRITE_KEY CALLS_FILE
//
// One client for each lane, as a site's machines would have; a lane's next batch leaves when the
// one before was answered, since the client itself sends batches beside each other.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../node/package.json', import.meta.url));
const { Analytics } = require('@segment/analytics-node');

const kBatch = 15;
const [host, writeKey, file] = process.argv.slice(2);
const lanes = new Map();
for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
  const { lane, call } = JSON.parse(line);
  if (!lanes.has(lane)) lanes.set(lane, []);
  lanes.get(lane).push(call);
}

function deliver(client, { type, timestamp, ...params }) {
  return new Promise((resolve, reject) => {
    client[type]({ ...params, timestamp: new Date(timestamp) }, (error) => {
      if (error) reject(new Error(`${params.messageId} was not delivered: ${error.reason?.message ?? error.reason ?? error}`));
      else resolve();
    });
  });
}

async function send(calls) {
  const client = new Analytics({ writeKey, host, path: '/v1/batch', flushAt: kBatch, flushInterval: 10000 });
  const errors = [];
  client.on('error', (error) => errors.push(error));
  for (let i = 0; i < calls.length; i += kBatch) {
    const answers = calls.slice(i, i + kBatch).map((call) => deliver(client, call));
    if (answers.length < kBatch) await client.flush();
    await Promise.all(answers);
  }
  await client.closeAndFlush();
  if (errors.length > 0) throw new Error(`the client reported ${errors.length} errors, first: ${errors[0].reason ?? errors[0]}`);
  return calls.length;
}

const begin = Date.now();
const sent = await Promise.all([...lanes.values()].map(send));
const count = sent.reduce((a, b) => a + b, 0);
console.log(`${count} calls sent in ${((Date.now() - begin) / 1000).toFixed(1)} s by ${lanes.size} clients`);

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

// Told by events, not by callbacks: the client holds those back for 300 ms.
function newLane() {
  const client = new Analytics({ writeKey, host, path: '/v1/batch', flushAt: kBatch, flushInterval: 10000 });
  const lane = { client, open: 0, done: () => {}, failed: () => {} };
  for (const type of ['identify', 'track', 'page', 'alias']) {
    client.on(type, () => {
      lane.open -= 1;
      if (lane.open === 0) lane.done();
    });
  }
  client.on('error', ({ code, reason, ctx }) => {
    lane.failed(new Error(`${ctx?.event?.messageId ?? 'a call'} was not delivered: ${reason?.message ?? reason ?? code}`));
  });
  return lane;
}

async function deliver(lane, calls) {
  const delivered = new Promise((resolve, reject) => {
    Object.assign(lane, { open: calls.length, done: resolve, failed: reject });
  });
  for (const { type, timestamp, ...params } of calls) {
    lane.client[type]({ ...params, timestamp: new Date(timestamp) });
  }
  const flushed = calls.length < kBatch ? lane.client.flush() : null;
  await delivered;
  await flushed;
}

async function send(calls) {
  const lane = newLane();
  for (let i = 0; i < calls.length; i += kBatch) await deliver(lane, calls.slice(i, i + kBatch));
  await lane.client.closeAndFlush();
  return calls.length;
}

const begin = Date.now();
const sent = await Promise.all([...lanes.values()].map(send));
const count = sent.reduce((a, b) => a + b, 0);
console.log(`${count} calls sent in ${((Date.now() - begin) / 1000).toFixed(1)} s by ${lanes.size} clients`);

// Up to a hundred records in one call.
import { assert, check, refused } from './check.mjs';

const byId = (results) => Object.fromEntries(results.map((record) => [record.id, record]));

export async function checkBatches({ client }) {
  const { contacts, tickets, deals, objects } = client.crm;
  const person = (name, more = {}) => ({ properties: { email: `${name}@batch.example`, firstname: name }, ...more });
  let made;

  await check('a batch creates, and its results name each record', async () => {
    const answer = await contacts.batchApi.create({ inputs: [person('cy'), person('di'), person('el')] });
    assert.equal(answer.status, 'COMPLETE');
    assert.ok(answer.completedAt instanceof Date);
    assert.deepEqual(answer.results.map((record) => record.properties.firstname).sort(), ['cy', 'di', 'el']);
    made = Object.fromEntries(answer.results.map((record) => [record.properties.firstname, record.id]));
  });

  await check('one duplicate e-mail refuses the whole batch', async () => {
    const body = await refused(409, contacts.batchApi.create({ inputs: [person('new-one'), person('CY')] }));
    assert.equal(body.message, `Contact already exists. Existing ID: ${made.cy}`);
    await refused(409, contacts.batchApi.create({ inputs: [person('twin'), person('Twin')] }));
    await refused(404, contacts.basicApi.getById('new-one@batch.example', undefined, undefined, undefined, false, 'email'));
    await refused(404, contacts.basicApi.getById('twin@batch.example', undefined, undefined, undefined, false, 'email'));
  });

  await check('with trace ids the good inputs of a batch are applied (207)', async () => {
    const answer = await contacts.batchApi.create({
      inputs: [person('fay', { objectWriteTraceId: 't1' }), person('cy', { objectWriteTraceId: 't2' }),
        { properties: { email: 'no-mail' }, objectWriteTraceId: 't3' }],
    });
    assert.deepEqual(answer.results.map((record) => record.objectWriteTraceId), ['t1']);
    assert.equal(answer.numErrors, 2);
    const codes = Object.fromEntries(answer.errors.map((error) => [error.context.objectWriteTraceId[0], error.category]));
    assert.deepEqual(codes, { t2: 'CONFLICT', t3: 'VALIDATION_ERROR' });
  });

  await check('a batch holds between 1 and 100 inputs', async () => {
    const body = await refused(400, contacts.batchApi.create({ inputs: [] }));
    assert.equal(body.message, 'Batch input provided should have at least one object.');
    const many = Array.from({ length: 101 }, (_, i) => person(`many${i}`));
    await refused(400, contacts.batchApi.create({ inputs: many }));
    const answer = await contacts.batchApi.create({ inputs: many.slice(0, 100) });
    assert.equal(answer.results.length, 100);
  });

  await check('a batch reads by id and by e-mail and names what is missing (207)', async () => {
    const all = await contacts.batchApi.read({ inputs: [{ id: made.cy }, { id: made.di }], properties: ['firstname'], propertiesWithHistory: [] });
    assert.equal(byId(all.results)[made.di].properties.firstname, 'di');
    assert.equal(all.errors, undefined);
    const some = await contacts.batchApi.read({
      idProperty: 'email', properties: ['email'], propertiesWithHistory: [],
      inputs: [{ id: 'DI@batch.example' }, { id: 'nobody@batch.example' }, { id: 'none@batch.example' }],
    });
    assert.deepEqual(some.results.map((record) => record.id), [made.di]);
    assert.equal(some.numErrors, 1);
    assert.equal(some.errors[0].category, 'OBJECT_NOT_FOUND');
    assert.deepEqual(some.errors[0].context.ids, ['nobody@batch.example', 'none@batch.example']);
  });

  await check('a batch updates, and names what is missing (207)', async () => {
    const answer = await contacts.batchApi.update({
      inputs: [{ id: made.cy, properties: { lastname: 'Young' } }, { id: '99999999999', properties: { lastname: 'Gone' } },
        { id: 'di@batch.example', idProperty: 'email', properties: { lastname: 'Dee' } }],
    });
    assert.equal(byId(answer.results)[made.cy].properties.lastname, 'Young');
    assert.equal(byId(answer.results)[made.di].properties.lastname, 'Dee');
    assert.deepEqual(answer.errors[0].context.ids, ['99999999999']);
    const traced = await contacts.batchApi.update({
      inputs: [{ id: made.cy, properties: { lastname: 'Y' }, objectWriteTraceId: 'a' },
        { id: '99999999999', properties: { lastname: 'G' }, objectWriteTraceId: 'b' }],
    });
    assert.deepEqual(traced.errors[0].context, { ids: ['99999999999'], objectWriteTraceId: ['b'] });
  });

  await check('one bad value without trace ids refuses the whole update', async () => {
    await refused(400, contacts.batchApi.update({
      inputs: [{ id: made.cy, properties: { lastname: 'Changed' } }, { id: made.di, properties: { shoe_size: '1' } }],
    }));
    const cy = await contacts.basicApi.getById(made.cy, ['lastname']);
    assert.equal(cy.properties.lastname, 'Y');
  });

  await check('the same record twice in one batch is refused', async () => {
    const twice = [{ id: made.cy, properties: { lastname: 'A' } }, { id: made.cy, properties: { lastname: 'B' } }];
    const body = await refused(400, contacts.batchApi.update({ inputs: twice }));
    assert.equal(body.message, `Duplicate IDs found in batch input: [${made.cy}]. IDs must be unique`);
    const email = ['gil@batch.example', 'GIL@batch.example'].map((id) => ({ id, idProperty: 'email', properties: { firstname: 'g' } }));
    await refused(400, contacts.batchApi.upsert({ inputs: email }));
  });

  await check('an upsert by e-mail creates or updates, and says which', async () => {
    const upsert = (id, properties) => ({ id, idProperty: 'email', properties });
    const answer = await contacts.batchApi.upsert({
      inputs: [upsert('hal@batch.example', { firstname: 'Hal' }), upsert('CY@batch.example', { firstname: 'Cyrus' })],
    });
    const found = Object.fromEntries(answer.results.map((record) => [record.properties.email, record]));
    assert.equal(found['hal@batch.example']._new, true);
    assert.equal(found['cy@batch.example']._new, false);
    assert.equal(found['cy@batch.example'].id, made.cy);
    const again = await contacts.batchApi.upsert({ inputs: [upsert('Hal@batch.example', { firstname: 'Halina' })] });
    assert.equal(again.results[0]._new, false);
    assert.equal(again.results[0].id, found['hal@batch.example'].id);
  });

  await check('an upsert by a property of our own works, by another is refused', async () => {
    const note = { id: 'conversation-9', idProperty: 'rapport_key', properties: { hs_timestamp: '2026-03-02T09:00:00Z', hs_note_body: 'a' } };
    const first = await objects.batchApi.upsert('notes', { inputs: [note] });
    assert.equal(first.results[0]._new, true);
    assert.equal(first.results[0].properties.rapport_key, 'conversation-9');
    const second = await objects.batchApi.upsert('notes', { inputs: [{ ...note, properties: { hs_note_body: 'b' } }] });
    assert.equal(second.results[0].id, first.results[0].id);
    const body = await refused(400, deals.batchApi.upsert({ inputs: [{ id: 'Renewal', idProperty: 'dealname', properties: { amount: '1' } }] }));
    assert.equal(body.message, 'Unable to perform update/upsert by non-unique 0-3 property dealname');
  });

  await check('a batch archives, also what is gone already', async () => {
    const answer = await tickets.batchApi.create({
      inputs: ['one', 'two'].map((subject) => ({ properties: { subject, hs_pipeline_stage: '1' } })),
    });
    const inputs = answer.results.map(({ id }) => ({ id }));
    await tickets.batchApi.archive({ inputs: [...inputs, { id: '99999999999' }] });
    const left = await tickets.batchApi.read({ inputs, properties: [], propertiesWithHistory: [] });
    assert.deepEqual(left.results, []);
    assert.equal(left.numErrors, 1);
  });

  await check('a batch creates records with their associations', async () => {
    const company = await client.crm.companies.basicApi.create({ properties: { name: 'Joined in a batch' } });
    const to = [{ to: { id: company.id }, types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 341 }] }];
    const deal = (dealname) => ({ properties: { dealname, dealstage: 'contractsent' }, associations: to, objectWriteTraceId: dealname });
    const answer = await deals.batchApi.create({ inputs: [deal('first'), deal('second')] });
    assert.deepEqual(answer.results.map((record) => record.objectWriteTraceId).sort(), ['first', 'second']);
    const joined = await client.crm.associations.v4.basicApi.getPage('companies', company.id, 'deals');
    assert.deepEqual(joined.results.map((each) => String(each.toObjectId)).sort(), answer.results.map((record) => record.id).sort());
    const wrong = [{ to: { id: '99999999999' }, types: to[0].types }];
    const part = await deals.batchApi.create({ inputs: [deal('third'), { ...deal('fourth'), associations: wrong }] });
    assert.deepEqual(part.results.map((record) => record.objectWriteTraceId), ['third']);
    assert.deepEqual(part.errors[0].context.objectWriteTraceId, ['fourth']);
  });
}

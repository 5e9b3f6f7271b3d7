// Account, owners, pipelines, properties.
import { assert, check, refused } from './check.mjs';

export async function checkDefinitions({ client, stranger, base, token }) {
  const { properties, pipelines, owners } = client.crm;

  await check('account details name the portal', async () => {
    const answer = await client.apiRequest({ path: '/account-info/v3/details' });
    const details = await answer.json();
    assert.equal(answer.status, 200);
    assert.equal(typeof details.portalId, 'number');
    assert.equal(details.uiDomain, 'app.hubspot.com');
  });

  await check('a wrong token is refused with 401', async () => {
    const body = await refused(401, stranger.crm.contacts.basicApi.getPage());
    assert.equal(body.category, 'INVALID_AUTHENTICATION');
    assert.equal(body.status, 'error');
    assert.match(body.correlationId, /^[0-9a-f-]{36}$/);
  });

  await check('an unknown path is 404, a wrong method 405, both without JSON', async () => {
    const unknown = await client.apiRequest({ path: '/crm/v3/nothing' });
    assert.equal(unknown.status, 404);
    assert.match(unknown.headers.get('content-type'), /html/);
    const wrong = await client.apiRequest({ method: 'PUT', path: '/crm/v3/objects/contacts', body: {} });
    assert.equal(wrong.status, 405);
    assert.equal(wrong.headers.get('allow'), 'GET,POST');
  });

  await check('an unknown object type is 400', async () => {
    const body = await refused(400, client.crm.objects.basicApi.getPage('widgets'));
    assert.equal(body.message, 'Unable to infer object type from: widgets');
    const numbered = await refused(400, client.crm.objects.basicApi.getPage('0-9999'));
    assert.equal(numbered.message, 'Invalid object or event type id: 0-9999');
  });

  await check('a body that is no JSON is 400, another content type 415', async () => {
    const url = `${base}/crm/v3/objects/contacts`;
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    const broken = await fetch(url, { method: 'POST', headers, body: '{"properties":' });
    assert.equal(broken.status, 400);
    assert.equal((await broken.json()).category, 'VALIDATION_ERROR');
    const text = await fetch(url, { method: 'POST', headers: { ...headers, 'Content-Type': 'text/plain' }, body: 'x' });
    assert.equal(text.status, 415);
  });

  await check('there are two owners, found by page and by e-mail', async () => {
    const first = await owners.ownersApi.getPage(undefined, undefined, 1);
    assert.equal(first.results.length, 1);
    const second = await owners.ownersApi.getPage(undefined, first.paging.next.after, 1);
    assert.equal(second.results.length, 1);
    assert.notEqual(first.results[0].id, second.results[0].id);
    assert.deepEqual([...first.results, ...second.results].map((owner) => owner.teams[0].name), ['Support', 'Support']);
    assert.equal(second.paging, undefined);
    const byEmail = await owners.ownersApi.getPage(second.results[0].email);
    assert.deepEqual(byEmail.results.map((owner) => owner.id), [second.results[0].id]);
    const one = await owners.ownersApi.getById(Number(first.results[0].id));
    assert.equal(one.email, first.results[0].email);
  });

  await check('deals and tickets have their pipelines and stages', async () => {
    const deals = await pipelines.pipelinesApi.getAll('deals');
    assert.equal(deals.results[0].id, 'default');
    assert.ok(deals.results[0].stages.some((stage) => stage.id === 'closedwon' && stage.metadata.isClosed === 'true'));
    const tickets = await pipelines.pipelinesApi.getById('tickets', '0');
    assert.deepEqual(tickets.stages.map((stage) => stage.id), ['1', '2', '3', '4']);
    const stages = await pipelines.pipelineStagesApi.getAll('0-5', '0');
    assert.equal(stages.results.length, 4);
    await refused(404, pipelines.pipelinesApi.getById('tickets', 'none'));
  });

  await check('properties are listed and read', async () => {
    const all = await properties.coreApi.getAll('contacts');
    const email = all.results.find((property) => property.name === 'email');
    assert.equal(email.hubspotDefined, true);
    assert.equal(email.hasUniqueValue, true);
    const priority = await properties.coreApi.getByName('tickets', 'hs_ticket_priority');
    assert.deepEqual(priority.options.map((option) => option.value), ['LOW', 'MEDIUM', 'HIGH', 'URGENT']);
    const body = await refused(404, properties.coreApi.getByName('contacts', 'shoe_size'));
    assert.equal(body.subCategory, 'PROPERTY_DOESNT_EXIST');
  });

  await check('a custom property is created in a group of its own', async () => {
    await properties.groupsApi.create('notes', { name: 'rapport', label: 'Rapport' });
    const groups = await properties.groupsApi.getAll('notes');
    assert.ok(groups.results.some((group) => group.name === 'rapport'));
    const made = await properties.coreApi.create('notes', {
      name: 'rapport_key', label: 'Rapport key', type: 'string', fieldType: 'text',
      groupName: 'rapport', hasUniqueValue: true,
    });
    assert.equal(made.hubspotDefined, false);
    assert.equal(made.hasUniqueValue, true);
    const again = await refused(409, properties.coreApi.create('notes', {
      name: 'rapport_key', label: 'Rapport key', type: 'string', fieldType: 'text', groupName: 'rapport',
    }));
    assert.match(again.message, /already exists/);
  });

  await check('a property in an unknown group or of an unknown type is refused', async () => {
    const good = { name: 'odd', label: 'Odd', type: 'string', fieldType: 'text', groupName: 'contactinformation' };
    await refused(400, properties.coreApi.create('contacts', { ...good, groupName: 'nowhere' }));
    await refused(400, properties.coreApi.create('contacts', { ...good, type: 'colour' }));
    await refused(400, properties.coreApi.create('contacts', { ...good, name: 'Bad Name' }));
    const missing = await refused(400, properties.coreApi.create('contacts', { name: 'odd', label: 'Odd' }));
    assert.match(missing.message, /type, fieldType, groupName/);
  });

  await check('properties are made, read and archived in batches', async () => {
    const input = (name, more = {}) => ({ name, label: name, type: 'string', fieldType: 'text', groupName: 'dealinformation', ...more });
    const made = await properties.batchApi.create('deals', { inputs: [input('rapport_a'), input('rapport_b', { type: 'number', fieldType: 'number' })] });
    assert.equal(made.status, 'COMPLETE');
    assert.deepEqual(made.results.map((property) => [property.name, property.type]), [['rapport_a', 'string'], ['rapport_b', 'number']]);
    const again = await properties.batchApi.create('deals', { inputs: [input('rapport_a'), input('rapport_c')] });
    assert.deepEqual(again.results.map((property) => property.name), ['rapport_c']);
    assert.deepEqual(again.errors.map((error) => error.category), ['OBJECT_ALREADY_EXISTS']);
    const read = await properties.batchApi.read('deals', { archived: false, inputs: [{ name: 'rapport_b' }, { name: 'rapport_z' }] });
    assert.deepEqual(read.results.map((property) => property.name), ['rapport_b']);
    assert.equal(read.errors[0].category, 'OBJECT_NOT_FOUND');
    await properties.batchApi.archive('deals', { inputs: [{ name: 'rapport_a' }] });
    await refused(404, properties.coreApi.getByName('deals', 'rapport_a'));
  });
}

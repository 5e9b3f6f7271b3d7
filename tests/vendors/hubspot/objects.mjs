// One record at a time.
import { assert, check, refused } from './check.mjs';

export async function checkObjects({ client }) {
  const { contacts, companies, deals, tickets, objects } = client.crm;
  let ana;

  await check('a contact is created, its e-mail in lower case', async () => {
    ana = await contacts.basicApi.create({ properties: { email: 'Ana@Acme.Example', firstname: 'Ana' } });
    assert.equal(ana.properties.email, 'ana@acme.example');
    assert.equal(ana.properties.hs_object_id, ana.id);
    assert.match(ana.id, /^\d{11}$/);
    assert.equal(ana.properties.createdate, ana.properties.lastmodifieddate);
    assert.ok(ana.createdAt instanceof Date);
  });

  await check('a second contact with that e-mail is a conflict that names the first', async () => {
    const body = await refused(409, contacts.basicApi.create({ properties: { email: 'ANA@acme.example' } }));
    assert.equal(body.category, 'CONFLICT');
    assert.equal(body.message, `Contact already exists. Existing ID: ${ana.id}`);
  });

  await check('a contact is read by id, by e-mail and by type id', async () => {
    const byId = await contacts.basicApi.getById(ana.id, ['firstname', 'phone', 'no_such_thing']);
    assert.deepEqual(Object.keys(byId.properties).sort(),
      ['createdate', 'firstname', 'hs_object_id', 'lastmodifieddate', 'phone']);
    assert.equal(byId.properties.phone, null);
    const byEmail = await contacts.basicApi.getById('ANA@acme.example', undefined, undefined, undefined, false, 'email');
    assert.equal(byEmail.id, ana.id);
    assert.deepEqual(Object.keys(byEmail.properties).sort(),
      ['createdate', 'email', 'firstname', 'hs_object_id', 'lastmodifieddate', 'lastname']);
    const byType = await objects.basicApi.getById('0-1', ana.id);
    assert.equal(byType.id, ana.id);
  });

  await check('a contact that is not there is 404', async () => {
    const numeric = await refused(404, contacts.basicApi.getById('99999999999'));
    assert.equal(numeric.message, 'resource not found');
    const text = await refused(404, contacts.basicApi.getById('ana@acme.example'));
    assert.equal(text.category, 'OBJECT_NOT_FOUND');
    assert.deepEqual(text.context, { id: ['ana@acme.example'] });
    await refused(404, contacts.basicApi.getById('no@body.example', undefined, undefined, undefined, false, 'email'));
  });

  await check('an update changes only what is sent; an empty text clears', async () => {
    await contacts.basicApi.update(ana.id, { properties: { phone: '+49 30 1234', lastname: 'Alves' } });
    const cleared = await contacts.basicApi.update('ana@acme.example', { properties: { phone: '' } }, 'email');
    assert.equal(cleared.properties.phone, undefined);
    assert.equal(cleared.properties.lastname, 'Alves');
    assert.equal(cleared.properties.firstname, 'Ana');
    assert.ok(cleared.updatedAt >= ana.updatedAt);
    await refused(404, contacts.basicApi.update('99999999999', { properties: { phone: '1' } }));
    const empty = await refused(400, contacts.basicApi.update(ana.id, { properties: {} }));
    assert.match(empty.message, /^No properties found to update/);
  });

  await check('an update cannot take the e-mail of another contact', async () => {
    const other = await contacts.basicApi.create({ properties: { email: 'bo@acme.example' } });
    const body = await refused(409, contacts.basicApi.update(other.id, { properties: { email: 'ana@acme.example' } }));
    assert.match(body.message, new RegExp(`Existing ID: ${ana.id}$`));
    const moved = await contacts.basicApi.update(other.id, { properties: { email: 'bo2@acme.example' } });
    assert.equal(moved.properties.email, 'bo2@acme.example');
    await contacts.basicApi.create({ properties: { email: 'bo@acme.example' } });
  });

  await check('values that are not valid are refused, each by name', async () => {
    const body = await refused(400, contacts.basicApi.create({
      properties: { email: 'no-at-sign', shoe_size: '42', lifecyclestage: 'friend', createdate: '1' },
    }));
    assert.equal(body.category, 'VALIDATION_ERROR');
    assert.match(body.message, /^Property values were not valid: \[/);
    const codes = Object.fromEntries(body.errors.map((error) => [error.context.propertyName[0], error.code]));
    assert.deepEqual(codes, {
      email: 'INVALID_EMAIL', shoe_size: 'PROPERTY_DOESNT_EXIST',
      lifecyclestage: 'INVALID_OPTION', createdate: 'READ_ONLY_VALUE',
    });
    const parsed = JSON.parse(body.message.slice('Property values were not valid: '.length));
    assert.equal(parsed[0].isValid, false);
  });

  await check('times are read as ISO 8601 or epoch milliseconds and kept as ISO', async () => {
    const deal = await deals.basicApi.create({ properties: { dealname: 'Renewal', amount: '1200.50', closedate: '1772442000123' } });
    assert.equal(deal.properties.closedate, '2026-03-02T09:00:00.123Z');
    const later = await deals.basicApi.update(deal.id, { properties: { closedate: '2026-03-02T10:00:00+01:00' } });
    assert.equal(later.properties.closedate, '2026-03-02T09:00:00Z');
    const body = await refused(400, deals.basicApi.update(deal.id, { properties: { closedate: 'soon', amount: 'much' } }));
    assert.deepEqual(body.errors.map((error) => error.code).sort(), ['INVALID_LONG', 'INVALID_NUMBER']);
  });

  await check('deal stages and owners must exist', async () => {
    const deal = await deals.basicApi.create({ properties: { dealname: 'New', dealstage: 'contractsent' } });
    assert.equal(deal.properties.pipeline, 'default');
    const body = await refused(400, deals.basicApi.update(deal.id, { properties: { dealstage: '4' } }));
    assert.equal(body.errors[0].code, 'INVALID_OPTION');
    const { results } = await client.crm.owners.ownersApi.getPage();
    await deals.basicApi.update(deal.id, { properties: { hubspot_owner_id: results[0].id } });
    await refused(400, deals.basicApi.update(deal.id, { properties: { hubspot_owner_id: '12' } }));
  });

  await check('a ticket needs a stage of its pipeline and a known priority', async () => {
    const missing = await refused(400, tickets.basicApi.create({ properties: { subject: 'Help' } }));
    assert.equal(missing.message, 'Error creating TICKET. Some required properties were not set.');
    assert.deepEqual(missing.context.properties, ['hs_pipeline_stage']);
    const ticket = await tickets.basicApi.create({
      properties: { subject: 'Help', hs_pipeline: '0', hs_pipeline_stage: '1', hs_ticket_priority: 'HIGH' },
    });
    assert.equal(ticket.properties.hs_ticket_priority, 'HIGH');
    await refused(400, tickets.basicApi.create({ properties: { hs_pipeline: '7', hs_pipeline_stage: '1' } }));
    const odd = await refused(400, tickets.basicApi.update(ticket.id, { properties: { hs_ticket_priority: 'high' } }));
    assert.match(odd.message, /allowed options/);
  });

  await check('a note needs a time and holds at most 65,536 characters', async () => {
    const missing = await refused(400, objects.notes.basicApi.create({ properties: { hs_note_body: 'Hello' } }));
    assert.deepEqual(missing.context.properties, ['hs_timestamp']);
    const hs_timestamp = '2026-03-02T09:00:00Z';
    const note = await objects.notes.basicApi.create({ properties: { hs_timestamp, hs_note_body: 'é'.repeat(65536) } });
    assert.equal(note.properties.hs_note_body.length, 65536);
    await refused(400, objects.notes.basicApi.create({ properties: { hs_timestamp, hs_note_body: 'x'.repeat(65537) } }));
    const task = await objects.tasks.basicApi.create({
      properties: { hs_timestamp, hs_task_subject: 'Call back', hs_task_status: 'NOT_STARTED', hs_task_priority: 'HIGH' },
    });
    assert.equal(task.properties.hs_task_subject, 'Call back');
    await refused(400, objects.tasks.basicApi.create({ properties: { hs_task_subject: 'Never' } }));
  });

  await check('a company domain is kept bare', async () => {
    const acme = await companies.basicApi.create({ properties: { name: 'Acme', domain: 'https://www.Acme.example/' } });
    assert.equal(acme.properties.domain, 'acme.example');
    await companies.basicApi.create({ properties: { name: 'Acme too', domain: 'acme.example' } });
  });

  await check('a unique property of our own can be used as id', async () => {
    const properties = { hs_timestamp: '2026-03-02T09:00:00Z', rapport_key: 'conversation-1', hs_note_body: 'one' };
    const note = await objects.notes.basicApi.create({ properties });
    const found = await objects.basicApi.getById('notes', 'conversation-1', ['rapport_key'], undefined, undefined, false, 'rapport_key');
    assert.equal(found.id, note.id);
    const body = await refused(400, objects.notes.basicApi.create({ properties }));
    assert.equal(body.errors[0].code, 'CONFLICTING_UNIQUE_VALUE');
    const odd = await refused(400, objects.basicApi.getById('notes', 'one', undefined, undefined, undefined, false, 'hs_note_body'));
    assert.match(odd.message, /non-unique/);
  });

  await check('a deleted record is archived and its e-mail free again', async () => {
    const gone = await contacts.basicApi.create({ properties: { email: 'gone@acme.example' } });
    await contacts.basicApi.archive(gone.id);
    await contacts.basicApi.archive(gone.id);
    await refused(404, contacts.basicApi.getById(gone.id));
    await refused(404, contacts.basicApi.update(gone.id, { properties: { firstname: 'X' } }));
    await refused(404, contacts.basicApi.archive('99999999999'));
    const archived = await contacts.basicApi.getById(gone.id, undefined, undefined, undefined, true);
    assert.equal(archived.archived, true);
    assert.ok(archived.archivedAt instanceof Date);
    const again = await contacts.basicApi.create({ properties: { email: 'gone@acme.example' } });
    assert.notEqual(again.id, gone.id);
    const listed = await contacts.basicApi.getPage(100, undefined, undefined, undefined, undefined, true);
    assert.deepEqual(listed.results.map((contact) => contact.id), [gone.id]);
  });

  await check('lists page to the end, and the client collects all', async () => {
    for (let i = 0; i < 13; i += 1) await companies.basicApi.create({ properties: { name: `Company ${i}` } });
    const first = await companies.basicApi.getPage(undefined, undefined, ['name']);
    assert.equal(first.results.length, 10);
    assert.match(first.paging.next.link, /after=/);
    const linked = await client.apiRequest({ path: new URL(first.paging.next.link).pathname + new URL(first.paging.next.link).search });
    const second = await linked.json();
    assert.equal(second.results.length, 5);
    assert.equal(second.paging, undefined);
    const all = await companies.getAll(4, undefined, ['name']);
    assert.equal(all.length, 15);
    assert.equal(new Set(all.map((company) => company.id)).size, 15);
    await refused(400, companies.basicApi.getPage(101));
    await refused(400, companies.basicApi.getPage(10, 'nonsense'));
  });
}

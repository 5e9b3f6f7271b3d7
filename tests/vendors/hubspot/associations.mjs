// Who belongs to whom.
import { AssociationTypes, assert, check, refused } from './association_types.mjs';

const defined = (associationTypeId) => [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId }];
const ids = (page) => page.results.map((result) => String(result.toObjectId)).sort();
const ways = (page) => page.results.flatMap((result) => result.associationTypes.map((type) => type.typeId)).sort();

export async function checkAssociations({ client }) {
  const { contacts, companies, deals, tickets, objects } = client.crm;
  const { basicApi, batchApi } = client.crm.associations.v4;
  const contact = (name) => contacts.basicApi.create({ properties: { email: `${name}@joined.example` } });
  const company = (name) => companies.basicApi.create({ properties: { name } });
  let ida;
  let acme;

  await check('a default association shows from both sides with the right types', async () => {
    ida = await contact('ida');
    acme = await company('Acme joined');
    const answer = await basicApi.createDefault('contacts', ida.id, 'companies', acme.id);
    assert.equal(answer.status, 'COMPLETE');
    assert.deepEqual(answer.results.map((result) => result.associationSpec.associationTypeId).sort(),
      [AssociationTypes.contactToCompany, AssociationTypes.companyToContact]);
    const there = await basicApi.getPage('contacts', ida.id, 'companies');
    assert.deepEqual(ids(there), [acme.id]);
    assert.deepEqual(ways(there), [AssociationTypes.primaryContactToCompany, AssociationTypes.contactToCompany]);
    const back = await basicApi.getPage('0-2', acme.id, '0-1');
    assert.deepEqual(ids(back), [ida.id]);
    assert.deepEqual(ways(back), [AssociationTypes.primaryCompanyToContact, AssociationTypes.companyToContact]);
    const primary = there.results[0].associationTypes.find((type) => type.typeId === 1);
    assert.equal(primary.label, 'Primary');
  });

  await check('a contact has one primary company', async () => {
    const other = await company('Other joined');
    await basicApi.createDefault('companies', other.id, 'contacts', ida.id);
    const typesOf = async (id) => {
      const page = await basicApi.getPage('contacts', ida.id, 'companies');
      return page.results.find((result) => String(result.toObjectId) === id).associationTypes.map((type) => type.typeId).sort();
    };
    assert.deepEqual(await typesOf(other.id), [279]);
    await basicApi.create('contacts', ida.id, 'companies', other.id, defined(1));
    assert.deepEqual(await typesOf(other.id), [1, 279]);
    assert.deepEqual(await typesOf(acme.id), [279]);
  });

  await check('a read with associations names them', async () => {
    const read = await contacts.basicApi.getById(ida.id, undefined, undefined, ['companies', 'deals']);
    const types = read.associations.companies.results.map((result) => result.type).sort();
    assert.deepEqual(types, ['contact_to_company', 'contact_to_company_unlabeled', 'contact_to_company_unlabeled']);
    assert.equal(read.associations.deals, undefined);
    const alone = await contact('jo');
    const none = await contacts.basicApi.getById(alone.id, undefined, undefined, ['companies']);
    assert.equal(none.associations, undefined);
    const page = await companies.basicApi.getPage(100, undefined, ['name'], undefined, ['contacts']);
    const found = page.results.find((record) => record.id === acme.id);
    assert.equal(found.associations.contacts.results[0].id, ida.id);
  });

  await check('a note and a ticket are created with their associations', async () => {
    const to = (record, type) => ({ to: { id: record.id }, types: defined(type) });
    const note = await objects.notes.basicApi.create({
      properties: { hs_timestamp: '2026-03-02T09:00:00Z', hs_note_body: 'Hello' },
      associations: [to(ida, AssociationTypes.noteToContact), to(acme, AssociationTypes.noteToCompany)],
    });
    assert.deepEqual(ids(await basicApi.getPage('notes', note.id, 'contacts')), [ida.id]);
    assert.deepEqual(ways(await basicApi.getPage('contacts', ida.id, 'notes')), [AssociationTypes.contactToNote]);
    assert.deepEqual(ways(await basicApi.getPage('companies', acme.id, 'notes')), [AssociationTypes.companyToNote]);
    const ticket = await tickets.basicApi.create({
      properties: { subject: 'Help', hs_pipeline_stage: '1' },
      associations: [to(ida, AssociationTypes.ticketToContact), to(acme, AssociationTypes.ticketToCompany), to(note, 227)],
    });
    const read = await tickets.basicApi.getById(ticket.id, undefined, undefined, ['contacts', 'companies', 'notes']);
    const shown = (name) => read.associations[name].results.map(({ id, type }) => [id, type]);
    assert.deepEqual(shown('contacts'), [[ida.id, 'ticket_to_contact']]);
    assert.deepEqual(shown('notes'), [[note.id, 'ticket_to_note']]);
    assert.deepEqual(shown('companies'), [[acme.id, 'ticket_to_company_unlabeled'], [acme.id, 'ticket_to_company']]);
  });

  await check('associations that cannot be are refused, and nothing is created', async () => {
    const make = (id, types) => objects.notes.basicApi.create({
      properties: { hs_timestamp: '2026-03-02T09:00:00Z', hs_note_body: 'never' }, associations: [{ to: { id }, types }],
    });
    const before = (await objects.notes.basicApi.getPage(100)).results.length;
    const missing = await refused(400, make('424242', defined(202)));
    assert.equal(missing.message, 'One or more associations are invalid');
    assert.deepEqual(missing.context.INVALID_OBJECT_IDS, ['CONTACT=424242 is not valid']);
    const turned = await refused(400, make(ida.id, defined(201)));
    assert.equal(turned.message, 'invalid from object type 0-46 for associations to be created. expected: 0-1');
    const unknown = await refused(400, make(ida.id, defined(9999)));
    assert.deepEqual(unknown.context.INVALID_ASSOCIATION_TYPE_ID, ['HUBSPOT_DEFINED=9999 is not a valid association definition id']);
    assert.equal((await objects.notes.basicApi.getPage(100)).results.length, before);
    await refused(400, basicApi.createDefault('contacts', ida.id, 'companies', '424242'));
    await refused(404, basicApi.getPage('contacts', '424242', 'companies'));
  });

  await check('a label of our own joins in both directions', async () => {
    const { definitionsApi } = client.crm.associations.v4.schema;
    const made = await definitionsApi.create('contacts', 'companies', { label: 'Champion', inverseLabel: 'Championed by', name: 'champion' });
    const label = made.results.find((result) => result.label === 'Champion');
    assert.equal(label.category, 'USER_DEFINED');
    const all = await definitionsApi.getAll('contacts', 'companies');
    assert.deepEqual(all.results.map((result) => result.label ?? null).sort(), ['Champion', 'Primary', null].sort());
    const kim = await contact('kim');
    const pair = await basicApi.create('contacts', kim.id, 'companies', acme.id,
      [{ associationCategory: 'USER_DEFINED', associationTypeId: label.typeId }]);
    assert.deepEqual(pair.labels, ['Champion']);
    assert.equal(String(pair.fromObjectId), kim.id);
    const back = await basicApi.getPage('companies', acme.id, 'contacts');
    const link = back.results.find((result) => String(result.toObjectId) === kim.id);
    assert.ok(link.associationTypes.some((type) => type.label === 'Championed by'));
    await batchApi.archiveLabels('contacts', 'companies', {
      inputs: [{ _from: { id: kim.id }, to: { id: acme.id }, types: [{ associationCategory: 'USER_DEFINED', associationTypeId: label.typeId }] }],
    });
    const after = await basicApi.getPage('contacts', kim.id, 'companies');
    assert.ok(after.results[0].associationTypes.every((type) => type.label !== 'Champion'));
  });

  await check('associations are created, read and removed in batches', async () => {
    const people = await Promise.all(['lea', 'max'].map(contact));
    const deal = await deals.basicApi.create({ properties: { dealname: 'Joined' } });
    const inputs = people.map((one) => ({ _from: { id: deal.id }, to: { id: one.id }, types: defined(3) }));
    const made = await batchApi.create('deals', 'contacts', { inputs: [...inputs, { ...inputs[0], to: { id: '424242' } }] });
    assert.equal(made.results.length, 2);
    assert.equal(made.numErrors, 1);
    const shown = await batchApi.getPage('contacts', 'deals', { inputs: [{ id: people[0].id }, { id: ida.id }] });
    assert.equal(shown.results[0]._from.id, people[0].id);
    assert.deepEqual(shown.results[0].to.map((to) => String(to.toObjectId)), [deal.id]);
    assert.equal(shown.errors[0].subCategory, 'crm.associations.NO_ASSOCIATIONS_FOUND');
    await batchApi.archive('deals', 'contacts', { inputs: [{ _from: { id: deal.id }, to: people.map(({ id }) => ({ id })) }] });
    assert.deepEqual(ids(await basicApi.getPage('deals', deal.id, 'contacts')), []);
    const usual = await batchApi.createDefault('deals', 'contacts', { inputs: inputs.map(({ _from, to }) => ({ _from, to })) });
    assert.equal(usual.results.length, 4);
    assert.equal(ids(await basicApi.getPage('deals', deal.id, 'contacts')).length, 2);
  });

  await check('one association is removed from both sides', async () => {
    await basicApi.archive('companies', acme.id, 'contacts', ida.id);
    assert.ok(!ids(await basicApi.getPage('contacts', ida.id, 'companies')).includes(acme.id));
    await basicApi.archive('companies', acme.id, 'contacts', ida.id);
  });

  await check('a list of associations pages to the end', async () => {
    const hub = await company('Hub');
    const people = await contacts.batchApi.create({ inputs: Array.from({ length: 7 }, (_, i) => ({ properties: { email: `hub${i}@joined.example` } })) });
    await batchApi.createDefault('companies', 'contacts', { inputs: people.results.map(({ id }) => ({ _from: { id: hub.id }, to: { id } })) });
    const seen = [];
    let after;
    do {
      const page = await basicApi.getPage('companies', hub.id, 'contacts', after, 3);
      seen.push(...ids(page));
      after = page.paging?.next?.after;
    } while (after);
    assert.equal(new Set(seen).size, 7);
  });

  await check('an archived record is in no association any more', async () => {
    const nia = await contact('nia');
    await basicApi.createDefault('contacts', nia.id, 'companies', acme.id);
    await contacts.basicApi.archive(nia.id);
    assert.ok(!ids(await basicApi.getPage('companies', acme.id, 'contacts')).includes(nia.id));
  });
}

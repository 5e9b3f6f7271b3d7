// Search on an index that trails the records.
import { assert, check, eventually, refused } from './check.mjs';

export async function checkSearch({ client, lag }) {
  const { contacts, deals, objects } = client.crm;
  const find = (filters, more = {}) => contacts.searchApi.doSearch({ filterGroups: [{ filters }], limit: 100, ...more });
  const filter = (propertyName, operator, value) => ({ propertyName, operator, value });
  const names = (answer) => answer.results.map((record) => record.properties.firstname).sort();
  const people = ['Nora', 'Omar', 'Pia', 'Quin', 'Rafa'];

  await check('what was just written is found after the lag, not before', async () => {
    await contacts.batchApi.create({
      inputs: people.map((firstname, i) => ({
        properties: { firstname, email: `${firstname}@find.example`, company: i % 2 ? 'Blue Whale Ltd' : 'Red Fox',
          lifecyclestage: i < 2 ? 'customer' : 'lead', ...(i === 4 ? {} : { city: `City ${i}` }) },
      })),
    });
    const search = () => find([filter('email', 'EQ', 'NORA@find.example')]);
    if (lag > 0) assert.equal((await search()).total, 0);
    await eventually(15, async () => assert.equal((await search()).total, 1));
    if (lag === 0) assert.equal((await search()).total, 1);
  });

  const mine = filter('email', 'CONTAINS_TOKEN', '*@find.example');

  await check('each operator selects what it says', async () => {
    await eventually(15, async () => assert.equal((await find([mine])).total, 5));
    const cases = [
      [[filter('firstname', 'EQ', 'omar')], ['Omar']],
      [[filter('firstname', 'NEQ', 'omar')], ['Nora', 'Pia', 'Quin', 'Rafa']],
      [[{ propertyName: 'firstname', operator: 'IN', values: ['omar', 'pia', 'Quin'] }], ['Omar', 'Pia']],
      [[{ propertyName: 'firstname', operator: 'NOT_IN', values: ['omar', 'pia'] }], ['Nora', 'Quin', 'Rafa']],
      [[{ propertyName: 'city', operator: 'HAS_PROPERTY' }], ['Nora', 'Omar', 'Pia', 'Quin']],
      [[{ propertyName: 'city', operator: 'NOT_HAS_PROPERTY' }], ['Rafa']],
      [[filter('company', 'CONTAINS_TOKEN', 'whale')], ['Omar', 'Quin']],
      [[filter('company', 'NOT_CONTAINS_TOKEN', 'wha*')], ['Nora', 'Pia', 'Rafa']],
      [[filter('lifecyclestage', 'EQ', 'customer')], ['Nora', 'Omar']],
      [[filter('lifecyclestage', 'EQ', 'CUSTOMER')], []],
      [[filter('createdate', 'GT', '1262304000000'), filter('createdate', 'LT', '2200-01-01T00:00:00Z')], people],
      [[filter('createdate', 'LTE', '1262304000000')], []],
      [[{ propertyName: 'createdate', operator: 'BETWEEN', value: '1262304000000', highValue: '7258118400000' }], people],
    ];
    for (const [filters, expected] of cases)
      assert.deepEqual(names(await find([mine, ...filters])), [...expected].sort(), JSON.stringify(filters));
  });

  await check('groups are alternatives, filters of a group all hold', async () => {
    const answer = await contacts.searchApi.doSearch({
      limit: 100,
      filterGroups: [{ filters: [mine, filter('firstname', 'EQ', 'pia')] }, { filters: [mine, filter('lifecyclestage', 'EQ', 'customer')] }],
    });
    assert.deepEqual(names(answer), ['Nora', 'Omar', 'Pia']);
  });

  await check('results are sorted and paged', async () => {
    const seen = [];
    let after;
    do {
      const page = await find([mine], { sorts: ['-firstname'], limit: 2, after, properties: ['firstname', 'city'] });
      assert.equal(page.total, 5);
      seen.push(...page.results);
      after = page.paging?.next?.after;
    } while (after);
    assert.deepEqual(seen.map((record) => record.properties.firstname), [...people].reverse());
    assert.deepEqual(Object.keys(seen[0].properties).sort(), ['city', 'createdate', 'firstname', 'hs_object_id', 'lastmodifieddate']);
    assert.equal(seen[0].properties.city, null);
    const asObject = await find([mine], { sorts: [{ propertyName: 'firstname', direction: 'ASCENDING' }] });
    assert.equal(asObject.results[0].properties.firstname, 'Nora');
  });

  await check('numbers compare as numbers, and free text is searched', async () => {
    await deals.batchApi.create({ inputs: ['9', '10', '200'].map((amount) => ({ properties: { dealname: `Zebra ${amount}`, amount } })) });
    const search = (more) => deals.searchApi.doSearch({ query: 'zebra', limit: 10, ...more });
    await eventually(15, async () => assert.equal((await search()).total, 3));
    const large = await search({ filterGroups: [{ filters: [filter('amount', 'GTE', '10')] }], sorts: ['amount'] });
    assert.deepEqual(large.results.map((record) => record.properties.amount), ['10', '200']);
  });

  await check('changes and deletions reach search after the lag', async () => {
    const [pia] = (await find([mine, filter('firstname', 'EQ', 'pia')])).results;
    await contacts.basicApi.update(pia.id, { properties: { firstname: 'Paola' } });
    if (lag > 0) assert.deepEqual(names(await find([mine, filter('firstname', 'EQ', 'pia')])), ['Pia']);
    await eventually(15, async () => assert.equal((await find([mine, filter('firstname', 'EQ', 'paola')])).total, 1));
    await contacts.basicApi.archive(pia.id);
    await eventually(15, async () => assert.equal((await find([mine])).total, 4));
  });

  await check('notes are found by the contact they belong to', async () => {
    const [nora] = (await find([filter('email', 'EQ', 'nora@find.example')])).results;
    const note = await objects.notes.basicApi.create({
      properties: { hs_timestamp: '2026-03-02T09:00:00Z', hs_note_body: 'found' },
      associations: [{ to: { id: nora.id }, types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 202 }] }],
    });
    await eventually(15, async () => {
      const answer = await objects.notes.searchApi.doSearch({ filterGroups: [{ filters: [filter('associations.contact', 'EQ', nora.id)] }] });
      assert.deepEqual(answer.results.map((record) => record.id), [note.id]);
    });
  });

  await check('a search that is not allowed is refused', async () => {
    const many = (count) => Array.from({ length: count }, () => filter('firstname', 'EQ', 'x'));
    const groups = (count, size) => ({ filterGroups: Array.from({ length: count }, () => ({ filters: many(size) })) });
    const search = (body) => contacts.searchApi.doSearch(body);
    const unknown = await refused(400, search({ filterGroups: [{ filters: [filter('shoe_size', 'EQ', '1')] }] }));
    assert.equal(unknown.category, 'VALIDATION_ERROR');
    assert.match(unknown.message, /shoe_size/);
    await refused(400, search({ filterGroups: [{ filters: [filter('firstname', 'LIKE', 'x')] }] }));
    await refused(400, search({ filterGroups: [{ filters: [{ propertyName: 'firstname', operator: 'EQ' }] }] }));
    await refused(400, search({ filterGroups: [{ filters: [filter('firstname', 'HAS_PROPERTY', 'x')] }] }));
    await refused(400, search(groups(6, 1)));
    await refused(400, search(groups(1, 7)));
    await refused(400, search(groups(4, 5)));
    await search(groups(3, 6));
    await refused(400, search({ limit: 201 }));
    await search({ limit: 200 });
    await refused(400, search({ limit: 100, after: '9950' }));
    await search({ limit: 100, after: '9900' });
    await refused(400, search({ query: 'x'.repeat(3001) }));
    await refused(400, search({ sorts: ['firstname', 'lastname'] }));
    await refused(400, search({ sorts: ['shoe_size'] }));
  });
}

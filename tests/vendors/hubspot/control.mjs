// What the sandbox tells about itself.
import { assert, check } from './check.mjs';

export async function checkControl({ client, sandbox }) {
  const { contacts } = client.crm;

  await check('every applied write is in the effect log, refused ones are not', async () => {
    const { last } = await sandbox('GET', 'effects');
    const made = await contacts.basicApi.create({ properties: { email: 'log@effects.example', firstname: 'Log' } });
    await contacts.basicApi.update(made.id, { properties: { firstname: 'Logged', lastname: 'Twice' } });
    await contacts.basicApi.create({ properties: { email: 'log@effects.example' } }).catch(() => {});
    await contacts.basicApi.archive(made.id);
    const { effects } = await sandbox('GET', `effects?after=${last}`);
    assert.deepEqual(effects.map(({ n, action, object, id, properties, method }) => [n, action, object, id, properties, method]), [
      [last + 1, 'create', 'contacts', made.id, ['email', 'firstname'], 'POST'],
      [last + 2, 'update', 'contacts', made.id, ['firstname', 'lastname'], 'PATCH'],
      [last + 3, 'archive', 'contacts', made.id, [], 'DELETE'],
    ]);
    assert.ok(effects.every((effect) => effect.lost === false && Date.parse(effect.at) > 0));
  });

  await check('the answer of a write can be lost: applied, and the connection closed', async () => {
    await sandbox('POST', 'lose_next', { count: 1, path_prefix: '/crm/v3/objects/contacts' });
    await contacts.basicApi.getPage(1);
    await assert.rejects(contacts.basicApi.create({ properties: { email: 'lost@effects.example' } }), (error) => error.code === undefined || typeof error.code === 'string');
    const found = await contacts.basicApi.getById('lost@effects.example', undefined, undefined, undefined, false, 'email');
    const { effects } = await sandbox('GET', 'effects');
    const lost = effects.filter((effect) => effect.lost);
    assert.deepEqual(lost.map((effect) => effect.id), [found.id]);
    await contacts.basicApi.create({ properties: { email: 'kept@effects.example' } });
  });

  await check('the state shows all records and every association once', async () => {
    const state = await sandbox('GET', 'state');
    const kept = state.objects.contacts.find((record) => record.properties.email === 'kept@effects.example');
    assert.equal(kept.archived, false);
    const pairs = state.associations.map(({ from, to }) => [from.id, to.id].sort().join());
    assert.equal(new Set(pairs).size, pairs.length);
    assert.ok(state.associations.every((pair) => pair.types.length > 0));
  });

  await check('a reset empties the portal', async () => {
    await sandbox('POST', 'reset');
    const state = await sandbox('GET', 'state');
    assert.ok(Object.values(state.objects).every((records) => records.length === 0));
    assert.equal((await sandbox('GET', 'effects')).last, 0);
    assert.equal((await contacts.basicApi.getPage()).results.length, 0);
  });
}

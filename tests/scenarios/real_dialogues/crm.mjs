// Everything the CRM holds, read through HubSpot's own client.
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../node/package.json', import.meta.url));
const { Client } = require('@hubspot/api-client');

const kPage = 100;

async function all(page) {
  const found = [];
  let after;
  do {
    const answer = await page(after);
    found.push(...answer.results);
    after = answer.paging?.next?.after;
  } while (after);
  return found;
}

function inParts(list, size) {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));
}

// { contacts, companies, tickets, notes }: maps from id to properties; and of each contact the ids
// of its companies, tickets and notes, of each note and ticket those of its contacts.
export async function readCrm(basePath, accessToken) {
  const client = new Client({ basePath, accessToken, numberOfApiCallRetries: 3 });
  const objects = async (api, names) => {
    const records = await all((after) => api.getPage(kPage, after, names));
    return new Map(records.map((record) => [record.id, record.properties]));
  };
  const linked = async (from, ids, to) => {
    const links = new Map(ids.map((id) => [id, []]));
    for (const some of inParts(ids, kPage)) {
      const answer = await client.crm.associations.v4.batchApi.getPage(from, to, { inputs: some.map((id) => ({ id })) });
      for (const { _from, to: others, paging } of answer.results) {
        if (paging?.next) throw new Error(`${from} ${_from.id} has more than one page of ${to}`);
        links.get(String(_from.id)).push(...others.map((other) => String(other.toObjectId)));
      }
    }
    return links;
  };
  const { crm } = client;
  const contacts = await objects(crm.contacts.basicApi, ['email', 'firstname', 'lastname', 'phone']);
  const companies = await objects(crm.companies.basicApi, ['name', 'domain']);
  const tickets = await objects(crm.tickets.basicApi, ['subject', 'content', 'hs_ticket_priority', 'hs_pipeline_stage']);
  const notes = await objects(crm.objects.notes.basicApi, ['hs_note_body', 'hs_timestamp']);
  return {
    contacts, companies, tickets, notes,
    companiesOf: await linked('contacts', [...contacts.keys()], 'companies'),
    ticketsOf: await linked('contacts', [...contacts.keys()], 'tickets'),
    notesOf: await linked('contacts', [...contacts.keys()], 'notes'),
    contactsOfNote: await linked('notes', [...notes.keys()], 'contacts'),
    contactsOfTicket: await linked('tickets', [...tickets.keys()], 'contacts'),
  };
}

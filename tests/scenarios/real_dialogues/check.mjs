// Compares what the CRM shows with what the dialogues say.  node check.mjs URL TOKEN TRUTH_FILE
import { readFileSync } from 'node:fs';
import { readCrm } from './crm.mjs';
import { joinParts, readPart, saysInOrder } from './transcript.mjs';

const [url, token, file] = process.argv.slice(2);
const truth = JSON.parse(readFileSync(file, 'utf8'));
const crm = await readCrm(url, token);
let passed = 0;
let failed = 0;

// `problems`: a list of texts, empty when all is well.
function check(name, problems) {
  const wrong = problems.filter(Boolean);
  if (wrong.length === 0) {
    passed += 1;
    return;
  }
  failed += 1;
  console.log(`not ok ${name}`);
  for (const text of wrong.slice(0, 5)) console.log(`  # ${text}`);
}

const differs = (what, shown, expected) =>
  (shown === expected ? '' : `${what} is ${JSON.stringify(shown)}, not ${JSON.stringify(expected)}`);

const escalated = (conversation) => conversation.escalated_after !== null;

function byEmail() {
  const found = new Map();
  for (const [id, { email }] of crm.contacts) found.set(email, [...(found.get(email) ?? []), id]);
  return found;
}

function customerProblems(customer, ids) {
  if (ids.length !== 1) return [`${ids.length} contacts have the address ${customer.email}`];
  const [id] = ids;
  const shown = crm.contacts.get(id);
  const domains = crm.companiesOf.get(id).map((company) => crm.companies.get(company)?.domain).join(' ');
  return [
    differs('firstname', shown.firstname, customer.first),
    differs('lastname', shown.lastname, customer.last),
    differs('phone', shown.phone ?? null, customer.phone),
    differs('the company', domains, customer.domain ?? ''),
    differs('the number of tickets', crm.ticketsOf.get(id).length, customer.conversations.filter(escalated).length),
  ];
}

// Conversations as the notes of a contact tell them, by the address of the chat in their head.
function conversationsOf(id) {
  const byReference = new Map();
  const problems = [];
  for (const note of crm.notesOf.get(id)) {
    const part = readPart(crm.notes.get(note).hs_note_body);
    if (!part) problems.push(`note ${note} has an unknown form: ${crm.notes.get(note).hs_note_body.slice(0, 120)}`);
    else byReference.set(part.reference, [...(byReference.get(part.reference) ?? []), part]);
  }
  const byUrl = new Map();
  for (const parts of byReference.values()) {
    const whole = joinParts(parts);
    const address = whole.lines.find((line) => line.startsWith('https://'));
    byUrl.set(address, [...(byUrl.get(address) ?? []), whole]);
  }
  return { byUrl, problems };
}

function transcriptProblems(conversation, found) {
  if (found.length !== 1) return [`${found.length} transcripts of ${conversation.url}`];
  const [{ complete, lines, messages }] = found;
  const problems = [complete ? '' : 'the numbers of its parts do not fit',
    differs('the number of messages', messages.length, conversation.messages.length)];
  conversation.messages.forEach(([author, text], i) => {
    problems.push(differs(`author of message ${i + 1}`, messages[i]?.author, author));
    problems.push(differs(`message ${i + 1}`, messages[i]?.text, text));
  });
  const score = lines.find((line) => line.startsWith('Satisfaction: ')) ?? null;
  problems.push(differs('satisfaction', score, conversation.score === null ? null : `Satisfaction: ${conversation.score} of 5`));
  return problems;
}

// What was said until the hand-over is in the ticket; the note has all.
function ticketProblems(conversation, id) {
  const found = crm.ticketsOf.get(id).map((ticket) => crm.tickets.get(ticket))
    .filter(({ content }) => content.split('\n').includes(conversation.url));
  if (found.length !== 1) return [`${found.length} tickets for ${conversation.url}`];
  return [differs('priority', found[0].hs_ticket_priority, 'HIGH'),
    saysInOrder(found[0].content, conversation.messages.slice(0, conversation.escalated_after))];
}

function checkConversations(customer, id) {
  const { byUrl, problems } = conversationsOf(id);
  for (const conversation of customer.conversations) {
    check(`the transcript of ${conversation.url}`, transcriptProblems(conversation, byUrl.get(conversation.url) ?? []));
    if (escalated(conversation)) check(`the ticket for ${conversation.url}`, ticketProblems(conversation, id));
  }
  const known = new Set(customer.conversations.map((conversation) => conversation.url));
  check(`no other note of ${customer.email}`, [...problems,
    ...[...byUrl.keys()].filter((address) => !known.has(address)).map((address) => `a note for ${address}`)]);
}

function checkTotals(emails) {
  const addresses = new Set(truth.map(({ email }) => email));
  check('no other contact', [...emails.keys()].filter((email) => !addresses.has(email)).map((email) => `a contact ${email}`));
  const domains = [...crm.companies.values()].map(({ domain }) => domain).sort();
  const expected = [...new Set(truth.map(({ domain }) => domain).filter(Boolean))].sort();
  check('each company once, no other', [differs('the list of domains', domains.join(' '), expected.join(' '))]);
  for (const [name, contactsOf] of [['note', crm.contactsOfNote], ['ticket', crm.contactsOfTicket]]) {
    check(`every ${name} belongs to one contact`, [...contactsOf].filter(([, ids]) => ids.length !== 1)
      .map(([id, ids]) => `${name} ${id} belongs to ${ids.length} contacts`));
  }
}

const emails = byEmail();
for (const customer of truth) {
  const ids = emails.get(customer.email) ?? [];
  check(`the contact of ${customer.email}`, customerProblems(customer, ids));
  if (ids.length > 0) checkConversations(customer, ids[0]);
  else for (const { url: address } of customer.conversations) check(`the transcript of ${address}`, ['its customer is not in the CRM']);
}
checkTotals(emails);

const conversations = truth.flatMap((customer) => customer.conversations);
console.log(`expected: ${truth.length} customers, ${conversations.length} transcripts, ${conversations.filter(escalated).length} escalations`);
console.log(`the CRM has: ${crm.contacts.size} contacts, ${crm.companies.size} companies, ${crm.notes.size} notes, ${crm.tickets.size} tickets`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

// Mail as a real server and a real reader get it: `mail_sender` (tests/mail) composes and sends,
// smtp-server takes it, mailparser and ical.js read it. Then servers that refuse, stall and hang up.
// test: timeout=300
import {execFileSync, spawn} from 'node:child_process';
import {createRequire} from 'node:module';
import {createServer} from 'node:net';
import {mkdtempSync, readFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import ICAL from 'ical.js';

const require = createRequire(import.meta.url);
const {SMTPServer} = require('smtp-server');
const {simpleParser} = require('mailparser');

const here = dirname(fileURLToPath(import.meta.url)), source = join(here, '../..');
const build = process.env.RAPPORT_BUILD || join(source, 'build/release');
const folder = mkdtempSync(join(process.env.RAPPORT_TMP || tmpdir(), 'rapport-mail-'));
let passed = 0, failed = 0;

function that(holds, what, seen) {
  holds ? ++passed : ++failed;
  console.log(`${holds ? 'ok' : 'FAILED'}: ${what}${holds || seen === undefined ? '' : ' -- ' + JSON.stringify(seen).slice(0, 1500)}`);
}
function same(seen, wanted, what) {
  that(JSON.stringify(seen) === JSON.stringify(wanted), what, {seen, wanted});
}

// The sender, one answer a line.
const program = spawn(join(build, 'tests/mail/mail_sender'), {stdio: ['pipe', 'pipe', 'inherit']});
const waiting = [];
createInterface({input: program.stdout}).on('line', line => waiting.shift()(JSON.parse(line)));
program.on('exit', code => waiting.forEach(done => done({error: `mail_sender ended with ${code}`})));
function ask(request) {
  return new Promise(done => {
    waiting.push(done);
    program.stdin.write(JSON.stringify(request) + '\n');
  });
}

function certificate(host) {
  const [key, cert] = [join(folder, `${host}.key`), join(folder, `${host}.pem`)];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert,
    '-subj', `/CN=${host}`, '-addext', `subjectAltName=${/^[\d.]+$/.test(host) ? 'IP' : 'DNS'}:${host}`], {stdio: 'ignore'});
  return {key: readFileSync(key), cert: readFileSync(cert), file: cert};
}
const own = certificate('127.0.0.1'), other = certificate('elsewhere.example');

const open = [];
function listening(server) {
  open.push(server);
  return new Promise(done => server.listen(0, '127.0.0.1', function () {
    done((this.server || this).address().port);
  }));
}

// A server that keeps what it gets; `options` are smtp-server's, `answer` may refuse the content.
async function mailServer(options = {}, answer = () => null) {
  const kept = [], seen = {connections: 0, secure: []};
  const server = new SMTPServer({
    authOptional: true, disableReverseLookup: true, key: own.key, cert: own.cert, logger: false,
    onConnect(session, done) { seen.connections++; done(); },
    onData(stream, session, done) {
      const pieces = [];
      stream.on('data', piece => pieces.push(piece));
      stream.on('end', () => {
        kept.push({raw: Buffer.concat(pieces), envelope: session.envelope, secure: session.secure, user: session.user, host: session.hostNameAppearsAs});
        done(answer(), 'queued as 7');
      });
    },
    ...options});
  server.on('error', () => {});  // clients that hang up on a bad certificate
  return {port: await listening(server), kept, seen};
}

// A server of which only what matters is written out: what it says at which command.
async function scripted(says) {
  const port = await listening(createServer(socket => {
    let content = false;
    const say = (name, usual) => {
      const words = says[name] === undefined ? usual : says[name];
      if (words === 'hang up') socket.destroy();
      else if (words !== 'nothing') socket.write(words + '\r\n');
    };
    socket.on('error', () => {});
    say('greeting', '220 hi');
    createInterface({input: socket}).on('line', line => {
      if (content) {
        if (line !== '.') return;
        content = false;
        say('content', '250 2.0.0 queued');
        if (says.idle) setTimeout(() => socket.end(says.idle + '\r\n'), 20);
        return;
      }
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === 'DATA' && !says.DATA) content = true;
      say(verb, {EHLO: '250-hi\r\n250 SIZE 1000000', DATA: '354 go on', QUIT: '221 bye'}[verb] || '250 2.1.0 ok');
    }).on('error', () => {});
  }));
  return {host: '127.0.0.1', port, security: 'plain'};
}

let number = 0;
function mail(fields = {}) {
  return {from: {name: 'Eva', address: 'eva@rapport.example'}, to: [{name: 'Ana', address: 'ana@acme.example'}],
    subject: 'Welcome', text: 'Hi Ana\n', message_id: `m${++number}@rapport.example`, ...fields};
}
const starttls = port => ({host: '127.0.0.1', port, ca_file: own.file});

async function checkWhole() {
  const {port, kept, seen} = await mailServer();
  const send = async fields => {
    const outcome = await ask({server: starttls(port), mail: mail(fields)});
    that(outcome.verdict === 'sent', `sent: ${fields.subject.slice(0, 40)}`, outcome);
    const last = kept.at(-1);
    return {...last, outcome, read: await simpleParser(last.raw)};
  };
  const names = ['"><script>alert(1)</script>', 'Lee, Ana (née "García") <x@y.example>', '😀🎉 Ana', 'n'.repeat(200),
    'ñ'.repeat(200), '=?utf-8?Q?x?=', 'a\\b', ' leading and  double ', '日本の太郎さん'.repeat(12), 'Ana; Bo: Cy;'];
  for (const name of names) {
    const {read, raw, envelope} = await send({subject: name, to: [{name, address: 'ana@acme.example'}, {name: 'Bo', address: 'bo@bücher.example'}]});
    same(read.to.value.map(one => [one.name, one.address]), [[name, 'ana@acme.example'], ['Bo', 'bo@bücher.example']],
      `the name arrives whole, and nobody else: ${name.slice(0, 30)}`);
    that(read.subject.trim() === name.trim(), `so does the subject: ${name.slice(0, 30)}`, read.subject);
    same(envelope.rcptTo.map(one => one.address), ['ana@acme.example', 'bo@bücher.example'], 'and the envelope is theirs');
    that(raw.toString('latin1').split('\r\n').every(line => line.length <= 78 && !/[^\x20-\x7e]/.test(line)) &&
      raw.includes('<bo@xn--bcher-kva.example>'), 'lines are short and of seven bits');
  }
  const text = '.\n..two\nFrom the start \n' + 'a long line '.repeat(300) + '\n😀 ñ =3D\n\n.', html = '<p>' + 'ñ&lt;'.repeat(400) + '</p>\n';
  const {read, secure, host, outcome} = await send({subject: 'All of it', text, html, cc: [{address: 'cc@acme.example'}], bcc: [{address: 'bcc@acme.example'}],
    reply_to: [{name: 'Support', address: 'help@rapport.example'}], in_reply_to: 'a@b.example', references: ['z@b.example', 'a@b.example'], language: 'es',
    unsubscribe: {url: 'https://rapport.example/u/' + 'x'.repeat(100), address: 'stop+1@rapport.example'},
    attachments: [{name: 'ROI – año "1".html', type: 'text/html; charset=utf-8', content: '<b>\n.\n</b>'}, {name: 'n'.repeat(120) + '.txt', type: 'text/plain', content: 'x'.repeat(5000)}]});
  same(read.text.trimEnd(), text, 'the text arrives whole');
  same(read.html, html.replace(/\r\n/g, '\n'), 'the html arrives whole');
  same(read.attachments.map(one => [one.filename, one.contentType, one.content.toString()]),
    [['ROI – año "1".html', 'text/html', '<b>\n.\n</b>'], ['n'.repeat(120) + '.txt', 'text/plain', 'x'.repeat(5000)]], 'files arrive whole under their names');
  same([read.messageId, read.inReplyTo, read.references, read.replyTo.text, read.cc.text, read.bcc, read.date.toISOString()],
    [`<m${number}@rapport.example>`, '<a@b.example>', ['<z@b.example>', '<a@b.example>'], '"Support" <help@rapport.example>', 'cc@acme.example', undefined, '2026-03-02T09:00:00.000Z'], 'headers say what was meant');
  same(read.headers.get('list')?.unsubscribe, {url: 'https://rapport.example/u/' + 'x'.repeat(100), mail: 'stop+1@rapport.example'}, 'List-Unsubscribe has both ways');
  same([read.headers.get('list')?.['unsubscribe-post']?.name ?? read.headers.get('list-unsubscribe-post'), read.headers.get('auto-submitted')],
    ['List-Unsubscribe=One-Click', 'auto-generated'], 'one click is announced, answering machines keep still');
  same([secure, host, outcome.stage, outcome.code, outcome.answer, outcome.concerns_server], [true, 'client.example', 'content', 250, 'queued as 7', false], 'it went by STARTTLS, and the outcome has the answer');
  that(seen.connections === 1, 'one connection served them all', seen);
  const count = kept.length;
  const refused = await ask({server: starttls(port), mail: mail({to: [{name: 'Ana\r\nBcc: x@y.example', address: 'ana@acme.example'}]})});
  same([refused.where, kept.length], ['to.0.name', count], 'a line break in a name is refused, and nothing is sent');
}

async function checkSecurity() {
  const needsAuth = {authOptional: false, authMethods: ['PLAIN', 'LOGIN'], onAuth: ({username, password}, session, done) =>
    username === 'eva' && password === 's3cret' ? done(null, {user: username}) : done(new Error(`no such login ${username}/${password}`))};
  const {port, kept} = await mailServer(needsAuth);
  let outcome = await ask({server: {...starttls(port), user: 'eva', password: 's3cret'}, mail: mail()});
  same([outcome.verdict, kept[0]?.user], ['sent', 'eva'], 'sent after authentication');
  outcome = await ask({server: {...starttls(port), user: 'eva', password: 'wr0ng'}, mail: mail()});
  same([outcome.verdict, outcome.stage, outcome.code, outcome.concerns_server], ['refused', 'authenticate', 535, true], 'wrong credentials are refused at that stage');
  that(!JSON.stringify(outcome).includes('wr0ng') && outcome.answer.includes('[hidden]'), 'and the password the server repeats is not told on', outcome);
  outcome = await ask({server: starttls(port), mail: mail()});
  same([outcome.verdict, outcome.stage, outcome.code], ['refused', 'sender', 530], 'a server that wants authentication says so');
  outcome = await ask({server: {host: '127.0.0.1', port, security: 'plain', user: 'eva', password: 's3cret'}, mail: mail()});
  same([outcome.where, outcome.verdict], ['security', undefined], 'credentials never go without TLS');

  const bare = await mailServer({disabledCommands: ['STARTTLS', 'AUTH']});
  outcome = await ask({server: starttls(bare.port), mail: mail()});
  same([outcome.verdict, outcome.stage, outcome.concerns_server, bare.kept.length], ['later', 'tls', true, 0], 'without STARTTLS nothing goes');
  outcome = await ask({server: {host: '127.0.0.1', port: bare.port, security: 'plain'}, mail: mail()});
  that(outcome.verdict === 'sent' && !bare.kept[0].secure, 'plain when it is asked for', outcome);

  const wrong = await mailServer({key: other.key, cert: other.cert});
  outcome = await ask({server: {...starttls(wrong.port), ca_file: other.file}, mail: mail()});
  same([outcome.verdict, outcome.stage, wrong.kept.length], ['later', 'tls', 0], 'a certificate of another host is not accepted');
  outcome = await ask({server: {host: '127.0.0.1', port}, mail: mail()});
  same([outcome.verdict, outcome.stage], ['later', 'tls'], 'nor one that nobody known has signed');

  const tls = await mailServer({secure: true});
  outcome = await ask({server: {...starttls(tls.port), security: 'tls'}, mail: mail()});
  that(outcome.verdict === 'sent' && tls.kept[0].secure, 'TLS from the first byte', outcome);
  outcome = await ask({server: {host: '127.0.0.1', port, public_only: true, ca_file: own.file}, mail: mail()});
  that(outcome.verdict === 'later' && outcome.stage === 'connect' && outcome.message.includes('allowed_networks'), 'an address that is not public is not connected to', outcome);
}

async function checkRefusals() {
  const cases = [
    [{'MAIL': '550 5.7.1 not you'}, ['refused', 'sender', 550, '5.7.1']],
    [{'MAIL': '451 4.3.0 later'}, ['later', 'sender', 451, '4.3.0']],
    [{'RCPT': '550-5.1.1 no such\r\n550 5.1.1 user'}, ['refused', 'recipient', 550, '5.1.1']],
    [{'RCPT': '450 4.7.1 greylisted'}, ['later', 'recipient', 450, '4.7.1']],
    [{'DATA': '554 5.5.1 no'}, ['refused', 'content', 554, '5.5.1']],
    [{'DATA': '421 4.3.2 closing'}, ['later', 'content', 421, '4.3.2']],
    [{content: '552 5.2.2 mailbox full'}, ['refused', 'content', 552, '5.2.2']],
    [{content: '452 4.3.1 disk full'}, ['later', 'content', 452, '4.3.1']],
    [{greeting: '554 5.7.1 blocked'}, ['refused', 'greeting', 554, '5.7.1']],
    [{greeting: '421 4.3.2 busy'}, ['later', 'greeting', 421, '4.3.2']],
    [{greeting: 'hang up'}, ['later', 'connect', 0, '']],
    [{EHLO: 'hang up'}, ['later', 'greeting', 0, '']],
    [{MAIL: 'hang up'}, ['later', 'sender', 0, '']],
    [{DATA: 'hang up'}, ['later', 'content', 0, '']],
    [{content: 'hang up'}, ['unknown', 'content', 0, '']],
    [{content: 'nothing'}, ['unknown', 'content', 0, '']],
    [{content: 'what was that'}, ['unknown', 'content', 0, '']],
    [{RCPT: 'nothing'}, ['later', 'recipient', 0, '']],
    [{greeting: 'nothing'}, ['later', 'connect', 0, '']],
  ];
  for (const [says, wanted] of cases) {
    const server = {...await scripted(says), answer_ms: 1000, total_ms: 2500};
    const outcome = await ask({server, mail: mail({text: 'x'.repeat(3000)})});
    same([outcome.verdict, outcome.stage, outcome.code, outcome.status], wanted, `${JSON.stringify(says)} is ${wanted[0]} at ${wanted[1]}`);
    if (wanted[1] === 'recipient') same(outcome.recipient, 'ana@acme.example', 'and names whom');
  }
  const free = await scripted({});
  open.pop().close();
  const down = await ask({server: {...free, port: free.port}, mail: mail()});
  same([down.verdict, down.stage, down.concerns_server], ['later', 'connect', true], 'a server that is down');
  const nowhere = await ask({server: {host: 'no-such-host.invalid', port: 25, security: 'plain'}, mail: mail()});
  same([nowhere.verdict, nowhere.stage], ['later', 'connect'], 'a name that does not resolve');
  const again = await scripted({});
  const outcome = await ask({server: again, mail: mail()});
  same([outcome.verdict, outcome.status], ['sent', '2.0.0'], 'and one that takes it');
  const international = mail({to: [{name: 'Аня', address: 'аня@acme.example'}]});
  const narrow = await ask({server: again, mail: international});
  same([narrow.verdict, narrow.stage, narrow.code, narrow.status], ['refused', 'sender', 0, '5.6.7'], 'an international address goes to no server that does not take such');
  const wide = await scripted({EHLO: '250-hi\r\n250 SMTPUTF8'});
  same((await ask({server: wide, mail: international})).verdict, 'sent', 'and to one that does');
  const impatient = await scripted({idle: '421 4.4.2 idle too long'}), verdicts = [];
  for (let i = 0; i < 3; ++i) {
    verdicts.push((await ask({server: impatient, mail: mail()})).verdict);
    await new Promise(done => setTimeout(done, 100));
  }
  same(verdicts, ['sent', 'sent', 'sent'], 'a kept connection that the server has closed is replaced');
}

async function checkInvitations() {
  const {port, kept} = await mailServer();
  const meeting = {uid: 'qr-1@rapport.example', sequence: 1, organiser: {name: 'Eva "E" ^', address: 'eva@rapport.example'},
    attendees: [{name: 'Lee, Ana; x:y', address: 'ana+x@acme.example'}, {name: '😀'.repeat(30), address: 'bo@bücher.example', optional: true}],
    summary: 'Review; first, of \\ 2026', description: 'Value\nNext: quarter, ' + 'ñ'.repeat(200), location: 'Room 1; left', url: 'https://meet.example/x?a=1,2;3',
    start: '2026-03-29T00:30:00Z', end: '2026-03-29T01:30:00Z', stamp: '2026-02-20T08:00:00Z', zone: 'Europe/Madrid', remind_minutes: 30};
  const outcome = await ask({server: starttls(port), mail: mail({html: '<p>Hi</p>', invitation: meeting})});
  that(outcome.verdict === 'sent', 'an invitation is sent', outcome);
  const read = await simpleParser(kept[0].raw);
  same(read.attachments.map(one => one.contentType), ['text/calendar', 'application/ics'], 'beside the texts and as a file');
  same([read.attachments[1].filename, read.attachments[0].content.equals(read.attachments[1].content)], ['invite.ics', true], 'which are the same');
  const calendar = new ICAL.Component(ICAL.parse(read.attachments[1].content.toString()));
  const event = new ICAL.Event(calendar.getFirstSubcomponent('vevent'));
  const zone = new ICAL.Timezone(calendar.getFirstSubcomponent('vtimezone'));
  ICAL.TimezoneService.register(zone);
  same([calendar.getFirstPropertyValue('method'), event.uid, event.sequence, event.summary, event.description, event.location, event.component.getFirstPropertyValue('url')],
    ['REQUEST', meeting.uid, 1, meeting.summary, meeting.description, meeting.location, meeting.url], 'another reader finds what was written');
  same(event.attendees.map(one => [one.getParameter('cn'), one.getFirstValue(), one.getParameter('role')]),
    [[meeting.attendees[0].name, 'mailto:ana+x@acme.example', 'REQ-PARTICIPANT'], [meeting.attendees[1].name, 'mailto:bo@xn--bcher-kva.example', 'OPT-PARTICIPANT']], 'and the attendees');
  same(event.component.getFirstProperty('organizer').getParameter('cn'), 'Eva "E" ^', 'and the organiser');
  const start = event.component.getFirstPropertyValue('dtstart'), end = event.component.getFirstPropertyValue('dtend');
  start.zone = end.zone = zone;
  same([start, end].map(time => time.toJSDate().toISOString()), ['2026-03-29T00:30:00.000Z', '2026-03-29T01:30:00.000Z'], 'and the same instants, by the zone it was given, over a change of the clock');
  const alarm = event.component.getFirstSubcomponent('valarm');
  same([alarm.getFirstPropertyValue('action'), alarm.getFirstPropertyValue('trigger').toSeconds()], ['DISPLAY', -1800], 'and the reminder');
  const {calendar: cancelled} = await ask({invitation: {...meeting, method: 'CANCEL', sequence: 2}});
  const withdrawn = new ICAL.Component(ICAL.parse(cancelled)), gone = withdrawn.getFirstSubcomponent('vevent');
  same([withdrawn.getFirstPropertyValue('method'), gone.getFirstPropertyValue('uid'), gone.getFirstPropertyValue('sequence'), gone.getFirstPropertyValue('status')],
    ['CANCEL', meeting.uid, 2, 'CANCELLED'], 'a withdrawal names the meeting with a higher sequence');
}

try {
  await checkWhole();
  await checkSecurity();
  await checkRefusals();
  await checkInvitations();
} catch (problem) {
  that(false, problem.stack);
}
program.stdin.end();
for (const server of open) server.close(() => {});
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

"""Drives the shipped program as its users do: processes, HTTP, the command line. Standard library only.

RAPPORT names the program, RAPPORT_SOURCE the project, RAPPORT_TMP an empty folder.
"""

import base64
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

SOURCE = pathlib.Path(os.environ.get('RAPPORT_SOURCE', pathlib.Path(__file__).resolve().parents[2]))
PROGRAM = os.environ.get('RAPPORT', str(SOURCE / 'build/release/rapport'))
KILLED = 137  # the exit status of a process that a failpoint ended
WORKSPACE = 'acme'
SANDBOX_TOKEN = 'sandbox-token-of-the-tests'


class Checks:
    """Counts what held and what did not; finish() prints the line that the test run reads."""

    def __init__(self):
        self.passed, self.failed = 0, 0

    def that(self, holds, what, seen=''):
        if holds:
            self.passed += 1
            print(f'ok: {what}', flush=True)
        else:
            self.failed += 1
            print(f'FAILED: {what}' + (f' -- {str(seen)[:1500]}' if seen != '' else ''), flush=True)
        return bool(holds)

    def finish(self):
        print(f'{self.passed} passed, {self.failed} failed', flush=True)
        return 1 if self.failed or not self.passed else 0


def temporary(name):
    root = os.environ.get('RAPPORT_TMP')
    return pathlib.Path(tempfile.mkdtemp(prefix=f'rapport-{name}-', dir=root))


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f'{self.status} {self.body[:600]!r}'


class Client:
    """One connection to one server, made anew when it is lost. Not for several threads."""

    def __init__(self, port, timeout=30):
        self.port, self.timeout, self.connection = port, timeout, None

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def request(self, method, path, body=None, key=None, headers=None):
        """Raises OSError or http.client.HTTPException when no whole answer came."""
        headers = dict(headers or {})
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        if body is not None:
            headers.setdefault('Content-Type', 'application/json')
        if key:
            headers.setdefault('Authorization', f'Bearer {key}')
        if self.connection is None:
            self.connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=self.timeout)
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        except (OSError, http.client.HTTPException):
            self.close()
            raise


LOST = (OSError, http.client.HTTPException)


def program(*arguments, environment=None, timeout=120):
    """A command of the program: exit code, standard output, standard error."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True,
                          env=dict(base_environment(), **(environment or {})), timeout=timeout)
    return done.returncode, done.stdout, done.stderr


def base_environment():
    kept = {k: v for k, v in os.environ.items() if not k.startswith('RAPPORT_')}
    return dict(kept, RAPPORT_CONNECTORS=str(SOURCE / 'connectors'))


class Sandbox:
    """HubSpot's sandbox; it outlives the servers that push to it."""

    def __init__(self, folder, token=SANDBOX_TOKEN, lag='500ms', port=None, options=()):
        self.port, self.token = port or free_port(), token
        self.log = folder / 'sandbox.txt'
        self.process = subprocess.Popen(
            [PROGRAM, 'sandbox', 'hubspot', '--port', str(self.port), '--token', token,
             '--search-lag', lag, *options],
            stdout=subprocess.DEVNULL, stderr=open(self.log, 'ab'), env=base_environment())
        wait_until(lambda: self.ask('effects') is not None, 60, 'the sandbox to answer')

    def ask(self, what):
        try:
            answer = Client(self.port).request('GET', f'/__sandbox/{what}', key=self.token)
        except LOST:
            return None
        return answer.json if answer.status == 200 else None

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def wait_until(condition, seconds, what, pause=0.05):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(pause)
    raise TimeoutError(f'waited {seconds} s in vain for {what}')


class World:
    """A temporary folder with a data folder, settings, keys, a server and, when asked, a sandbox:
    True, or a tuple of its options."""

    def __init__(self, name, sandbox=False, settings='', segment_mebibytes=4, data=None,
                 token=SANDBOX_TOKEN):
        self.folder = temporary(name)
        self.data = pathlib.Path(data) if data else self.folder / 'data'
        self.log = self.folder / 'server.txt'
        self.port, self.server, self.client_ = free_port(), None, None
        self.environment = {'HUBSPOT_TOKEN_OF_TESTS': token}
        options = sandbox if isinstance(sandbox, tuple) else ()
        self.sandbox = Sandbox(self.folder, options=options) if sandbox else None
        self.settings = self.folder / 'rapport.yaml'
        lines = [f'data: {self.data}', f'listen: 127.0.0.1:{self.port}',
                 f'segment_mebibytes: {segment_mebibytes}', 'allowed_networks: [127.0.0.0/8]']
        if sandbox:
            lines.append(f'connections: [{{id: crm, workspace: {WORKSPACE}, vendor: hubspot, '
                         f'base_url: "http://127.0.0.1:{self.sandbox.port}", '
                         'token_env: HUBSPOT_TOKEN_OF_TESTS}]')
        self.settings.write_text('\n'.join(lines) + '\n' + settings)
        code, out, err = self.command('--json', 'init', '--workspace', WORKSPACE)
        if code != 0:
            raise RuntimeError(f'init failed: {err}')
        made = json.loads(out)
        self.admin, self.ingest, self.use = (made[k] for k in
                                             ('admin_key', 'ingest_key', 'read_write_key'))

    def command(self, *arguments, timeout=120):
        return program('--config', self.settings, *arguments, environment=self.environment,
                       timeout=timeout)

    # The server

    def spawn(self, failpoints=None, environment=None):
        """Starts a server without waiting for it."""
        environment = dict(base_environment(), **self.environment, **(environment or {}))
        if failpoints:
            environment['RAPPORT_FAILPOINTS'] = failpoints
        self.server = subprocess.Popen([PROGRAM, 'serve', '--config', str(self.settings)],
                                       stdout=subprocess.DEVNULL, stderr=open(self.log, 'ab'),
                                       env=environment)
        return self.server

    def answers(self):
        try:
            return Client(self.port, timeout=5).request('GET', '/livez').status == 200
        except LOST:
            return False

    def start(self, failpoints=None, environment=None, seconds=60):
        """Starts a server and waits until it answers. False when it ended before."""
        self.spawn(failpoints, environment)
        wait_until(lambda: self.server.poll() is not None or self.answers(), seconds,
                   'the server to answer', 0.02)
        return self.server.poll() is None

    def kill(self):
        self.server.kill()
        self.server.wait()

    def stop(self, seconds=30):
        """SIGTERM; the exit code."""
        self.server.send_signal(signal.SIGTERM)
        return self.server.wait(seconds)

    def close(self):
        if self.server and self.server.poll() is None:
            self.kill()
        if self.sandbox:
            self.sandbox.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None and self.log.exists():
            print('--- the end of the server\'s log:\n' + self.log.read_text()[-3000:], flush=True)
        self.close()

    # What is asked of it

    def request(self, method, path, body=None, key='use', headers=None):
        """By the reading and writing key unless another is given; key=None for none."""
        if self.client_ is None or self.client_.port != self.port:
            self.client_ = Client(self.port)
        key = self.use if key == 'use' else key
        try:
            return self.client_.request(method, path, body, key, headers)
        except LOST:  # a kept connection may be of a server that is gone
            return Client(self.port).request(method, path, body, key, headers)

    def get(self, path, key='use'):
        answer = self.request('GET', path, key=key)
        if answer.status != 200:
            raise RuntimeError(f'GET {path}: {answer}')
        return answer.json

    def send(self, call, body, key=None):
        return self.request('POST', f'/v1/{call}', body, key=key or self.ingest)

    def events(self, after=0):
        """All events of the log from `after` on."""
        all_events = []
        while after is not None:
            page = self.get(f'/api/v1/events?after={after}&limit=1000')
            all_events += page['data']
            after = page['next'] and int(page['next'])
        return all_events

    def caught_up(self, sequence, seconds=60):
        """Waits until the state shows that event."""
        def shown():
            answer = self.request('GET', f'/api/v1/state?min_sequence={sequence}')
            return answer.status == 200
        wait_until(shown, seconds, f'event {sequence} to be folded')

    def new_key(self, *scopes, workspace=WORKSPACE):
        body = {'scopes': list(scopes), 'label': 'test'}
        if workspace:
            body['workspace'] = workspace
        answer = self.request('POST', '/api/v1/keys', body, key=self.admin)
        if answer.status != 201:
            raise RuntimeError(f'POST /api/v1/keys: {answer}')
        return answer.json['secret']


def basic(key):
    return {'Authorization': 'Basic ' + base64.b64encode(f'{key}:'.encode()).decode()}


# Load: what customers do, with a journal of what was acknowledged

class Journal:
    """Which message ids were acknowledged, and what a CRM must show at the end. Any thread."""

    def __init__(self, path):
        self.lock = threading.Lock()
        self.file = open(path, 'a', buffering=1)
        self.acknowledged = {}   # message id → highest sequence its request named
        self.doubtful = 0        # requests without an answer, sent again
        self.bad = []            # answers that no request should get
        self.customers = {}      # e-mail → user id
        self.conversations = {}  # id → {email, words, escalated}

    def acknowledge(self, ids, sequence):
        with self.lock:
            for message_id in ids:
                self.acknowledged.setdefault(message_id, sequence)
                self.file.write(json.dumps([message_id, sequence]) + '\n')

    def snapshot(self):
        with self.lock:
            return dict(self.acknowledged)


class Writer(threading.Thread):
    """One sender of events. Sends every request until it is acknowledged, under the same ids."""

    def __init__(self, number, port, key, journal, seed, pause=0.03, customers=4):
        super().__init__(daemon=True)
        self.number, self.key, self.journal = number, key, journal
        self.client, self.random = Client(port, timeout=10), random.Random(f'{seed}/{number}')
        self.pause, self.customers = pause, customers
        self.ending, self.running = threading.Event(), threading.Event()
        self.running.set()
        self.made = 0
        self.sent = []

    def end(self):
        """Ends after the conversation under way, everything of it acknowledged."""
        self.ending.set()
        self.running.set()

    def run(self):
        people = [self.person(i) for i in range(self.customers)]
        turn = 0
        while not self.ending.is_set():
            self.converse(self.random.choice(people), turn)
            turn += 1

    def message_id(self):
        self.made += 1
        return f'm-{self.number}-{self.made}'

    def person(self, i):
        user = f'user-{self.number}-{i}'
        email = f'person-{self.number}-{i}@firm-{self.number % 3}.com'
        with self.journal.lock:
            self.journal.customers[email] = user
        self.deliver('identify', [{'userId': user, 'messageId': self.message_id(),
                                   'traits': {'email': email, 'name': f'Pat Doe {self.number}-{i}'}}])
        return user, email

    def converse(self, person, turn):
        user, email = person
        conversation = f'conv-{self.number}-{turn}'
        length, escalated = self.random.randint(2, 6), self.random.random() < 0.3
        words = [f'word-{self.number}-{turn}-{i}.' for i in range(length)]

        def event(name, **properties):
            return {'userId': user, 'messageId': self.message_id(), 'event': name,
                    'properties': dict(properties, conversation_id=conversation)}
        events = [event('conversation.started', channel='web')]
        events += [event('message.sent', text=f'Hello {word}', author=('customer', 'ai')[i % 2])
                   for i, word in enumerate(words)]
        if escalated:
            events.append(event('conversation.escalated', reason='asked for a person'))
        events.append(event('conversation.ended', resolution_status='done'))
        with self.journal.lock:
            self.journal.conversations[conversation] = {'email': email, 'words': words,
                                                        'escalated': escalated}
        if self.random.random() < 0.4:
            self.deliver('batch', events)
        else:
            for one in events:
                self.deliver('track', [one])

    def deliver(self, call, events):
        now = time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime())
        for i, one in enumerate(events):
            one.setdefault('timestamp', f'{now}.{i:03d}Z')
        body = dict(events[0]) if call != 'batch' else {
            'batch': [dict(e, type='track') for e in events]}
        ids = [e['messageId'] for e in events]
        self.until_acknowledged(call, body, ids)
        if self.random.random() < 0.05:  # an impatient sender
            self.until_acknowledged(call, body, ids)

    def until_acknowledged(self, call, body, ids):
        while True:
            self.running.wait()
            if self.pause:
                time.sleep(self.random.random() * 2 * self.pause)
            try:
                answer = self.client.request('POST', f'/v1/{call}', body, self.key)
            except LOST:
                with self.journal.lock:
                    self.journal.doubtful += 1
                time.sleep(0.05)
                continue
            if answer.status == 200:
                receipt = answer.json
                if receipt['stored'] + receipt['repeated'] != len(ids):
                    self.journal.bad.append(f'{ids}: {answer}')
                self.journal.acknowledge(ids, receipt['sequence'])
                return
            if answer.status not in (429, 503, 507):
                self.journal.bad.append(f'{ids}: {answer}')
            time.sleep(0.05)


class Load:
    def __init__(self, world, writers=8, seed=1, pause=0.03, customers=4):
        self.journal = Journal(world.folder / 'journal.jsonl')
        self.writers = [Writer(i, world.port, world.ingest, self.journal, seed, pause, customers)
                        for i in range(writers)]

    def start(self):
        for writer in self.writers:
            writer.start()
        return self

    def end(self, seconds=60):
        for writer in self.writers:
            writer.end()
        for writer in self.writers:
            writer.join(seconds)
        return not any(writer.is_alive() for writer in self.writers)


# What must hold after whatever happened

def log_problems(world, acknowledged):
    """Of all acknowledged events: which are not in the log, which of any are there twice."""
    seen, last, problems = {}, 0, []
    for event in world.events():
        if event['sequence'] != last + 1:
            problems.append(f'event {event["sequence"]} follows {last}')
        last = event['sequence']
        if event['origin'] == 'tracked':
            name = event.get('message_id', f'#{last}')
            if name in seen:
                problems.append(f'{name} is there twice: {seen[name]} and {last}')
            seen[name] = last
    lost = [name for name in acknowledged if name not in seen]
    problems += [f'{name} was acknowledged and is lost' for name in lost]
    return problems, len(seen)


def find_words(text):
    import re
    return re.findall(r'word-\d+-\d+-\d+\.', text or '')


def count_made(effects, kind):
    return sum(1 for e in effects['effects'] if e['action'] == 'create' and e['object'] == kind)


def text_problems(kind, property_name, records, conversations):
    """Each conversation has one record of that kind with all its words in order, and no other."""
    problems, holders = [], {}
    for record in records:
        words = find_words(record['properties'].get(property_name, ''))
        for conversation in {'conv-' + '-'.join(w.split('-')[1:3]) for w in words}:
            holders.setdefault(conversation, []).append(words)
        if not words:
            problems.append(f'{kind} {record["id"]} is about nothing')
    for conversation, expected in conversations.items():
        found = holders.pop(conversation, [])
        if len(found) != 1:
            problems.append(f'{conversation}: {len(found)} {kind}')
        elif found[0] != expected['words']:
            problems.append(f'{conversation}: its {kind} shows {found[0]}, not {expected["words"]}')
    return problems + [f'{kind} of an unknown {c}' for c in holders]


def crm_problems(sandbox, journal):
    """What the CRM has wrong, by its own state and by its own log of effects."""
    state, effects = sandbox.ask('state'), sandbox.ask('effects')
    if state is None or effects is None:
        return ['the sandbox does not answer']
    with journal.lock:
        customers, conversations = dict(journal.customers), dict(journal.conversations)
    escalated = {k: v for k, v in conversations.items() if v['escalated']}
    alive = {kind: [r for r in state['objects'].get(kind, []) if not r['archived']]
             for kind in ('contacts', 'companies', 'notes', 'tickets')}
    emails = [r['properties'].get('email') for r in alive['contacts']]
    problems = [f'{e}: {emails.count(e)} contacts' for e in customers if emails.count(e) != 1]
    problems += [f'contact {e} is nobody' for e in emails if e not in customers]
    domains = [r['properties'].get('domain') for r in alive['companies']]
    problems += [f'company {d} {domains.count(d)} times' for d in set(domains) if domains.count(d) != 1]
    problems += text_problems('notes', 'hs_note_body', alive['notes'], conversations)
    problems += text_problems('tickets', 'content', alive['tickets'], escalated)
    for kind, due in (('contacts', customers), ('notes', conversations), ('tickets', escalated)):
        made = count_made(effects, kind)
        if made != len(due):
            problems.append(f'{made} {kind} were created, {len(due)} are due')
    return problems


def wait_for_crm(sandbox, journal, seconds=120):
    """Waits until the CRM is right, then a moment longer: nothing more may come."""
    begin, shown = time.monotonic(), None
    problems = crm_problems(sandbox, journal)
    while problems and time.monotonic() < begin + seconds:
        if len(problems) != shown:
            shown = len(problems)
            print(f'{time.monotonic() - begin:5.1f} s: {shown} differences, such as {problems[0][:150]}',
                  flush=True)
        time.sleep(1)
        problems = crm_problems(sandbox, journal)
    time.sleep(2)
    return problems or crm_problems(sandbox, journal)


def check_everything(checks, world, journal, crm_seconds=120):
    """Log, CRM, then of the stopped folder: verify and rebuild. Leaves the server stopped."""
    acknowledged = journal.snapshot()
    problems, stored = log_problems(world, acknowledged)
    checks.that(not problems, f'all {len(acknowledged)} acknowledged events are in the log, each of '
                f'{stored} once', problems[:10])
    checks.that(not journal.bad, 'every answer was one that a sender can expect', journal.bad[:5])
    if world.sandbox:
        problems = wait_for_crm(world.sandbox, journal, crm_seconds)
        checks.that(not problems, f'the CRM shows {len(journal.customers)} customers, '
                    f'{len(journal.conversations)} conversations and their tickets, each once',
                    [len(problems)] + problems[:10])
    check_folder(checks, world)


def check_folder(checks, world, from_start=True):
    """After an erasure only the newest base and what came later give the live state."""
    code = world.stop()
    checks.that(code == 0, 'SIGTERM ends the server with 0', code)
    code, out, err = world.command('--json', 'verify')
    checks.that(code == 0, 'verify finds nothing', out + err)
    code, out, err = world.command('--json', 'rebuild', *['--from-start'] * from_start)
    checks.that(code == 0 and '"equal":true' in out, 'rebuild gives the live state', out + err)


def main(function):
    """Runs a test script's body on fresh Checks."""
    checks = Checks()
    begin = time.monotonic()
    try:
        function(checks)
    except (TimeoutError, RuntimeError, subprocess.TimeoutExpired, *LOST) as error:
        checks.that(False, 'the test came to its end', repr(error))
    print(f'{time.monotonic() - begin:.1f} s', flush=True)
    sys.exit(checks.finish())

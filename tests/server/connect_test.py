#!/usr/bin/env python3
"""Connecting a CRM as its user does: OAuth, testing, pausing, what is refused and sent again.

test: timeout=300
"""

import os
import pathlib
import subprocess
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402

APP, SECRET = 'app-of-the-tests', 'secret-of-the-app-8c1f'


class Portal(harness.Sandbox):
    """A sandbox with an app, whose refresh tokens are replaced with every use."""

    def __init__(self, folder):
        self.port, self.token = harness.free_port(), harness.SANDBOX_TOKEN
        self.log = folder / 'sandbox.txt'
        self.process = subprocess.Popen(
            [harness.PROGRAM, 'sandbox', 'hubspot', '--port', str(self.port), '--token', self.token,
             '--search-lag', '200ms', '--client-id', APP, '--client-secret', SECRET,
             '--rotate-refresh-tokens'],
            stdout=subprocess.DEVNULL, stderr=open(self.log, 'ab'), env=harness.base_environment())
        harness.wait_until(lambda: self.ask('effects') is not None, 60, 'the sandbox to answer')

    def arm(self, *faults):
        return harness.Client(self.port).request('POST', '/__sandbox/faults', {'faults': faults})

    def clear(self):
        return harness.Client(self.port).request('DELETE', '/__sandbox/faults')

    def emails(self):
        records = self.ask('state')['objects']['contacts']
        return sorted(r['properties'].get('email') for r in records if not r.get('archived'))


class World(harness.World):
    def __init__(self, portal):
        super().__init__('connect')
        self.redirect = f'http://127.0.0.1:{self.port}/oauth/callback'
        self.environment['HUBSPOT_APP_SECRET'] = SECRET
        with open(self.settings, 'a') as settings:
            settings.write(f"""
connections:
  - id: crm
    workspace: {harness.WORKSPACE}
    vendor: hubspot
    base_url: "http://127.0.0.1:{portal.port}"
    oauth: {{client_id: {APP}, client_secret_env: HUBSPOT_APP_SECRET, redirect_uri: "{self.redirect}"}}
""")

    def connection(self):
        """Empty until the connections have started, which is after the server answers."""
        return (self.get('/api/v1/connections')['data'] or [{}])[0]

    def tell(self, *arguments):
        code, out, err = self.command(*arguments, '--url', f'http://127.0.0.1:{self.port}', '--key',
                                      self.use)
        return code, out + err

    def identify(self, user, **traits):
        return self.send('identify', {'userId': user, 'traits': traits})


def until(checks, condition, what, seconds=30):
    try:
        return checks.that(harness.wait_until(condition, seconds, what), what)
    except TimeoutError as error:
        return checks.that(False, what, error)


def follow(url):
    """As a browser: the vendor's page leads back at once."""
    parts = urllib.parse.urlsplit(url)
    answer = harness.Client(parts.port).request('GET', f'{parts.path}?{parts.query}')
    return answer.headers['Location'] if answer.status in (302, 303) else None


def authorise(checks, world):
    code, text = world.tell('connections', 'authorize', 'crm')
    url = next((word for word in text.split() if word.startswith('http://127.0.0.1')), '')
    checks.that(code == 0 and 'code_challenge=' in url, 'the command shows where to grant access', text)
    back = follow(url)
    checks.that(back and back.startswith(world.redirect), 'the CRM leads back to the server', back)
    parts = urllib.parse.urlsplit(back)
    wrong = world.request('GET', f'{parts.path}?code=x&state=wrong', key=None)
    checks.that(wrong.status == 400 and b'wrong' not in wrong.body, 'a state of somebody else is refused', wrong)
    page = world.request('GET', f'{parts.path}?{parts.query}', key=None)
    checks.that(page.status == 200 and b'connected' in page.body, 'the page says that it worked', page)
    again = world.request('GET', f'{parts.path}?{parts.query}', key=None)
    checks.that(again.status == 400, 'the same answer is not taken twice', again)


def check_oauth(checks, world, portal):
    world.identify('u1', email='ana@acme.example', name='Ana Lee')
    until(checks, lambda: world.connection().get('state') == 'halted', 'without access it waits')
    checks.that('rapport connections authorize' in (world.connection()['why'] or ''),
                'and says what to do', world.connection())
    code, text = world.tell('connections', 'test', 'crm')
    checks.that(code == 1 and 'authorize' in text, 'so does the test of the connection', text)
    authorise(checks, world)
    until(checks, lambda: portal.emails() == ['ana@acme.example'], 'then the contact is in the CRM')
    code, text = world.tell('connections', 'test', 'crm')
    checks.that(code == 0 and 'account' in text, 'the test tells whose account it is', text)

    before = portal.ask('oauth')
    portal.arm({'kind': 'token_expired'})
    for i in range(20):
        world.identify(f'v{i}', email=f'v{i}@acme.example')
    until(checks, lambda: len(portal.emails()) == 21, 'an expired token is replaced by itself')
    portal.clear()
    after = portal.ask('oauth')
    checks.that(after['refreshes'] - before['refreshes'] == 1, 'by one refresh', (before, after))
    world.stop()
    world.start()
    world.identify('w', email='w@acme.example')
    until(checks, lambda: len(portal.emails()) == 22, 'the replaced token outlives a restart')


def check_pause(checks, world, portal):
    code, text = world.tell('connections', 'pause', 'crm')
    checks.that(code == 0, 'a connection is paused', text)
    world.identify('p', email='paused@acme.example')
    until(checks, lambda: world.connection()['state'] == 'paused' and world.connection()['waiting'],
          'while it is paused, records wait')
    checks.that('paused@acme.example' not in portal.emails(), 'and nothing is sent')
    world.tell('connections', 'resume', 'crm')
    until(checks, lambda: 'paused@acme.example' in portal.emails(), 'resumed, they are sent')


def check_refused(checks, world, portal):
    portal.arm({'kind': 'schema_drift', 'change': 'remove_property', 'object': 'contacts',
                'property': 'jobtitle'})
    world.identify('r', email='refused@acme.example', title='Boss')
    world.identify('s', email='fine@acme.example')
    until(checks, lambda: 'fine@acme.example' in portal.emails(), 'beside a refused record the rest flows')
    until(checks, lambda: world.get('/api/v1/connections/crm/dead-letters')['data'],
          'the refused one is a dead letter')
    letter = world.get('/api/v1/connections/crm/dead-letters')['data'][0]
    checks.that('jobtitle' in letter['message'] and letter['class'] == 'invalid',
                'with the property and the class', letter)
    code, text = world.tell('dead-letters', 'list', 'crm')
    checks.that(code == 0 and 'jobtitle' in text, 'the command shows it', text)
    status = world.get(f"/api/v1/sync/{letter['type']}/{letter['record']}")
    checks.that(status['remote'][0]['state'] == 'refused' and status['history'],
                'the record says how it stands', status)
    client = harness.Client(portal.port)
    made = client.request('POST', '/crm/v3/properties/contacts',
                          {'name': 'jobtitle', 'label': 'Job title', 'type': 'string',
                           'fieldType': 'text', 'groupName': 'contactinformation'}, portal.token)
    checks.that(made.status == 201, 'somebody makes the property again', made)
    code, text = world.tell('dead-letters', 'retry', 'crm', '--all')
    checks.that(code == 0 and '1 record' in text, 'and sends it again', text)
    until(checks, lambda: 'refused@acme.example' in portal.emails(), 'then it is in the CRM')
    until(checks, lambda: not world.get('/api/v1/connections/crm/dead-letters')['data'],
          'and no dead letter any more')


def check_edited(checks, world, portal):
    """The CRM has no such property any more: the record goes without it, until its title changes."""
    portal.arm({'kind': 'schema_drift', 'change': 'remove_property', 'object': 'contacts',
                'property': 'jobtitle'})
    world.identify('e', email='edited@acme.example', title='Boss', name='Eda Lee')
    letters = lambda: world.get('/api/v1/connections/crm/dead-letters')['data']
    until(checks, letters, 'a refused record is a dead letter')
    letter = letters()[0]
    path = f"/api/v1/connections/crm/dead-letters/{letter['type']}/{letter['record']}"
    who = ('--type', letter['type'], '--id', letter['record'])
    for body, status, what in (({'set': {'jobtitel': 'x'}}, 400, 'an unknown property'),
                               ({'set': {'email': ''}}, 400, 'a required property left out'),
                               ({'set': {'firstname': 'x' * 251}}, 400, 'a value longer than mapped'),
                               ({'set': {}}, 400, 'no value'), ({}, 400, 'no edit'),
                               ({'set': {'jobtitle': ['x']}}, 400, 'a value of a wrong kind'),
                               ({'object': 'deals', 'set': {'jobtitle': 'x'}}, 409, 'another object')):
        answer = world.request('PATCH', path, body)
        checks.that(answer.status == status, f'an edit with {what} is refused', answer)
    answer = world.request('PATCH', path, {'set': {'jobtitel': 'x'}})
    checks.that(b"did you mean 'jobtitle'" in answer.body, 'with what was probably meant', answer)
    fine = world.get('/api/v1/contacts?email=fine@acme.example')['data'][0]['id']
    answer = world.request('PATCH', f'/api/v1/connections/crm/dead-letters/contact/{fine}',
                           {'set': {'jobtitle': 'x'}})
    checks.that(answer.status == 409 and b'at its source' in answer.body,
                'a record that was not refused is changed at its source', answer)

    code, text = world.tell('dead-letters', 'edit', 'crm', *who, '--set', 'jobtitle=',
                            '--set', 'firstname=Edith')
    checks.that(code == 0 and '2 edited values' in text, 'the command sends it without the property', text)
    until(checks, lambda: 'edited@acme.example' in portal.emails(), 'then it is in the CRM')
    status = lambda: world.get(f"/api/v1/sync/{letter['type']}/{letter['record']}")
    edits = {e['property']: e for e in status()['edits']}
    checks.that(set(edits) == {'jobtitle', 'firstname'} and edits['firstname']['value'] == 'Edith'
                and edits['firstname']['by'].startswith('key'), 'the record says who edited what', edits)
    checks.that(any(h.get('operation') == 'edit' for h in status()['history']),
                'so does its history', status()['history'][:3])
    log = [e for e in world.events() if e['type'] == 'push.edited']
    checks.that(len(log) == 1 and log[0]['properties']['by'] == edits['firstname']['by'],
                'and the log', log)

    world.stop()
    code, out, err = world.command('--json', 'rebuild', '--from-start')
    checks.that(code == 0 and '"equal":true' in out, 'a rebuild gives the edits again', out + err)
    code, out, err = world.command('--json', 'rebuild')
    checks.that(code == 0, 'and replaces the state', out + err)
    world.start()
    checks.that(len(status()['edits']) == 2, 'they outlive a restart and a rebuild', status())
    world.identify('e', email='edited@acme.example', name='Edna Lee')
    names = lambda: [r['properties'].get('firstname') for r in
                     portal.ask('state')['objects']['contacts']]
    until(checks, lambda: 'Edna' in names(), 'a new name is sent, not the edited one')
    until(checks, lambda: [e['property'] for e in status()['edits']] == ['jobtitle'],
          'and the edit of the old one is gone')
    code, text = world.tell('dead-letters', 'edit', 'crm', *who, '--unset', 'jobtitle')
    checks.that(code == 0 and 'as it is mapped' in text, 'an edit is taken back', text)
    until(checks, letters, 'and the CRM refuses the record again')
    client = harness.Client(portal.port)
    client.request('POST', '/crm/v3/properties/contacts',
                   {'name': 'jobtitle', 'label': 'Job title', 'type': 'string', 'fieldType': 'text',
                    'groupName': 'contactinformation'}, portal.token)
    world.tell('dead-letters', 'retry', 'crm', '--all')
    until(checks, lambda: not letters(), 'with the property there it is taken')


def check_down(checks, world, portal):
    portal.arm({'kind': 'no_connection', 'count': -1})
    for i in range(10):
        world.identify(f'd{i}', email=f'down{i}@acme.example')
    until(checks, lambda: world.connection()['failures_in_a_row'] > 0, 'a CRM that is down is noticed')
    checks.that(world.connection()['waiting'] >= 10, 'what it misses waits', world.connection())
    portal.clear()
    until(checks, lambda: sum(e.startswith('down') for e in portal.emails()) == 10,
          'and is sent once it is back', 70)
    checks.that(len(portal.emails()) == len(set(portal.emails())), 'nobody twice')


def check_scope(checks, world, portal):
    portal.arm({'kind': 'missing_scope', 'scope': 'crm.objects.companies.write',
                'path_prefix': '/crm/v3/objects/companies'})
    world.identify('c', email='somebody@newfirm.example')
    until(checks, lambda: 'crm.objects.companies.write' in (world.connection()['why'] or ''),
          'a missing scope is named')
    until(checks, lambda: 'somebody@newfirm.example' in portal.emails(), 'other types flow on')
    portal.clear()
    world.tell('connections', 'resume', 'crm')
    until(checks, lambda: world.connection()['waiting'] == 0, 'granted, everything is sent')


def check_hung(checks, world, portal):
    """Twelve ask for a test of the connection while the CRM says nothing."""
    portal.arm({'kind': 'timeout_before', 'path_prefix': '/account-info', 'count': -1})
    answers = []

    def ask():
        client = harness.Client(world.port, timeout=90)
        answers.append((time.monotonic(), client.request(
            'POST', '/api/v1/connections/crm/test', key=world.use)))
    askers = [threading.Thread(target=ask) for _ in range(12)]
    begin = time.monotonic()
    for asker in askers:
        asker.start()
    until(checks, lambda: len(answers) == 2, 'of twelve tests of a CRM that hangs two are refused', 5)
    checks.that(all(a.status == 503 and a.headers.get('Retry-After') for _, a in answers),
                'at once and with a time to come again', answers)
    slowest = 0
    for _ in range(50):
        asked = time.monotonic()
        world.get('/api/v1/connections')
        slowest = max(slowest, time.monotonic() - asked)
    checks.that(slowest < 2 and time.monotonic() - begin < 25 and len(answers) == 2,
                'meanwhile all else is answered', (slowest, len(answers)))
    portal.clear()
    for asker in askers:
        asker.join(80)
    statuses = sorted(a.status for _, a in answers)
    checks.that(statuses == [200] * 8 + [503] * 4, 'two waited in vain, the others were answered then',
                statuses)


def check_wrong(checks, world):
    for path, body, status, what in (
            ('/api/v1/connections/none/pause', None, 404, 'an unknown connection'),
            ('/api/v1/connections/crm/dead-letters/retry', {'records': 'all'}, 400, 'no list of records'),
            ('/api/v1/connections/crm/dead-letters/retry', {'records': [{'type': 'contact'}]}, 400,
             'a record without id'),
            ('/api/v1/connections/crm/dead-letters/retry',
             {'records': [{'type': 'contact', 'id': 'con_none'}]}, 404, 'a record that does not exist')):
        answer = world.request('POST', path, body)
        checks.that(answer.status == status, f'{what} is refused', answer)
    answer = world.request('GET', '/api/v1/sync/shadow/x')
    checks.that(answer.status == 400, 'the sync status of no such type is refused', answer)
    log = world.log.read_text()
    checks.that(SECRET not in log and 'refresh_token' not in log, 'no secret stands in the log')


def main():
    checks = harness.Checks()
    folder = harness.temporary('portal')
    portal = Portal(folder)
    try:
        with World(portal) as world:
            world.start()
            for check in (check_oauth, check_pause, check_refused, check_edited, check_down, check_scope, check_hung):
                check(checks, world, portal)
            check_wrong(checks, world)
    finally:
        portal.close()
    return checks.finish()


if __name__ == '__main__':
    os.environ.setdefault('PYTHONUNBUFFERED', '1')
    sys.exit(main())

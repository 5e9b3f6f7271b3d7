#!/usr/bin/env python3
"""Secrets and people's details stand in no log, no figure and no error answer.

test: timeout=300
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402

TOKEN = 'canary-token-8c1f'
MAIL, NAME, PHONE, TEXT = 'canarymail@firm.com', 'Canaryname', '+4930123454711', 'canarytext'


class Listener:
    """Keeps the bodies of all error answers."""

    def __init__(self, world):
        self.world, self.bodies, self.statuses = world, [], []

    def ask(self, method, path, body=None, key='use', headers=None):
        answer = self.world.request(method, path, body, key, headers)
        self.statuses.append(answer.status)
        if answer.status >= 400:
            self.bodies.append(answer.body + repr(dict(answer.headers)).encode())
        return answer


def talk(listener, ingest):
    person = {'userId': 'canaryuser', 'type': 'track', 'event': 'message.sent'}
    good = [{'type': 'identify', 'userId': 'canaryuser',
             'traits': {'email': MAIL, 'name': NAME, 'phone': PHONE}},
            dict(person, properties={'conversation_id': 'c', 'text': TEXT, 'author': 'customer'})]
    bad = [dict(person, properties={'conversation_id': 'c', 'text': TEXT, 'author': MAIL}),
           dict(person, properties={'conversation_id': MAIL, 'text': 5}),
           {'type': MAIL, 'userId': MAIL}, dict(person, timestamp=MAIL), dict(person, messageId=MAIL * 9),
           {'type': 'identify', 'userId': MAIL, 'traits': {'email': {'a': MAIL}}}]
    return listener.ask('POST', '/v1/batch', {'batch': good + bad}, key=ingest).json


def provoke(listener, world):
    """Errors of many kinds, each with something in it that must not come back."""
    half = json.dumps({'userId': 'canaryuser', 'traits': {'email': MAIL, 'name': NAME}})
    for body in (half[:-3], half.replace(':', '', 1), '"' + MAIL + '" ' + TEXT, '{"batch": "' + MAIL + '"}'):
        for call in ('identify', 'track', 'batch'):
            listener.ask('POST', f'/v1/{call}', body, key=world.ingest)
    listener.ask('POST', '/v1/track', half, key=world.ingest + 'x')
    listener.ask('POST', '/v1/track', half, key=world.admin)
    listener.ask('POST', '/v1/track', dict(json.loads(half), writeKey=world.ingest + 'x'), key=None)
    listener.ask('POST', '/v1/track', json.dumps({'writeKey': world.use, 'x': MAIL})[:-1], key=None)
    listener.ask('GET', '/api/v1/contacts', key=world.ingest)
    listener.ask('GET', '/api/v1/workspaces', key=world.use)
    listener.ask('GET', f'/api/v1/contacts?email={MAIL}&phone=%2B4930123454711')
    listener.ask('GET', f'/api/v1/contacts?email={MAIL}&limit=x')
    listener.ask('GET', f'/api/v1/contacts?email={MAIL}&cursor=x')
    listener.ask('GET', f'/api/v1/contacts?email={MAIL}&min_sequence=99999')
    listener.ask('POST', '/api/v1/setup', {'token': world.admin}, key=None)
    listener.ask('POST', '/api/v1/keys', {'label': MAIL, 'scopes': [world.admin]}, key=world.admin)
    listener.ask('POST', '/api/v1/contacts/con_x/merge', {'contact': MAIL})
    rows = world.get('/api/v1/quarantine')['data']
    listener.ask('POST', f'/api/v1/quarantine/{rows[0]["id"]}/readmit')
    listener.ask('POST', '/v1/track', half, key=world.ingest, headers={'Content-Encoding': MAIL})
    listener.ask('POST', '/v1/track', half, key=world.ingest, headers={'Content-Encoding': 'gzip'})


def search(checks, world, listener, master):
    secrets = {'the token': TOKEN, 'the admin key': world.admin, 'the ingest key': world.ingest,
               'the reading key': world.use, 'the master key': master, 'an e-mail': MAIL,
               'a name': NAME, 'a phone number': PHONE[1:], 'a text': TEXT}
    figures = world.request('GET', '/metrics', key=None).body
    places = {'the log': world.log.read_bytes(), 'the figures': figures,
              'the error answers': b'\n'.join(listener.bodies),
              'the sandbox\'s log': world.sandbox.log.read_bytes().replace(
                  f'with token {TOKEN}'.encode(), b'')}  # it says at its start how to call it
    for place, content in places.items():
        for name, secret in secrets.items():
            where = content.lower().find(secret.lower().encode())
            checks.that(where < 0, f'{name} is not in {place}', content[max(0, where - 300):where + 100])
    checks.that(len(listener.bodies) > 20, f'{len(listener.bodies)} error answers were searched')
    checks.that(b'rapport_' in figures, 'there are figures')


def main(checks):
    # The sandbox takes another token first: its refusals are logged too.
    with harness.World('secrets', sandbox=True, token=TOKEN) as world:
        listener = Listener(world)
        world.start()
        receipt = talk(listener, world.ingest)
        checks.that(receipt['stored'] == 2 and receipt['quarantined'] == 6, 'good and bad events', receipt)
        world.caught_up(receipt['sequence'])
        provoke(listener, world)
        checks.that(world.stop() == 0, 'the server ends')
        log = world.log.read_text()
        checks.that('authentication' in log or 'halted' in log or '401' in log,
                    'the log says that the CRM refused the token', log[-1500:])
        world.sandbox.close()
        world.start()  # nobody there to push to
        world.send('identify', {'userId': 'canaryuser', 'traits': {'email': MAIL, 'name': NAME + 's'}})
        checks.that(world.stop() == 0, 'the server ends')
        world.sandbox = harness.Sandbox(world.folder, token=TOKEN, port=world.sandbox.port)
        world.start()

        def pushed():
            state = world.sandbox.ask('state')
            return any(r['properties'].get('email') == MAIL for r in state['objects']['contacts'])
        harness.wait_until(pushed, 60, 'the contact to reach the CRM', 0.3)
        master = (world.data / 'master.key').read_text().strip()
        for arguments in (['keys', 'list'], ['verify'], ['workspaces', 'list']):
            code, out, err = world.command(*arguments, '--url', f'http://127.0.0.1:{world.port}',
                                           '--key', world.admin)
            checks.that(code == 0 and not any(s in out + err for s in
                                              (TOKEN, world.admin, world.ingest, world.use, master)),
                        f'`rapport {" ".join(arguments)}` shows no secret', out + err)
        search(checks, world, listener, master)


if __name__ == '__main__':
    harness.main(main)

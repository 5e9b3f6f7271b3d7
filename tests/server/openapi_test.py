#!/usr/bin/env python3
"""A tour of the API through Prism's validating proxy: every exchange is as the OpenAPI document says.

test: timeout=400
"""

import json
import os
import pathlib
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402

NODE = harness.SOURCE / 'tests/node'
sys.path.insert(0, str(NODE))
import install as packages  # noqa: E402


class Proxy:
    def __init__(self, world):
        packages.install()
        self.port = harness.free_port()
        self.log = world.folder / 'prism.txt'
        self.process = subprocess.Popen(
            [str(NODE / 'node_modules/.bin/prism'), 'proxy', str(harness.SOURCE / 'src/api/openapi.json'),
             f'http://127.0.0.1:{world.port}', '--errors', '-p', str(self.port), '-h', '127.0.0.1'],
            stdout=open(self.log, 'wb'), stderr=subprocess.STDOUT, start_new_session=True)
        self.client = harness.Client(self.port)
        harness.wait_until(self.answers, 200, 'Prism to answer', 0.3)

    def answers(self):
        try:
            return self.client.request('GET', '/livez').status == 200
        except harness.LOST:
            return False

    def close(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Tour:
    def __init__(self, checks, world, proxy):
        self.checks, self.world, self.proxy, self.seen = checks, world, proxy, set()

    def go(self, status, method, path, body=None, key='use', pattern=None):
        """The answer through the proxy; `pattern` is the path in the document when they differ."""
        key = self.world.use if key == 'use' else key
        self.proxy.client.close()  # Prism drops idle connections after 5 s
        answer = self.proxy.client.request(method, path, body, key)
        violated = b'stoplight.io/prism' in answer.body or 'sl-violations' in answer.headers
        self.checks.that(answer.status == status and not violated, f'{method} {path[:70]}: {status}', answer)
        self.seen.add((method, pattern or path.split('?')[0]))
        return answer


def take_in(tour):
    ingest = tour.world.ingest
    person = {'userId': 'user-1', 'anonymousId': 'device-1'}
    traits = {'email': 'ann@firm.com', 'name': 'Ann Lee', 'phone': '+4930123456', 'plan': 'gold'}
    talk = {'conversation_id': 'c-1'}

    def track(type_, **properties):
        return dict(person, event=type_, properties=dict(talk, **properties))
    tour.go(200, 'POST', '/v1/identify', dict(person, traits=traits, messageId='m-1'), ingest)
    tour.go(200, 'POST', '/v1/track', track('conversation.started', channel='web'), ingest)
    tour.go(200, 'POST', '/v1/track', track('message.sent', text='Hello', author='customer'), ingest)
    tour.go(200, 'POST', '/v1/track', track('satisfaction.received', score=4), ingest)
    tour.go(200, 'POST', '/v1/track', track('conversation.escalated', reason='asked'), ingest)
    tour.go(200, 'POST', '/v1/track', track('deal.created', deal_id='d-1', name='Deal', amount='12.50', currency='EUR'), ingest)
    tour.go(200, 'POST', '/v1/track', track('task.created', task_id='t-1', deal_id='d-1', subject='Call', priority='low'), ingest)
    tour.go(200, 'POST', '/v1/page', dict(person, name='Prices', properties={'url': 'https://a.b/c'}), ingest)
    tour.go(200, 'POST', '/v1/screen', dict(person, name='Home'), ingest)
    tour.go(200, 'POST', '/v1/group', dict(person, groupId='g-1', traits={'name': 'Firm'}), ingest)
    tour.go(200, 'POST', '/v1/alias', {'userId': 'user-1', 'previousId': 'old-1'}, ingest)
    calls = [dict(type='identify', userId='user-2', traits={'email': 'bob@firm.com'}),
             dict(type='track', userId='user-2', event='message.sent',
                  properties={'conversation_id': 'c-2', 'text': 'x', 'author': 'customer'})]
    answer = tour.go(200, 'POST', '/v1/batch', {'batch': calls}, ingest)
    # Wrong in itself: kept in quarantine. Straight to the server, the document forbids such calls.
    bad = tour.world.send('track', {'userId': 'u', 'event': 'message.sent',
                                    'properties': {'conversation_id': 'c', 'text': 't', 'author': 'cat'}})
    tour.world.caught_up(bad.json['sequence'])
    tour.go(401, 'POST', '/v1/track', track('Looked'), 'rpt_live_wrong')
    tour.go(403, 'POST', '/v1/track', track('Looked'), tour.world.admin)
    return answer.json['sequence'], bad.json['sequence']


def read(tour, sequence):
    for query in ('', '?limit=1', '?order=oldest', '?email=ann@firm.com', '?phone=%2B4930123456',
                  '?external_id=user-1', f'?min_sequence={sequence}', '?email=nobody@firm.com'):
        page = tour.go(200, 'GET', f'/api/v1/contacts{query}').json
        if query == '?limit=1':
            tour.go(200, 'GET', f'/api/v1/contacts?limit=1&cursor={page["next"]}')
    for kind, name in (('contacts', 'contact'), ('accounts', 'account'), ('conversations', 'conversation'),
                       ('tickets', 'ticket'), ('deals', 'deal'), ('tasks', 'task')):
        rows = tour.go(200, 'GET', f'/api/v1/{kind}').json['data']
        tour.checks.that(rows, f'there are {kind}')
        one = rows[0]['id'] if rows else 'none'
        tour.go(200, 'GET', f'/api/v1/{kind}/{one}', pattern=f'/api/v1/{kind}/{{id}}')
        tour.go(404, 'GET', f'/api/v1/{kind}/{one[:4]}aaaaaaaaaaaaaaaaaaaaaaaaaa')
        tour.go(401, 'GET', f'/api/v1/{kind}', key='rpt_live_wrong')
        tour.go(403, 'GET', f'/api/v1/{kind}', key=tour.world.ingest)
    tour.go(200, 'GET', '/api/v1/deals?stage=prospecting')
    tour.go(200, 'GET', '/api/v1/tasks?status=open')
    tour.go(400, 'GET', '/api/v1/contacts?cursor=nonsense')
    tour.go(400, 'GET', '/api/v1/contacts?min_sequence=999999')
    ann = tour.world.get('/api/v1/contacts?email=ann@firm.com')['data'][0]['id']
    page = tour.go(200, 'GET', f'/api/v1/contacts/{ann}/timeline?limit=2',
                   pattern='/api/v1/contacts/{id}/timeline').json
    tour.go(200, 'GET', f'/api/v1/contacts/{ann}/timeline?before={page["next"]}')
    talk = tour.go(200, 'GET', f'/api/v1/conversations?contact={ann}').json['data'][0]['id']
    tour.go(200, 'GET', f'/api/v1/conversations/{talk}/messages',
            pattern='/api/v1/conversations/{id}/messages')
    tour.go(200, 'GET', '/api/v1/events?limit=3')
    tour.go(200, 'GET', '/api/v1/events?after=3')
    tour.go(200, 'GET', '/api/v1/events/1', pattern='/api/v1/events/{sequence}')
    tour.go(404, 'GET', '/api/v1/events/99999')
    tour.go(200, 'GET', '/api/v1/reviews')
    tour.go(200, 'GET', '/api/v1/state')
    tour.go(200, 'GET', '/api/v1/connections')
    return ann


def quarantine(tour, bad):
    tour.go(200, 'GET', '/api/v1/quarantine')
    path = f'/api/v1/quarantine/{bad:020}'
    tour.go(200, 'GET', path, pattern='/api/v1/quarantine/{id}')
    right = {'type': 'track', 'userId': 'u', 'event': 'message.sent',
             'properties': {'conversation_id': 'c', 'text': 't', 'author': 'customer'}}
    tour.go(200, 'POST', f'{path}/readmit', right, pattern='/api/v1/quarantine/{id}/readmit')
    tour.go(409, 'POST', f'{path}/readmit', right)


def connections(tour, ann):
    """With a dead letter: while the CRM lacks a property that is mapped."""
    one, pattern = '/api/v1/connections/crm', '/api/v1/connections/{id}'
    harness.wait_until(lambda: tour.world.get('/api/v1/connections')['data'][0]['waiting'] == 0, 60,
                       'the CRM to be up to date')
    harness.Client(tour.world.sandbox.port).request('POST', '/__sandbox/faults', {'faults': [
        {'kind': 'schema_drift', 'change': 'remove_property', 'object': 'contacts', 'property': 'jobtitle'}]})
    tour.world.send('identify', {'userId': 'user-1', 'traits': {'title': 'Boss'}})
    harness.wait_until(lambda: tour.world.get(f'{one}/dead-letters')['data'], 60, 'a dead letter')
    tour.go(200, 'GET', f'{one}/dead-letters', pattern=f'{pattern}/dead-letters')
    edit = f'{one}/dead-letters/contact/{ann}', {'set': {'jobtitle': ''}}
    tour.go(200, 'PATCH', *edit, pattern=f'{pattern}/dead-letters/{{type}}/{{record}}')
    tour.go(200, 'GET', f'{one}/dead-letters', pattern=f'{pattern}/dead-letters')
    tour.go(200, 'GET', f'/api/v1/sync/contact/{ann}', pattern='/api/v1/sync/{type}/{id}')
    tour.go(404, 'GET', '/api/v1/sync/contact/con_none')
    tour.go(200, 'POST', f'{one}/dead-letters/retry', {'records': [{'type': 'contact', 'id': ann}]},
            pattern=f'{pattern}/dead-letters/retry')
    tour.go(200, 'POST', f'{one}/pause', pattern=f'{pattern}/pause')
    tour.go(200, 'POST', f'{one}/resume', pattern=f'{pattern}/resume')
    tour.go(404, 'POST', '/api/v1/connections/none/resume')
    tour.go(200, 'POST', f'{one}/test', pattern=f'{pattern}/test')
    tour.go(409, 'POST', f'{one}/authorize', pattern=f'{pattern}/authorize')
    tour.go(400, 'GET', '/oauth/callback?state=unknown&code=x', key=None)
    tour.go(200, 'GET', '/api/v1/connections')


PACK = {'pack.yaml': 'pack: tour\nsays: What the tour needs\n', 'all.yaml': '''
settings: {hot: {value: 20, type: int, says: Points of a hot lead}}
objects:
  contact: {fields: {tier: {type: enum, values: [bronze, gold]}}}
  refund: {prefix: rfd, belongs_to: {contact: optional}, fields: {approval_status: {type: text}, approval_level: {type: int}, approval_reason: {type: text}, approved_by: {type: text}}}
scores: {lead: {of: contact, points: {asked: {add: 15, on: asked.price, says: asked}}}}
lifecycles: {buyer: {of: contact, field: buying, starts: [{at: looking, when: "true"}], stages: {looking: {}, done: {final: true}}, moves: [{to: done, from: [looking], when: "false"}]}}
approvals: {refund: {of: refund, levels: [{level: 1, when: "true", by: {role: manager}}]}}
rules:
  ask: {on: refund.asked, do: [{create: {object: refund, key: "= event.id"}}, {request_approval: {approval: refund}}, {notify: {to: {role: manager}, text: A refund}}]}
'''}


def packs(tour, ann):
    one, pattern = '/api/v1/packs/tour', '/api/v1/packs/{name}'
    draft = {'files': PACK}
    wrong = {'files': dict(PACK, **{'all.yaml': PACK['all.yaml'].replace('asked.price', '"Not one"')})}
    tour.go(200, 'POST', f'{one}/check', draft, pattern=f'{pattern}/check')
    tour.go(200, 'POST', f'{one}/plan', draft, pattern=f'{pattern}/plan')
    tour.go(404, 'GET', one)
    made = tour.go(200, 'PUT', one, dict(draft, expected_version=None), pattern=pattern).json
    tour.go(409, 'PUT', one, dict(draft, expected_version=None))
    tour.go(400, 'PUT', one, dict(wrong))
    tour.go(200, 'GET', '/api/v1/packs')
    tour.go(200, 'GET', one, pattern=pattern)
    tour.go(200, 'GET', f'{one}/versions/{made["version"]}', pattern=f'{pattern}/versions/{{version}}')
    tour.go(200, 'POST', f'{one}/rollback', {'version': made['version']}, pattern=f'{pattern}/rollback')
    tour.go(404, 'POST', f'{one}/rollback', {'version': 'none'})
    about = {'type': 'contact', 'id': ann}
    tour.go(200, 'POST', f'{one}/try', dict(draft, record=about, event={'type': 'asked.price'}), pattern=f'{pattern}/try')
    tour.go(200, 'GET', '/api/v1/settings')
    tour.go(200, 'PATCH', '/api/v1/settings', {'hot': 12})
    tour.go(400, 'PATCH', '/api/v1/settings', {'hot': 'many'})
    tour.go(200, 'PATCH', '/api/v1/settings', {'hot': None})
    tour.go(200, 'GET', '/api/v1/workspace')
    tour.go(200, 'PUT', '/api/v1/workspace', {'zone': 'Europe/Berlin', 'currency': 'EUR'})
    user = '/api/v1/users/max', '/api/v1/users/{id}'
    tour.go(200, 'PUT', user[0], {'name': 'Max', 'email': 'max@we.example', 'roles': ['manager']}, pattern=user[1])
    tour.go(200, 'PUT', f'{user[0]}/presence', {'presence': 'away'}, pattern=f'{user[1]}/presence')
    tour.go(200, 'GET', user[0], pattern=user[1])
    tour.go(200, 'GET', '/api/v1/users')
    tour.go(200, 'PUT', '/api/v1/teams/vip', {'name': 'VIP desk'}, pattern='/api/v1/teams/{id}')
    tour.go(200, 'GET', '/api/v1/teams/vip', pattern='/api/v1/teams/{id}')
    tour.go(200, 'GET', '/api/v1/teams')
    asked = tour.go(200, 'POST', '/v1/track', {'userId': 'user-1', 'event': 'refund.asked', 'properties': {}}, tour.world.ingest)
    tour.world.caught_up(asked.json['sequence'])
    refund = tour.go(200, 'GET', '/api/v1/objects/refund', pattern='/api/v1/objects/{name}').json['data'][0]['id']
    tour.go(200, 'GET', '/api/v1/objects/effect')
    tour.go(404, 'GET', '/api/v1/objects/nothing')
    tour.go(200, 'GET', f'/api/v1/objects/refund/{refund}', pattern='/api/v1/objects/{name}/{id}')
    vote = {'approval': 'refund', 'record': refund, 'decision': 'approved'}
    tour.go(403, 'POST', '/api/v1/approvals/decide', vote)
    tour.go(200, 'POST', '/api/v1/approvals/decide', dict(vote, user='max'))
    record = f'/api/v1/records/contact/{ann}', '/api/v1/records/{type}/{id}'
    tour.go(200, 'PATCH', record[0], {'fields': {'tier': 'gold'}}, pattern=record[1])
    tour.go(400, 'PATCH', record[0], {'fields': {'tier': 'iron'}})
    tour.go(200, 'GET', f'{record[0]}/derived', pattern=f'{record[1]}/derived')
    tour.go(200, 'POST', f'{record[0]}/move', {'lifecycle': 'buyer', 'to': 'done', 'reason': 'signed'}, pattern=f'{record[1]}/move')
    tour.go(200, 'GET', '/api/v1/traces')
    tour.go(200, 'GET', f'/api/v1/traces?sequence={asked.json["sequence"]}')
    tour.go(204, 'DELETE', user[0], pattern=user[1])
    tour.go(200, 'DELETE', one, pattern=pattern)
    tour.go(404, 'DELETE', one)


def merge_and_erase(tour, ann):
    bob = tour.world.get('/api/v1/contacts?email=bob@firm.com')['data'][0]['id']
    merged = tour.go(200, 'POST', f'/api/v1/contacts/{ann}/merge', {'contact': bob},
                     pattern='/api/v1/contacts/{id}/merge').json
    tour.go(409, 'POST', f'/api/v1/contacts/{ann}/merge', {'contact': bob})
    tour.go(200, 'POST', f'/api/v1/contacts/{ann}/unmerge', {'merge_sequence': merged['merge_sequence']},
            pattern='/api/v1/contacts/{id}/unmerge')
    tour.go(409, 'POST', f'/api/v1/contacts/{bob}/unmerge', {})
    tour.go(403, 'DELETE', f'/api/v1/contacts/{ann}')
    key = tour.world.new_key('erase', 'read')
    tour.go(200, 'DELETE', f'/api/v1/contacts/{ann}', key=key, pattern='/api/v1/contacts/{id}')
    tour.go(404, 'DELETE', '/api/v1/contacts/con_aaaaaaaaaaaaaaaaaaaaaaaaaa', key=key)


def administer(tour):
    admin = tour.world.admin
    tour.go(200, 'GET', '/api/v1/workspaces', key=admin)
    tour.go(201, 'POST', '/api/v1/workspaces', {'name': 'other'}, admin)
    tour.go(409, 'POST', '/api/v1/workspaces', {'name': 'other'}, admin)
    made = tour.go(201, 'POST', '/api/v1/keys', {'workspace': 'other', 'scopes': ['read'], 'label': 'x'},
                   admin).json
    tour.go(200, 'GET', '/api/v1/keys', key=admin)
    tour.go(200, 'GET', '/api/v1/keys?workspace=other', key=admin)
    tour.go(204, 'DELETE', f'/api/v1/keys/{made["id"]}', key=admin, pattern='/api/v1/keys/{id}')
    tour.go(204, 'DELETE', '/api/v1/workspaces/other', key=admin, pattern='/api/v1/workspaces/{name}')
    tour.go(404, 'DELETE', '/api/v1/workspaces/other', key=admin)
    tour.go(401, 'POST', '/api/v1/setup', {'token': 'wrong'}, None)
    tour.go(201, 'POST', '/api/v1/bases')
    tour.go(201, 'POST', '/api/v1/backups', {'destination': str(tour.world.folder / 'backup')}, admin)
    tour.go(409, 'POST', '/api/v1/backups', {'destination': str(tour.world.folder / 'backup')}, admin)
    tour.go(200, 'POST', '/api/v1/verify', key=admin)
    tour.go(401, 'GET', '/api/v1/live', key='rpt_live_wrong')  # demo_test.py follows the stream
    for path in ('/', '/live', '/live.css', '/live.js', '/livez', '/readyz', '/metrics', '/openapi.json'):
        tour.go(200, 'GET', path, key=None)


def check_coverage(checks, world, tour):
    document = world.request('GET', '/openapi.json', key=None).json
    checks.that(document == json.loads((harness.SOURCE / 'src/api/openapi.json').read_text()),
                'the server serves the document that stands in the source')
    operations = {(method.upper(), path) for path, ways in document['paths'].items() for method in ways}
    missing = sorted(operations - tour.seen)
    checks.that(not missing, f'the tour came by all {len(operations)} operations', missing)


def main(checks):
    with harness.World('openapi', sandbox=True) as world:
        world.start()
        proxy = Proxy(world)
        try:
            tour = Tour(checks, world, proxy)
            sequence, bad = take_in(tour)
            ann = read(tour, sequence)
            quarantine(tour, bad)
            connections(tour, ann)
            packs(tour, ann)
            merge_and_erase(tour, ann)
            administer(tour)
            check_coverage(checks, world, tour)
        finally:
            proxy.close()


if __name__ == '__main__':
    harness.main(main)

#!/usr/bin/env python3
"""Packs in a running server: checked, planned, tried, activated, rolled back; what they decide is shown.

test: timeout=300
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402

BASE = {'pack.yaml': 'pack: base\nsays: What all others use\n', 'all.yaml': '''
settings:
  hot: {value: 20, type: int, says: Points from which a lead is hot}
  pause: {value: 3d, type: span, says: How long nobody is told again}
objects:
  contact: {fields: {tier: {type: enum, values: [bronze, gold]}, ltv: {type: money}, seats: {type: int}}}
  refund: {prefix: rfd, belongs_to: {contact: optional}, fields: {amount: {type: money}, approval_status: {type: text}, approval_level: {type: int}, approval_reason: {type: text}, approved_by: {type: text}}}
metrics:
  asked_30d: {of: contact, on: asked.price, count: events, within: 30d}
'''}
LEADS = {'pack.yaml': 'pack: leads\nsays: Who is about to buy\nuses: [base]\n', 'all.yaml': '''
scores:
  lead:
    of: contact
    points:
      price: {add: 15, on: asked.price, says: asked for the price}
      demo: {add: 10, on: asked.demo, once_per: record}
    bands: {warm: 10, cold: 0}
segments:
  hot: {of: contact, when: "contact.lead >= setting.hot"}
lifecycles:
  buyer:
    of: contact
    field: buying
    starts: [{at: looking, when: "true"}]
    stages: {looking: {}, wanting: {}, done: {final: true}}
    moves:
      - {to: wanting, from: [looking], when: "contact.lead >= setting.hot", says: hot}
      - {to: done, from: [wanting], when: "false"}
approvals:
  refund:
    of: refund
    levels: [{level: 1, when: "true", by: {role: manager}}]
rules:
  call:
    on: segment.hot.entered
    do:
      - task: {subject: Call, about: contact, purpose: call, due: 24h}
      - notify: {to: {role: manager}, text: A hot lead}
  refund:
    on: refund.asked
    do:
      - create: {object: refund, key: "= event.id", set: {amount: "= event.amount"}}
      - request_approval: {approval: refund}
'''}


def edited(files, old, new):
    return {path: text.replace(old, new) for path, text in files.items()}


def send(world, event, user='ana', **properties):
    answer = world.send('track', {'userId': user, 'event': event, 'properties': properties})
    world.caught_up(answer.json['sequence'])
    return answer.json['sequence']


def contact(world):
    return world.get('/api/v1/contacts?external_id=ana')['data'][0]


def activate(checks, world):
    refused = world.request('PUT', '/api/v1/packs/leads', {'files': LEADS})
    checks.that(refused.status == 400 and "'base'" in refused.json['detail'], 'a pack that uses another waits for it', refused)
    done = world.request('PUT', '/api/v1/packs/base', {'files': BASE, 'expected_version': None})
    checks.that(done.status == 200 and done.json['changed'], 'a pack is activated', done)
    again = world.request('PUT', '/api/v1/packs/base', {'files': BASE})
    checks.that(again.status == 200 and not again.json['changed'], 'the same version again changes nothing', again)
    stale = world.request('PUT', '/api/v1/packs/base', {'files': BASE, 'expected_version': None})
    checks.that(stale.status == 409, 'who expects no version is refused', stale)

    wrong = edited(LEADS, 'setting.hot', 'setting.hott')
    refused = world.request('PUT', '/api/v1/packs/leads', {'files': wrong})
    problems = refused.json.get('problems', [])
    checks.that(refused.status == 400 and len(problems) == 2 and all(p['file'] == 'leads/all.yaml' and p['line'] > 1 and p['column'] > 1 for p in problems),
                'every problem is listed with its place', refused)
    checked = world.request('POST', '/api/v1/packs/leads/check', {'files': wrong})
    checks.that(checked.status == 200 and not checked.json['fits'] and checked.json['problems'] == problems,
                'a check says the same', checked)
    plan = world.request('POST', '/api/v1/packs/leads/plan', {'files': LEADS}).json
    checks.that(plan['active'] is None and {'kind': 'added', 'section': 'rules', 'id': 'call'} in [dict((k, c[k]) for k in ('kind', 'section', 'id')) for c in plan['changes']],
                'a plan tells what comes', plan)
    checks.that(world.request('POST', '/api/v1/packs/leads/plan', {'files': LEADS}).status == 200 and len(world.get('/api/v1/packs')['data']) == 1,
                'neither has activated anything')
    done = world.request('PUT', '/api/v1/packs/leads', {'files': LEADS})
    checks.that(done.status == 200, 'the second pack is activated', done)
    event = world.get(f'/api/v1/events/{done.json["sequence"]}')
    checks.that(event['type'] == 'pack.activated' and event['properties']['by'], 'the event says who did it', event)
    shown = world.get('/api/v1/packs/leads')
    checks.that(shown['uses'] == ['base'] and {'id': 'hot', 'file': 'all.yaml'} == {k: shown['sections']['segments'][0][k] for k in ('id', 'file')},
                'a pack shows what it declares', shown)
    return done.json['version']


def try_out(checks, world):
    sequence = send(world, 'asked.price')
    ana = contact(world)
    checks.that(ana['lead'] == 15 and ana['buying'] == 'looking', 'a score and a stage', ana)
    draft = edited(LEADS, 'add: 10', 'add: 4').copy()
    about = {'type': 'contact', 'id': ana['id']}
    tried = world.request('POST', '/api/v1/packs/leads/try', {'files': LEADS, 'record': about, 'event': {'type': 'asked.demo'}})
    one = tried.json
    changes = [r for r in one['records'] if r['type'] == 'contact'][0]['changes']
    checks.that(changes['lead'] == {'before': 15, 'after': 25} and changes['buying']['after'] == 'wanting', 'a trial shows fields', one)
    checks.that([t['subject'] for t in one['tasks']] == ['Call'] and [e['kind'] for e in one['effects']] == ['notify'], 'tasks and effects', one)
    checks.that(any(row.get('rule') == 'leads/call' for row in one['trace']), 'and the trace', one['trace'])
    tried = world.request('POST', '/api/v1/packs/leads/try', {'files': draft, 'record': about, 'event': {'type': 'asked.demo'}})
    checks.that(tried.json['tasks'] == [], 'another draft decides otherwise', tried)
    higher = edited(LEADS, 'add: 15', 'add: 30')
    tried = world.request('POST', '/api/v1/packs/leads/try', {'files': higher, 'record': about})
    checks.that(tried.status == 200, 'a trial without an event', tried)
    checks.that(world.get('/api/v1/tasks')['data'] == [] and contact(world) == ana and world.events()[-1]['sequence'] == sequence,
                'nothing of it is stored')
    refused = world.request('POST', '/api/v1/packs/leads/try', {'files': LEADS, 'record': {'type': 'contact', 'id': 'con_none'}})
    checks.that(refused.status == 404, 'a trial needs a record', refused)


def decide(checks, world):
    sequence = send(world, 'asked.demo')
    ana = contact(world)
    derived = world.get(f'/api/v1/records/contact/{ana["id"]}/derived')['derived']
    lead = derived['scores']['lead']
    checks.that(lead['value'] == 25 and lead['band'] == 'warm' and lead['lines']['price'] == {'says': 'asked for the price', 'add': 15.0, 'count': 1, 'sum': 15, 'events': lead['lines']['price']['events']},
                'a score with its lines', lead)
    checks.that([h['value'] for h in lead['history']][-1] == 25, 'and its history', lead)
    checks.that(list(derived['segments']) == ['hot'] and derived['stages']['buyer']['stage'] == 'wanting' and len(derived['stages']['buyer']['history']) == 2,
                'segments and stages', derived)
    checks.that(derived['metrics']['asked_30d']['value'] == 1, 'metrics at now', derived)
    effects = world.get('/api/v1/objects/effect')['data']
    checks.that([e['kind'] for e in effects] == ['notify'], 'effects are listed', effects)
    one = world.request('GET', f'/api/v1/objects/effect/{effects[0]["id"]}')
    checks.that(one.status == 200 and world.request('GET', f'/api/v1/objects/alert/{effects[0]["id"]}').status == 404, 'by their own name alone', one)
    checks.that(world.request('GET', '/api/v1/objects/efect').status == 404, 'an unknown object')
    trace = world.get(f'/api/v1/traces?sequence={sequence}')['data']
    checks.that(len(trace) == 1 and any(row['rule'] == 'leads/call' for row in trace[0]['did']), 'a trace', trace)


def set_by_hand(checks, world):
    ana = contact(world)['id']
    path = f'/api/v1/records/contact/{ana}'
    done = world.request('PATCH', path, {'fields': {'tier': 'gold', 'ltv': '100 EUR'}})
    checks.that(done.status == 200 and done.json['record']['tier'] == 'gold', 'fields are set', done)
    for fields, word in (({'tier': 'silver'}, 'bronze, gold'), ({'teir': 'gold'}, "'tier'"), ({'lead': 3}, 'made by'),
                         ({'emails': ['x']}, 'made by'), ({'seats': 'many'}, 'whole number')):
        refused = world.request('PATCH', path, {'fields': fields})
        checks.that(refused.status == 400 and word in refused.json['detail'], f'{fields} is refused', refused)
    moved = world.request('POST', f'{path}/move', {'lifecycle': 'buyer', 'to': 'done', 'reason': 'signed'})
    checks.that(moved.status == 200 and moved.json['record']['buying'] == 'done', 'a stage is set', moved)
    history = world.get(f'{path}/derived')['derived']['stages']['buyer']['history']
    checks.that(history[-1]['reason'] == 'signed' and history[-1]['by'], 'with who and why', history)
    checks.that(world.request('POST', f'{path}/move', {'lifecycle': 'buyer', 'to': 'gone'}).status == 400, 'no such stage')

    send(world, 'refund.asked', amount='5 EUR')
    refund = world.get('/api/v1/objects/refund')['data'][0]
    checks.that(refund['approval_status'] == 'pending', 'an approval waits', refund)
    vote = {'approval': 'refund', 'record': refund['id'], 'decision': 'approved', 'reason': 'fair'}
    checks.that(world.request('POST', '/api/v1/approvals/decide', vote).status == 403, 'a stranger may not decide')
    done = world.request('POST', '/api/v1/approvals/decide', dict(vote, user='max'))
    checks.that(done.status == 200 and done.json['record']['approval_status'] == 'approved', 'a manager may', done)
    checks.that(world.request('POST', '/api/v1/approvals/decide', dict(vote, user='max')).status == 409, 'once')
    of_ana = world.get(f'/api/v1/objects/refund?contact={ana}')['data']
    checks.that(len(of_ana) == 1 and world.get('/api/v1/objects/refund?status=none')['data'] == [], 'objects by contact and status', of_ana)


def people(checks, world):
    user = {'name': 'Max', 'email': 'max@we.example', 'roles': ['manager'], 'teams': ['vip']}
    made = world.request('PUT', '/api/v1/users/max', user)
    checks.that(made.status == 200 and made.json['roles'] == ['manager'], 'a user', made)
    checks.that([u['id'] for u in world.get('/api/v1/users?role=manager')['data']] == ['max'], 'by role')
    here = world.request('PUT', '/api/v1/users/max/presence', {'presence': 'away'})
    checks.that(here.status == 200 and here.json['presence'] == 'away', 'presence', here)
    checks.that(world.request('PUT', '/api/v1/users/max/presence', {'presence': 'asleep'}).status == 400, 'only known ones')
    user.pop('teams')
    made = world.request('PUT', '/api/v1/users/max', user)
    checks.that('teams' not in made.json and made.json['presence'] == 'away', 'what is left out is gone, presence stays', made)
    checks.that(world.request('PUT', '/api/v1/users/max', {'role': ['x']}).status == 400, 'unknown fields are refused')
    team = world.request('PUT', '/api/v1/teams/vip', {'name': 'VIP desk'})
    checks.that(team.status == 200 and world.get('/api/v1/teams/vip')['name'] == 'VIP desk' and len(world.get('/api/v1/teams')['data']) == 1, 'a team', team)
    world.request('PUT', '/api/v1/users/eve', {'name': 'Eve'})
    checks.that(world.request('DELETE', '/api/v1/users/eve').status == 204 and world.request('GET', '/api/v1/users/eve').status == 404, 'a user goes')


def settings(checks, world):
    shown = {s['name']: s for s in world.get('/api/v1/settings')['data']}
    checks.that(shown['hot']['default'] == 20 and shown['pause']['value'] == '3d', 'settings', shown)
    for change in ({'hot': 'many'}, {'hott': 3}, {'pause': 'soon'}):
        checks.that(world.request('PATCH', '/api/v1/settings', change).status == 400, f'{change} is refused')
    done = world.request('PATCH', '/api/v1/settings', {'hot': 12, 'pause': '36h'})
    shown = {s['name']: s for s in done.json['data']}
    checks.that(shown['hot']['value'] == 12 and shown['hot']['changed'] and shown['pause']['value'] == '36h', 'a setting is changed', done)
    shown = {s['name']: s for s in world.request('PATCH', '/api/v1/settings', {'hot': None}).json['data']}
    checks.that(shown['hot']['value'] == 20 and not shown['hot']['changed'], 'and goes back', shown)
    checks.that(world.get('/api/v1/workspace') == {'name': 'acme', 'zone': 'UTC', 'currency': 'USD'}, 'zone and currency')
    for wrong in ({'zone': 'Mars/Base', 'currency': 'EUR'}, {'zone': 'UTC', 'currency': 'XXY'}):
        checks.that(world.request('PUT', '/api/v1/workspace', wrong).status == 400, f'{wrong} is refused')
    done = world.request('PUT', '/api/v1/workspace', {'zone': 'Europe/Berlin', 'currency': 'EUR'})
    checks.that(done.json['zone'] == 'Europe/Berlin', 'the zone is set', done)


def switch(checks, world, version):
    changed = edited(LEADS, 'add: 15', 'add: 16')
    plan = world.request('POST', '/api/v1/packs/leads/plan', {'files': changed}).json
    checks.that([(c['kind'], c['section'], c['id']) for c in plan['changes']] == [('changed', 'scores', 'lead')], 'what changes', plan)
    done = world.request('PUT', '/api/v1/packs/leads', {'files': changed, 'expected_version': version})
    checks.that(done.status == 200, 'a new version', done)
    back = world.request('POST', '/api/v1/packs/leads/rollback', {'version': version})
    checks.that(back.status == 200 and world.get('/api/v1/packs/leads')['version'] == version, 'rolled back', back)
    checks.that(len(world.get('/api/v1/packs/leads')['history']) == 3, 'the history tells it')
    checks.that(world.request('POST', '/api/v1/packs/leads/rollback', {'version': 'ab'}).status == 404, 'to nowhere')
    files = world.get(f'/api/v1/packs/leads/versions/{version}')['files']
    checks.that(files == LEADS, 'the files of a version')
    used = world.request('DELETE', '/api/v1/packs/base')
    checks.that(used.status == 409 and 'leads' in used.json['detail'], 'what another uses stays', used)


def command_line(checks, world):
    folder = world.folder / 'packs'
    for name, files in (('leads', LEADS), ('base', BASE), ('wrong', edited(LEADS, 'setting.hot', 'setting.hott'))):
        (folder / name).mkdir(parents=True)
        for path, text in files.items():
            (folder / name / path).write_text(text)
    there = ('--url', f'http://127.0.0.1:{world.port}', '--key', world.use)

    def run(*arguments, code=0):
        done = harness.program('--json', *arguments[:1], *arguments[1:], *there)
        checks.that(done[0] == code, f'rapport {" ".join(map(str, arguments[:3]))}: {code}', done)
        return json.loads(done[1] or done[2])
    checks.that([p['name'] for p in run('packs', 'list')['data']] == ['base', 'leads'], 'the packs by command')
    run('packs', 'show', 'leads')
    run('packs', 'check', folder / 'leads')
    run('packs', 'check', folder / 'wrong', code=3)
    run('packs', 'plan', folder / 'leads')
    run('packs', 'deactivate', 'leads')
    run('packs', 'deactivate', 'base')
    done = run('packs', 'activate', folder / 'leads', folder / 'base')
    checks.that([p['name'] for p in done['data']] == ['base', 'leads'], 'several at once, in the order of use', done)
    version = world.get('/api/v1/packs/leads')['version']
    run('packs', 'rollback', 'leads', version)
    ana = contact(world)['id']
    run('packs', 'try', folder / 'leads', '--record', f'contact/{ana}', '--event', 'asked.demo')
    run('packs', 'settings')
    checks.that(run('packs', 'settings', '--set', 'hot=15')['data'][0]['value'] == 15, 'a setting by command')
    run('packs', 'settings', '--reset', 'hot')
    run('users', 'list')
    run('users', 'set', 'kim', '--name', 'Kim', '--role', 'agent', '--team', 'vip')
    run('users', 'presence', 'kim', 'away')
    run('users', 'remove', 'kim')
    code, out, err = harness.program('--json', 'check', folder / 'leads', folder / 'base')
    checks.that(code == 0, 'rapport check: packs without a server', out + err)
    code, out, err = harness.program('check', folder / 'wrong', folder / 'base')
    checks.that(code == 3 and 'wrong/all.yaml:' in out and "'hott'" in out and '1 of 2 files' in out, 'and finds what is wrong', out + err)
    return folder


def restart(checks, world, folder):
    state = world.get('/api/v1/state')['digest']
    checks.that(world.stop() == 0, 'the server stops')
    world.settings.write_text(world.settings.read_text() + f'packs: [{{workspace: acme, folders: [{folder}/leads]}}]\n')
    (folder / 'leads' / 'all.yaml').write_text(LEADS['all.yaml'].replace('add: 15', 'add: 18'))
    world.start()
    harness.wait_until(lambda: world.get('/api/v1/packs/leads')['by'] == 'config', 30, 'the configured pack')
    kinds = [e['type'] for e in world.events() if e['type'] == 'engine.changed']
    checks.that(len(kinds) == 1, 'the engine is told once', kinds)
    checks.that(state != world.get('/api/v1/state')['digest'], 'the version of the folder is active')
    checks.that('ready' in world.request('GET', '/readyz', key=None).body.decode(), 'ready')
    before = len(world.events())
    checks.that(world.stop() == 0 and world.start(), 'another start')
    harness.wait_until(lambda: world.get('/api/v1/packs')['problems'] == [], 30, 'an answer')
    checks.that(len(world.events()) == before, 'the same engine and packs are not told again')


def main(checks):
    with harness.World('packs') as world:
        world.start()
        world.send('identify', {'userId': 'ana', 'traits': {'email': 'ana@acme.example'}})
        version = activate(checks, world)
        people(checks, world)
        try_out(checks, world)
        decide(checks, world)
        set_by_hand(checks, world)
        settings(checks, world)
        switch(checks, world, version)
        folder = command_line(checks, world)
        restart(checks, world, folder)
        harness.check_folder(checks, world)


if __name__ == '__main__':
    harness.main(main)

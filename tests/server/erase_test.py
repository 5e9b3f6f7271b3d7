#!/usr/bin/env python3
"""Erases 100 persons: nothing of them is left in any file, in a new backup or in an answer.

test: timeout=600
"""

import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402

PACK = {'pack.yaml': 'pack: canary\n', 'all.yaml': '''
objects: {wish: {prefix: wsh, belongs_to: {contact: optional}, fields: {text: {type: text}}}}
metrics: {said: {of: contact, on: message.sent, first: event.text}}
scores: {lead: {of: contact, points: {talk: {add: 5, on: message.sent}, here: {add: 1, while: "has(contact.email)"}}}}
signals: {talks: {of: contact, when: "contact.lead > 3", value: "= contact.said", says: talks}}
rules:
  wish: {on: message.sent, do: [{create: {object: wish, key: "= event.id", set: {text: "= event.text"}}}]}
  late: {on: message.sent, debounce: 24h, do: [{tag: {contact: [late]}}]}
  note: {on: conversation.escalated, do: [{note: {on: ticket, text: "= event.reason"}}, {alert: {type: talk, severity: low, text: "= event.reason"}}, {task: {subject: "= event.reason", about: ticket}}]}
'''}
PERSONS = 100
ANY_CANARY = re.compile(rb'canary[a-z]+[0-9]{3}x|49301[0-9]{3}4711')  # of canaries()
STAYING = 10


def canaries(i):
    """What must be gone: name, mail, phone, texts, traits."""
    mark = f'{i:03d}'
    return {'user': f'canaryuser{mark}x', 'name': f'Canaryname{mark}x', 'box': f'canarybox{mark}x',
            'phone': f'49301{i:03d}4711', 'trait': f'canarytrait{mark}x', 'text': f'canarytext{mark}x',
            'answer': f'canaryanswer{mark}x', 'reason': f'canaryreason{mark}x',
            'device': f'canarydevice{mark}x', 'page': f'canarypage{mark}x',
            'bad': f'canarybad{mark}x', 'deal': f'canarydeal{mark}x', 'task': f'canarytask{mark}x'}


def events_of(i):
    c = canaries(i)
    person = {'userId': c['user'], 'anonymousId': c['device']}

    def event(type_, **properties):
        return dict(person, type='track', event=type_,
                    properties=dict(properties, conversation_id=f'talk-{c["user"]}'))
    return [
        dict(person, type='page', name=c['page'], properties={'url': f'https://x.org/{c["page"]}'}),
        dict(person, type='identify', traits={
            'name': c['name'], 'email': f'{c["box"]}@firm{i % 7}.com', 'phone': '+' + c['phone'],
            'hobby': c['trait'], 'nested': {'deep': [c['trait']]}}),
        event('conversation.started', channel='web', topics=[c['trait']]),
        event('message.sent', text=f'I am {c["text"]}', author='customer', author_name=c['name']),
        event('message.sent', text=f'Dear {c["answer"]}', author='ai'),
        event('conversation.escalated', reason=c['reason']),
        event('deal.created', deal_id=c['deal'], name=c['name'], description=c['deal']),
        event('task.created', task_id=c['task'], deal_id=c['deal'], subject=c['name'], body=c['task']),
    ]


def bad_event_of(i):
    """Goes to quarantine. It is nobody's, but it tells of a person by her user id."""
    c = canaries(i)
    return {'type': 'track', 'userId': c['user'], 'event': 'message.sent',
            'properties': {'conversation_id': 'x', 'text': c['bad'], 'author': 'cat'}}


def traces(folder, words):
    """The words that stand in plain in a file of the folder, with the file."""
    found, words = [], {w.encode() for w in words}
    for path in sorted(folder.rglob('*')):
        if path.is_file():
            here = words.intersection(ANY_CANARY.findall(path.read_bytes().lower()))
            found += [(str(path.relative_to(folder)), w.decode()) for w in here]
    return found


def words_of(persons):
    return [w.lower() for i in persons for w in canaries(i).values()]


def fill(world):
    for i in range(PERSONS + STAYING):
        answer = world.send('batch', {'batch': events_of(i) + [bad_event_of(i)]})
        if answer.status != 200 or answer.json['quarantined'] != 1:
            raise RuntimeError(answer)
    return answer.json['sequence']


def check_pack(checks, world):
    """What is derived of persons holds their words too."""
    for kind in ('wish', 'note', 'alert', 'signal'):
        rows = world.get(f'/api/v1/objects/{kind}?limit=1000')['data']
        checks.that(len(rows) >= PERSONS, f'the pack has made {len(rows)} records {kind}', rows[:1])
    checks.that(world.get('/api/v1/traces?limit=1000')['data'], 'and traces')


def check_nothing_derived(checks, world):
    gone = {r['contact'] for r in ERASED}
    for kind in ('wish', 'note', 'alert', 'signal'):
        rows = world.get(f'/api/v1/objects/{kind}?limit=1000')['data']
        checks.that(0 < len(rows) <= 3 * STAYING, f'of {kind} those of the {STAYING} stay', len(rows))
    told = repr(world.get('/api/v1/traces?limit=1000')['data'])
    checks.that(not [c for c in gone if c in told], 'no trace names them')
    state = b''.join(p.read_bytes() for p in (world.data / 'state').rglob('*') if p.is_file())
    for name in ('derived', 'refresh', 'debounce'):
        left = [c for c in gone if f'{name}/{c}'.encode() in state or f'contact/{c}'.encode() in state]
        checks.that(not left, f'nothing derived is left, nor a timer ({name})', left[:3])


ERASED = []


def erase_all(checks, world, key):
    refused, begin = [], time.monotonic()
    for i in range(PERSONS):
        email = f'{canaries(i)["box"]}@firm{i % 7}.com'
        rows = world.get(f'/api/v1/contacts?email={email}')['data']
        answer = world.request('DELETE', f'/api/v1/contacts/{rows[0]["id"]}', key=key)
        if answer.status != 200:
            refused.append(repr(answer))
        ERASED.append({'contact': rows[0]['id']})
    checks.that(not refused, f'{PERSONS} persons are erased', refused[:3])
    print(f'{(time.monotonic() - begin) / PERSONS:.2f} s each', flush=True)


def check_answers(checks, world):
    left = [i for i in range(PERSONS)
            if world.get(f'/api/v1/contacts?email={canaries(i)["box"]}@firm{i % 7}.com')['data']
            or world.get(f'/api/v1/contacts?external_id={canaries(i)["user"]}')['data']
            or world.get(f'/api/v1/contacts?phone=%2B{canaries(i)["phone"]}')['data']]
    checks.that(not left, 'none of them is found by e-mail, user id or phone', left)
    whole = repr(world.events()).lower()
    gone = words_of(range(PERSONS))
    found = [w for w in gone if w.lower() in whole]
    checks.that(not found, 'no event of the log shows anything of them', found[:5])
    waiting = world.get('/api/v1/quarantine?limit=1000')['data']
    checks.that(len(waiting) == STAYING, f'{PERSONS} of {PERSONS + STAYING} quarantined events are gone',
                len(waiting))
    for path in ('contacts', 'conversations', 'tickets', 'deals', 'tasks', 'accounts',
                 'quarantine'):
        page = repr(world.get(f'/api/v1/{path}?limit=200')).lower()
        checks.that(not [w for w in gone if w.lower() in page], f'nor do the {path}', page[:300])
    here = [i for i in range(PERSONS, PERSONS + STAYING)
            if world.get(f'/api/v1/contacts?external_id={canaries(i)["user"]}')['data']]
    checks.that(len(here) == STAYING, f'the other {STAYING} persons stay', here)


def check_files(checks, world, folder, name):
    found = traces(folder, words_of(range(PERSONS)))
    checks.that(not found, f'{PERSONS * len(canaries(0))} canaries: 0 in {name}', found[:5])


def backup(checks, world, name):
    target = world.folder / name
    answer = world.request('POST', '/api/v1/backups', {'destination': str(target)}, key=world.admin)
    checks.that(answer.status == 201, f'a backup: {name}', answer)
    return target


def check_restored(checks, world, source, name):
    """A backup of before is restored with today's tombstones: the erased stay erased."""
    target = world.folder / f'restored-{name}'
    code, out, err = harness.program(
        '--json', '--data', target, 'restore', '--from', source, '--master-key',
        world.data / 'master.key', '--tombstones', world.data / 'tombstones')
    if not checks.that(code == 0, f'{name}: restored', (code, out, err)):
        return
    code, out, err = harness.program('--data', target, '--json', 'rebuild')
    checks.that(code == 0, f'{name}: state folded', out + err)
    found = traces(target / 'state', words_of(range(PERSONS)))
    checks.that(not found, f'{name}: the restored state shows nobody who was erased since', found[:5])
    stay = traces(target / 'state', [canaries(PERSONS)['name'].lower()])
    checks.that(stay, f'{name}: it shows those who were not erased')


def main(checks):
    with harness.World('erase') as world:
        world.start()
        key = world.new_key('erase', 'read')
        active = world.request('PUT', '/api/v1/packs/canary', {'files': PACK})
        checks.that(active.status == 200, 'a pack is active', active)
        world.caught_up(fill(world))
        check_pack(checks, world)
        for _ in range(2):
            checks.that(world.request('POST', '/api/v1/bases').status == 201, 'a base')
            world.caught_up(fill_one_more(world))
        before = backup(checks, world, 'backup-before')
        found = traces(world.data, words_of(range(PERSONS)))
        checks.that(len({w for _, w in found}) >= PERSONS * 5,
                    'before, the canaries stand in the files: the search finds what is there', len(found))
        kinds = {w for w in canaries(0).values() if traces(world.data, [w.lower()])}
        print(f'in plain before: {sorted(kinds)}', flush=True)
        sealed = traces(world.data / 'log', words_of(range(PERSONS)))
        checks.that(not sealed, 'the log never shows them', sealed[:5])
        erase_all(checks, world, key)
        check_answers(checks, world)
        check_nothing_derived(checks, world)
        check_short_user_id(checks, world, key)
        check_files(checks, world, world.data, 'the files of the data folder while it is served')
        after = backup(checks, world, 'backup-after')
        check_files(checks, world, after, 'a new backup')
        checks.that(not ANY_CANARY.findall(world.log.read_bytes().lower()), 'nor in the log output')
        harness.check_folder(checks, world, from_start=False)
        check_files(checks, world, world.data, 'the files of the stopped data folder')
        check_restored(checks, world, before, 'backup of before')
        check_restored(checks, world, after, 'backup of after')
        checks.that(world.start(), 'the server starts again')
        check_answers(checks, world)


def check_short_user_id(checks, world, key):
    """A user id that stands inside other texts takes nobody else's quarantined event."""
    world.caught_up(world.send('identify', {'userId': '1', 'traits': {'name': 'Short'}}).json['sequence'])
    contact = world.get('/api/v1/contacts?external_id=1')['data'][0]['id']
    checks.that(world.request('DELETE', f'/api/v1/contacts/{contact}', key=key).status == 200,
                'the person with the user id 1 is erased')
    left = world.get('/api/v1/quarantine?limit=1000')['data']
    checks.that(len(left) == STAYING, f'the {STAYING} quarantined events of others stay', len(left))


def fill_one_more(world):
    answer = world.send('track', {'userId': 'somebody', 'event': 'Looked'})
    return answer.json['sequence']


if __name__ == '__main__':
    harness.main(main)

#!/usr/bin/env python3
"""Bad input of every kind: a clear error that names field, line or limit, and nothing is lost.

test: timeout=300
"""

import gzip
import http.client
import json
import pathlib
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402

GOOD = {'userId': 'u', 'event': 'Looked', 'properties': {'a': 1}}


def batch(*calls):
    return {'batch': [dict(c) for c in calls]}


# Refused whole: name, method, path, body, headers, status, words of detail, where.
def refusals():
    big = 'x' * 33 * 1024
    deep = '[' * 2000 + ']' * 2000
    track = ('POST', '/v1/track')
    json_gzip = {'Content-Encoding': 'gzip'}
    yield 'malformed JSON', *track, '{"userId": "u", "event": }', {}, 400, ['byte 25'], None
    yield 'JSON that ends early', *track, '{"userId": "u"', {}, 400, ['JSON'], None
    yield 'no body', *track, '', {}, 400, ['JSON'], None
    yield 'a list for a call', *track, '[1]', {}, 400, ['object'], 'body'
    yield 'bytes that are no UTF-8', *track, b'{"userId": "\xff"}', {}, 400, ['UTF-8'], None
    yield 'JSON too deep', *track, deep, {}, 400, ['deep'], None
    yield 'batch missing', 'POST', '/v1/batch', {}, {}, 400, ['batch', 'missing'], 'batch'
    yield 'batch of a wrong type', 'POST', '/v1/batch', {'batch': {}}, {}, 400, ['list'], 'batch'
    yield ('batch over 500 KiB', 'POST', '/v1/batch', batch(*[dict(GOOD, type='track', x=big[:9000])] * 60),
           {}, 413, ['512000'], 'body')
    yield ('batch over 2,500 calls', 'POST', '/v1/batch', batch(*[{'type': 'track'}] * 2501), {}, 413,
           ['2501', '2500'], 'batch')
    yield 'body over 1 MiB', *track, 'x' * (1 << 20) + 'x', {}, 413, ['1048576'], None
    yield ('gzip bomb', *track, gzip.compress(b' ' * (64 << 20)), json_gzip, 413, ['4194304'], None)
    yield 'gzip that is none', *track, 'no gzip', json_gzip, 400, ['Content-Encoding'], None
    yield 'gzip cut short', *track, gzip.compress(b'{}' * 999)[:-9], json_gzip, 400, ['Content-Encoding'], None
    yield 'unknown coding', *track, 'x', {'Content-Encoding': 'br'}, 415, ['gzip', 'deflate'], None
    yield 'wrong method', 'GET', '/v1/track', None, {}, 405, ['POST'], None
    yield 'wrong method of a resource', 'PUT', '/api/v1/contacts', {}, {}, 405, ['GET'], None
    yield 'unknown path', 'GET', '/api/v1/nothing', None, {}, 404, ['/api/v1/nothing'], None
    yield 'header too large', *track, '{}', {'X-Long': 'x' * 20000}, 431, ['16384'], None
    yield 'bad cursor', 'GET', '/api/v1/contacts?cursor=nonsense', None, {}, 400, ['cursor'], 'cursor'
    yield ('bad limit', 'GET', '/api/v1/contacts?limit=many', None, {}, 400, ['limit', '1000'], 'limit')
    yield ('bad min_sequence', 'GET', '/api/v1/contacts?min_sequence=x', None, {}, 400,
           ['min_sequence'], 'min_sequence')
    yield ('min_sequence ahead', 'GET', '/api/v1/contacts?min_sequence=999999', None, {}, 400,
           ['min_sequence'], 'min_sequence')
    yield ('negative min_sequence', 'GET', '/api/v1/contacts?min_sequence=-1', None, {}, 400,
           ['min_sequence'], 'min_sequence')
    yield 'bad event number', 'GET', '/api/v1/events/x1', None, {}, 400, ['sequence'], 'sequence'
    yield 'query that is no UTF-8', 'GET', '/api/v1/contacts?email=%ff', None, {}, 400, ['UTF-8'], None
    yield 'unknown contact', 'GET', '/api/v1/contacts/con_nobody', None, {}, 404, ['con_nobody'], None
    yield ('two filters', 'GET', '/api/v1/contacts?email=a@b.de&phone=%2B4930123456', None, {}, 400,
           ['one'], None)


# Taken into quarantine: name, call, body, words of reason, where.
def quarantined():
    big = 'x' * 33 * 1024
    talk = {'userId': 'u', 'event': 'message.sent',
            'properties': {'conversation_id': 'c', 'text': 't', 'author': 'customer'}}

    def changed(**properties):
        return dict(talk, properties=dict(talk['properties'], **properties))
    yield 'event of 33 KB', 'track', dict(GOOD, properties={'a': big}), ['32768'], ''
    yield 'no user', 'track', {'event': 'x'}, ['userId', 'anonymousId'], 'userId'
    yield 'userId of a wrong type', 'track', dict(GOOD, userId=5), ['userId', 'text'], 'userId'
    yield 'no event name', 'track', {'userId': 'u'}, ['event', 'missing'], 'event'
    yield 'traits of a wrong type', 'identify', {'userId': 'u', 'traits': 'x'}, ['traits'], 'traits'
    yield ('e-mail of a wrong type', 'identify', {'userId': 'u', 'traits': {'email': 7}},
           ['traits.email'], 'traits.email')
    yield 'time that is none', 'track', dict(GOOD, timestamp='soon'), ['timestamp'], 'timestamp'
    yield ('time long ago', 'track', dict(GOOD, timestamp='1999-01-01T00:00:00Z'), ['3650'],
           'timestamp')
    yield 'messageId too long', 'track', dict(GOOD, messageId='m' * 101), ['100'], 'messageId'
    yield ('author unknown', 'track', changed(author='cat'), ['customer'], 'properties.author')
    yield ('text of a wrong type', 'track', changed(text=1), ['text'], 'properties.text')
    yield ('score of six', 'track', {'userId': 'u', 'event': 'satisfaction.received',
                                     'properties': {'conversation_id': 'c', 'score': 6}},
           ['1 to 5'], 'properties.score')
    yield ('one bad in a batch', 'batch', batch(dict(GOOD, type='track'), {'type': 'dance', 'userId': 'u'}),
           ['identify'], 'batch[1].type')


def ask(world, method, path, body, headers, key):
    client = harness.Client(world.port)
    try:
        return client.request(method, path, body, key, headers)
    except harness.LOST as error:
        return harness.Answer(0, {}, repr(error).encode())
    finally:
        client.close()


def is_problem(answer, status, words, where=None):
    if answer.status != status or answer.headers.get('Content-Type') != 'application/problem+json':
        return False
    problem = answer.json
    if any(k not in problem for k in ('type', 'title', 'status', 'detail', 'code')):
        return False
    if where is not None and problem.get('where') != where:
        return False
    return problem['status'] == status and all(w in problem['detail'] for w in words)


def good_event_works(world):
    answer = world.send('track', GOOD)
    return answer.status == 200 and answer.json['stored'] == 1


def check_refusals(checks, world):
    for name, method, path, body, headers, status, words, where in refusals():
        key = world.ingest if path.startswith('/v1') else world.use
        answer = ask(world, method, path, body, headers, key)
        checks.that(is_problem(answer, status, words, where), f'{name}: {status}, names {words}', answer)
    checks.that(good_event_works(world), 'a good event is taken after all that')


def check_quarantine(checks, world):
    for name, call, body, words, where in quarantined():
        answer = world.send(call, body)
        if not checks.that(answer.status == 200 and answer.json['quarantined'] == 1,
                           f'{name}: kept in quarantine', answer):
            continue
        world.caught_up(answer.json['sequence'])
        row = world.get(f'/api/v1/quarantine/{answer.json["sequence"]:020}')
        checks.that(row['where'] == where and all(w in row['reason'] for w in words),
                    f'{name}: the reason names {words}', row)
    code, out, _ = world.command('--json', 'quarantine', 'list', '--url',
                                 f'http://127.0.0.1:{world.port}', '--key', world.use)
    checks.that(code == 0 and 'batch[1].type' in out, 'the command line lists them', out)


def check_keys(checks, world):
    answer = world.request('POST', '/api/v1/workspaces', {'name': 'other'}, key=world.admin)
    checks.that(answer.status == 201, 'a second workspace', answer)
    foreign = world.new_key('read', 'write', 'erase', workspace='other')
    sent = world.send('identify', {'userId': 'mine', 'traits': {'email': 'mine@firm.com'}})
    world.caught_up(sent.json['sequence'])
    mine = world.get('/api/v1/contacts?email=mine@firm.com')['data'][0]['id']
    revoked = world.new_key('read')
    world.request('DELETE', f'/api/v1/keys/{key_id(world, revoked)}', key=world.admin)
    contact = f'/api/v1/contacts/{mine}'
    read_only = world.new_key('read')
    table = [
        ('no key', 'GET', '/api/v1/contacts', None, None, 401),
        ('no key, tracking', 'POST', '/v1/track', GOOD, None, 401),
        ('a bad key', 'GET', '/api/v1/contacts', None, 'rpt_live_nonsense', 401),
        ('a bad key, tracking', 'POST', '/v1/track', GOOD, 'rpt_live_nonsense', 401),
        ('a revoked key', 'GET', '/api/v1/contacts', None, revoked, 401),
        ('ingest key reads', 'GET', '/api/v1/contacts', None, world.ingest, 403),
        ('reading key sends', 'POST', '/v1/track', GOOD, read_only, 403),
        ('reading key writes', 'POST', f'{contact}/unmerge', {}, read_only, 403),
        ('key without erase erases', 'DELETE', contact, None, world.use, 403),
        ('workspace key administers', 'GET', '/api/v1/workspaces', None, world.use, 403),
        ('admin key reads a workspace', 'GET', contact, None, world.admin, 403),
        ('admin key sends', 'POST', '/v1/track', GOOD, world.admin, 403),
        ('foreign contact', 'GET', contact, None, foreign, 404),
        ('foreign contact erased', 'DELETE', contact, None, foreign, 404),
        ('foreign timeline', 'GET', f'{contact}/timeline', None, foreign, 404),
        ('foreign event', 'GET', f'/api/v1/events/{sent.json["sequence"]}', None, foreign, 404),
        ('unknown workspace deleted', 'DELETE', '/api/v1/workspaces/nowhere', None, world.admin, 404),
        ('key for an unknown workspace', 'POST', '/api/v1/keys',
         {'workspace': 'nowhere', 'scopes': ['read']}, world.admin, 404),
        ('key without scopes', 'POST', '/api/v1/keys', {'workspace': 'other'}, world.admin, 400),
        ('key with an unknown scope', 'POST', '/api/v1/keys',
         {'workspace': 'other', 'scopes': ['fly']}, world.admin, 400),
        ('workspace without a name', 'POST', '/api/v1/workspaces', {}, world.admin, 400),
        ('workspace twice', 'POST', '/api/v1/workspaces', {'name': 'other'}, world.admin, 409),
        ('setup with a wrong token', 'POST', '/api/v1/setup', {'token': 'x'}, None, 401),
        ('backup to a relative path', 'POST', '/api/v1/backups', {'destination': 'x'}, world.admin, 400),
        ('backup over something', 'POST', '/api/v1/backups', {'destination': str(world.folder)},
         world.admin, 409),
    ]
    for name, method, path, body, key, status in table:
        answer = ask(world, method, path, body, {}, key)
        checks.that(is_problem(answer, status, []), f'{name}: {status}', answer)
    body = world.request('GET', '/api/v1/contacts', key=foreign).json
    checks.that(body['data'] == [], 'a foreign key lists nothing of this workspace', body)
    checks.that(world.get(contact)['id'] == mine, 'the contact is still there')


def key_id(world, secret):
    """Of the key made last."""
    rows = world.request('GET', '/api/v1/keys', key=world.admin).json['data']
    return max(rows, key=lambda row: row['created_at'])['id'] if rows else secret


def slow_client(world, sent):
    """What a client gets that sends the given bytes and then nothing."""
    with socket.create_connection(('127.0.0.1', world.port), timeout=20) as s:
        s.sendall(sent)
        answer = http.client.HTTPResponse(s)
        answer.begin()
        return harness.Answer(answer.status, answer.headers, answer.read())


def check_slow(checks, world):
    head = b'POST /v1/track HTTP/1.1\r\nHost: x\r\n'
    answer = slow_client(world, head)
    checks.that(is_problem(answer, 408, []), 'a head that comes too slowly: 408', answer)
    answer = slow_client(world, head + b'Content-Length: 100\r\n\r\n{')
    checks.that(is_problem(answer, 408, []), 'a body that comes too slowly: 408', answer)
    answer = slow_client(world, b'nonsense\r\n\r\n')
    checks.that(is_problem(answer, 400, []), 'bytes that are no HTTP: 400', answer)
    answer = slow_client(world, head + b'Content-Length: x\r\n\r\n')
    checks.that(is_problem(answer, 400, []), 'a length that is no number: 400', answer)
    checks.that(good_event_works(world), 'a good event is taken after that')


def check_commands(checks, world):
    folder = world.folder

    def refused(name, code, words, *arguments):
        got, out, err = harness.program(*arguments, timeout=60)
        checks.that(got == code and all(w in err + out for w in words),
                    f'{name}: exit {code}, names {words}', (got, out, err))

    def file(name, text):
        (folder / name).write_text(text)
        return folder / name
    wrong_key = file('wrong_key.yaml', 'data: x\nlisten: 127.0.0.1:0\nsegment_mebibyte: 4\n')
    for command in ('serve', 'check'):
        refused(f'a wrong key in the settings, {command}', {'serve': 2, 'check': 3}[command],
                ['wrong_key.yaml:3', 'segment_mebibytes'], '--config', wrong_key, command)
    refused('settings that are no YAML', 2, ['broken.yaml:3'], '--config',
            file('broken.yaml', 'data: x\nlisten: [1\n'), 'serve')
    refused('a port that is none', 2, ['port.yaml:1', '127.0.0.1:8080'], '--config',
            file('port.yaml', 'listen: 127.0.0.1:99999\n'), 'serve')
    refused('a number out of range', 2, ['range.yaml:1', 'segment_mebibytes'], '--config',
            file('range.yaml', 'segment_mebibytes: 0\n'), 'serve')
    refused('settings that are missing', 1, ['nowhere.yaml'], '--config', folder / 'nowhere.yaml',
            'serve')
    refused('an unknown command', 2, ['srve'], 'srve')
    refused('an unknown option', 2, ['--nonsense'], 'verify', '--nonsense')
    refused('verify of no data folder', 1, ['no data folder'], '--data', folder / 'nothing', 'verify')
    refused('a second server on the folder', 1, ['process'], '--data', world.data, '--listen',
            '127.0.0.1:0', 'serve')
    manifest = (harness.SOURCE / 'connectors/hubspot/manifest.yaml').read_text()
    refused('a bad manifest', 3, ['manifest.yaml', str(1 + manifest[:manifest.index('\nlimits:') + 1].count('\n')), 'limit'], 'check',
            file('manifest.yaml', manifest.replace('\nlimits:', '\nlimitz:', 1)))
    refused('a manifest of a later version', 3, ['manifest'], 'check',
            file('manifest.yaml', manifest.replace('manifest: 1', 'manifest: 99', 1)))


def check_corruption(checks, world):
    """A changed byte in the middle of the log: named at the start, by event; and repaired again."""
    world.stop()
    segment = sorted(world.data.glob('log/*.seg'))[0]
    whole = segment.read_bytes()
    size = int.from_bytes(whole[:4], 'little') + 8
    middle = size + 50  # in the second event
    segment.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1:])
    started = world.start()
    code = None if started else world.server.returncode
    log = world.log.read_text()[-1500:]
    checks.that(not started and code == 1, 'a corrupted log: the server does not start, exit 1', code)
    checks.that('sequence 2' in log or 'event 2' in log, 'a corrupted log: the event is named', log)
    code, out, _ = world.command('verify')
    checks.that(code == 3 and 'sequence 2)' in out, 'verify names the event', out)
    segment.write_bytes(whole)
    for name in ('control.db', 'keys.db'):
        path = world.data / name
        kept = path.read_bytes()
        path.write_bytes(b'nonsense' * 100)
        started = world.start()
        log = world.log.read_text()[-1500:]
        checks.that(not started and world.server.returncode == 1 and name in log.split('"event"')[-1],
                    f'{name} overwritten: the server does not start, exit 1, names it', log)
        if started:
            world.kill()
        path.write_bytes(kept)
    (world.data / 'ids.db').write_bytes(b'nonsense' * 100)
    for path in world.data.glob('state/*'):
        path.write_bytes(b'nonsense' * 100)
    checks.that(world.start(), 'index and state overwritten: made again from the log',
                world.log.read_text()[-1000:])


def main(checks):
    settings = 'http: {header_time: 1s, body_time: 1s}\n'
    with harness.World('bad', settings=settings, segment_mebibytes=1) as world:
        world.start()
        first = world.send('track', dict(GOOD, messageId='first'))
        checks.that(first.status == 200, 'a good event', first)
        check_refusals(checks, world)
        check_quarantine(checks, world)
        check_keys(checks, world)
        check_slow(checks, world)
        check_commands(checks, world)
        world.stop()
        world.start()  # the second start says which engine decides; later ones have nothing to add
        before = world.events()
        check_corruption(checks, world)
        checks.that(world.events() == before, f'after it all the {len(before)} events are the same')
        checks.that(world.send('track', dict(GOOD, messageId='first')).json['repeated'] == 1,
                    'and the first one is still known')
        checks.that(good_event_works(world), 'and a good event is taken')
        harness.check_folder(checks, world)


if __name__ == '__main__':
    harness.main(main)

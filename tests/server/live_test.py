#!/usr/bin/env python3
"""The stream of a live view: it begins with a snapshot, says that it is still there, and ends with
its key and with the server.

test: timeout=120
"""

import http.client
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402

HEARTBEAT = 15  # seconds, as the server has it


class Stream:
    """Reads lines in a thread of its own, each with the time it came."""

    def __init__(self, port, key):
        self.connection = http.client.HTTPConnection('127.0.0.1', port, timeout=60)
        self.connection.request('GET', '/api/v1/live', headers={'Authorization': f'Bearer {key}'})
        self.answer = self.connection.getresponse()
        self.lines, self.ended_at = [], None
        if self.answer.status == 200:
            threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        try:
            while line := self.answer.readline():
                self.lines.append((time.monotonic(), line.decode().rstrip()))
        except OSError:
            pass
        self.ended_at = time.monotonic()

    def has(self, start):
        return [at for at, line in list(self.lines) if line.startswith(start)]


def make_key(world):
    code, out, err = world.command('--json', 'keys', 'create', '--scope', 'read', '--workspace',
                                   harness.WORKSPACE, '--url', f'http://127.0.0.1:{world.port}', '--key',
                                   world.admin)
    if code != 0:
        raise RuntimeError(out + err)
    return harness.json.loads(out)


def check_revoked(checks, world):
    key, other = make_key(world), make_key(world)
    stream, stays = Stream(world.port, key['secret']), Stream(world.port, other['secret'])
    harness.wait_until(lambda: stream.has('event: snapshot') and stays.has('event: snapshot'), 20,
                       'two snapshots')
    begin = time.monotonic()
    code, out, err = world.command('keys', 'revoke', key['id'], '--url',
                                   f'http://127.0.0.1:{world.port}', '--key', world.admin)
    checks.that(code == 0, 'a key is revoked', out + err)
    try:
        harness.wait_until(lambda: stream.ended_at, 10, 'the stream to end')
    except TimeoutError:
        pass
    checks.that(stream.ended_at and stream.ended_at - begin < 5, 'its stream ends within seconds',
                stream.ended_at)
    again = Stream(world.port, key['secret'])
    checks.that(again.answer.status == 401, 'and is not begun again', again.answer.status)
    world.send('identify', {'userId': 'u', 'traits': {'email': 'ana@acme.example'}})
    world.send('track', {'userId': 'u', 'event': 'message.sent', 'properties': {
        'conversation_id': 'c1', 'author': 'customer', 'text': 'hello'}})
    try:
        harness.wait_until(lambda: stays.has('event: conversation'), 10, 'a conversation')
    except TimeoutError:
        pass
    checks.that(stays.has('event: conversation') and not stays.ended_at,
                'the stream of another key goes on', stays.lines[-5:])
    checks.that(not stream.has('event: conversation'), 'the revoked one has seen nothing of it')
    return stays


def check_heartbeat(checks, stream):
    begin = time.monotonic()
    try:
        harness.wait_until(lambda: len([t for t in stream.has(': still here') if t > begin]) >= 2,
                           2.5 * HEARTBEAT, 'two heartbeats')
    except TimeoutError:
        pass
    beats = stream.has(': still here')
    apart = [b - a for a, b in zip(beats, beats[1:])]
    checks.that(apart and all(HEARTBEAT - 2 < span < HEARTBEAT + 3 for span in apart),
                'a quiet stream says every 15 s that it is still there', beats)


def main(checks):
    with harness.World('live') as world:
        world.start()
        stays = check_revoked(checks, world)
        check_heartbeat(checks, stays)
        code = world.stop()
        time.sleep(0.2)
        checks.that(code == 0 and stays.ended_at, 'the streams end with the server', code)


if __name__ == '__main__':
    harness.main(main)

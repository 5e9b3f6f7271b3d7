#!/usr/bin/env python3
"""The demo: how soon the CRM fills, its live page and stream, and a CRM that goes down and comes back.

test: timeout=240
"""

import collections
import contextlib
import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402

MOST_BYTES = 20 * 1024
MOST_STREAMS = 64


class Demo:
    def __init__(self):
        self.folder = harness.temporary('demo')
        self.port, self.sandbox_port = harness.free_port(), harness.free_port()
        self.log = self.folder / 'demo.txt'
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [harness.PROGRAM, '--json', 'demo', '--data', str(self.folder / 'data'), '--seed', '7',
             '--listen', f'127.0.0.1:{self.port}', '--sandbox-port', str(self.sandbox_port)],
            stdout=subprocess.PIPE, stderr=open(self.log, 'wb'), text=True,
            env=harness.base_environment())
        self.told = json.loads(self.process.stdout.readline())
        harness.wait_until(lambda: self.get('/livez').status == 200, 30, 'the demo to answer')

    def get(self, path, key=None, headers=None, method='GET', body=None):
        client = harness.Client(self.port)
        try:
            return client.request(method, path, body, key, headers)
        finally:
            client.close()

    def crm(self, what='state'):
        return harness.Client(self.sandbox_port).request('GET', f'/__sandbox/{what}').json

    def emails(self):
        return [c['properties'].get('email') for c in self.crm()['objects']['contacts']
                if not c['archived']]

    def trouble(self, name):
        return self.get('/demo/trouble', self.told['read_key'], method='POST', body={'trouble': name})

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Stream(threading.Thread):
    """Follows the live view, keeps all its events."""

    def __init__(self, demo):
        super().__init__(daemon=True)
        self.socket = ask_for_stream(demo)
        self.lock, self.events, self.ended, self.text = threading.Lock(), [], False, ''
        self.start()

    def run(self):
        for block in self.blocks():
            fields = dict(line.split(': ', 1) for line in block.split('\n') if ': ' in line)
            if 'event' in fields:
                with self.lock:
                    self.events.append((fields['event'], json.loads(fields['data'])))
        self.ended = True

    def blocks(self):
        kept = b''
        with contextlib.suppress(OSError):
            while piece := self.socket.recv(65536):
                kept += piece
                *whole, kept = kept.split(b'\n\n')
                yield from (one.decode() for one in whole)

    def seen(self, name):
        with self.lock:
            return [content for event, content in self.events if event == name]

    def connection(self):
        seen = self.seen('connection') or self.seen('snapshot')
        return seen[-1]['connections'][0] if seen and seen[-1]['connections'] else {}


def ask_for_stream(demo, buffer=None):
    asking = socket.socket()
    if buffer:
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    asking.settimeout(60)
    asking.connect(('127.0.0.1', demo.port))
    asking.sendall(f'GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\n'
                   f'Authorization: Bearer {demo.told["read_key"]}\r\n\r\n'.encode())
    return asking


def check_page(checks, demo):
    parts = {path: demo.get(path) for path in ('/', '/live.css', '/live.js')}
    size = sum(len(part.body) for part in parts.values())
    checks.that(size <= MOST_BYTES, f'the page, its style and its script have {size} bytes')
    page = parts['/'].body.decode()
    policy = parts['/'].headers['Content-Security-Policy']
    checks.that("default-src 'none'" in policy and "script-src 'self'" in policy and
                'unsafe' not in policy, 'the policy permits nothing inline', policy)
    checks.that(not re.search(r'<style|<script(?![^>]*src=)|\son\w+=|\sstyle=', page),
                'nothing in the page is inline')
    checks.that('innerHTML' not in parts['/live.js'].body.decode(), 'data is never set as HTML')
    checks.that(all(p.headers['X-Content-Type-Options'] == 'nosniff' for p in parts.values()),
                'every part says its type for good')
    checks.that(demo.get('/demo').json['key'] == demo.told['read_key'], 'the page gets its key')
    other = demo.get('/demo', headers={'Host': 'evil.example'})
    checks.that(other.status == 403, 'a page of another site does not', other)
    checks.that(demo.get('/api/v1/live').status == 401, 'the stream needs a key')
    checks.that(demo.get('/demo/trouble', method='POST', body={'trouble': 'down'}).status == 401,
                'trouble needs a key')
    checks.that(demo.trouble('earthquake').status == 400, 'unknown trouble is refused')


def check_filling(checks, demo, stream):
    harness.wait_until(lambda: demo.emails(), 60, 'the first contact in the CRM')
    seconds = time.monotonic() - demo.started
    checks.that(seconds <= 60, f'{seconds:.1f} s from start to the first contact in the CRM')
    harness.wait_until(lambda: any(r.get('remote_id') for r in stream.seen('crm')), 30,
                       'a record with its remote id in the stream')
    with stream.lock:
        first = stream.events[0][0]
    checks.that(first == 'snapshot', 'the stream begins with a snapshot', first)
    harness.wait_until(lambda: {c.get('language') for c in stream.seen('conversation')} >=
                       {'en', 'es', 'id'}, 30, 'conversations in three languages')
    row = next(r for r in stream.seen('crm') if r.get('remote_id'))
    known = {o['id'] for kind in demo.crm()['objects'].values() for o in kind}
    checks.that(row['remote_id'] in known, 'a remote id in the stream is one of the CRM', row)
    windows = stream.connection().get('quota', {}).get('windows', [])
    checks.that(any(w['limit'] for w in windows), 'the stream tells of the quota', windows)


def settled(stream):
    return stream.connection().get('waiting', 1) <= 3


def check_outage(checks, demo, stream):
    harness.wait_until(lambda: settled(stream), 60, 'the first backlog to drain')
    before = len(demo.crm('effects')['effects'])
    checks.that(demo.trouble('down').status == 200, 'the CRM goes down')
    harness.wait_until(lambda: stream.connection().get('waiting', 0) >= 15, 60, 'a backlog')
    harness.wait_until(lambda: stream.connection().get('state') in ('backing_off', 'open'), 60,
                       'the state to say that the CRM is not reached')
    down = stream.connection()
    checks.that(True, f'the backlog grew to {down["waiting"]} records, state: {down["state"]}')
    during = len(demo.crm('effects')['effects'])
    checks.that(during - before < 40, 'next to nothing reached the CRM meanwhile', during - before)
    people = len({c['who'] for c in stream.seen('conversation') if not c.get('gone')})
    began = time.monotonic()
    checks.that(demo.trouble('none').status == 200, 'it comes back')
    harness.wait_until(lambda: settled(stream) and len(demo.emails()) >= people, 60,
                       f'the backlog to drain, with {people} people')
    checks.that(len(demo.crm('effects')['effects']) > during,
                f'the backlog drained in {time.monotonic() - began:.1f} s')
    twice = [e for e, n in collections.Counter(demo.emails()).items() if n > 1]
    checks.that(not twice, f'{len(demo.emails())} contacts in the CRM, none twice', twice)
    counted = demo.get('/demo/crm', demo.told['read_key']).json
    checks.that(counted['twice'] == 0 and counted['contacts'] > 0, 'the page can tell so', counted)


def check_many_streams(checks, demo):
    """A full house is refused; who does not read is dropped (the C++ tests have the exact bound)."""
    open_ones = [ask_for_stream(demo, 2048) for _ in range(MOST_STREAMS - 1)]
    harness.wait_until(lambda: gauge(demo) == MOST_STREAMS, 20, 'all streams to be open')
    one_more = ask_for_stream(demo)
    head = one_more.recv(4096).decode()
    checks.that(' 503 ' in head and 'Retry-After' in head,
                f'stream {MOST_STREAMS + 1} is refused for now', head)
    one_more.close()
    for one in open_ones:
        one.close()
    harness.wait_until(lambda: gauge(demo) == 1, 20, 'streams whose client has gone to end')
    checks.that(True, 'streams whose client has gone are closed')


def figure(demo, name):
    found = re.search(rf'^{re.escape(name)} (\d+)', demo.get('/metrics').body.decode(), re.M)
    return int(found.group(1)) if found else 0


def gauge(demo):
    return figure(demo, 'rapport_live_streams')


def check_slow_client(checks, demo, slow, stream):
    dropped = 'rapport_http_refused_total{reason="slow_stream"}'
    harness.wait_until(lambda: figure(demo, dropped) == 1, 120, 'the slow client to be dropped', 0.5)
    harness.wait_until(lambda: gauge(demo) == 1, 20, 'its stream to end')
    checks.that(not stream.ended, 'a client that does not read is dropped, the other goes on')
    slow.close()


def check_coming_back(checks, demo, stream):
    stream.socket.shutdown(socket.SHUT_RDWR)
    harness.wait_until(lambda: gauge(demo) == 0, 20, 'the first stream to end')
    again = Stream(demo)
    harness.wait_until(lambda: again.seen('snapshot'), 20, 'a fresh snapshot')
    rows = again.seen('snapshot')[0]['conversations']
    checks.that(rows, f'who comes back gets a fresh snapshot with {len(rows)} conversations')
    return again


def main(checks):
    demo = Demo()
    try:
        stream = Stream(demo)
        check_page(checks, demo)
        check_filling(checks, demo, stream)
        slow = ask_for_stream(demo, 2048)  # and never reads
        check_outage(checks, demo, stream)
        check_slow_client(checks, demo, slow, stream)
        stream = check_coming_back(checks, demo, stream)
        check_many_streams(checks, demo)
        demo.process.send_signal(signal.SIGTERM)
        code = demo.process.wait(20)
        harness.wait_until(lambda: stream.ended, 10, 'the stream to end')
        checks.that(code == 0, 'SIGTERM ends the streams and the demo', code)
    finally:
        print(demo.log.read_text()[-1000:])
        demo.close()


if __name__ == '__main__':
    harness.main(main)

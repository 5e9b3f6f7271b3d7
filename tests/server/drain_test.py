#!/usr/bin/env python3
"""SIGTERM under load: what is under way is answered, the server ends with 0 within 10 s, and what
was acknowledged is there after the next start.

test: timeout=300 alone
"""

import http.client
import json
import pathlib
import signal
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402


class HalfSent:
    """A request of which the second half is still to come."""

    def __init__(self, world, name):
        self.body = json.dumps({'userId': 'u', 'event': 'Looked', 'messageId': name}).encode()
        self.socket = socket.create_connection(('127.0.0.1', world.port), timeout=20)
        head = (f'POST /v1/track HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {world.ingest}\r\n'
                f'Content-Type: application/json\r\nContent-Length: {len(self.body)}\r\n\r\n')
        self.socket.sendall(head.encode() + self.body[:10])

    def finish(self):
        self.socket.sendall(self.body[10:])
        answer = http.client.HTTPResponse(self.socket)
        answer.begin()
        got = harness.Answer(answer.status, answer.headers, answer.read())
        self.socket.close()
        return got


def main(checks):
    with harness.World('drain', sandbox=True) as world:
        load = harness.Load(world, writers=8, pause=0.005)
        for turn in range(3):
            world.start()
            if turn == 0:
                load.start()
            time.sleep(1)
            half = [HalfSent(world, f'half-{turn}-{i}') for i in range(5)]
            time.sleep(0.2)
            begin = time.monotonic()
            world.server.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            answers = [h.finish() for h in half]
            checks.that(all(a.status == 200 or (a.status == 503 and a.headers.get('Retry-After'))
                            for a in answers),
                        'requests half sent are answered: taken, or to be sent again', answers)
            load.journal.acknowledge([f'half-{turn}-{i}' for i in range(5) if answers[i].status == 200], 0)
            code = world.server.wait(30)
            spent = time.monotonic() - begin
            checks.that(code == 0 and spent <= 10, f'ends with 0 within 10 s ({spent:.1f} s)', code)
        world.start()
        checks.that(load.end(), 'every writer gets its last events acknowledged')
        problems, stored = harness.log_problems(world, load.journal.snapshot())
        checks.that(not problems, f'{stored} events are there, once', problems[:5])
        idle = socket.create_connection(('127.0.0.1', world.port))
        idle.sendall(b'POST /v1/track HTTP/1.1\r\n')
        begin = time.monotonic()
        code = world.stop()
        spent = time.monotonic() - begin
        checks.that(code == 0 and spent <= 10,
                    f'a client that never ends its request does not keep it ({spent:.1f} s)', code)


if __name__ == '__main__':
    harness.main(main)

#!/usr/bin/env python3
"""A full disk, and a disk that reports errors: nothing acknowledged is lost, and it goes on.

test: timeout=300

Needs to be root to mount a small disk, and strace to make syncs fail; says so and skips otherwise.
"""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'server'))
import harness  # noqa: E402

MEBIBYTE = 1 << 20


@contextlib.contextmanager
def small_disk(mebibytes):
    """A folder on a disk of its own; None when mounting is not permitted."""
    folder = harness.temporary('disk')
    done = subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={mebibytes}m', 'rapport-test', folder],
                          capture_output=True, text=True)
    if done.returncode != 0:
        print(f'skipped: no small disk can be mounted here ({done.stderr.strip()})', flush=True)
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(['umount', '-l', folder], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def free(folder):
    space = os.statvfs(folder)
    return space.f_bavail * space.f_frsize


def fill_up(folder, leave):
    with open(folder / 'filler', 'ab') as file:
        while free(folder) > leave:
            file.write(bytes(min(MEBIBYTE // 4, free(folder) - leave)))
            file.flush()


class Sender:
    """Sends events of some size until told otherwise; keeps what was acknowledged."""

    def __init__(self, world):
        self.world, self.n, self.acknowledged = world, 0, {}

    def send(self):
        """One batch. A batch that is not acknowledged is sent again with the same ids."""
        calls = [{'type': 'track', 'userId': f'u{i % 9}', 'messageId': f'b{self.n}-{i}',
                  'event': 'Looked', 'properties': {'page': 'x' * 4000}} for i in range(50)]
        answer = self.world.send('batch', {'batch': calls})
        if answer.status == 200:
            self.n += 1
            self.acknowledged.update({c['messageId']: answer.json['sequence'] for c in calls})
        return answer

    def until(self, status, seconds):
        """Sends until an answer has that status; the answer and how long it took."""
        begin = time.monotonic()
        while time.monotonic() - begin < seconds:
            answer = self.send()
            if answer.status == status:
                return answer, time.monotonic() - begin
            if answer.status != 200:
                time.sleep(0.1)
        return answer, time.monotonic() - begin


def check_full(checks, folder):
    with harness.World('full', data=folder / 'data', segment_mebibytes=4) as world:
        world.start()
        sender = Sender(world)
        world.caught_up(sender.send().json['sequence'])
        for turn in ('first', 'second'):
            fill_up(folder, leave=MEBIBYTE)
            answer, _ = sender.until(507, 30)
            checks.that(answer.status == 507 and answer.headers.get('Content-Type') ==
                        'application/problem+json' and answer.headers.get('Retry-After'),
                        f'{turn} time full: 507, a problem document, Retry-After', answer)
            last = max(sender.acknowledged.values())
            page = world.request('GET', '/api/v1/contacts?external_id=u1')
            events = world.request('GET', f'/api/v1/events?after={last - 1}')
            checks.that(page.status == 200 and page.json['data'] and events.status == 200 and
                        events.json['data'][0]['sequence'] == last, 'reads go on', (page, events))
            ready = world.request('GET', '/readyz', key=None)
            checks.that(ready.status == 503 and 'full' in ready.json['detail'], '/readyz says why', ready)
            checks.that(world.request('GET', '/livez', key=None).status == 200, '/livez stays 200')
            checks.that(world.server.poll() is None, 'the server runs on')
            (folder / 'filler').unlink()
            answer, seconds = sender.until(200, 20)
            checks.that(answer.status == 200 and seconds <= 5,
                        f'goes on by itself after space is free ({seconds:.1f} s)', answer)
        world.caught_up(max(sender.acknowledged.values()))
        problems, stored = harness.log_problems(world, sender.acknowledged)
        checks.that(not problems, f'{len(sender.acknowledged)} acknowledged events are there, each of '
                    f'{stored} once', problems[:5])
        fill_up(folder, leave=0)
        sender.until(507, 30)
        world.kill()
        started = world.start()
        if not started:
            print(world.log.read_text()[-700:], flush=True)
            (folder / 'filler').unlink()
            checks.that(world.start(), 'killed while full: it starts when there is space again')
        else:
            (folder / 'filler').unlink()
            checks.that(True, 'killed while full: it starts')
        answer, seconds = sender.until(200, 20)
        checks.that(answer.status == 200, f'and takes events ({seconds:.1f} s)', answer)
        problems, stored = harness.log_problems(world, sender.acknowledged)
        checks.that(not problems, f'still all {len(sender.acknowledged)}', problems[:5])
        harness.check_folder(checks, world)


def failing_syncs(process):
    """From now on every sync of the process fails; None where that cannot be done."""
    if not shutil.which('strace'):
        return None
    tracer = subprocess.Popen(['strace', '-f', '-qq', '-p', str(process.pid), '-o', '/dev/null', '-e',
                               'trace=fdatasync,fsync', '-e', 'inject=fdatasync,fsync:error=EIO'],
                              stderr=subprocess.PIPE, text=True)
    time.sleep(1.5)
    if tracer.poll() is not None:
        print(f'skipped: {tracer.stderr.read().strip()}', flush=True)
        return None
    return tracer


def check_sync_error(checks):
    with harness.World('eio') as world:
        world.start()
        sender = Sender(world)
        for _ in range(5):
            sender.send()
        kept = dict(sender.acknowledged)
        tracer = failing_syncs(world.server)
        if tracer is None:
            print('skipped: no syncs can be made to fail here', flush=True)
            return
        begin = time.monotonic()
        try:
            answer = sender.send()
        except harness.LOST as error:
            answer = harness.Answer(0, {}, repr(error).encode())
        checks.that(answer.status in (0, 500, 503), 'a sync fails: the event is not acknowledged', answer)
        try:
            code = world.server.wait(10)
        except subprocess.TimeoutExpired:
            code = None
        spent = time.monotonic() - begin
        tracer.terminate()
        tracer.wait()
        checks.that(code not in (0, None), f'the server ends, not with 0 ({code}, {spent:.1f} s)', code)
        if code is None:
            world.kill()
        checks.that('server.failed' in world.log.read_text(), 'the log says why')
        checks.that(world.start(), 'it starts again')
        answer = sender.send()
        checks.that(answer.status == 200, 'the event is taken when it is sent again', answer)
        problems, stored = harness.log_problems(world, sender.acknowledged)
        checks.that(not problems and len(kept) < len(sender.acknowledged),
                    f'{len(sender.acknowledged)} acknowledged events are there, each of {stored} once',
                    problems[:5])
        harness.check_folder(checks, world)


def main(checks):
    with small_disk(100) as folder:
        if folder:
            check_full(checks, folder)
    check_sync_error(checks)
    if not checks.passed and not checks.failed:
        checks.that(True, 'skipped')


if __name__ == '__main__':
    harness.main(main)

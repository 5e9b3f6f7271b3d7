#!/usr/bin/env python3
"""Dies at every named failpoint, twice in a row, under load: nothing acknowledged is lost, nothing
is there twice, in the log or in the CRM.

test: timeout=600 alone

  tests/crash/failpoint_test.py [--only NAME]
"""

import argparse
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'server'))
import harness  # noqa: E402


def names():
    text = (harness.SOURCE / 'src/base/failpoint.h').read_text()
    block = re.search(r'kFailpoints\[\] = \{(.*?)\};', text, re.S)[1]
    return re.findall(r'"([^"]+)"', block)


class Driver:
    """Gets a server to the failpoint, whatever that takes."""

    def __init__(self, world, load):
        self.world, self.load, self.strangers = world, load, 0

    def reach(self, name, seconds=40):
        """The exit status of the server, None when it lived on."""
        end = time.monotonic() + seconds
        began = time.monotonic()
        while self.world.server.poll() is None and time.monotonic() < end:
            try:
                self.push(name, time.monotonic() - began)
            except harness.LOST:
                continue
            time.sleep(0.05)
        return self.world.server.poll()

    def push(self, name, spent):
        if name.startswith('base.'):
            self.world.request('POST', '/api/v1/bases')
        if name.startswith('keys.'):
            self.new_people()
        if name.startswith('ids.') and spent > 1:  # written when a server stops
            self.world.server.terminate()

    def new_people(self):
        """Every person has a key of their own."""
        first, self.strangers = self.strangers, self.strangers + 200
        calls = [{'type': 'identify', 'userId': f'stranger-{i}', 'messageId': f'stranger-{i}'}
                 for i in range(first, self.strangers)]
        answer = self.world.send('batch', {'batch': calls})
        if answer.status == 200:
            self.load.journal.acknowledge([c['messageId'] for c in calls], answer.json['sequence'])


def hit_twice(checks, world, driver, name, counts):
    for time_of in ('once', 'again'):
        world.start(failpoints=f'{name}:1,count={counts}')
        status = driver.reach(name)
        if status is None:
            world.kill()
        if not checks.that(status == harness.KILLED, f'{name}: the server dies there, {time_of}', status):
            return
    if not checks.that(world.start(), f'{name}: the server starts after both'):
        raise RuntimeError('no server')
    problems, stored = harness.log_problems(world, driver.load.journal.snapshot())
    checks.that(not problems, f'{name}: all acknowledged of {stored} events are there, once',
                problems[:10])
    world.kill()


def main(checks):
    parser = argparse.ArgumentParser()
    parser.add_argument('--only', default='')
    options = parser.parse_args()
    with harness.World('failpoint', sandbox=True) as world:
        counts = world.folder / 'reached.txt'
        load = harness.Load(world, writers=8, pause=0.1).start()
        driver = Driver(world, load)
        for name in names():
            if options.only in name:
                began = time.monotonic()
                hit_twice(checks, world, driver, name, counts)
                print(f'{name}: {time.monotonic() - began:.1f} s', flush=True)
        reached = counts.read_text().split()
        for name in names():
            print(f'{name}: reached {reached.count(name)} times', flush=True)
        missing = [n for n in names() if n not in reached]
        checks.that(not missing, f'all {len(names())} failpoints were reached', missing)
        checks.that(world.start(), 'the server starts once more')
        checks.that(load.end(), 'every writer gets its last events acknowledged')
        harness.check_everything(checks, world, load.journal)


if __name__ == '__main__':
    harness.main(main)

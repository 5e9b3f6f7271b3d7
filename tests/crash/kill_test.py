#!/usr/bin/env python3
"""kill -9 at random moments under 8 writers, with a CRM being pushed to: nothing acknowledged is
lost, nothing is there twice, in the log or in the CRM.

test: timeout=600 alone

  tests/crash/kill_test.py [--kills 200] [--seed N]
"""

import argparse
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'server'))
import harness  # noqa: E402


def kill_once(world, dice):
    """Half of the time a running server, else also one that is just starting. Was it running?"""
    if dice.random() < 0.25:
        world.spawn()
        time.sleep(dice.random() * 0.3)
    else:
        world.start()
        time.sleep(0.05 + dice.random() * 1.2)
    running = world.server.poll() is None
    world.kill()
    return running


def main(checks):
    parser = argparse.ArgumentParser()
    parser.add_argument('--kills', type=int, default=30)
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    dice = random.Random(options.seed)
    with harness.World('kill', sandbox=True) as world:
        # The more kills, the slower each writer: what must be pushed at the end stays the same.
        load = harness.Load(world, pause=0.06 * max(1, options.kills / 60), seed=options.seed).start()
        died = 0
        for n in range(options.kills):
            running = kill_once(world, dice)
            died += not running
            if (n + 1) % 10 == 0:
                print(f'{n + 1} kills, {len(load.journal.snapshot())} acknowledged', flush=True)
        checks.that(died == 0, f'none of {options.kills} servers ended by itself', died)
        checks.that(world.start(), 'the server starts once more')
        checks.that(load.end(), 'every writer gets its last events acknowledged')
        checks.that(load.journal.doubtful > options.kills / 2, 'the kills hit requests under way',
                    load.journal.doubtful)
        print(f'{load.journal.doubtful} requests were left without an answer', flush=True)
        harness.check_everything(checks, world, load.journal)


if __name__ == '__main__':
    harness.main(main)

#!/usr/bin/env python3
"""kill -9 while a first load of some thousand records is pushed under the CRM's quotas, with faults
on the way: once both stop, the CRM holds what was said, each record once.

test: timeout=900 alone

  tests/crash/load_kill_test.py [--kills 6] [--people 2000] [--seed N]
"""

import argparse
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'server'))
import harness  # noqa: E402

CALLS_PER_SECOND = 19  # of the plan
AFTER_A_CRASH = 10     # seconds of quota that count as used up, because nobody knows
FAULTS = (
    {'kind': 'server_error', 'status': 503, 'probability': 0.3},
    {'kind': 'server_error', 'status': 502, 'applied': True, 'method': 'POST', 'probability': 0.3},
    {'kind': 'lost_response', 'writes_only': True, 'probability': 0.3},
    {'kind': 'reset_mid_body', 'probability': 0.2},
    {'kind': 'truncated_json', 'probability': 0.2},
    {'kind': 'html_ok', 'probability': 0.2},
    {'kind': 'partial_batch', 'transient': True, 'probability': 0.3},
    {'kind': 'rate_limited', 'retry_after': 3, 'probability': 0.2},
    {'kind': 'no_connection', 'probability': 0.3},
    {'kind': 'quota_used', 'calls': 60},
)


class Truth:
    """What was said, kept apart from the server; acknowledged before anything is killed."""

    def __init__(self, people, dice):
        self.firms = max(1, people // 10)
        self.emails = {f'user-{n}': f'p{n}@company{n % self.firms}.example' for n in range(people)}
        chatty = dice.sample(sorted(self.emails), people // 3)
        self.chats = {f'chat-{n}': user for n, user in enumerate(chatty)}
        self.escalated = set(dice.sample(sorted(self.chats), len(chatty) // 10))

    def calls(self):
        for user, email in self.emails.items():
            yield {'type': 'identify', 'userId': user, 'traits': {'email': email, 'name': f'Pat {user}'}}
        for chat, user in self.chats.items():
            about = {'type': 'track', 'userId': user}
            yield dict(about, event='message.sent', properties={
                'conversation_id': chat, 'author': 'customer', 'text': f'<{chat}>'})
            if chat in self.escalated:
                yield dict(about, event='conversation.escalated', properties={
                    'conversation_id': chat, 'reason': 'asked'})

    def size(self):
        return len(self.emails) + self.firms + len(self.chats) + len(self.escalated)

    def problems(self, sandbox):
        state, effects = sandbox.ask('state'), sandbox.ask('effects')
        if state is None or effects is None:
            return ['the sandbox does not answer']
        alive = {kind: [r for r in state['objects'].get(kind, []) if not r['archived']]
                 for kind in ('contacts', 'companies', 'notes', 'tickets')}
        problems = []
        for kind, name, due in (
                ('contacts', 'email', sorted(self.emails.values())),
                ('companies', 'domain', [f'company{n}.example' for n in range(self.firms)]),
                ('notes', 'hs_note_body', self.chats), ('tickets', 'content', self.escalated)):
            texts = [r['properties'].get(name) or '' for r in alive[kind]]
            if kind in ('notes', 'tickets'):
                texts = [t.split('&lt;chat-')[-1].split('<chat-')[-1] for t in texts]
                texts = ['chat-' + t.split('&gt;')[0].split('>')[0] for t in texts]
            missing, twice = set(due) - set(texts), len(texts) - len(set(texts))
            if missing or twice or len(texts) != len(due):
                problems.append(f'{kind}: {len(missing)} of {len(due)} are missing, {twice} are there '
                                f'twice, {len(texts)} in all')
            made = harness.count_made(effects, kind)
            if made > len(due):
                problems.append(f'{made} {kind} were created, {len(due)} are due')
        links = {}
        for link in state['associations']:
            for end, other in (('from', 'to'), ('to', 'from')):
                links.setdefault((link[end]['object'], link[end]['id'], link[other]['object']), 0)
                links[link[end]['object'], link[end]['id'], link[other]['object']] += 1
        for kind, other in (('contacts', 'companies'), ('notes', 'contacts'), ('tickets', 'contacts')):
            alone = sum((kind, r['id'], other) not in links for r in alive[kind])
            if alone:
                problems.append(f'{alone} {kind} without {other}')
        return problems


def say(world, truth):
    batch, sequence = [], 0

    def flush():
        answer = world.send('batch', {'batch': batch})
        if answer.status != 200:
            raise RuntimeError(f'batch: {answer}')
        batch.clear()
        return answer.json['sequence']
    for n, call in enumerate(truth.calls()):
        batch.append(dict(call, messageId=f'm{n}'))
        if len(batch) == 100:
            sequence = flush()
    return flush() if batch else sequence


def arm(sandbox, dice):
    faults = dice.sample(FAULTS, dice.randint(1, 3))
    answer = harness.Client(sandbox.port).request(
        'POST', '/__sandbox/faults', {'faults': faults, 'seed': dice.randint(1, 1 << 30)})
    if answer.status >= 300:
        raise RuntimeError(f'faults: {answer}')


def live_and_die(world, sandbox, dice):
    """Long enough that calls leave again after the last kill; dies in the middle of them."""
    end = time.monotonic() + dice.uniform(2, 10) + (AFTER_A_CRASH if dice.random() < 0.8 else 0)
    while time.monotonic() < end:
        harness.Client(sandbox.port).request('DELETE', '/__sandbox/faults')
        if dice.random() < 0.5:
            arm(sandbox, dice)
        time.sleep(min(1.5, max(0.01, end - time.monotonic())))
    running = world.server.poll() is None
    world.kill()
    return running


def connection(world):
    return (world.get('/api/v1/connections')['data'] or [{}])[0]


def wait_for_truth(world, sandbox, truth, seconds):
    begin, shown = time.monotonic(), None
    while True:
        problems, waited = truth.problems(sandbox), time.monotonic() - begin
        status = connection(world)
        done = not problems and status.get('waiting') == 0 and status.get('unknown') == 0
        if done or waited > seconds:
            return problems, status, waited
        if problems != shown:
            shown = problems
            print(f'{waited:5.1f} s: {status.get("waiting")} wait, {"; ".join(problems)[:300]}', flush=True)
        time.sleep(1)


def main(checks):
    parser = argparse.ArgumentParser()
    parser.add_argument('--kills', type=int, default=6)
    parser.add_argument('--people', type=int, default=2000)
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    dice = random.Random(options.seed)
    truth = Truth(options.people, dice)
    with harness.World('load-kill', sandbox=('--quotas', 'professional')) as world:
        sandbox = world.sandbox
        arm(sandbox, dice)
        world.start()
        say(world, truth)
        died, unknown = 0, 0
        for n in range(options.kills):
            died += not live_and_die(world, sandbox, dice)
            world.start()
            harness.wait_until(lambda: connection(world).get('unknown') is not None, 30, 'its state')
            unknown += connection(world)['unknown']
            made = sum(1 for e in sandbox.ask('effects')['effects'] if e['action'] == 'create')
            print(f'kill {n + 1}: {made} of {truth.size()} made, '
                  f'{connection(world)["unknown"]} writes of unknown outcome', flush=True)
        checks.that(died == 0, f'none of {options.kills} servers ended by itself', died)
        harness.Client(sandbox.port).request('DELETE', '/__sandbox/faults')
        world.request('POST', '/api/v1/connections/crm/resume')  # as the one who mended it does
        # Within a minute, if the quota lets the rest through in that time.
        left = connection(world).get('waiting') or 0
        seconds = 60 + AFTER_A_CRASH + left * 0.05 / CALLS_PER_SECOND
        problems, status, waited = wait_for_truth(world, sandbox, truth, seconds)
        print(f'{truth.size()} records right {waited:.1f} s after the last fault ({left} waited then)',
              flush=True)
        checks.that(not problems, f'the CRM holds all {truth.size()} records, each once, with its links',
                    problems)
        checks.that(status.get('waiting') == 0 and status.get('unknown') == 0,
                    f'nothing waits and nothing is unknown after {waited:.1f} s', status)
        refused = world.get('/api/v1/connections/crm/dead-letters')['data']
        checks.that(not refused, 'no record was refused', refused[:2])
        told = world.log.read_text()
        print(f'{unknown} writes were of unknown outcome at starts; {told.count("push.unknown")} told, '
              f'{told.count("push.resolved")} resolved', flush=True)
        checks.that(told.count('push.resolved') > 0, 'some writes had to be looked for')
        harness.check_folder(checks, world)


if __name__ == '__main__':
    harness.main(main)

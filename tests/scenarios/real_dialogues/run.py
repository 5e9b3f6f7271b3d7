#!/usr/bin/env python3
"""Recorded dialogues through a running server into a CRM.

  run.py [DATA_FOLDER] [--seed N] [--dialogues N] [--packs] [--keep]

Gives each dialogue to one of 120 made-up customers, sends what a site would send through Segment's
own client to `rapport serve`, and reads `rapport sandbox hubspot` through HubSpot's own client:
every customer once, every transcript whole and in order, every escalation one ticket. DATA_FOLDER
holds star/ and taubench/ (RAPPORT_TEST_DATA, else ../shared/data beside the project); without it
nothing is tested. --packs has all shipped packs decide as well. The program is RAPPORT, else build/dev/rapport.
"""

import argparse
import base64
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path[:0] = [str(HERE), str(ROOT / 'tests/node')]

import install  # noqa: E402
import make_input  # noqa: E402
from customers import HOME_REGION  # noqa: E402

WORKSPACE = 'shop'
TOKEN = 'sandbox-token'
IDLE_SECONDS = 400  # at most, until all has arrived
SETTINGS = f'''
intake: {{default_region: {HOME_REGION}}}
allowed_networks: [127.0.0.0/8]
connections:
  - {{id: crm, workspace: {WORKSPACE}, vendor: hubspot, token_env: CRM_TOKEN, base_url: "%s"}}
'''


PACKS = f'''
packs:
  - {{workspace: {WORKSPACE}, folders: all}}
'''


class Failed(Exception):
    pass


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def ask(url, key=None, body=None):
    """The JSON answer."""
    request = urllib.request.Request(url, method='POST' if body is not None else 'GET')
    if key:
        request.add_header('Authorization', 'Basic ' + base64.b64encode(f'{key}:'.encode()).decode())
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header('Content-Type', 'application/json')
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read()
        return json.loads(text) if text[:1] in (b'{', b'[') else text.decode()


class Programs:
    """Starts programs with their output in a folder, and ends them."""

    def __init__(self, program, folder):
        self.program, self.folder, self.running = program, folder, []

    def start(self, name, arguments, ready):
        log = open(self.folder / f'{name}.log', 'wb')
        environment = dict(os.environ, CRM_TOKEN=TOKEN)
        process = subprocess.Popen([self.program, *arguments], stdout=log, stderr=log,
                                   stdin=subprocess.DEVNULL, env=environment)
        log.close()
        self.running.append(process)
        for _ in range(600):
            if process.poll() is not None:
                break
            try:
                return ask(ready)
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.05)
        raise Failed(f'{name} did not start: ' + (self.folder / f'{name}.log').read_text()[-2000:])

    def stop(self):
        for process in reversed(self.running):
            process.terminate()
        for process in self.running:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def node(script, *arguments):
    done = subprocess.run(['node', str(HERE / script), *arguments], stdout=subprocess.PIPE,
                          text=True, check=False, timeout=600)
    return done.returncode, done.stdout


def wait_until_idle(url, ingest, read):
    """Until all that was accepted so far is folded and nothing waits to be sent."""
    last = {'batch': [{'type': 'page', 'anonymousId': 'the-last-visitor', 'name': 'Bye'}]}
    sequence = ask(f'{url}/v1/batch', ingest, last)['sequence']
    end, quiet = time.monotonic() + IDLE_SECONDS, 0
    while quiet < 3:
        [crm] = ask(f'{url}/api/v1/connections?min_sequence={sequence}', read)['data']
        if crm.get('halted'):
            raise Failed(f'the connection halted: {crm["halted"]}')
        quiet = quiet + 1 if crm.get('waiting') == 0 else 0  # absent: not begun yet
        if time.monotonic() > end:
            raise Failed(f'{crm["waiting"]} records still wait after {IDLE_SECONDS} s')
        time.sleep(0.5)


def wait_for_packs(url, read):
    """They are activated once the server runs; what comes before is not decided by them."""
    shipped = len(list((ROOT / 'packs').glob('*/pack.yaml')))
    for _ in range(600):
        if len(ask(f'{url}/api/v1/packs', read)['data']) == shipped:
            return
        time.sleep(0.1)
    raise Failed('not all packs are active')


def run(options, folder):
    """(passed, failed)"""
    install.install()
    calls, truth = make_input.make(options.data, options.seed, options.dialogues)
    make_input.write(folder, calls, truth)
    programs = Programs(options.program, folder)
    try:
        return play(programs, folder, options.packs)
    finally:
        programs.stop()


def play(programs, folder, packs):
    crm, url = (f'http://127.0.0.1:{free_port()}' for _ in range(2))
    made = subprocess.run([programs.program, 'init', '--json', '--data', folder / 'data',
                           '--workspace', WORKSPACE], capture_output=True, text=True, check=True)
    keys = json.loads(made.stdout)
    settings = folder / 'settings.yaml'
    settings.write_text(SETTINGS % crm + (PACKS if packs else ''))
    programs.start('sandbox', ['sandbox', 'hubspot', '--port', crm.rsplit(':', 1)[1],
                               '--token', TOKEN], f'{crm}/__sandbox/effects')
    programs.start('serve', ['serve', '--config', settings, '--data', folder / 'data',
                             '--listen', url.removeprefix('http://')], f'{url}/readyz')
    if packs:
        wait_for_packs(url, keys['read_write_key'])
    code, said = node('send.mjs', url, keys['ingest_key'], str(folder / 'calls.jsonl'))
    print(said, end='', flush=True)
    if code != 0:
        raise Failed('not every call was delivered')
    begin = time.monotonic()
    wait_until_idle(url, keys['ingest_key'], keys['read_write_key'])
    print(f'all has arrived {time.monotonic() - begin:.1f} s later', flush=True)
    refused = ask(f'{url}/api/v1/quarantine', keys['read_write_key'])['data']
    for row in refused[:5]:
        print(f'not ok no call is refused: {row["reason"]} ({row["where"]})')
    _, said = node('check.mjs', crm, TOKEN, str(folder / 'truth.json'))
    counts = re.search(r'(\d+) passed, (\d+) failed\n$', said)
    print(said[:counts.start()] if counts else said, end='')
    if not counts:
        raise Failed('the check did not come to its end')
    return int(counts[1]) + (not refused), int(counts[2]) + bool(refused)


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    given = os.environ.get('RAPPORT_TEST_DATA', ROOT.parent / 'shared/data')
    parser.add_argument('data', nargs='?', type=pathlib.Path, default=pathlib.Path(given))
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--dialogues', type=int, default=400)
    parser.add_argument('--packs', action='store_true')
    parser.add_argument('--keep', action='store_true', help='leave the folder with all files')
    options = parser.parse_args()
    options.program = os.environ.get('RAPPORT', str(ROOT / 'build/dev/rapport'))
    return options


def main():
    options = parse()
    needed = [options.data / 'star/dialogues.jsonl.gz', options.data / 'taubench']
    if not all(path.exists() for path in needed):
        print(f'skipped: there are no recorded dialogues in {options.data}')
        print('0 passed, 0 failed')
        return 0
    folder = pathlib.Path(tempfile.mkdtemp(prefix='rapport-dialogues-'))
    try:
        passed, failed = run(options, folder)
    except (Failed, RuntimeError, OSError, subprocess.SubprocessError) as error:
        print(f'not ok {error}')
        passed, failed = 0, 1
    finally:
        if options.keep:
            print(f'kept: {folder}')
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())

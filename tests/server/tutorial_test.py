#!/usr/bin/env python3
"""Does what docs/tutorial/first-events.md says, block by block, and looks whether it is so.

test: timeout=300
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402

PAGE = harness.SOURCE / 'docs/tutorial/first-events.md'
# What must be in what a block prints, by a word of the block; in the order of the page.
PRINTS = [
    ('api/v1/contacts | jq', '"emails"'),
    ('/v1/identify', '"stored":1'),
    ('/v1/batch', '"stored":4'),
    ('min_sequence', 'ana@acme.example'),
    ('tickets?status=open', '"high"'),
    ('__sandbox/state', 'ana@acme.example'),
    ('satisfaction.received', 'score'),
]


class Demo:
    def __init__(self, folder):
        self.port, self.crm_port = harness.free_port(), harness.free_port()
        self.process = subprocess.Popen(
            [harness.PROGRAM, '--json', 'demo', '--data', str(folder / 'data'), '--listen',
             f'127.0.0.1:{self.port}', '--sandbox-port', str(self.crm_port)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=harness.base_environment())
        self.keys = json.loads(self.process.stdout.readline())

    def close(self):
        self.process.kill()
        self.process.wait()


def blocks():
    """The commands of the page; what they print stands in blocks of its own."""
    all_of_them = re.findall(r'^```\n(.*?)^```', PAGE.read_text(), re.M | re.S)
    return [b for b in all_of_them if re.match(r'curl |S=|RAPPORT_KEY=', b)]


def run(block, demo, folder):
    here = (block.replace('localhost:8080', f'127.0.0.1:{demo.port}')
            .replace('127.0.0.1:8091', f'127.0.0.1:{demo.crm_port}')
            .replace('build/release/rapport', f'RAPPORT_URL=http://127.0.0.1:{demo.port} {harness.PROGRAM}'))
    here = re.sub(r'(RAPPORT_KEY=\S+) (RAPPORT_URL=\S+)', r'\1 \2', here)
    environment = dict(harness.base_environment(), KEY=demo.keys['read_key'],
                       INGEST_KEY=demo.keys['ingest_key'])
    done = subprocess.run(['bash', '-c', here], cwd=folder, env=environment, text=True, timeout=60,
                          capture_output=True)
    return done.returncode, done.stdout + done.stderr


def until(block, word, demo, folder, seconds=60):
    """The CRM is there within seconds, as the page says."""
    end = time.monotonic() + seconds
    while True:
        code, text = run(block, demo, folder)
        if (code == 0 and word in text) or time.monotonic() > end:
            return code, text
        time.sleep(0.5)


def main():
    if not (shutil.which('jq') and shutil.which('curl')):
        print('skipped: the tutorial needs jq and curl')
        print('0 passed, 0 failed')
        return 0
    checks = harness.Checks()
    folder = harness.temporary('tutorial')
    demo = Demo(folder)
    begin = time.monotonic()
    try:
        commands = blocks()
        checks.that(len(commands) >= len(PRINTS), 'the page has its commands', len(commands))
        expected = list(PRINTS)
        for block in commands:
            word = expected.pop(0)[1] if expected and expected[0][0] in block else ''
            code, text = until(block, word, demo, folder)
            checks.that(code == 0 and word in text, f'{block.splitlines()[0][:70]}: {word or "works"}', text)
        checks.that(not expected, 'and came by all that it tells of', expected)
        batch = next(b for b in commands if '/v1/batch' in b)
        code, text = run(batch, demo, folder)
        checks.that('"stored":0,"repeated":4' in text, 'sent again, nothing is stored twice', text)
        took = time.monotonic() - begin
        checks.that(took < 300, f'all within five minutes: {took:.1f} s')
    finally:
        demo.close()
    return checks.finish()


if __name__ == '__main__':
    sys.exit(main())

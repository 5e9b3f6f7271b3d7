#!/usr/bin/env python3
# test: timeout=60
"""The test runner must not call a crash, an empty run or a hanging test passed."""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tools'))
import run_tests  # noqa: E402

GTEST = '[==========] Running 3 tests\n[ RUN      ] A.One\n[       OK ] A.One (0 ms)\n'
BAD = '[ RUN      ] A.Two\n[  FAILED  ] A.Two (0 ms)\n'
LIST = '[  FAILED  ] 1 test, listed below:\n[  FAILED  ] A.Two\n'

# Output, exit code, what is to be counted: passed, failed.
OUTPUTS = [
    (GTEST, 0, (1, 0)),
    (GTEST + BAD + LIST, 1, (1, 1)),
    (GTEST + '[ RUN      ] A.Two\n', -11, (1, 1)),                 # died within a test
    (GTEST, 1, (1, 1)),                                           # died behind the last one
    ('[==========] Running 0 tests\n', 0, (0, 1)),
    (GTEST + '[ RUN      ] A.Two\n[  SKIPPED ] A.Two (0 ms)\n', 0, (1, 0)),
    ('x\n7 passed, 0 failed\n', 0, (7, 0)),
    ('x\n7 passed, 2 failed\n', 1, (7, 2)),
    ('x\n7 passed, 0 failed\n', 3, (7, 1)),                       # says well, ends badly
    ('1 passed, 1 failed\n9 passed, 0 failed\n', 0, (9, 0)),      # the last line counts
    ('skipped: no data\n0 passed, 0 failed\n', 0, (0, 0)),
    ('skipped: no data\n0 passed, 0 failed\n', 1, (0, 1)),
    ('0 passed, 0 failed\n', 0, (0, 1)),
    ('quiet\n', 0, (1, 0)),
    ('quiet\n', 1, (0, 1)),
]

passed = failed = 0


def expect(name, holds, seen=''):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    if not holds:
        print(f'FAILED: {name}\n  saw: {seen}')


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = pathlib.Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()[0]
    return state != 'Z'


for output, code, counted in OUTPUTS:
    seen = run_tests.count(output, code)
    expect(f'{output!r} with exit code {code}', seen[:2] == counted, seen)
    expect(f'{output!r} names what failed', bool(seen[2]) or counted[1] == 0 or 'failed' in output, seen)

with tempfile.TemporaryDirectory() as folder:
    log, note = pathlib.Path(folder) / 'log', pathlib.Path(folder) / 'pid'
    begin = time.monotonic()
    slow = run_tests.Test('slow', ['bash', '-c', f'sleep 50 & echo $! >{note}; wait'], timeout=1)
    expect('a test over its time is ended', run_tests.execute(slow, log, dict(os.environ)) is None)
    expect('soon', time.monotonic() - begin < 20)
    deadline = time.monotonic() + 10  # a killed process is gone a moment later
    while alive(int(note.read_text())) and time.monotonic() < deadline:
        time.sleep(0.05)
    expect('with all it started', not alive(int(note.read_text())))
    leaving = run_tests.Test('leaving', ['bash', '-c', f'sleep 50 & echo $! >{note}'], timeout=20)
    expect('its exit code', run_tests.execute(leaving, log, dict(os.environ)) == 0)
    deadline = time.monotonic() + 5
    while alive(int(note.read_text())) and time.monotonic() < deadline:
        time.sleep(0.01)
    expect('nothing is left running', not alive(int(note.read_text())))

    tally = pathlib.Path(folder) / 'tally'
    for rows, last, code in (('a\t3\t0\nb\t2\t0\n', '5 passed, 0 failed', 0),
                             ('a\t3\t0\nb\t2\t1\n', '5 passed, 1 failed', 1),
                             ('', '0 passed, 1 failed', 1)):
        tally.write_text(rows)
        done = subprocess.run([str(ROOT / 'tools/run_tests.py'), 'total', '--tally', str(tally)],
                              capture_output=True, text=True)
        expect(f'total of {rows!r}', (done.stdout.splitlines()[-1], done.returncode) == (last, code),
               done.stdout)

print(f'{passed} passed, {failed} failed')
sys.exit(1 if failed else 0)

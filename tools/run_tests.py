#!/usr/bin/env python3
"""Runs test programs and scripts, counts what passed, and shows how far it is.

  tools/run_tests.py run --build build/release            every test that ctest knows there
  tools/run_tests.py run --build build/release --scripts  and every script of tests/
  tools/run_tests.py run --build build/release --scripts --only kill    those named so
  tools/run_tests.py check NAME -- COMMAND...             one command that is one test
  tools/run_tests.py fuzz --build build/fuzz --seconds 60 each fuzz target
  tools/run_tests.py total --tally FILE                   sums the earlier runs with that tally

A script is tests/**/x_test.{py,sh,mjs}. Its last line is `N passed, N failed`, its exit code is not
0 when one failed; a line `skipped: WHY` excuses that it ran none. It finds the program in RAPPORT,
the build folder in RAPPORT_BUILD, the project in RAPPORT_SOURCE and an empty folder of its own in
RAPPORT_TMP. One of its first 15 lines may say `test: timeout=600 slow alone`: seconds it may take
(300 unless told), left out by --quick, not beside other tests. Where a package-lock.json stands
beside it, `npm ci` runs first.
"""

import argparse
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / 'build' / 'test-logs'
INTERPRETERS = {'.py': [sys.executable, '-u'], '.sh': ['bash'], '.mjs': ['node']}
COUNTS = re.compile(r'^(\d+) passed, (\d+) failed$', re.M)
SKIPPED = re.compile(r'^skipped: .*', re.M)
TAIL_LINES = 60


@dataclasses.dataclass
class Test:
    name: str
    command: list
    timeout: float = 600
    folder: pathlib.Path = ROOT
    alone: bool = False
    slow: bool = False
    label: str = ''


@dataclasses.dataclass
class Outcome:
    passed: int
    failed: int
    seconds: float
    what: list        # names of what failed, or why nothing can be counted


# What there is to run

def ctest_tests(build):
    shown = subprocess.run(['ctest', '--show-only=json-v1'], cwd=build, capture_output=True,
                           text=True, check=True).stdout
    for entry in json.loads(shown)['tests']:
        facts = {p['name']: p['value'] for p in entry.get('properties', [])}
        yield Test(entry['name'], entry.get('command', []), float(facts.get('TIMEOUT', 600)),
                   pathlib.Path(facts.get('WORKING_DIRECTORY', ROOT)),
                   bool(facts.get('RUN_SERIAL', False)), 'slow' in facts.get('LABELS', []))


def unit_names():
    rooms = re.findall(r'^([a-z]+):', (ROOT / 'src/layers.txt').read_text(), re.M)
    return set(rooms)


def script_tests(tests):
    for path in sorted(tests.rglob('*_test.*')):
        if path.suffix not in INTERPRETERS or 'node_modules' in path.parts:
            continue
        head = '\n'.join(path.read_text().splitlines()[:15])
        words = (re.search(r'\btest: (.*)', head) or ['', ''])[1].split()
        timeout = next((float(w[8:]) for w in words if w.startswith('timeout=')), 300)
        yield Test(str(path.relative_to(tests).with_suffix('')),
                   INTERPRETERS[path.suffix] + [str(path)], timeout,
                   alone='alone' in words, slow='slow' in words)


# Running one

def install_node_packages(test, environment):
    folder = pathlib.Path(test.command[-1]).parent if test.command else ROOT
    lock, installed = folder / 'package-lock.json', folder / 'node_modules/.package-lock.json'
    if not lock.exists() or (installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime):
        return None
    done = subprocess.run(['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error'], cwd=folder,
                          env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        return f'npm ci failed in {folder}: {done.stderr.strip()[-500:]}'
    installed.touch()
    return None


def end_group(process):
    """Ends what the test started, also what it left behind."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def execute(test, log, environment):
    """Exit code, or None after the time limit."""
    with open(log, 'wb') as out:
        process = subprocess.Popen(test.command, cwd=test.folder, env=environment, stdout=out,
                                   stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                   start_new_session=True)
        try:
            return process.wait(test.timeout)
        except subprocess.TimeoutExpired:
            return None
        finally:
            end_group(process)
            process.wait()


def count(output, code):
    """What the output of a finished test says: passed, failed, names of the failed."""
    if '[==========]' in output:
        passed = len(re.findall(r'^\[       OK \] ', output, re.M))
        names = sorted(set(re.findall(r'^\[  FAILED  \] (\S+\.\S+?),? ', output + ' ', re.M)))
        started = re.findall(r'^\[ RUN      \] (\S+)', output, re.M)
        finished = re.findall(r'^\[ (?:      OK|  SKIPPED|  FAILED ) \] (\S+)', output, re.M)
        if code != 0 and not names:
            died = [name for name in started if name not in finished]
            names = died or [f'ended with exit code {code}']
    else:
        counted = COUNTS.findall(output)
        passed, failed = map(int, counted[-1]) if counted else (int(code == 0), 0)
        if failed:
            return passed, failed, re.findall(r'^(?:FAILED|not ok)[: ].*', output, re.M)
        names = [f'ended with exit code {code}'] if code != 0 else []
    if not passed and not names:
        skipped = SKIPPED.search(output)
        if skipped:
            return 0, 0, [skipped[0]]
        names = ['ran no test']
    return passed, len(names), names


def run_one(test, environment):
    log = LOGS / test.label / (test.name.replace('/', '.') + '.txt')
    log.parent.mkdir(parents=True, exist_ok=True)
    if not test.command:
        return Outcome(0, 1, 0, ['is not built']), log
    temporary = tempfile.mkdtemp(prefix='rapport-test-')
    environment = dict(environment, RAPPORT_TMP=temporary, TMPDIR=temporary)
    begin = time.monotonic()
    try:
        problem = install_node_packages(test, environment)
        if problem:
            return Outcome(0, 1, time.monotonic() - begin, [problem]), log
        code = execute(test, log, environment)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    spent = time.monotonic() - begin
    passed, failed, what = count(log.read_text(errors='replace'), 1 if code is None else code)
    if code is None:
        failed, what = max(failed, 1), [f'not done after {test.timeout:.0f} s'] + what
    return Outcome(passed, failed, spent, what), log


# Running many, and showing it

class Show:
    def __init__(self, total):
        self.total, self.done, self.running = total, 0, {}
        self.lock = threading.Lock()

    def start(self, test):
        with self.lock:
            self.running[test.name] = time.monotonic()

    def finish(self, test, outcome, log):
        with self.lock:
            self.running.pop(test.name, None)
            self.done += 1
            words = f'{outcome.passed:5} passed' + (f', {outcome.failed} FAILED' if outcome.failed else '')
            if not outcome.passed and not outcome.failed:
                words = outcome.what[0]
            print(f'[{self.done:2}/{self.total}] {test.name:28} {words} ({outcome.seconds:.1f} s)',
                  flush=True)
            if outcome.failed:
                self.explain(outcome, log)

    def explain(self, outcome, log):
        for name in outcome.what:
            print(f'        failed: {name}')
        if log.exists():
            lines = log.read_text(errors='replace').splitlines()
            print('\n'.join('        | ' + line for line in lines[-TAIL_LINES:]))
            print(f'        whole output: {log.relative_to(ROOT)}', flush=True)

    def pulse(self):
        """Every half minute says what is still running."""
        with self.lock:
            now = time.monotonic()
            words = [f'{name} {now - since:.0f} s' for name, since in self.running.items()]
        if words:
            print('        running: ' + ', '.join(words), flush=True)


def run_all(tests, jobs, environment, tally):
    show = Show(len(tests))
    stop = threading.Event()

    def pulse():
        while not stop.wait(30):
            show.pulse()

    def go(test):
        show.start(test)
        outcome, log = run_one(test, environment)
        show.finish(test, outcome, log)
        add(tally, f'{test.label} {test.name}', outcome.passed, outcome.failed)
        return outcome.failed

    threading.Thread(target=pulse, daemon=True).start()
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        failed = sum(pool.map(go, [t for t in tests if not t.alone]))
    failed += sum(go(t) for t in tests if t.alone)
    stop.set()
    return 1 if failed else 0


# The tally: one line `name<TAB>passed<TAB>failed` for each test program

TALLY_LOCK = threading.Lock()


def add(tally, name, passed, failed):
    if not tally:
        return
    with TALLY_LOCK, open(tally, 'a') as file:
        file.write(f'{name}\t{passed}\t{failed}\n')


def total(arguments):
    rows = [line.split('\t') for line in pathlib.Path(arguments.tally).read_text().splitlines()]
    passed, failed = sum(int(r[1]) for r in rows), sum(int(r[2]) for r in rows)
    print()
    for name, _, bad in rows:
        if int(bad):
            print(f'failed: {name.strip()} ({bad})')
    if not rows:
        passed, failed = 0, 1
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


def run(arguments):
    build = pathlib.Path(arguments.build).resolve()
    tests = list(ctest_tests(build))
    if arguments.units:
        units = unit_names()
        tests = [t for t in tests if t.name in units or t.name.endswith('_fuzz')]
    if arguments.scripts:
        tests += script_tests(ROOT / 'tests')
    tests = [t for t in tests if arguments.only in t.name and not (arguments.quick and t.slow)]
    for test in tests:
        test.label = build.name
    if not tests:
        print('no test to run')
        return 1
    environment = dict(os.environ, RAPPORT=str(build / 'rapport'), RAPPORT_BUILD=str(build),
                       RAPPORT_SOURCE=str(ROOT), ASAN_OPTIONS='detect_stack_use_after_return=1',
                       UBSAN_OPTIONS='halt_on_error=1:print_stacktrace=1',
                       TSAN_OPTIONS='halt_on_error=1')
    return run_all(tests, arguments.jobs, environment, arguments.tally)


def check(arguments):
    begin = time.monotonic()
    code = subprocess.run(arguments.command, cwd=ROOT).returncode
    word = 'passed' if code == 0 else 'FAILED'
    print(f'check {arguments.name}: {word} ({time.monotonic() - begin:.1f} s)', flush=True)
    add(arguments.tally, f'check {arguments.name}', int(code == 0), int(code != 0))
    return code


def fuzz(arguments):
    build = pathlib.Path(arguments.build).resolve()
    tests = []
    for source in sorted((ROOT / 'tests/fuzz').glob('*_fuzz.cc')):
        name = source.stem
        corpus = ROOT / 'tests/fuzz/corpus' / name.removesuffix('_fuzz')
        found = build / 'fuzz-corpus' / name  # what the fuzzer learns stays out of the project
        found.mkdir(parents=True, exist_ok=True)
        program = next((path for path in build.rglob(name) if path.is_file()), None)
        command = program and [str(program), f'-max_total_time={arguments.seconds}', '-timeout=10',
                               '-rss_limit_mb=2048', '-print_final_stats=1', str(found), str(corpus)]
        tests.append(Test(name, command or [], arguments.seconds + 120, build, label='fuzz'))
    return run_all(tests, arguments.jobs, dict(os.environ), arguments.tally) if tests else 0


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest='what', required=True)
    for name, function in (('run', run), ('check', check), ('fuzz', fuzz), ('total', total)):
        command = commands.add_parser(name)
        command.set_defaults(function=function)
        command.add_argument('--tally', help='file that the counts are added to')
        if name in ('run', 'fuzz'):
            command.add_argument('--build', required=True, help='build folder')
            command.add_argument('--jobs', type=int, default=os.cpu_count(), help='at a time')
    arguments = commands.choices
    arguments['run'].add_argument('--units', action='store_true', help='unit tests and corpora only')
    arguments['run'].add_argument('--scripts', action='store_true', help='also scripts of tests/')
    arguments['run'].add_argument('--quick', action='store_true', help='leave out the slow ones')
    arguments['run'].add_argument('--only', default='', help='only tests whose name has this in it')
    arguments['check'].add_argument('name')
    arguments['check'].add_argument('command', nargs='+')
    arguments['fuzz'].add_argument('--seconds', type=int, default=60, help='for each target')
    return parser.parse_args()


def main():
    arguments = parse()
    return arguments.function(arguments)


if __name__ == '__main__':
    sys.exit(main())

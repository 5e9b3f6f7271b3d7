#!/usr/bin/env python3
# test: timeout=60
"""The mutants of packs: which lines they change, what notices them, and that the list of those that mean nothing holds."""

import contextlib
import io
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tools'))
import mutate_packs  # noqa: E402

# A line of a pack, and what it is changed to, one at a time.
LINES = [
    ('  when: "account.ltv > 7"', ['  when: "account.ltv > 8"', '  when: "account.ltv >= 7"']),
    ('  when: a >= 7 && b != 1', ['  when: a > 7 && b != 1', '  when: a >= 8 && b != 1', '  when: a >= 7 || b != 1',
                                  '  when: a >= 7 && b == 1', '  when: a >= 7 && b != 2']),
    ('  low: {add: -5, spec: [CS-40]}', ['  low: {add: -4, spec: [CS-40]}']),
    ('  share: {value: 0.50, says: "Half, or 50"}', ['  share: {value: 0.51, says: "Half, or 50"}']),
    ('    says: Up to 7, or 9 days', []),
    ('  task: {subject: Call 2, due: 24h}', ['  task: {subject: Call 2, due: 25h}']),
    ('  value: 5000 USD', ['  value: 5001 USD']),
    ('  step: {minutes: 20, done: a}', []),
    ('      minutes: {add: 5}', ['      minutes: {add: 6}']),
    ('    priority: 300', ['    priority: 1']),
    ('    priority: 90', ['    priority: 1000']),
    ('  no-login-7: {a: b}  # 3 > 2', []),
    ('  is: "x == \'2 > 1\'"', ['  is: "x != \'2 > 1\'"']),
    ('  value: >-', []),
]

RAPPORT = '''#!/bin/sh
# Passes while the threshold is there; cannot read a pack with 41 in it.
grep -q 41 "$2/rules.yaml" && { echo "1 error; no case was run."; exit 3; }
grep -q "ltv > 7" "$2/rules.yaml"
'''

passed = failed = 0


def expect(name, holds, seen=''):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print(f'FAILED {name}\n{seen}')


def test_lines():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / 'x.yaml'
        for line, changed in LINES:
            path.write_text(line + '\n')
            seen = [new for _, new in mutate_packs.mutants_of(path)]
            expect(line, sorted(seen) == sorted(changed), seen)


def run(folder, *arguments):
    out = io.StringIO()
    sys.argv = ['mutate_packs.py', '--folder', str(folder / 'packs'), '--rapport', str(folder / 'rapport'), '--jobs', '1',
                *arguments]
    with contextlib.redirect_stdout(out):
        try:
            code = mutate_packs.main()
        except SystemExit as left:
            code = left.code
    return code, out.getvalue()


def test_runs():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        pack = folder / 'packs/money'
        pack.mkdir(parents=True)
        (pack / 'pack.yaml').write_text('pack: money\n')
        (pack / 'rules.yaml').write_text('  a: "account.ltv > 7"\n  b: 5\n  c: 40\n')
        (folder / 'rapport').write_text(RAPPORT)
        (folder / 'rapport').chmod(0o755)
        mutate_packs.EQUIVALENT = folder / 'equivalent.txt'
        code, seen = run(folder, '--list', str(folder / 'left'))
        expect('what no case notices survives', code == 1 and 'survives: money/rules.yaml:2: b: 6' in seen and
               '3/4 killed (1 of them refused on reading), 0 equivalent, 1 survive' in seen, seen)
        code, seen = run(folder, '--again', str(folder / 'left'))
        expect('--again runs those alone', code == 1 and '0/1 killed' in seen, seen)
        mutate_packs.EQUIVALENT.write_text('# why\nmoney/rules.yaml: b: 6 # for people\n')
        code, seen = run(folder)
        expect('what is listed is excused', code == 0 and '1 equivalent, 0 survive' in seen, seen)
        mutate_packs.EQUIVALENT.write_text('money/rules.yaml: b: 6 # for people\nmoney/rules.yaml: c: 41 # so\n')
        code, seen = run(folder)
        expect('what is listed must survive', code == 1 and 'no such mutant survives: money/rules.yaml: c: 41' in seen, seen)
        (pack / 'rules.yaml').write_text('  a: "account.ltv > 9"\n')
        code, seen = run(folder)
        expect('cases that fail before', 'a case fails before anything is changed' in str(code), seen)


def test_list():
    packs = ROOT / 'packs'
    mutants = {f'{path.relative_to(packs)}: {line.strip()}' for path in packs.glob('*/*.yaml')
               for _, line in mutate_packs.mutants_of(path)}
    for line in (ROOT / 'tools/equivalent_mutants.txt').read_text().splitlines():
        if line.startswith('#'):
            continue
        key, _, reason = line.rpartition(' # ')
        expect(f'a listed mutant is one, with a reason: {line}', key in mutants and len(reason) > 10)


for test in (test_lines, test_list, test_runs):
    test()
print(f'{passed} passed, {failed} failed')
sys.exit(1 if failed else 0)

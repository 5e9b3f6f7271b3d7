#!/usr/bin/env python3
"""The speed of expressions beside the limit and beside engines of others, in one run on one core.

  bench/cel.py [--build build/release] [--records 1000000] [--exported 100000] [--seconds 6]

The conditions are the scoring rules CH-40 and CH-41 and the rules CO-20 to CO-28; every engine
decides the same for every record, or the run ends. Installs the packages of bench/cel/package.json
where they are missing.
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEERS = ROOT / 'bench' / 'cel'


def rows_of(command):
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {row['row']: row for row in map(json.loads, out.splitlines())}


def install():
    if not (PEERS / 'node_modules').exists():
        subprocess.run(['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error'], cwd=PEERS,
                       check=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--build', default=str(ROOT / 'build' / 'release'))
    parser.add_argument('--records', default='1000000')
    parser.add_argument('--exported', default='100000')
    parser.add_argument('--seconds', default='6')
    options = parser.parse_args()
    install()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # one core, also for what it starts
    with tempfile.TemporaryDirectory(prefix='rapport-bench-') as folder:
        ours = rows_of([f'{options.build}/bench/bench_cel', '--records', options.records,
                        '--export', folder, '--exported', options.exported])
        peers = rows_of(['node', str(PEERS / 'peers.mjs'), folder, options.seconds])
    show(ours, peers)


def show(ours, peers):
    rule_set = ours['rule set']['ns']
    limit = ours['hand-written C++']['ns']
    print(f"{ours['records']['n']:,} random records, {ours['bytes of JSON']['n']} bytes of JSON "
          f"each, 22 conditions of which {ours['conditions true']['n']} are true\n")
    print(f"{'':36}{'ns per record':>14}  beside the rule set")
    for row in ['hand-written C++', 'rule set', 'programs one by one', 'interpreter']:
        print(f"{row:36}{ours[row]['ns']:14,.1f}  {ours[row]['ns'] / rule_set:.2f}")
    for row, measured in peers.items():
        print(f"{row:36}{measured['ns']:14,.1f}  {measured['ns'] / rule_set:.2f}")
    for row in ['JSON text to slots alone', 'from JSON text to decisions',
                '1,000 rules of 100 guards', 'the 10 that apply']:
        print(f"{row:36}{ours[row]['ns']:14,.1f}")
    best = min(peers[name]['ns'] for name in peers if 'cel-js' in name)
    guards = ours['1,000 rules of 100 guards']['ns'] / ours['the 10 that apply']['ns']
    json_ns = ours['from JSON text to decisions']['ns']
    slow = peers['json-rules-engine 7.3.1']['ns']
    print()
    for goal, value, met in [
            ('rule set ÷ hand-written C++ ≤ 2.5', rule_set / limit, rule_set <= 2.5 * limit),
            ('best JavaScript CEL ÷ rule set ≥ 15', best / rule_set, best >= 15 * rule_set),
            ('json-rules-engine ÷ rule set ≥ 800', slow / rule_set, slow >= 800 * rule_set),
            ('JSON text to decisions ≤ 700 ns', json_ns, json_ns <= 700),
            ('1,000 rules ÷ the 10 that apply ≤ 3', guards, guards <= 3)]:
        print(f"{'met ' if met else 'NOT '} {goal:40} {value:,.2f}")


if __name__ == '__main__':
    main()

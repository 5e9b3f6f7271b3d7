#!/usr/bin/env python3
"""Flips random bits of the log and of a backup: `verify` finds each, and names the event or file.

test: timeout=600

  tests/crash/bitflip_test.py [--flips 1000] [--seed N]
"""

import argparse
import json
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'server'))
import harness  # noqa: E402

SEGMENT = 1 << 20


def fill(world, events):
    sequence, made = 0, 0
    while made < events:
        calls = [{'type': 'track', 'userId': f'user-{n % 50}', 'messageId': f'm-{n}', 'event': 'Looked',
                  'properties': {'page': 'x' * (n % 700)}} for n in range(made, made + 200)]
        answer = world.send('batch', {'batch': calls})
        if answer.status != 200:
            raise RuntimeError(answer)
        sequence, made = answer.json['sequence'], made + 200
    world.caught_up(sequence)


def records(content):
    """Of a segment: (begin, end, workspace, sequence) of every record, and where they end.

    u32 length | u32 crc | u8 format | u8 flags | u16 | u32 group | u32 workspace | u64 sequence …
    """
    found, at = [], 0
    while at + 8 <= len(content):
        length = int.from_bytes(content[at:at + 4], 'little')
        if length == 0:
            break
        workspace = int.from_bytes(content[at + 16:at + 20], 'little')
        sequence = int.from_bytes(content[at + 20:at + 28], 'little')
        found.append((at, at + 8 + length, workspace, sequence))
        at += 8 + length
    return found, at


class Folder:
    def __init__(self, world, dice):
        self.world, self.dice = world, dice
        self.segments = sorted((world.data / 'log').glob('*.seg'))
        self.maps = {path: records(path.read_bytes()) for path in self.segments}
        self.backup = world.folder / 'backup'
        self.backup_files = [p for p in sorted(self.backup.rglob('*')) if p.is_file()]

    def choose(self):
        """A kind, a file and a bit: used bytes, unused bytes, or a backup's."""
        kind = self.dice.choice(['used', 'used', 'unused', 'backup'])
        if kind == 'backup':
            path = self.dice.choice(self.backup_files)
            return kind, path, self.dice.randrange(path.stat().st_size * 8)
        path = self.dice.choice(self.segments)
        end = self.maps[path][1]
        if kind == 'unused' and end < path.stat().st_size:
            return kind, path, self.dice.randrange(end * 8, path.stat().st_size * 8)
        return 'used', path, self.dice.randrange(end * 8)

    def due(self, path, bit):
        """Which event the bit belongs to."""
        for begin, end, workspace, sequence in self.maps[path][0]:
            if begin <= bit // 8 < end:
                return workspace, sequence
        return None

    def verify(self, kind):
        """Exit code and report of `verify`."""
        more = ['--backup', self.backup] if kind == 'backup' else []
        code, out, err = self.world.command('--json', 'verify', *more)
        return code, json.loads(out) if out.strip() else {'error': err}


def flip(path, bit):
    with open(path, 'r+b') as file:
        file.seek(bit // 8)
        byte = file.read(1)[0]
        file.seek(bit // 8)
        file.write(bytes([byte ^ (1 << bit % 8)]))


def judge(folder, kind, path, bit):
    """None when `verify` says what it should, else why not."""
    code, report = folder.verify(kind)
    if code != 3:
        return f'exit code {code}: {report}'
    findings = report.get('findings', [])
    if not findings:
        return f'no finding: {report}'
    if kind == 'used':
        first = findings[0]
        seen = (first.get('workspace'), first.get('sequence'))
        if seen != folder.due(path, bit):
            return f'names {seen}, it was {folder.due(path, bit)}: {findings[:2]}'
        return None
    if path.name not in json.dumps(findings):
        return f'does not name {path.name}: {findings[:2]}'
    return None


def main(checks):
    parser = argparse.ArgumentParser()
    parser.add_argument('--flips', type=int, default=150)
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    with harness.World('bitflip', segment_mebibytes=1) as world:
        world.start()
        fill(world, 4000)
        world.request('POST', '/api/v1/bases')
        answer = world.request('POST', '/api/v1/backups', {'destination': str(world.folder / 'backup')},
                               key=world.admin)
        checks.that(answer.status == 201, 'a backup', answer)
        checks.that(world.stop() == 0, 'the server ends')
        folder = Folder(world, random.Random(options.seed))
        checks.that(len(folder.segments) > 2, f'{len(folder.segments)} segments')
        for kind in ('used', 'backup'):
            code, report = folder.verify(kind)
            checks.that(code == 0, f'before, verify finds nothing ({kind})', report)
        counts, missed = {'used': 0, 'unused': 0, 'backup': 0}, []
        for n in range(options.flips):
            kind, path, bit = folder.choose()
            flip(path, bit)
            why = judge(folder, kind, path, bit)
            flip(path, bit)
            counts[kind] += 1
            if why:
                missed.append(why)
                print(f'FAILED: {kind} {path.name} byte {bit // 8} bit {bit % 8}: {why}'[:900], flush=True)
        checks.that(not missed, f'{options.flips} flips ({counts}): verify names each',
                    f'{len(missed)} it does not')
        for kind in ('used', 'backup'):
            code, report = folder.verify(kind)
            checks.that(code == 0, f'at the end verify finds nothing ({kind})', report)
        checks.that(world.start(), 'the server starts')


if __name__ == '__main__':
    harness.main(main)

#!/usr/bin/env python3
"""Refuses an include that src/layers.txt does not permit, naming file, line, rule and remedy."""

import argparse
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
LINE = re.compile(r'^([a-z]+):((?: [a-z]+)*)\s*$')
REMEDY = ('Hand the value in from above (src/main wires), move the code to a room that may, '
          'or move the shared type to a lower room.')


def read_layers(path):
    """Rooms in order with what each may include, and what is wrong with the table itself."""
    rooms, findings = {}, []
    for number, text in enumerate(path.read_text().splitlines(), 1):
        if not text.strip() or text.startswith('#'):
            continue
        match = LINE.match(text)
        if not match:
            findings.append(f'{path}:{number}: not of the form `room: room room`')
            continue
        room, below = match[1], match[2].split()
        for other in below:
            if other not in rooms:
                findings.append(f'{path}:{number}: {room} may only include rooms above its own '
                                f'line; {other} is not one. Reorder the rooms or drop it.')
        rooms[room] = below
    return rooms, findings


def judge(include, quoted, room, rooms, is_test):
    """What is wrong with one include, or None."""
    if '/' not in include:
        return f'write the room too: "{room}/{include}"' if quoted else None
    target = include.split('/')[0]
    if target in ('testing', 'simulation') and quoted:
        return None if is_test else f'only *_test.cc may include {target}/. Move the test code there.'
    if target not in rooms:
        return (f'"{include}" names no room of src/layers.txt. Outside libraries are included '
                'with <…>.') if quoted else None
    if target == room or target in rooms[room]:
        return None
    allowed = ' '.join(rooms[room]) or 'nothing of ours'
    return (f'{room} may not include {include} (src/layers.txt: {room}: {allowed}). {REMEDY}')


def check(root):
    src = root / 'src'
    rooms, findings = read_layers(src / 'layers.txt')
    for folder in sorted(p for p in src.iterdir() if p.is_dir()):
        if folder.name not in rooms:
            findings.append(f'{folder}: no room of that name in src/layers.txt. Add a line for it.')
            continue
        for path in sorted(folder.rglob('*')):
            if path.suffix not in ('.h', '.cc'):
                continue
            is_test = path.name.endswith('_test.cc')
            for number, text in enumerate(path.read_text().splitlines(), 1):
                match = INCLUDE.match(text)
                what = match and judge(match[2], match[1] == '"', folder.name, rooms, is_test)
                if what:
                    findings.append(f'{path.relative_to(root)}:{number}: {what}')
    return findings


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--root', type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent)
    findings = check(parser.parse_args().root)
    for finding in findings:
        print(finding)
    print(f'layers: {len(findings)} findings')
    return 1 if findings else 0


if __name__ == '__main__':
    sys.exit(main())

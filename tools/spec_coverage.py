#!/usr/bin/env python3
"""Which lines of the specification stand in a pack and in a case.

    tools/spec_coverage.py [--spec FOLDER] [--packs FOLDER] [--all]

Every id of files 01, 03 and 04 and CS-60 to CS-65 has to be named by an entry of a pack
(`spec: [...]`) and by a case. Exits with 1 when one is not; skips, and says so, where the folder
of the specification is not there. --all lists every id with its places.
"""
import argparse
import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ID = re.compile(r"\b(?:CO|CH|CS|KU|BO)-\d+\b")
# What is carried out elsewhere than in a pack, and where.
ELSEWHERE = {}


def wanted_ids(folder):
    """Ids at the start of a line (or after a slash or comma in a heading) of the files."""
    found = {}
    for name in ("01", "03", "04", "05"):
        for path in sorted(folder.glob(name + "-*.md")):
            for line in path.read_text().splitlines():
                for match in re.finditer(r"(?:^|[.;:] |\s)-?\s*((?:CO|CH|CS|KU|BO)-\d+) ", line):
                    number = match.group(1)
                    if not line.lstrip("- ").startswith(number) and match.start() > 3:
                        continue
                    if name != "05" or re.fullmatch(r"CS-6[0-5]", number):
                        found[number] = path.name
    return found


def named_ids(paths):
    """Ids in `spec:` of YAML files, flow or block lists."""
    named = collections.defaultdict(set)
    for path in paths:
        for line in path.read_text().splitlines():
            if re.search(r"\bspec:", line) or re.match(r"^\s*-\s*(?:CO|CH|CS|KU|BO)-\d+\s*$", line):
                tail = line[line.index("spec:"):] if "spec:" in line else line
                for number in ID.findall(tail):
                    named[number].add(str(path.relative_to(ROOT)))
    return named


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--spec", default=ROOT.parent / "shared/spec", type=pathlib.Path)
    parser.add_argument("--packs", default=ROOT / "packs", type=pathlib.Path)
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    if not options.spec.is_dir():
        print(f"skipped: {options.spec} is not there")
        return 0
    wanted = wanted_ids(options.spec)
    files = sorted(options.packs.rglob("*.yaml"))
    in_packs = named_ids([f for f in files if "cases" not in f.parts])
    in_cases = named_ids([f for f in files if "cases" in f.parts])
    missing = 0
    for number in sorted(wanted, key=lambda n: (n[:2], int(n[3:]))):
        lacks = []
        if number in ELSEWHERE:
            continue
        if number not in in_packs:
            lacks.append("pack")
        if number not in in_cases:
            lacks.append("case")
        missing += bool(lacks)
        if lacks:
            print(f"{number}: in no {' and no '.join(lacks)} ({wanted[number]})")
        elif options.all:
            print(f"{number}: {', '.join(sorted(in_packs[number]))}; "
                  f"{', '.join(sorted(in_cases[number]))}")
    print(f"{len(wanted)} ids, {len(wanted) - missing} in a pack and in a case, {missing} missing")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())

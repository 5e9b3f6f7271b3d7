#!/usr/bin/env python3
"""Changes each number and comparison of the packs, one at a time, and looks whether a case fails.

    tools/mutate_packs.py [PACK ...] [--rapport PROGRAM] [--jobs N] [--sample N] [--list FILE]
                          [--again FILE]

A mutant that no case notices has survived: either a case is missing, or the change means nothing,
and then it stands in tools/equivalent_mutants.txt with the reason. Prints killed/total and every
survivor; exits with 1 when there is one, or when the list names what does not survive. Cases that
name an id of the changed entry run first, then the pack's own, then those of the packs that use it,
until one fails. `--again` takes a file that `--list` wrote and runs those mutants alone.
"""
import argparse
import concurrent.futures
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent
ID = re.compile(r"\b(?:CO|CH|CS|KU|BO)-\d+\b")
EQUIVALENT = ROOT / "tools/equivalent_mutants.txt"
OPERATORS = [(">=", ">"), ("<=", "<"), ("==", "!="), ("!=", "=="), ("&&", "||"), ("||", "&&"),
             (">", ">="), ("<", "<=")]
# What says nothing to the engine: words for people, ids, texts, how long a step takes.
SILENT = re.compile(r"\b(?:says|spec|title|text|subject|body|celebrate|reason|description|uses|pack|"
                    r"resources|because|remedy|watched|activities|minutes(?=\s*: \d))\s*:")


def quoted_spans(line):
    return [m.span() for m in re.finditer(r"'[^']*'", line)]


def inside(spans, at):
    return any(begin < at < end for begin, end in spans)


def code_of(line):
    """The part of a line that means something, with the rest blanked out."""
    out = list(line)
    comment = re.search(r"(?:^|\s)#", line)
    if comment:
        for i in range(comment.start(), len(line)):
            out[i] = " "
    for match in SILENT.finditer(line):
        # Up to the next key of the same flow mapping, or the end of the line.
        depth, i, quote = 0, match.end(), None
        if not line[:match.start()].strip(" -"):
            depth = len(line)  # a block's: all of the line
        while i < len(line):
            c = line[i]
            if quote:
                quote = None if c == quote else quote
            elif c in "\"'":
                quote = c
            elif c in "[{(":
                depth += 1
            elif c in ")]}":
                if depth == 0:
                    break
                depth -= 1
            elif c == "," and depth == 0:
                break
            out[i] = " "
            i += 1
    return "".join(out)


def changed_number(text, before):
    if re.search(r"\bpriority: $", before):  # only the order counts: to the other side of the default
        return "1" if int(text) > 100 else "1000"
    if "." in text:
        digits = len(text.split(".")[1])
        return f"{float(text) + 10 ** -digits:.{digits}f}"
    return str(int(text) + 1)


def mutants_of(path):
    """Each changed line once, with its number from 0."""
    for number, line in enumerate(path.read_text().splitlines()):
        yield from dict.fromkeys((number, changed) for changed in changes_of(line))


def changes_of(line):
    code = code_of(line)
    for match in re.finditer(r"(?<![\w.-])-?\d+(?:\.\d+)?(?![\w]*[A-Za-z_]{3}|[\w-]*:)", code):
        begin, end = match.span()
        if inside(quoted_spans(code), begin) and not re.search(r"money\('$", code[:begin]):
            if not re.match(r"[^']*(?: [A-Z]{3})?'", code[begin:]) or "duration" not in code:
                continue
        yield line[:begin] + changed_number(match.group(), line[:begin]) + line[end:]
    for match in re.finditer(r"(?<![\w.-])(\d+)(?=(?:s|m|h|d|ms)\b)", code):
        before = line[:match.start()]
        yield before + changed_number(match.group(1), before) + line[match.end():]
    i = 0
    while i < len(code):
        for old, new in OPERATORS:
            if not code.startswith(old, i) or inside(quoted_spans(code), i):
                continue
            if old in "<>" and (code[i - 1] in "=-<>" or code[i + 1:i + 2] in "=>-"):
                continue
            if old == ">" and code[:i].rstrip().endswith(":"):
                continue  # a folded text begins
            yield line[:i] + new + line[i + len(old):]
            i += len(old) - 1
            break
        i += 1


def spec_ids(lines, number):
    """Ids of the entry around a line: on it, after it until the next entry, or before it."""
    found = ID.findall(lines[number])
    indent = len(lines[number]) - len(lines[number].lstrip())
    for step in (-1, 1):
        i = number + step
        while 0 <= i < len(lines) and not found:
            depth = len(lines[i]) - len(lines[i].lstrip())
            if "spec:" in lines[i] and depth <= indent + 2:
                found = ID.findall(lines[i])
            if depth < 2 and lines[i].strip():
                break
            i += step
    return list(dict.fromkeys(found))


class Runner:
    def __init__(self, rapport, packs):
        self.rapport, self.packs = rapport, packs
        self.local = threading.local()
        self.folders = []
        self.refused = []  # one for each that made its pack unreadable

    def folder(self):
        if not hasattr(self.local, "folder"):
            self.local.folder = pathlib.Path(tempfile.mkdtemp(prefix="mutants-"))
            shutil.copytree(self.packs, self.local.folder / "packs")
            self.folders.append(self.local.folder)
        return self.local.folder / "packs"

    def fails(self, packs, only):
        command = [self.rapport, "test", *map(str, packs), "--world", "plain", "--jobs", "1"]
        if only:
            command += ["--only", only]
        try:
            done = subprocess.run(command, capture_output=True, timeout=120, check=False)
        except subprocess.TimeoutExpired:  # two moves that undo each other for ever, say
            return True
        if b"no case was run" in done.stdout + done.stderr:
            self.refused.append(packs[0])
        return done.returncode != 0

    def survives(self, path, number, line, users):
        folder = self.folder()
        target = folder / path.relative_to(self.packs)
        original = target.read_text()
        lines = original.splitlines()
        ids = spec_ids(lines, number)
        lines[number] = line
        try:
            target.write_text("\n".join(lines) + "\n")
            own = folder / path.relative_to(self.packs).parts[0]
            runs = [(own, only) for only in ids] + [(own, None)]
            runs += [(folder / user, None) for user in users]
            return not any(self.fails([pack], only) for pack, only in runs)
        finally:
            target.write_text(original)


def users_of(packs, name):
    """Packs whose cases run over this one, too."""
    uses = {}
    for path in packs.glob("*/pack.yaml"):
        match = re.search(r"^uses:\s*\[(.*)\]", path.read_text(), re.M)
        uses[path.parent.name] = [u.strip() for u in match.group(1).split(",")] if match else []
    found, grown = {name}, True
    while grown:
        grown = False
        for pack, used in uses.items():
            if pack not in found and found & set(used):
                found.add(pack)
                grown = True
    return sorted(found - {name})


def line_of(folder, path, number, line):
    return f"{path.relative_to(folder)}:{number + 1}: {line.strip()}"


def known_equivalents():
    if not EQUIVALENT.exists():
        return set()
    return {line.rsplit(" # ", 1)[0].strip() for line in EQUIVALENT.read_text().splitlines()
            if line.strip() and not line.startswith("#")}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("packs", nargs="*")
    parser.add_argument("--rapport", default=str(ROOT / "build/release/rapport"))
    parser.add_argument("--folder", default=ROOT / "packs", type=pathlib.Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sample", type=int, default=0, help="so many of each pack, by seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--list", default="", help="file for the survivors, written as they come")
    parser.add_argument("--again", default="", help="such a file: only the mutants it names")
    options = parser.parse_args()
    again = pathlib.Path(options.again).read_text().splitlines() if options.again else None
    names = options.packs or sorted(p.parent.name for p in options.folder.glob("*/pack.yaml"))
    equivalent = known_equivalents()
    runner = Runner(options.rapport, options.folder)
    total = killed = excused = 0
    unneeded = []
    survivors = []
    survivors_file = open(options.list, "w") if options.list else None
    for name in names:
        work = [(path, n, line) for path in sorted((options.folder / name).glob("*.yaml"))
                for n, line in mutants_of(path)]
        if again is not None:
            work = [w for w in work if line_of(options.folder, *w) in again]
        if options.sample and len(work) > options.sample:
            work = random.Random(options.seed).sample(work, options.sample)
        if not work:
            continue
        users = users_of(options.folder, name)
        if runner.fails([options.folder / pack for pack in (name, *users)], None):
            sys.exit(f"{name}: a case fails before anything is changed")
        listed = {key for key in equivalent if key.startswith(name + "/")}
        counts = {"killed": 0, "equivalent": 0, "survive": 0}
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for (path, number, line), survived in pool.map(
                    lambda w: (w, runner.survives(*w, users)), work):
                key = f"{path.relative_to(options.folder)}: {line.strip()}"
                if not survived:
                    counts["killed"] += 1
                elif key in equivalent:
                    counts["equivalent"] += 1
                    listed.discard(key)
                else:
                    counts["survive"] += 1
                    survivors.append(line_of(options.folder, path, number, line))
                    if survivors_file:
                        print(survivors[-1], file=survivors_file, flush=True)
        print(f"{name}: {len(work)} mutants, {counts['killed']} killed, "
              f"{counts['equivalent']} equivalent, {counts['survive']} survive", flush=True)
        total += len(work)
        killed += counts["killed"]
        excused += counts["equivalent"]
        if again is None and not options.sample:
            unneeded += sorted(listed)
    for folder in runner.folders:
        shutil.rmtree(folder, ignore_errors=True)
    for survivor in survivors:
        print("survives:", survivor)
    for key in unneeded:
        print("listed as equivalent, but no such mutant survives:", key)
    if survivors_file:
        survivors_file.close()
    print(f"{killed}/{total} killed ({len(runner.refused)} of them refused on reading), "
          f"{excused} equivalent, {len(survivors)} survive")
    return 1 if survivors or unneeded else 0


if __name__ == "__main__":
    sys.exit(main())

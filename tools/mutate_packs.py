#!/usr/bin/env python3
"""Changes each number and comparison of the packs, one at a time, and looks whether a case fails.

    tools/mutate_packs.py [PACK ...] [--rapport PROGRAM] [--jobs N] [--sample N] [--list FILE]

A mutant that no case notices has survived: either a case is missing, or the change means nothing,
and then it stands in tools/equivalent_mutants.txt with the reason. Prints killed/total and every
survivor; exits with 1 when there is one. Cases that name an id of the changed entry run first.
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
# What says nothing to the engine: words for people, ids, texts.
SILENT = re.compile(r"\b(?:says|spec|title|text|subject|body|celebrate|reason|description|uses|pack|"
                    r"resources|because|remedy|watched|activities)\s*:")


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


def changed_number(text):
    if "." in text:
        digits = len(text.split(".")[1])
        return f"{float(text) + 10 ** -digits:.{digits}f}"
    return str(int(text) + 1)


def mutants_of(path):
    lines = path.read_text().splitlines()
    for number, line in enumerate(lines):
        code = code_of(line)
        for match in re.finditer(r"(?<![\w.-])\d+(?:\.\d+)?(?![\w]*[A-Za-z_]{3}|[\w-]*:)", code):
            begin, end = match.span()
            if inside(quoted_spans(code), begin) and not re.search(r"money\('$", code[:begin]):
                if not re.match(r"[^']*(?: [A-Z]{3})?'", code[begin:]) or "duration" not in code:
                    continue
            yield number, line[:begin] + changed_number(match.group()) + line[end:]
        for match in re.finditer(r"(?<![\w.-])(\d+)(?=(?:s|m|h|d|ms)\b)", code):
            yield number, line[:match.start()] + changed_number(match.group(1)) + line[match.end():]
        i = 0
        while i < len(code):
            for old, new in OPERATORS:
                if not code.startswith(old, i) or inside(quoted_spans(code), i):
                    continue
                if old in "<>" and (code[i - 1] in "=-<>" or code[i + 1:i + 2] in "=>-"):
                    continue
                if old == ">" and code[:i].rstrip().endswith(":"):
                    continue  # a folded text begins
                yield number, line[:i] + new + line[i + len(old):]
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
        done = subprocess.run(command, capture_output=True, timeout=300, check=False)
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
            for only in ids:
                if self.fails([own], only):
                    return False
            return not self.fails([own, *(folder / user for user in users)], None)
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


def known_equivalents():
    if not EQUIVALENT.exists():
        return set()
    return {line.split(" # ")[0].strip() for line in EQUIVALENT.read_text().splitlines()
            if line.strip() and not line.startswith("#")}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("packs", nargs="*")
    parser.add_argument("--rapport", default=str(ROOT / "build/release/rapport"))
    parser.add_argument("--folder", default=ROOT / "packs", type=pathlib.Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sample", type=int, default=0, help="so many of each pack, by seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--list", default="")
    options = parser.parse_args()
    names = options.packs or sorted(p.parent.name for p in options.folder.glob("*/pack.yaml")
                                    if p.parent.name != "text-signals")
    equivalent = known_equivalents()
    runner = Runner(options.rapport, options.folder)
    total = killed = excused = 0
    survivors = []
    for name in names:
        work = [(path, n, line) for path in sorted((options.folder / name).glob("*.yaml"))
                for n, line in mutants_of(path)]
        if options.sample and len(work) > options.sample:
            work = random.Random(options.seed).sample(work, options.sample)
        users = users_of(options.folder, name)
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            results = list(pool.map(lambda w: (w, runner.survives(*w, users)), work))
        alive = 0
        for (path, number, line), survived in results:
            key = f"{path.relative_to(options.folder)}: {line.strip()}"
            total += 1
            if not survived:
                killed += 1
            elif key in equivalent:
                excused += 1
            else:
                alive += 1
                survivors.append(f"{path.relative_to(options.folder)}:{number + 1}: {line.strip()}")
        print(f"{name}: {len(results)} mutants, {alive} survive", flush=True)
    for folder in runner.folders:
        shutil.rmtree(folder, ignore_errors=True)
    for survivor in survivors:
        print("survives:", survivor)
    if options.list:
        pathlib.Path(options.list).write_text("\n".join(survivors) + "\n")
    print(f"{killed}/{total} killed, {excused} equivalent, {len(survivors)} survive")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())

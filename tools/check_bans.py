#!/usr/bin/env python3
"""Refuses what the project does not write, each with the remedy.

A line that must do it all the same says so, on itself or on the line before:
    // allow <ban>: <reason>
"""

import argparse
import dataclasses
import pathlib
import re
import sys

MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 80
VENDORS = ('hubspot|salesforce|zendesk|pipedrive|zoho|intercom|freshsales|activecampaign|kustomer|'
           'sugarcrm|delighted|dynamics365|nps|qbr')
BAD_WORDS = 'manager|helper|helpers|util|utils|impl|info|data|misc|common'


@dataclasses.dataclass
class Ban:
    name: str
    pattern: str
    remedy: str
    # Folders or files (prefixes) the ban does not hold for, beside those of `scope`.
    exempt: tuple = ()
    scope: tuple = ('src/',)
    suffixes: tuple = ('.h', '.cc')
    tests: bool = False       # also in *_test.cc
    raw: bool = False         # also in comments and string literals
    unless: str = r'(?!)'     # files that have this somewhere are fine


SYSTEM = ('src/base/system', 'src/main/')

BANS = [
    Ban('wall-clock',
        r'std::chrono::(system|steady|high_resolution)_clock|\bgettimeofday\b|\bclock_gettime\b'
        r'|\b(localtime|gmtime)(_r)?\s*\(|(?<![\w.>:])(std::)?time\s*\(\s*(NULL|nullptr|0|&)',
        'take a Clock& (base/clock.h); only src/base/system and src/main make a real one', SYSTEM),
    Ban('sleep', r'\bsleep_(for|until)\b|\bu?sleep\s*\((?<!\.sleep\()(?<!>sleep\()|\bnanosleep\b',
        'wait on a condition, or Clock::sleep; tests step a simulated clock', SYSTEM + (
            'src/base/clock.h',), tests=True),
    Ban('randomness', r'\bs?rand\s*\(|std::random_device|std::mt19937|\bgetrandom\b|\bRAND_bytes\b',
        'take a Random& (base/random.h)', SYSTEM),
    Ban('files',
        r'\bfopen\b|std::[io]?fstream|<fstream>|<filesystem>|std::filesystem|(?<![\w>])::open\s*\(',
        'take a Disk& (base/disk.h), so that tests can cut the power',
        SYSTEM + ('src/base/posix_disk',)),
    Ban('getenv', r'\b(secure_)?getenv\b', 'read settings in src/main and hand them in', SYSTEM),
    Ban('console', r'<iostream>|std::(cout|cerr|clog)\b|\b(std::)?f?printf\s*\(|\bputs\s*\(',
        'report through base/logging.h; only src/main prints', SYSTEM + ('src/base/result.cc',)),
    Ban('regex', r'<regex>|std::regex', 'use RE2: std::regex can overflow the stack', tests=True),
    Ban('raw-sqlite', r'\bsqlite3_\w+|<sqlite3\.h>',
        'use store/sqlite/database.h and statement.h', ('src/store/sqlite/',)),
    Ban('empty-catch', r'catch\s*\([^)]*\)\s*\{\s*\}',
        'return an Error that says what failed, or say why nothing is lost', tests=True),
    # decide's Needs ends a step that lacks facts; the engine catches it.
    Ban('throw', r'\bthrow\b(?! Needs\b)',
        'return a Result, for a bug call BUG(); or catch it in the same file', unless=r'\bcatch\b'),
    Ban('assert', r'(?<!static_)\bassert\s*\(', 'use CHECK: assert is not in release builds'),
    Ban('singleton', r'static\s+\w+\s*&\s*(instance|get_instance)\s*\(',
        'let src/main own it and hand it in'),
    Ban('using-namespace', r'^\s*using\s+namespace\b', 'name what you use', suffixes=('.h',)),
    Ban('heavy-header', r'#\s*include\s*<(boost|phonenumbers)/',
        'include it in a .cc; headers offer types of ours', ('src/net/',), suffixes=('.h',)),
    Ban('unordered', r'\bunordered_(map|set)\b',
        'use std::map or a sorted vector: the order of decisions must be the same everywhere',
        scope=('src/decide/', 'src/expr/')),
    Ban('vendor-word', rf'(?i)(?<![a-z])({VENDORS})(?![a-z])',
        'put it into connectors/<vendor>/ or packs/; make the machinery general', (
            'src/sandbox/', 'src/model/free_mail_domains.cc'), raw=True),
    Ban('todo', r'(//|#).*\bTODO\b(?!\((soon|someday|perf|security|cleanup|test)\): \S)',
        'do it now, or write TODO(soon|someday|perf|security|cleanup|test): what',
        scope=('src/', 'tests/', 'bench/', 'tools/'), suffixes=('.h', '.cc', '.py', '.sh', '.mjs'),
        tests=True, raw=True, exempt=('tools/check_bans.py', 'tests/tools/')),
    Ban('bad-name', rf'(?i)\b(class|struct|enum class|namespace)\s+\w*(?-i:{"|".join(w.capitalize() for w in BAD_WORDS.split("|"))})\b',
        'name the thing by what it promises (docs/design/style.md)', tests=True,
        scope=('src/', 'tests/', 'bench/')),
]


def blank(match):
    """Spaces instead of the text, lines kept."""
    return re.sub(r'[^\n]', ' ', match[0])


CODE_NOISE = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'',
                        re.S)


def code_only(text):
    """Without comments and literals; #include lines keep their names."""
    def keep_includes(match):
        start = text.rfind('\n', 0, match.start()) + 1
        if match[0].startswith('"') and text[start:].lstrip().startswith('#'):
            return match[0]
        return blank(match)
    return CODE_NOISE.sub(keep_includes, text)


def allowed(ban, lines, number):
    """True when this line or the one before gives a reason."""
    near = lines[max(0, number - 2):number]
    return any(re.search(rf'(//|#) allow {ban}: \S', line) for line in near)


def applies(ban, path):
    if path.suffix not in ban.suffixes or not str(path).startswith(ban.scope):
        return False
    if path.name.endswith('_test.cc') and not ban.tests:
        return False
    return not str(path).startswith(ban.exempt) if ban.exempt else True


def check_text(path, text):
    findings = []
    lines, code = text.splitlines(), None
    for ban in BANS:
        if not applies(ban, path):
            continue
        if code is None:
            code = code_only(text) if path.suffix in ('.h', '.cc') else text
        if re.search(ban.unless, code):
            continue
        for match in re.finditer(ban.pattern, text if ban.raw else code, re.M):
            number = text.count('\n', 0, match.start()) + 1
            if not allowed(ban.name, lines, number):
                found = match[0].strip().splitlines()[0]
                findings.append(f'{path}:{number}: {ban.name}: `{found}`: {ban.remedy}')
    if len(lines) > MAX_FILE_LINES:
        findings.append(f'{path}:{MAX_FILE_LINES + 1}: long-file: {len(lines)} lines, at most '
                        f'{MAX_FILE_LINES}: split it by what it promises')
    return findings


def check_name(path):
    """What the last word of a file's or folder's name says is what the thing is."""
    stem = path.name.split('.')[0].removesuffix('_test')
    words = [stem.split('_')[-1]] + list(path.parts[:-1])
    bad = [word for word in words if re.fullmatch(BAD_WORDS, word)]
    return [f'{path}: bad-name: `{bad[0]}` says nothing: name it by what it promises'] if bad else []


def long_functions(path, text):
    """Definitions at the left margin, as clang-format lays them out."""
    warnings, start, opened = [], None, False
    for number, line in enumerate(text.splitlines(), 1):
        if start is None and re.match(r'[A-Za-z~].*\(', line) and not line.endswith(';'):
            start, opened = number, False
        if start is not None:
            opened = opened or line.endswith('{')
            if line.startswith('}') or (not opened and line.endswith(';')):
                if opened and number - start + 1 > MAX_FUNCTION_LINES:
                    warnings.append(f'{path}:{start}: warning: long-function: {number - start + 1} '
                                    f'lines, at most {MAX_FUNCTION_LINES}: give its steps names')
                start = None
    return warnings


def files_of(root):
    for top in ('src', 'tests', 'bench', 'tools'):
        for path in sorted((root / top).rglob('*')):
            if path.suffix in ('.h', '.cc', '.py', '.sh', '.mjs') and 'node_modules' not in path.parts:
                yield path


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--root', type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent)
    root = parser.parse_args().root
    findings, warnings = [], []
    for path in files_of(root):
        text, relative = path.read_text(), path.relative_to(root)
        findings += check_name(relative) + check_text(relative, text)
        if path.suffix == '.cc':
            warnings += long_functions(relative, text)
    print('\n'.join(warnings + findings + [f'bans: {len(findings)} findings']))
    return 1 if findings else 0


if __name__ == '__main__':
    sys.exit(main())

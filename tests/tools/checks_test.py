#!/usr/bin/env python3
# test: timeout=120
"""The checks of the source must refuse what they are for, and nothing else."""

import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tools'))
import check_bans  # noqa: E402

LAYERS = 'base:\nnet: base\nstore: base\ndecide: base\nsandbox: base net\nmain: base net store decide\n'

# Ban, file, a line that is refused there, a line that is fine there.
BANS = [
    ('wall-clock', 'src/net/x.cc', 'auto t = std::chrono::system_clock::now();', 'auto t = clock.now();'),
    ('wall-clock', 'src/net/x.cc', 'auto t = time(nullptr);', 'auto t = event.time(0);'),
    ('sleep', 'src/net/x.cc', 'std::this_thread::sleep_for(span);', 'clock_.sleep(span);'),
    ('sleep', 'src/net/x_test.cc', 'usleep(5);', 'clock->sleep(span);'),
    ('randomness', 'src/net/x.cc', 'std::random_device seed;', 'random.number();'),
    ('files', 'src/net/x.cc', 'std::ofstream out(path);', 'disk.open(path, OpenMode::kRead);'),
    ('files', 'src/net/x.cc', 'int fd = ::open(path, 0);', 'auto c = Control::open(path);'),
    ('getenv', 'src/net/x.cc', 'auto home = getenv("HOME");', 'auto home = settings.home;'),
    ('console', 'src/net/x.cc', 'std::cout << text;', 'std::snprintf(out, 3, "x");'),
    ('regex', 'src/net/x_test.cc', '#include <regex>', '#include <re2/re2.h>'),
    ('raw-sqlite', 'src/net/x.cc', 'sqlite3_step(statement);', 'statement.step();'),
    ('empty-catch', 'src/net/x.cc', 'try { f(); } catch (...) { /* never mind */ }',
     'try { f(); } catch (const Bad& e) { return invalid(e.what()); }'),
    ('throw', 'src/decide/x.cc', 'throw std::runtime_error("x");', 'throw Needs{};'),
    ('throw', 'src/net/x.cc', 'throw Bad{};  // catch me', 'try { throw Bad{}; } catch (Bad b) { f(b); }'),
    ('assert', 'src/net/x.cc', 'assert(n > 0);', 'static_assert(n > 0);'),
    ('singleton', 'src/net/x.h', 'static Clock& instance();', 'static Clock& of(Main& main);'),
    ('using-namespace', 'src/net/x.h', 'using namespace std;', 'using std::string;'),
    ('heavy-header', 'src/base/x.h', '#include <boost/asio.hpp>', '#include <string>'),
    ('unordered', 'src/decide/x.cc', 'std::unordered_map<int, int> m;', 'std::map<int, int> m;'),
    ('vendor-word', 'src/net/x.cc', 'if (vendor == "hubspot") f();', 'const bool snps = true;'),
    ('vendor-word', 'src/net/x.cc', 'double nps_score = 0;', '// manifest of the vendor'),
    ('todo', 'src/net/x.cc', '// TODO: later', '// TODO(perf): keep the buffer'),
    ('todo', 'src/net/x.cc', '// TODO(now): fix', 'auto s = "TODO";'),
    ('bad-name', 'src/net/x.cc', 'class SocketManager {};', 'class Sockets {};'),
    ('bad-name', 'src/net/socket_utils.cc', 'int x;', None),
    ('bad-name', 'src/net/data_test.cc', 'int x;', None),
    ('long-file', 'src/net/x.cc', '\n' * 601, '\n' * 600),
]

# File, its include, and words the finding must hold (None: it is permitted).
INCLUDES = [
    ('src/base/x.h', '#include "net/server.h"', 'base may not include net/server.h'),
    ('src/decide/x.cc', '#include <store/log.h>', 'decide may not include store/log.h'),
    ('src/net/x.cc', '#include "server.h"', 'write the room too'),
    ('src/net/x.cc', '#include "nowhere/server.h"', 'names no room'),
    ('src/net/x.cc', '#include "testing/fakes.h"', 'only *_test.cc'),
    ('src/cellar/x.cc', '', 'no room of that name'),
    ('src/net/x_test.cc', '#include "testing/fakes.h"', None),
    ('src/net/x.cc', '#include "base/clock.h"\n#include <vector>\n#include "net/y.h"', None),
]

passed = failed = 0


def expect(name, holds, seen):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print(f'FAILED: {name}\n  saw: {seen.strip()}')


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def check(tool, path, text, layers=LAYERS):
    """Exit code and output of a check over a project with one file beside the layers."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / 'src').mkdir()
        (root / 'src/layers.txt').write_text(layers)
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text + '\n')
        return run(str(ROOT / 'tools' / tool), '--root', folder)


def test_bans():
    for ban, path, bad, good in BANS:
        code, seen = check('check_bans.py', path, bad.removesuffix('\n'))
        remedy = next((b.remedy for b in check_bans.BANS if b.name == ban), '')
        if good is None:
            remedy = ''
        expect(f'{ban} refuses `{bad[:40]}`', code == 1 and f' {ban}: ' in seen and remedy in seen, seen)
        if good is not None:
            code, seen = check('check_bans.py', path, good.removesuffix('\n'))
            expect(f'{ban} permits `{good[:40]}`', code == 0, seen)
    tested = {row[0] for row in BANS}
    untested = {ban.name for ban in check_bans.BANS} - tested
    expect('every ban has an example here', not untested, str(untested))


def test_names():
    code, seen = check('check_bans.py', 'src/net/data_folder.cc', 'int x;')
    expect('data_folder says what it is', code == 0, seen)


def test_reasons():
    bad = 'assert(n > 0);'
    for text, code in ((f'{bad}  // allow assert: compiled out on purpose', 0),
                       (f'// allow assert: compiled out on purpose\n{bad}', 0),
                       (f'{bad}  // allow assert:', 1), (f'{bad}  // allow throw: other ban', 1)):
        expect(f'reason in `{text}`', check('check_bans.py', 'src/net/x.cc', text)[0] == code, text)


def test_long_functions():
    long = 'void f(int a) {\n' + '  g();\n' * 80 + '}'
    code, seen = check('check_bans.py', 'src/net/x.cc', long)
    expect('a long function is a warning', code == 0 and 'long-function: 82 lines' in seen, seen)
    code, seen = check('check_bans.py', 'src/net/x.cc', long.replace('  g();\n', '', 2))
    expect('80 lines are not', code == 0 and 'long-function' not in seen, seen)


def test_layers():
    for path, text, words in INCLUDES:
        code, seen = check('check_layers.py', path, text)
        holds = code == 0 if words is None else code == 1 and path.split('/x')[0] in seen and words in seen
        expect(f'{path}: {text}', holds, seen)
    code, seen = check('check_layers.py', 'src/base/x.h', '', 'net: base\nbase:\n')
    expect('a room above its own line', code == 1 and 'only include rooms above' in seen, seen)
    code, seen = check('check_layers.py', 'src/base/x.h', '', 'base\n')
    expect('a bad line', code == 1 and 'not of the form' in seen, seen)


def test_format():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / 'x.cc'
        path.write_text('int   f( ) { return 1 ; }\n')
        code, seen = run(str(ROOT / 'tools/check_format.sh'), folder)
        expect('bad layout is refused', code == 1 and 'x.cc:1' in seen and '--fix' in seen, seen)
        run(str(ROOT / 'tools/check_format.sh'), '--fix', folder)
        code, seen = run(str(ROOT / 'tools/check_format.sh'), folder)
        expect('--fix mends it', code == 0, seen)


for test in (test_bans, test_names, test_reasons, test_long_functions, test_layers, test_format):
    test()
print(f'{passed} passed, {failed} failed')
sys.exit(1 if failed else 0)

"""Installs the npm packages of this folder when they are missing or older than the lock file.

Several tests may ask at the same time: the first installs, the others wait.
"""

import fcntl
import pathlib
import subprocess

FOLDER = pathlib.Path(__file__).resolve().parent


def install():
    lock, installed = FOLDER / 'package-lock.json', FOLDER / 'node_modules/.package-lock.json'
    with open(lock, 'rb') as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
            return
        done = subprocess.run(['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error'],
                              cwd=FOLDER, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f'npm ci failed in {FOLDER}: {done.stderr.strip()[-500:]}')
        installed.touch()


if __name__ == '__main__':
    install()

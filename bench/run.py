#!/usr/bin/env python3
"""Runs the speed goals of the spine (docs/design/testing.md) and prints each beside its limit.

  bench/run.py [--build build/release] [--seconds 9] [--contacts 1000000] [--history 10000000]
               [--only accept,batch,applied]

With fewer than 100,000 contacts the rows also make new ones, which costs several times as much.

Every figure stands beside a raw limit measured in the same run: absolute times on shared machines
swing several-fold, ratios do not. Uses loopback only, stops by itself.
"""
import argparse
import base64
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def wait_port(port, seconds=20):
    end = time.time() + seconds
    while time.time() < end:
        with socket.socket() as s:
            if s.connect_ex(('127.0.0.1', port)) == 0:
                return
        time.sleep(0.005)
    raise SystemExit(f'nothing listens on {port}')


def rss_mebibytes(pid, what='RssAnon'):
    for line in open(f'/proc/{pid}/status'):
        if line.startswith(what + ':'):
            return int(line.split()[1]) / 1024
    return 0


class Bench:
    def __init__(self, options):
        self.options = options
        self.build = pathlib.Path(options.build)
        self.folder = tempfile.mkdtemp(prefix='rapport-bench-', dir=options.folder)
        self.data = self.keys = None
        self.results = []

    def note(self, what, figure, limit='', ratio=''):
        self.results.append((what, figure, limit, ratio))
        print(f'{what:52} {figure:>28} {limit:>30} {ratio:>10}', flush=True)

    # Servers

    def start_limit(self, name):
        port = free_port()
        file = os.path.join(self.folder, name + '.bin')
        process = subprocess.Popen([self.build / 'bench' / f'bench_{name}', '--port', str(port),
                                    '--file', file, '--size-mb', '512'],
                                   stdout=subprocess.DEVNULL)
        wait_port(port)
        return process, port

    def init(self, data):
        out = subprocess.run([self.build / 'rapport', '--json', 'init', '--data', data,
                              '--workspace', 'bench'], check=True, capture_output=True, text=True)
        return json.loads(out.stdout)

    def start_rapport(self, data):
        port = free_port()
        begin = time.time()
        process = subprocess.Popen([self.build / 'rapport', 'serve', '--data', data, '--listen',
                                    f'127.0.0.1:{port}'], stdout=subprocess.DEVNULL,
                                   stderr=open(os.path.join(self.folder, 'server.log'), 'a'))
        wait_port(port)
        return process, port, time.time() - begin

    def stop(self, process, how=signal.SIGTERM):
        process.send_signal(how)
        process.wait(30)

    def load(self, port, **flags):
        command = [str(self.build / 'bench' / 'bench_load'), '--port', str(port)]
        for name, value in flags.items():
            command += ['--' + name, str(value)]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return json.loads(out.strip().splitlines()[-1])

    def get(self, port, path, key):
        c = http.client.HTTPConnection('127.0.0.1', port, timeout=30)
        c.request('GET', path, headers={'Authorization': 'Bearer ' + key})
        r = c.getresponse()
        return r.status, r.read()

    def folded(self, port, key):
        return json.loads(self.get(port, '/api/v1/state', key)[1]).get('sequence', 0)

    def wait_folded(self, port):
        while True:
            text = self.get(port, '/metrics', '')[1].decode()
            lag = [l for l in text.splitlines() if l.startswith('rapport_fold_lag_events ')]
            if lag and int(lag[0].split()[1]) == 0:
                return
            time.sleep(0.05)

    # Rows

    def accept(self):
        seconds = self.options.seconds
        server, port, keys = self.start_filled()
        limit, limit_port = self.start_limit('append_server')
        for connections in (32, 256):
            ours, theirs = [], []
            for _ in range(3):
                ours.append(self.load(port, path='/v1/track', connections=connections,
                                      seconds=seconds / 3, auth=keys['ingest_key'],
                                      contacts=100000, zipf=1.0))
                theirs.append(self.load(limit_port, path='/v1/track', connections=connections,
                                        seconds=seconds / 3, auth='x', contacts=100000, zipf=1.0))
            bad = sum(one['non_2xx'] for one in ours)
            rate = statistics.median(o['rps'] for o in ours)
            best = statistics.median(o['rps'] for o in theirs)
            p99 = statistics.median(o['p99_us'] for o in ours)
            best99 = statistics.median(o['p99_us'] for o in theirs)
            self.note(f'durable accept, {connections} connections, events/s', f'{rate:,.0f}',
                      f'{best:,.0f} append and sync', f'{rate / best:.2f}')
            self.note(f'  p99 ms ({bad} refused)', f'{p99 / 1000:.2f}', f'{best99 / 1000:.2f}',
                      f'{p99 / best99:.2f}')
        self.stop(limit)
        self.wait_folded(port)
        self.note('memory after ingest, anonymous MiB', f'{rss_mebibytes(server.pid):.0f}', '≤ 200')
        self.stop(server)

    def batch(self):
        server, port, keys = self.start_filled()
        limit, limit_port = self.start_limit('parse_append')
        ours, theirs = [], []
        for _ in range(3):
            ours.append(self.load(port, path='/v1/batch', connections=16, batch=100,
                                  seconds=self.options.seconds / 3, auth=keys['ingest_key'],
                                  contacts=100000, zipf=1.0))
            theirs.append(self.load(limit_port, path='/v1/batch', connections=16, batch=100,
                                    seconds=self.options.seconds / 3, auth='x', contacts=100000,
                                    zipf=1.0))
        rate = statistics.median(o['events_per_s'] for o in ours)
        best = statistics.median(o['events_per_s'] for o in theirs)
        self.note('durable accept, batches of 100, events/s', f'{rate:,.0f}',
                  f'{best:,.0f} parse and append', f'{rate / best:.2f}')
        self.stop(limit)
        self.wait_folded(port)
        self.stop(server)

    def start_filled(self):
        """A server with history: contacts with an e-mail, then events spread over them. Made for
        the first row that asks for it, kept for the others."""
        filled = self.data is None
        if filled:
            self.data = os.path.join(self.folder, 'data')
            self.keys = self.init(self.data)
        server, port, _ = self.start_rapport(self.data)
        if filled:
            contacts, history = self.options.contacts, self.options.history
            common = dict(path='/v1/batch', connections=8, batch=100, seconds=36000,
                          auth=self.keys['ingest_key'], contacts=contacts)
            begin = time.time()
            self.load(port, events=contacts, emails='yes', zipf=0, **common)
            self.wait_folded(port)
            took = time.time() - begin
            self.note('new contacts, accepted and applied, per second', f'{contacts / took:,.0f}')
            for left in range(history - contacts, 0, -500_000):  # below the limit of lag
                self.load(port, events=min(left, 500_000), zipf=1.0, **common)
                self.wait_folded(port)
        return server, port, self.keys

    def applied(self):
        server, port, keys = self.start_filled()
        begin = time.time()
        before = self.folded(port, keys['read_write_key'])
        self.load(port, path='/v1/batch', connections=8, batch=50, auth=keys['ingest_key'],
                  seconds=self.options.seconds * 2, contacts=100000, zipf=1.0)
        self.wait_folded(port)
        took = time.time() - begin
        events = self.folded(port, keys['read_write_key']) - before
        fsync = subprocess.run([self.build / 'bench' / 'bench_fdatasync'], capture_output=True,
                               text=True).stdout.strip().splitlines()
        self.note('accepted → applied, drained, events/s', f'{events / took:,.0f}', '≥ 20,000')
        self.note('  bare 512-byte fdatasync in this run', fsync[-1][:60] if fsync else '')
        self.note('memory with all contacts, anonymous MiB', f'{rss_mebibytes(server.pid):.0f}',
                  '≤ 200')
        self.lookup_on(port, keys)
        self.stop(server, signal.SIGKILL)
        server, port, took = self.start_rapport(self.data)
        self.note('start after kill -9, s', f'{took:.2f}', '≤ 1')
        self.stop(server)
        out = subprocess.run([self.build / 'rapport', '--json', 'rebuild', '--data', self.data,
                              '--from-start'], capture_output=True, text=True)
        row = json.loads(out.stdout)['workspaces'][0]
        self.note(f'rebuild from the first event (equal: {row["equal"]}), events/s',
                  f'{row["events"] / row["seconds"]:,.0f}', '≥ 100,000')

    def lookup_on(self, port, keys):
        stop = threading.Event()
        times = []

        def ask():
            c = http.client.HTTPConnection('127.0.0.1', port, timeout=30)
            n = 0
            while not stop.is_set():
                n = (n * 7919 + 13) % self.options.contacts
                begin = time.perf_counter()
                c.request('GET', f'/api/v1/contacts?email=user{n}@company{n % 5000}.example',
                          headers={'Authorization': 'Bearer ' + keys['read_write_key']})
                c.getresponse().read()
                times.append(time.perf_counter() - begin)
                time.sleep(0.002)

        thread = threading.Thread(target=ask)
        thread.start()
        self.load(port, path='/v1/track', connections=8, rate=2000, auth=keys['ingest_key'],
                  seconds=self.options.seconds, contacts=100000, zipf=1.0)
        stop.set()
        thread.join()
        times.sort()
        self.note(f'look-up by e-mail while ingesting 2,000/s, p50 ms ({len(times)})',
                  f'{times[len(times) // 2] * 1000:.2f}')
        self.note('  p99 ms', f'{times[int(len(times) * 0.99)] * 1000:.2f}', '≤ 5')

    def run(self):
        print(f'{"":52} {"ours":>28} {"limit or goal":>30} {"ratio":>10}')
        for row in self.options.only.split(','):
            getattr(self, row)()
        shutil.rmtree(self.folder, ignore_errors=True)


parser = argparse.ArgumentParser(description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument('--build', default=str(ROOT / 'build' / 'release'))
parser.add_argument('--seconds', type=float, default=9)
parser.add_argument('--contacts', type=int, default=1000000)
parser.add_argument('--history', type=int, default=2000000, help='events before the first row')
parser.add_argument('--folder', default=None)
parser.add_argument('--only', default='accept,batch,applied')
Bench(parser.parse_args()).run()

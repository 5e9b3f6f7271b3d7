#!/usr/bin/env python3
"""Calls to a CRM through a proxy: plain, by a tunnel with TLS inside, and by SOCKS.

test: timeout=240
"""

import base64
import pathlib
import select
import socket
import ssl
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402

USER, PASSWORD = 'proxy-user', 'proxy-password-5e2a'
HOST = 'crm.invalid'  # resolves nowhere but at the proxy
TOKEN = harness.SANDBOX_TOKEN


def pump(a, b, keep=None):
    """Carries bytes both ways until one side ends; `keep` gets what comes from the first."""
    while True:
        for ready in select.select([a, b], [], [], 60)[0] or [None]:
            try:
                part = ready.recv(65536) if ready else b''
                if not part:
                    return
                if keep is not None and ready is a:
                    keep.append(part)
                (b if ready is a else a).sendall(part)
            except OSError:
                return


class Listener:
    """A free port whose connections `talk` in threads of their own."""

    def __init__(self):
        self.socket = socket.create_server(('127.0.0.1', 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client:
            try:
                self.talk(client)
            except OSError:
                pass

    def close(self):
        self.socket.close()


class Proxy(Listener):
    """CONNECT, plain HTTP and SOCKS 5; whatever is asked for is at `port_of_target`."""

    def __init__(self, target):
        self.target, self.asked, self.credentials, self.through = target, [], [], []
        super().__init__()

    def upstream(self):
        return socket.create_connection(('127.0.0.1', self.target))

    def talk(self, client):
        first = client.recv(1, socket.MSG_PEEK)
        return self.socks(client) if first == b'\x05' else self.http(client)

    def http(self, client):
        head = b''
        while b'\r\n\r\n' not in head:
            part = client.recv(65536)
            if not part:
                return
            head += part
        method, target, _ = head.split(b'\r\n')[0].decode().split(' ')
        self.asked.append((method, target))
        wanted = base64.b64encode(f'{USER}:{PASSWORD}'.encode())
        given = [line for line in head.split(b'\r\n') if line.lower().startswith(b'proxy-authorization:')]
        self.credentials += given
        if not given or given[0].split()[-1] != wanted:
            client.sendall(b'HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n'
                           b'Proxy-Authenticate: Basic realm="p"\r\nConnection: close\r\n\r\n')
            return
        with self.upstream() as server:
            if method == 'CONNECT':
                client.sendall(b'HTTP/1.1 200 OK\r\nX-Proxy: yes\r\n\r\n')
                self.through.append(head)
            else:  # one request a connection: the next may be for another host
                path = '/' + target.split('/', 3)[3]
                head = head.replace(target.encode(), path.encode(), 1)
                head = head.replace(b'\r\n\r\n', b'\r\nConnection: close\r\n\r\n', 1)
                server.sendall(head)
            pump(client, server, self.through)

    def socks(self, client):
        client.recv(1)
        client.recv(client.recv(1)[0])
        client.sendall(b'\x05\x02')
        client.recv(1)
        user = client.recv(client.recv(1)[0])
        password = client.recv(client.recv(1)[0])
        good = (user.decode(), password.decode()) == (USER, PASSWORD)
        client.sendall(b'\x01\x00' if good else b'\x01\x01')
        if not good:
            return
        kind = client.recv(4)[3]
        name = client.recv(client.recv(1)[0]).decode() if kind == 3 else f'address kind {kind}'
        port = int.from_bytes(client.recv(2), 'big')
        self.asked.append(('SOCKS', f'{name}:{port}'))
        client.sendall(b'\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00')
        with self.upstream() as server:
            pump(client, server, self.through)


class Tls(Listener):
    """Before the sandbox, with a certificate for HOST."""

    def __init__(self, folder, target):
        self.target = target
        key, self.certificate = folder / 'key.pem', folder / 'certificate.pem'
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2',
                        '-subj', f'/CN={HOST}', '-addext', f'subjectAltName=DNS:{HOST}', '-keyout',
                        key, '-out', self.certificate], check=True, capture_output=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificate, key)
        super().__init__()

    def talk(self, client):
        with self.context.wrap_socket(client, server_side=True) as inner, \
                socket.create_connection(('127.0.0.1', self.target)) as server:
            up = threading.Thread(target=self.one_way, args=(inner, server), daemon=True)
            up.start()
            self.one_way(server, inner)

    @staticmethod
    def one_way(a, b):
        try:
            while part := a.recv(65536):
                b.sendall(part)
        except OSError:
            pass
        finally:
            b.close()


class World(harness.World):
    def __init__(self, base_url, server_settings='', connection='', proxy_url=''):
        super().__init__('proxy')
        self.environment.update(TOKEN=TOKEN, CRM_PROXY=proxy_url)
        settings = self.settings.read_text().replace('allowed_networks: [127.0.0.0/8]', '')
        self.settings.write_text(settings + f"""
{server_settings}
connections:
  - id: crm
    workspace: {harness.WORKSPACE}
    vendor: hubspot
    base_url: "{base_url}"
    token_env: TOKEN
    {connection}
""")
        self.start()

    def connection(self):
        return (self.get('/api/v1/connections')['data'] or [{}])[0]

    def until(self, checks, condition, what):
        try:
            return checks.that(harness.wait_until(condition, 40, what), what)
        except TimeoutError:
            return checks.that(False, what, self.connection())

    def nothing_told(self, checks, what):
        told = self.log.read_text() + str(self.connection()) + str(self.request('GET', '/metrics', key=None))
        checks.that(PASSWORD not in told and TOKEN not in told, f'{what}: no secret is told')


def arrives(checks, world, sandbox, user, what):
    world.send('identify', {'userId': user, 'traits': {'email': f'{user}@gmail.com'}})
    world.until(checks, lambda: f'{user}@gmail.com' in str(sandbox.ask('state')), what)


ENV = 'proxy: {url_env: CRM_PROXY, allowed_networks: [127.0.0.0/8]}'


def check_plain(checks, sandbox):
    proxy = Proxy(sandbox.port)
    with World(f'http://{HOST}', ENV, proxy_url=f'http://{USER}:{PASSWORD}@127.0.0.1:{proxy.port}') as world:
        arrives(checks, world, sandbox, 'plain', 'a contact goes through the proxy')
        checks.that(proxy.asked and all(method != 'CONNECT' and target.startswith(f'http://{HOST}/')
                                        for method, target in proxy.asked),
                    'which is asked for the CRM by its name', proxy.asked[:3])
        code, out, err = world.command('connections', 'test', 'crm', '--url',
                                       f'http://127.0.0.1:{world.port}', '--key', world.use)
        checks.that(code == 0, 'so does the test of the connection', out + err)
        world.nothing_told(checks, 'plain')
    proxy.close()


def check_tunnel(checks, folder, sandbox):
    tls = Tls(folder, sandbox.port)
    proxy = Proxy(tls.port)
    url = f'http://{USER}:{PASSWORD}@127.0.0.1:{proxy.port}'
    with World(f'https://{HOST}', f'ca_file: "{tls.certificate}"\n{ENV}', proxy_url=url) as world:
        arrives(checks, world, sandbox, 'tunnel', 'an encrypted call goes through a tunnel')
        checks.that(proxy.asked and set(proxy.asked) == {('CONNECT', f'{HOST}:443')},
                    'of which the proxy sees the host', proxy.asked[:3])
        checks.that(proxy.through and TOKEN.encode() not in b''.join(proxy.through),
                    'and not the token')
        world.nothing_told(checks, 'tunnel')
    with World(f'https://{HOST}', ENV, proxy_url=url) as world:
        world.send('identify', {'userId': 'w', 'traits': {'email': 'w@gmail.com'}})
        world.until(checks, lambda: 'certificate' in (world.connection().get('why') or ''),
                    'inside the tunnel certificates are checked as ever')
    with World('https://other.invalid', f'ca_file: "{tls.certificate}"\n{ENV}', proxy_url=url) as world:
        world.send('identify', {'userId': 'w', 'traits': {'email': 'w@gmail.com'}})
        world.until(checks, lambda: 'other.invalid' in (world.connection().get('why') or ''),
                    'so is the name they are for')
    proxy.close()
    tls.close()


def check_socks(checks, sandbox):
    proxy = Proxy(sandbox.port)
    with World(f'http://{HOST}', ENV,
               proxy_url=f'socks5h://{USER}:{PASSWORD}@127.0.0.1:{proxy.port}') as world:
        arrives(checks, world, sandbox, 'socks', 'a contact goes by SOCKS')
        checks.that(('SOCKS', f'{HOST}:80') in proxy.asked, 'with the name to resolve there', proxy.asked[:3])
        world.nothing_told(checks, 'SOCKS')
    proxy.close()


def check_refusals(checks, sandbox):
    proxy = Proxy(sandbox.port)
    why = lambda world: world.connection().get('why') or ''
    url = f'http://{USER}:{PASSWORD}x@127.0.0.1:{proxy.port}'
    with World(f'http://{HOST}', ENV, proxy_url=url) as world:
        world.send('identify', {'userId': 'w', 'traits': {'email': 'w@gmail.com'}})
        world.until(checks, lambda: '407' in why(world) and 'proxy' in why(world),
                    'wrong credentials are named')
        checks.that(not world.get('/api/v1/connections/crm/dead-letters')['data'],
                    'and no record is blamed for them')
        world.nothing_told(checks, 'wrong credentials')
    with World(f'http://{HOST}', 'proxy: {url_env: CRM_PROXY}', proxy_url=url) as world:
        world.send('identify', {'userId': 'w', 'traits': {'email': 'w@gmail.com'}})
        world.until(checks, lambda: 'proxy.allowed_networks' in why(world),
                    'a proxy at a private address needs its allowance')
    with World(f'http://127.0.0.1:{sandbox.port}', ENV, proxy_url=url) as world:
        world.send('identify', {'userId': 'w', 'traits': {'email': 'w@gmail.com'}})
        world.until(checks, lambda: 'also through the proxy' in why(world),
                    'a private target is not asked for through the proxy')
    proxy.close()


def check_own(checks, sandbox):
    proxy = Proxy(sandbox.port)
    dead = 'proxy: http://127.0.0.1:1'
    with World(f'http://{HOST}', dead, ENV,
               f'http://{USER}:{PASSWORD}@127.0.0.1:{proxy.port}') as world:
        arrives(checks, world, sandbox, 'own', 'a connection may have a proxy of its own')
    networks = 'allowed_networks: [127.0.0.0/8]\n'
    with World(f'http://127.0.0.1:{sandbox.port}', networks + dead, 'proxy: none') as world:
        arrives(checks, world, sandbox, 'none', 'or none')
    with World(f'http://127.0.0.1:{sandbox.port}',
               networks + 'proxy: {url: "http://127.0.0.1:1", no_proxy: [127.0.0.1]}') as world:
        arrives(checks, world, sandbox, 'without', 'a host of no_proxy is called directly')
    proxy.close()


def main(checks):
    folder = harness.temporary('proxy-keys')
    sandbox = harness.Sandbox(folder)
    try:
        check_plain(checks, sandbox)
        check_tunnel(checks, folder, sandbox)
        check_socks(checks, sandbox)
        check_refusals(checks, sandbox)
        check_own(checks, sandbox)
    finally:
        sandbox.close()


if __name__ == '__main__':
    harness.main(main)

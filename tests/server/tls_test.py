#!/usr/bin/env python3
"""A CRM whose certificate is another host's, or that is at a private address, gets nothing sent.

test: timeout=120
"""

import http.server
import pathlib
import ssl
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402


class Impostor(http.server.BaseHTTPRequestHandler):
    asked = 0

    def do_POST(self):
        Impostor.asked += 1
        self.send_response(200)
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *_):
        pass


def serve_tls(folder, version=None):
    """A server with a certificate that nobody here trusts, for a name that is not its own."""
    key, certificate = folder / 'key.pem', folder / 'certificate.pem'
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj',
                    '/CN=api.other.example', '-keyout', key, '-out', certificate],
                   check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Impostor)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def start(folder, base_url, networks):
    world = harness.World('tls')
    world.environment['TOKEN'] = 'secret-token-8c1f'
    settings = world.settings.read_text().replace('allowed_networks: [127.0.0.0/8]', networks)
    world.settings.write_text(settings + f"""
connections:
  - {{id: crm, workspace: {harness.WORKSPACE}, vendor: hubspot, base_url: "{base_url}", token_env: TOKEN}}
""")
    world.start()
    world.send('identify', {'userId': 'u', 'traits': {'email': 'ana@acme.example'}})
    return world


def check(checks, folder, base_url, networks, words, what):
    with start(folder, base_url, networks) as world:
        def why():
            all_of_them = world.get('/api/v1/connections')['data']
            return (all_of_them[0].get('why') or '') if all_of_them else ''
        try:
            harness.wait_until(why, 30, 'the connection to say why')
        except TimeoutError:
            pass
        checks.that(all(word in why() for word in words), what, why())
        code, out, err = world.command('connections', 'test', 'crm', '--url',
                                       f'http://127.0.0.1:{world.port}', '--key', world.use)
        checks.that(code == 1 and all(word in out + err for word in words),
                    f'{what}: so does the test of the connection', out + err)
        checks.that('secret-token' not in world.log.read_text(), 'the token is in no log')


def main():
    checks = harness.Checks()
    folder = harness.temporary('tls-keys')
    server = serve_tls(folder)
    port = server.server_port
    check(checks, folder, f'https://127.0.0.1:{port}', 'allowed_networks: [127.0.0.0/8]',
          ('certificate', '127.0.0.1'), 'a certificate of another host is named')
    check(checks, folder, f'https://127.0.0.1:{port}', 'allowed_networks: []',
          ('not public', 'allowed_networks'), 'a private address is refused and the setting named')
    checks.that(Impostor.asked == 0, 'neither got a request', Impostor.asked)
    server.shutdown()
    return checks.finish()


if __name__ == '__main__':
    sys.exit(main())

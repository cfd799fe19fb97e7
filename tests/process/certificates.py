# SPDX-License-Identifier: Apache-2.0
"""Certificates for tests, made with the openssl command."""

import pathlib
import ssl
import subprocess

CONFIG = '''[ca]
default_ca = it
[it]
dir = {folder}
new_certs_dir = {folder}
database = {folder}/index
serial = {folder}/serial
certificate = {folder}/ca.crt
private_key = {folder}/ca.key
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
'''
CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']


def openssl(*arguments):
    subprocess.run(['openssl', *map(str, arguments)], check=True, capture_output=True, timeout=60)


class Authority:
    """A CA in a folder of its own."""

    def __init__(self, folder, name='test CA'):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.certificate = self.folder / 'ca.crt'
        (self.folder / 'index').write_text('')
        (self.folder / 'serial').write_text('01\n')
        (self.folder / 'ca.conf').write_text(CONFIG.format(folder=self.folder))
        openssl('req', '-x509', *CURVE, '-keyout', self.folder / 'ca.key', '-out',
                self.certificate, '-days', '3', '-subj', f'/CN={name}', '-addext',
                'basicConstraints=critical,CA:TRUE')

    def issue(self, identity, file=None, subject=None, san=True, ends=None):
        """FILE.crt and FILE.key for an identity; `ends`: YYYYMMDDHHMMSSZ, else in two days."""
        file = file or identity
        key, request = self.folder / f'{file}.key', self.folder / f'{file}.csr'
        names = ['-addext', f'subjectAltName=DNS:{identity}'] if san else []
        openssl('req', *CURVE, '-keyout', key, '-out', request, '-subj',
                f'/CN={subject or identity}', *names)
        key.chmod(0o600)
        when = ['-startdate', '20200101000000Z', '-enddate', ends] if ends else ['-days', '2']
        openssl('ca', '-batch', '-notext', '-config', self.folder / 'ca.conf', '-in', request,
                '-out', self.folder / f'{file}.crt', *when)
        return Certificate(self, self.folder / f'{file}.crt', key)


class Certificate:
    def __init__(self, authority, certificate, key):
        self.authority = authority
        self.certificate = certificate
        self.key = key

    def block(self, more=''):
        """The tls block of a homewardd that has it."""
        return (f'tls {{ certificate = "{self.certificate}"  key = "{self.key}"  '
                f'ca = "{self.authority.certificate}"  {more} }}')

    def client(self, believes=None, version=None):
        """A context of a TLS client that shows this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations((believes or self.authority).certificate)
        context.load_cert_chain(self.certificate, self.key)
        if version:
            context.minimum_version = context.maximum_version = version
        return context

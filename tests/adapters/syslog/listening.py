"""A syslog receiver of our own on loopback, which takes messages apart by their counted lengths."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass
class Listener:
    """What arrived, and the connections over which. It hangs up once so many messages came."""

    port: int = 0
    messages: list[bytes] = field(default_factory=list)
    connections: int = 0
    hangs_up_after: int = 0
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                size = await reader.readuntil(b" ")
                self.messages.append(await reader.readexactly(int(size)))
                self.came.set()
                if len(self.messages) == self.hangs_up_after:
                    break
        writer.close()


@asynccontextmanager
async def listening(tls: ssl.SSLContext | None = None) -> AsyncIterator[Listener]:
    """A receiver over TCP, or TLS."""
    made = Listener()
    server = await asyncio.start_server(made.talk, "127.0.0.1", 0, ssl=tls)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


def certified(folder: Path, name: str = "localhost") -> tuple[ssl.SSLContext, Path]:
    """A receiver's TLS for this name and 127.0.0.1, and the file to trust it by."""
    key = Ed25519PrivateKey.generate()
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    began = datetime(2020, 1, 1)  # noqa: DTZ001 - a certificate's moments are UTC without saying so
    made = (
        x509.CertificateBuilder()
        .subject_name(own)
        .issuer_name(own)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=36_500))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.1"))]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, None)
    )
    there = folder / "receiver.pem"
    there.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + made.public_bytes(Encoding.PEM)
    )
    trusted = folder / "authority.pem"
    trusted.write_bytes(made.public_bytes(Encoding.PEM))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(there)
    return tls, trusted

"""Certificates for servers and clients on loopback, made with the `openssl` command."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

_DAYS = "3650"
_LOOPBACK = "IP:127.0.0.1,DNS:localhost"
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate and its key, in PEM."""

    cert: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority of its own, in a folder."""

    folder: Path
    root: Certificate

    @classmethod
    def make(cls, folder: Path, name: str = "authority") -> Authority:
        """Make the authority."""
        root = Certificate(cert=folder / f"{name}.pem", key=folder / f"{name}.key")
        _openssl(
            *("req", "-x509", *_KEY, "-noenc", "-days", _DAYS, "-subj", f"/CN={name}"),
            *("-addext", "keyUsage=critical,keyCertSign", "-keyout", str(root.key), "-out", str(root.cert)),
        )
        return cls(folder, root)

    def issue(self, name: str, *, names: str = _LOOPBACK, password: str | None = None) -> Certificate:
        """Issue a certificate for hosts; with a password its key is encrypted."""
        made = Certificate(cert=self.folder / f"{name}.pem", key=self.folder / f"{name}.key")
        locked = ("-noenc",) if password is None else ("-passout", f"pass:{password}")
        _openssl(
            *("req", "-x509", *_KEY, *locked, "-days", _DAYS, "-subj", f"/CN={name}"),
            *("-CA", str(self.root.cert), "-CAkey", str(self.root.key)),
            *("-addext", f"subjectAltName={names}", "-addext", "basicConstraints=critical,CA:FALSE"),
            *("-keyout", str(made.key), "-out", str(made.cert)),
        )
        return made

    def server_context(self, certificate: Certificate, *, wants_client: bool = False) -> ssl.SSLContext:
        """Return what a server presents; one that `wants_client` takes only clients with a certificate from here."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate.cert, certificate.key)
        if wants_client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.root.cert)
        return context


def _openssl(*arguments: str) -> None:
    subprocess.run(("openssl", *arguments), check=True, capture_output=True)  # noqa: S603, S607 - our own arguments

"""Certificates as a person may have one for C2PA; made up, so for tests only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

USES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class Signer:
    """A key with its certificate, which an authority has issued for signing documents."""

    key: CertificateIssuerPrivateKeyTypes = field(default_factory=new_key)
    begins: int = -1
    """Days from today."""
    ends: int = 30
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.EMAIL_PROTECTION

    def __post_init__(self) -> None:
        authority = new_key()
        root = self._certificate("Test authority", "Test authority", authority, authority, ca=True)
        leaf = self._certificate("Test signer", "Test authority", self.key, authority, ca=False)
        self.root = root.public_bytes(Encoding.PEM)
        self.chain = leaf.public_bytes(Encoding.PEM) + self.root

    def write(self, folder: Path, *, password: bytes | None = None) -> tuple[Path, Path]:
        """The PEM files of certificate and key."""
        folder.mkdir(exist_ok=True)
        hidden = BestAvailableEncryption(password) if password else NoEncryption()
        files = folder / "chain.pem", folder / "key.pem"
        files[0].write_bytes(self.chain)
        files[1].write_bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, hidden))
        return files

    def _certificate(
        self, name: str, issuer: str, key: CertificateIssuerPrivateKeyTypes, by: CertificateIssuerPrivateKeyTypes, *,
        ca: bool,
    ) -> x509.Certificate:  # fmt: skip
        today, allowed = datetime.now(UTC), "key_cert_sign" if ca else "digital_signature"
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_named(name))
            .issuer_name(_named(issuer))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(today + timedelta(days=self.begins))
            .not_valid_after(today + timedelta(days=self.ends))
            .add_extension(x509.BasicConstraints(ca, None), critical=True)
            .add_extension(x509.KeyUsage(**{use: use == allowed for use in USES}), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
        )
        if not ca:
            certificate = certificate.add_extension(x509.ExtendedKeyUsage([self.purpose]), critical=False)
        return certificate.sign(by, None if isinstance(by, ed25519.Ed25519PrivateKey) else hashes.SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test")]
    )

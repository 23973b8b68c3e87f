"""C2PA manifests: what a sound file says of its origin, signed with a certificate of the person's own.

Everything happens on this machine. No time-stamp authority is asked, because that would be a network call; a manifest
therefore counts as signed while the certificate is valid.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ...core.errors import ExtraMissing, SettingRefused
from ..parts import part_name

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

AI_SOURCE: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""The press's common name for media that a trained model made."""

_NONE: Final = "The copies carry no C2PA manifest, because"


@dataclass(frozen=True)
class Signing:
    """A certificate with its key, and what is said of a song."""

    algorithm: str
    certificate: bytes
    key: bytes = field(repr=False)
    manifest: dict[str, Any]

    def sign(self, path: Path, kind: str) -> None:
        """Put the manifest into a `wav` or `flac` file that is finished otherwise: every later change breaks the
        signature.

        Raises `SettingRefused` when the certificate is not fit for it; the file is then as it was. Blocks.
        """
        import c2pa

        signed = path.with_name(part_name())
        try:
            info = c2pa.C2paSignerInfo(self.algorithm.encode(), self.certificate, self.key, None)
            with (
                c2pa.Signer.from_info(info) as signer,
                c2pa.Builder(self.manifest) as builder,
                path.open("rb") as source,
                signed.open("w+b") as target,
            ):
                builder.sign(signer, f"audio/{kind}", source, target)
            signed.replace(path)
        except c2pa.C2paError as error:
            raise _refused(f"signing with the certificate of SONGWRIGHT_C2PA_CERTIFICATE failed: {error}") from None
        finally:
            signed.unlink(missing_ok=True)


def carries(path: Path) -> bool:
    """Whether a file has a manifest that can be read. Blocks."""
    import c2pa

    try:
        reader = c2pa.Reader.try_create(path)
    except c2pa.C2paError:
        return False
    if reader is None:
        return False
    reader.close()
    return True


def signing(certificate: Path | None, key: Path | None, title: str, model: str) -> Signing:
    """How a song is signed.

    Raises `SettingRefused`, or `ExtraMissing`. The sentence names settings and not files, since a hosted server's
    callers read it too. Blocks.
    """
    if certificate is None or key is None:
        missing = "CERTIFICATE" if certificate is None else "KEY"
        raise _refused(f"the setting SONGWRIGHT_C2PA_{missing} is missing; the certificate needs its key")
    try:
        import c2pa  # noqa: F401 - it loads a compiled library, which can fail in ways of its own
        from cryptography.hazmat.primitives import serialization
    except (ImportError, OSError, RuntimeError):
        raise ExtraMissing(
            f"{_NONE} c2pa-python is not installed, or does not run here. Install it with pip install "
            '"songwright[c2pa]", then restart Songwright.'
        ) from None
    chain, secret = _read(certificate, "CERTIFICATE"), _read(key, "KEY")
    try:
        private = serialization.load_pem_private_key(secret, None)
    except (TypeError, ValueError):  # TypeError: it has a password
        raise _refused("the file of SONGWRIGHT_C2PA_KEY is no private key in PEM without a password") from None
    plain = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Signing(_algorithm(private), chain, plain, _manifest(title, model))


def _refused(why: str) -> SettingRefused:
    return SettingRefused(f"{_NONE} {why}.")


def _read(path: Path, setting: str) -> bytes:
    try:
        return path.expanduser().read_bytes()
    except (OSError, RuntimeError):  # RuntimeError: a home folder that nobody knows
        raise _refused(f"the file of SONGWRIGHT_C2PA_{setting} cannot be read") from None


def _algorithm(key: PrivateKeyTypes) -> str:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(key, ec.EllipticCurvePrivateKey):
        return {"secp384r1": "es384", "secp521r1": "es512"}.get(key.curve.name, "es256")
    if isinstance(key, rsa.RSAPrivateKey):
        return "ps256"
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519"
    raise _refused("the key of SONGWRIGHT_C2PA_KEY is of a kind that C2PA does not know (EC, RSA and Ed25519 are)")


def _manifest(title: str, model: str) -> dict[str, Any]:
    """Who made it and how, nothing of the person."""
    agent = f"Songwright, model {model}" if model else "Songwright"
    action = {"action": "c2pa.created", "digitalSourceType": AI_SOURCE, "softwareAgent": {"name": agent}}
    return {
        "claim_generator_info": [{"name": "Songwright"}],
        "title": title.encode("utf-8", "replace").decode(),
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
    }

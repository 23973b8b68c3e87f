"""What C2PA's own reader finds in a signed file, and what is said when it cannot be signed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import c2pa
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from mutagen.flac import FLAC
from signers import Signer, new_key

from songwright.server.core.errors import SettingRefused
from songwright.server.files.downloads import Media
from songwright.server.files.studio.provenance import carries, signing
from songwright.server.files.studio.sound import decode, encode
from songwright.server.files.tags import Owner, SongTags, read_owner, write_tags

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

Kind = Literal["wav", "flac"]
KEYS: dict[str, Callable[[], CertificateIssuerPrivateKeyTypes]] = {
    "P-256": new_key,
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "P-521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "RSA": lambda: rsa.generate_private_key(65537, 2048),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
}


def song(folder: Path, kind: Kind) -> Path:
    path = folder / f"song.{kind}"
    sound = np.random.default_rng(3).normal(0, 0.1, (4_410, 2)).astype(np.float32)
    encode(path, kind, [sound], 44_100, 2)
    assert write_tags(path, Media(kind), SongTags("clip-1", "Song", label="release"))
    return path


@pytest.mark.parametrize("kind", ["wav", "flac"])
@pytest.mark.parametrize("key", KEYS)
def test_every_kind_of_key_signs_and_the_reader_trusts_who_issued_its_certificate(
    tmp_path: Path, kind: Kind, key: str
) -> None:
    signer, path = Signer(KEYS[key]()), song(tmp_path, kind)
    before = decode(path)[0]
    signing(*signer.write(tmp_path), "Søng 🎵", "sonic-v6").sign(path, kind)
    trusting = c2pa.Context.from_dict({"trust": {"user_anchors": signer.root.decode()}})
    with trusting, c2pa.Reader(path, context=trusting) as reader:
        assert reader.get_validation_state() == "Trusted"
        assert reader.get_active_manifest()["title"] == "Søng 🎵"
    assert np.array_equal(decode(path)[0], before)
    assert read_owner(path) == Owner("clip-1", "release")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["chain.pem", "key.pem", path.name]


def test_other_programs_still_read_a_signed_flac(tmp_path: Path) -> None:
    path = song(tmp_path, "flac")
    signing(*Signer().write(tmp_path), "Song", "").sign(path, "flac")
    assert FLAC(path)["TITLE"] == ["Song"]
    assert write_tags(path, Media.FLAC, SongTags("clip-1", "Other", label="release"))
    assert FLAC(path)["TITLE"] == ["Other"]
    assert read_owner(path) == Owner("clip-1", "release")


@pytest.mark.parametrize(
    ("signer", "why"),
    [
        (Signer(begins=-9, ends=-2), "the certificate was not valid at time of signing"),
        (Signer(begins=2), "the certificate was not valid at time of signing"),
        (Signer(purpose=ExtendedKeyUsageOID.SERVER_AUTH), "the certificate is invalid"),
    ],
)
def test_a_certificate_that_c2pa_does_not_take_is_said_and_the_file_stays(
    tmp_path: Path, signer: Signer, why: str
) -> None:
    path = song(tmp_path, "wav")
    before = path.read_bytes()
    with pytest.raises(SettingRefused, match=f"certificate of SONGWRIGHT_C2PA_CERTIFICATE failed: .*{why}"):
        signing(*signer.write(tmp_path), "Song", "").sign(path, "wav")
    assert path.read_bytes() == before
    assert not carries(path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["chain.pem", "key.pem", "song.wav"]


def test_what_is_wrong_with_the_files_is_said_without_naming_or_showing_them(tmp_path: Path) -> None:
    path = song(tmp_path, "wav")
    (chain, key), (locked,) = Signer().write(tmp_path / "a"), Signer().write(tmp_path / "b", password=b"x")[1:]
    _, foreign = Signer().write(tmp_path / "c")
    _, unknown = Signer(ed448.Ed448PrivateKey.generate()).write(tmp_path / "d")
    for certificate, secret, why in (
        (chain, None, "the setting SONGWRIGHT_C2PA_KEY is missing"),
        (None, key, "the setting SONGWRIGHT_C2PA_CERTIFICATE is missing"),
        (tmp_path / "gone.pem", key, "the file of SONGWRIGHT_C2PA_CERTIFICATE cannot be read"),
        (chain, tmp_path / "gone.pem", "the file of SONGWRIGHT_C2PA_KEY cannot be read"),
        (chain, locked, "no private key in PEM without a password"),
        (chain, chain, "no private key in PEM without a password"),
        (chain, unknown, "of a kind that C2PA does not know"),
        (chain, foreign, "does not match"),
        (key, key, "failed"),
    ):
        with pytest.raises(SettingRefused, match=why) as caught:
            signing(certificate, secret, "Song", "").sign(path, "wav")
        assert caught.value.sentence.startswith("The copies carry no C2PA manifest, because ")
        assert str(tmp_path) not in caught.value.sentence
        assert "BEGIN" not in caught.value.sentence


def test_without_the_package_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "c2pa", None)
    with pytest.raises(SettingRefused, match=r'pip install "songwright\[c2pa\]"'):
        signing(*Signer().write(tmp_path), "Song", "")

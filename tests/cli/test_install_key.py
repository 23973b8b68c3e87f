"""Where `songwright install` puts the key: into a keychain or a private file, and nowhere else."""

from __future__ import annotations

import io
import json

import homes
import pytest
from homes import Home, content_of

from songwright.server.core.errors import SongwrightError
from songwright.server.core.settings import SERVICE_URL, load

KEY = "sk-very-secret-123"


def files_with(home: Home, text: str) -> list[str]:
    return [
        path for path, (_, content) in home.seen().items() if isinstance(content, bytes) and text.encode() in content
    ]


def give(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Standard input, as a pipe has it."""
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_a_key_goes_to_the_keychain_and_into_no_file(
    home: Home, memory: homes.Memory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home.file("cursor", "{}")
    before = home.seen()
    give(monkeypatch, f"{KEY}\n")
    assert home.install(key_from_input=True) == 0
    assert memory.kept == {("songwright", SERVICE_URL): KEY}
    assert files_with(home, KEY) == []
    settings = load()
    assert not settings.sandbox
    assert settings.key() == KEY
    assert home.uninstall() == 0
    assert memory.kept == {}
    assert home.seen() == before
    assert KEY not in "".join(capsys.readouterr())


def test_without_a_keychain_a_key_goes_to_the_private_settings_file(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home.file("cursor", "{}")
    home.config.parent.mkdir(parents=True)
    home.config.write_text("# mine\nconfirm_above = 20\n")
    before = home.seen()
    give(monkeypatch, f"  {KEY}\n")
    assert home.install(key_from_input=True) == 0
    assert home.config.stat().st_mode & 0o777 == 0o600
    assert home.config.read_text().startswith("# mine\n")
    assert files_with(home, KEY) == [home.config.relative_to(home.folder).as_posix()]
    assert load().key() == KEY
    assert home.uninstall() == 0
    assert home.seen() == before
    assert KEY not in "".join(capsys.readouterr())


def test_a_key_in_an_older_entry_moves_to_the_keychain_and_back(home: Home, memory: homes.Memory) -> None:
    older = {"command": "old", "env": {"SONGWRIGHT_API_KEY": KEY, "SONGWRIGHT_LIBRARY": "/songs"}}
    file = home.file("cursor", json.dumps({"mcpServers": {"songwright": older}}))
    before = home.seen()
    assert home.install() == 0
    assert content_of(file)["mcpServers"]["songwright"]["env"] == {"SONGWRIGHT_LIBRARY": "/songs"}
    assert load().key() == KEY
    assert home.uninstall() == 0
    assert home.seen() == before


def test_a_key_for_a_new_address_goes_with_uninstall_too(
    home: Home, memory: homes.Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.file("cursor", "{}")
    give(monkeypatch, KEY)
    assert home.install(key_from_input=True) == 0
    home.config.write_text(f'base_url = "https://other.example"\n{home.config.read_text()}')
    give(monkeypatch, "another-key")
    assert home.install(key_from_input=True) == 0
    assert memory.kept == {("songwright", "https://other.example"): "another-key"}
    assert load().key() == "another-key"
    assert home.uninstall() == 0
    assert memory.kept == {}


def test_a_key_for_another_address_stays_beside_that_address(home: Home, memory: homes.Memory) -> None:
    own = {"SONGWRIGHT_API_KEY": KEY, "SONGWRIGHT_BASE_URL": "https://other.example"}
    file = home.file("cursor", json.dumps({"mcpServers": {"songwright": {"command": "old", "env": own}}}))
    assert home.install() == 0
    assert content_of(file)["mcpServers"]["songwright"]["env"] == own
    assert memory.kept == {}
    assert load().sandbox


def test_a_preview_shows_no_secret(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    secret = {"SONGWRIGHT_API_KEY": KEY, "SONGWRIGHT_SECRET_KEYS": f"a-{KEY}", "TOKEN": f"b-{KEY}"}
    older = {"command": "old", "env": {**secret, "SONGWRIGHT_LIBRARY": "/my/songs"}}
    home.file("cursor", json.dumps({"mcpServers": {"songwright": older}}))
    home.install(dry_run=True)
    said = "".join(capsys.readouterr())
    assert all(name in said for name in secret)
    assert "/my/songs" in said
    assert KEY not in said


def test_a_key_that_somebody_has_put_into_the_settings_file_stays_there(home: Home, memory: homes.Memory) -> None:
    home.file("cursor", "{}")
    home.config.parent.mkdir(parents=True)
    home.config.write_text(f'api_key = "{KEY}"\n')
    home.config.chmod(0o600)
    before = home.seen()
    assert home.install() == 0
    assert memory.kept == {}
    assert home.uninstall() == 0
    assert home.seen() == before


def test_a_settings_file_that_is_a_link_gets_no_key_and_the_clients_are_connected(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cursor, real = home.file("cursor", "{}"), home.folder / "dotfiles.toml"
    real.write_text("confirm_above = 20\n")
    home.config.parent.mkdir(parents=True)
    home.config.symlink_to(real)
    give(monkeypatch, KEY)
    assert home.install(key_from_input=True) == 1
    assert "was not stored" in capsys.readouterr().err
    assert real.read_text() == "confirm_above = 20\n"
    assert "songwright" in content_of(cursor)["mcpServers"]


def test_a_key_in_an_older_entry_that_can_be_stored_nowhere_stays_in_it(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    older = {"command": "old", "env": {"SONGWRIGHT_API_KEY": KEY}}
    cursor = home.file("cursor", json.dumps({"mcpServers": {"songwright": older}}))
    gemini, before = home.file("gemini", "{}"), cursor.read_bytes()
    home.config.parent.mkdir(parents=True)
    home.config.symlink_to(home.folder / "dotfiles.toml")
    (home.folder / "dotfiles.toml").write_text("")
    assert home.install() == 1
    assert "Cursor was left alone" in capsys.readouterr().err
    assert cursor.read_bytes() == before
    assert "songwright" in content_of(gemini)["mcpServers"]


def test_of_two_keys_in_older_entries_one_is_used_and_that_is_said(
    home: Home, memory: homes.Memory, capsys: pytest.CaptureFixture[str]
) -> None:
    for client, key in (("cursor", KEY), ("gemini", "another-key")):
        older = {"command": "old", "env": {"SONGWRIGHT_API_KEY": key}}
        home.file(client, json.dumps({"mcpServers": {"songwright": older}}))
    assert home.install() == 0
    assert list(memory.kept.values()) == [KEY]
    assert "instead of another one" in capsys.readouterr().out


def test_no_answer_to_the_question_for_a_new_key_leaves_the_stored_one(
    home: Home, memory: homes.Memory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home.file("cursor", "{}")
    for given in (KEY, ""):
        give(monkeypatch, given)
        assert home.install(key_from_input=True) == 0
    assert load().key() == KEY
    said = capsys.readouterr().out
    assert "stays as it is, stored in the system's keychain" in said
    assert "sandbox" not in said


def test_a_client_that_was_not_connected_does_not_take_the_key_with_it(
    home: Home, memory: homes.Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.file("cursor", "{}")
    give(monkeypatch, KEY)
    assert home.install(key_from_input=True) == 0
    assert home.uninstall("codex") == 0
    assert memory.kept == {("songwright", SERVICE_URL): KEY}


@pytest.mark.parametrize("text", ["two words", "ключ", "a\x1b[2J", "x" * 1001])
def test_what_cannot_be_a_key_is_not_stored(home: Home, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    home.file("cursor", "{}")
    before = home.seen()
    give(monkeypatch, text)
    with pytest.raises(SongwrightError, match="no API key"):
        home.install(key_from_input=True)
    assert home.seen() == before

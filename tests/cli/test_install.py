"""`songwright install` and `songwright uninstall` on prepared homes, compared byte by byte."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import homes
import pytest
from homes import HOMES, Home, Prepared, client_named, content_of

from songwright.server.cli.install import disk
from songwright.server.cli.install.clients import CLIENTS
from songwright.server.cli.install.forms import FileRefused
from songwright.server.cli.install.launch import Launch, NotStarted
from songwright.server.core.errors import SongwrightError

# -- there and back ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prepared", HOMES, ids=lambda prepared: prepared.label)
def test_a_client_is_connected_and_everything_is_as_it_was_afterwards(home: Home, prepared: Prepared) -> None:
    file = home.prepare(prepared)
    before = home.seen()
    client = client_named(prepared.client)
    old = content_of(file) if prepared.before else {}

    assert home.install() == 0
    entry = content_of(file)[client.container]["songwright"]
    assert (entry.get("command", entry.get("cmd")), entry["args"]) == (home.launch.command, list(home.launch.args))
    # What was there is there still, in the same order; our own entry is all that came.
    now = content_of(file)
    del now[client.container]["songwright"]
    was, is_now = ({name: value for name, value in text.items() if value != {}} for text in (old, now))
    assert json.dumps(is_now) == json.dumps(was)
    kept = [path for path in home.seen() if "backup" in path]
    assert [home.seen()[path][1] for path in kept] == (
        [prepared.before.encode()] if prepared.before is not None else []
    )

    assert home.uninstall() == 0
    assert home.seen() == before


def test_every_client_has_a_prepared_home() -> None:
    assert {prepared.client for prepared in HOMES} == {client.name for client in CLIENTS}


def test_a_whole_machine_goes_there_and_back_twice(home: Home, memory: homes.Memory) -> None:
    for client in CLIENTS:
        home.file(client.name, "")
    before = home.seen()
    for _ in range(2):
        assert home.install() == 0
        assert all(client_named(client.name).file(home.machine).stat().st_size for client in CLIENTS)
        assert home.uninstall() == 0
        assert home.seen() == before
    assert memory.kept == {}


@pytest.mark.parametrize("prepared", [home for home in HOMES if home.change], ids=lambda prepared: prepared.label)
def test_what_the_client_has_changed_since_stays_byte_for_byte(home: Home, prepared: Prepared) -> None:
    """Only our entry goes."""
    assert prepared.change is not None
    assert prepared.before is not None
    file = home.prepare(prepared)
    old, new = (words.encode() for words in prepared.change)
    assert home.install() == 0
    assert file.read_bytes().count(old) == 1
    file.write_bytes(file.read_bytes().replace(old, new))
    assert home.uninstall() == 0
    assert file.read_bytes() == prepared.before.encode().replace(old, new)
    assert not [path for path in home.seen() if "backup" in path or "songwright" in path]


def test_a_new_file_in_which_the_client_has_put_more_stays_without_our_entry(home: Home) -> None:
    file = home.prepare(next(prepared for prepared in HOMES if prepared.client == "cursor"))
    assert home.install() == 0
    content = content_of(file)
    content["mcpServers"]["other"] = {"command": "x"}
    file.write_text(json.dumps(content, indent=2))
    assert home.uninstall() == 0
    assert content_of(file) == {"mcpServers": {"other": {"command": "x"}}}


def test_an_entry_that_somebody_else_removed_is_not_missed(home: Home) -> None:
    file = home.file("cursor", "{}")
    assert home.install() == 0
    file.write_text('{"mcpServers": {"mine": {"command": "x"}}}')
    assert home.uninstall() == 0
    assert file.read_text() == '{"mcpServers": {"mine": {"command": "x"}}}'


def test_without_its_backup_only_the_entry_is_taken_away(home: Home) -> None:
    file = home.file("codex", "a = 1\n")
    assert home.install() == 0
    next(file.parent.glob("*backup*")).unlink()
    assert home.uninstall() == 0
    assert file.read_text() == "a = 1\n"


def test_connecting_again_after_songwright_has_moved_keeps_the_first_backup(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    file = home.file("cursor", '{"a":1}')
    assert home.install() == 0
    first = home.seen()
    assert home.install() == 0
    assert "is connected already" in capsys.readouterr().out
    assert home.seen() == first
    home.launch = Launch(home.launch.command, ("-B", *home.launch.args))
    assert home.install() == 0
    assert content_of(file)["mcpServers"]["songwright"]["args"][0] == "-B"
    assert home.uninstall() == 0
    assert file.read_text() == '{"a":1}'


def test_one_client_of_two_is_taken_away(home: Home) -> None:
    cursor, codex = home.file("cursor", "{}"), home.file("codex", "a = 1\n")
    assert home.install() == 0
    assert home.uninstall("cursor") == 0
    assert cursor.read_text() == "{}"
    assert "songwright" in content_of(codex)["mcp_servers"]
    assert home.uninstall() == 0
    assert codex.read_text() == "a = 1\n"


def test_an_entry_that_install_has_not_written_is_not_taken_away(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    file = home.file("cursor", '{"mcpServers": {"songwright": {"command": "mine"}}}')
    assert home.uninstall("cursor") == 0
    assert "was not connected by" in capsys.readouterr().out
    assert content_of(file)["mcpServers"]["songwright"] == {"command": "mine"}


# -- what is left alone -----------------------------------------------------------------------------------------------

LEFT: dict[str, tuple[str, str | bytes, str]] = {
    "cut off": ("cursor", '{"mcpServers": {', "broken"),
    "no object": ("cursor", "[1]", "broken"),
    "not text": ("cursor", b'{"a": "\xff"}', "broken"),
    "with comments": ("vscode", '{\n  // mine\n  "servers": {}\n}', "comments"),
    "with block comments": ("zed", '/* "x" */ {"a": "// no comment"}', "comments"),
    "with a trailing comma": ("gemini", '{"a": [1, 2,],}', "trailing commas"),
    "with a mark": ("windsurf", b'\xef\xbb\xbf{"a": 1}', "byte-order mark"),
    "in UTF-16": ("lm-studio", '{"a": 1}'.encode("utf-16"), "byte-order mark"),
    "with servers that are a list": ("cursor", '{"mcpServers": []}', "not a group"),
    "with two groups of servers": ("cursor", '{"mcpServers": {}, "mcpServers": {"a": {}}}', "twice"),
    "with our name for another server": (
        "cursor", '{"mcpServers": {"songwright": {"url": "https://songs.example.org/mcp"}}}', "at an address",
    ),
    "broken TOML": ("codex", "a = = 1", "broken"),
    "TOML in one line": ("codex", 'mcp_servers = {a = {command = "x"}}\n', "without changing more"),
    "TOML with a mark": ("codex", b"\xef\xbb\xbfa = 1\n", "byte-order mark"),
    "broken YAML": ("goose", "a: [1", "broken"),
    "two YAML documents": ("goose", "a: 1\n---\nb: 2\n", "broken"),
    "YAML in one line": ("goose", "extensions: {a: {enabled: true}}\n", "one line"),
}  # fmt: skip


@pytest.mark.parametrize("kind", LEFT)
def test_a_file_that_an_edit_could_damage_is_left_alone_with_a_sentence_and_the_lines_to_add(
    home: Home, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name, content, why = LEFT[kind]
    file = home.file(name, content)
    before = home.seen()
    assert home.install(name) == 1
    assert home.seen() == before
    said = capsys.readouterr().out
    assert str(file) in said
    assert "Left alone: it" in said
    assert why in said.lower()
    assert "Add this to it yourself" in said
    assert home.launch.args[-1] in said


@pytest.mark.parametrize("kind", ["symbolic link", "hard link", "read-only", "folder is read-only", "not a file"])
def test_a_file_that_is_more_than_a_file_of_this_person_is_left_alone(
    home: Home, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = home.folder / "dotfiles.json"
    elsewhere.write_text("{}")
    file = home.file("cursor", "{}")
    if kind in ("symbolic link", "hard link", "not a file"):
        file.unlink()
    if kind == "symbolic link":
        file.symlink_to(elsewhere)
    elif kind == "hard link":
        os.link(elsewhere, file)
    elif kind == "read-only":
        file.chmod(0o444)
    elif kind == "folder is read-only":
        file.parent.chmod(0o555)
    else:
        file.mkdir()
    before = home.seen()
    try:
        assert home.install() == 1
        assert home.seen() == before
    finally:
        file.parent.chmod(0o755)
    assert kind in capsys.readouterr().out


def test_a_client_that_is_left_alone_does_not_keep_others_from_being_connected(home: Home) -> None:
    zed, cursor = home.file("zed", "// mine\n{}"), home.file("cursor", "{}")
    assert home.install() == 0
    assert zed.read_text() == "// mine\n{}"
    assert "songwright" in content_of(cursor)["mcpServers"]


def test_a_file_with_comments_into_which_somebody_has_put_the_lines_is_not_complained_about(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    file = home.file("zed", "{}")
    assert home.install() == 0
    content = file.read_text()
    assert home.uninstall() == 0
    file.write_text(f"// mine\n{content}")
    capsys.readouterr()
    home.install()
    said = capsys.readouterr().out
    assert "Songwright is in it already" in said
    assert "Add this" not in said


def test_a_file_that_became_read_only_keeps_its_entry_until_it_can_be_taken_away(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    file = home.file("cursor", "{}")
    assert home.install() == 0
    file.chmod(0o444)
    assert home.uninstall() == 1
    assert "read-only" in capsys.readouterr().err
    assert "songwright" in content_of(file)["mcpServers"]
    file.chmod(0o644)
    assert home.uninstall() == 0
    assert file.read_text() == "{}"


# -- what is written, and how -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o660])
def test_a_file_and_its_backup_keep_the_permissions_of_the_file(home: Home, mode: int) -> None:
    file = home.file("cursor", "{}")
    file.chmod(mode)
    assert home.install() == 0
    assert {path.stat().st_mode & 0o777 for path in file.parent.iterdir()} == {mode}
    assert len(list(file.parent.iterdir())) == 2
    assert home.uninstall() == 0
    assert file.stat().st_mode & 0o777 == mode


def test_a_new_file_gets_what_the_umask_allows(home: Home) -> None:
    (home.folder / ".cursor").mkdir()
    old = os.umask(0o027)
    try:
        assert home.install() == 0
    finally:
        os.umask(old)
    assert (home.folder / ".cursor" / "mcp.json").stat().st_mode & 0o777 == 0o640


def test_a_file_that_changes_in_the_meantime_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    file.write_text("new")
    with pytest.raises(FileRefused, match="in the meantime"):
        disk.replace(file, b"ours", expected=b"old")
    assert [path.name for path in tmp_path.iterdir()] == ["mcp.json"]
    assert file.read_text() == "new"


def test_an_older_backup_is_not_overwritten(home: Home) -> None:
    file = home.file("cursor", "{}")
    older = file.with_name("mcp.json.songwright-backup")
    older.write_text("older")
    assert home.install() == 0
    assert older.read_text() == "older"
    assert file.with_name("mcp.json.songwright-backup-2").read_text() == "{}"
    assert home.uninstall() == 0
    assert sorted(path.name for path in file.parent.iterdir()) == ["mcp.json", "mcp.json.songwright-backup"]


def test_a_dry_run_shows_everything_and_writes_nothing(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    file = home.file("codex", "a = 1\n")
    before = home.seen()
    assert home.install(yes=False, dry_run=True) == 0
    said = capsys.readouterr().out
    assert str(file) in said
    assert "+ [mcp_servers.songwright]" in said
    assert home.seen() == before


def test_without_a_terminal_nothing_is_written_unless_yes_was_said(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.file("cursor", "{}")
    before = home.seen()
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    with pytest.raises(SongwrightError, match="--yes"):
        home.install(yes=False)
    assert home.seen() == before


def test_a_command_that_does_not_start_is_written_nowhere(home: Home) -> None:
    home.file("cursor", "{}")
    before = home.seen()
    home.launch = Launch(home.launch.command, ("-c", "raise SystemExit('no such module')"))
    with pytest.raises(NotStarted, match=r"no such module\)\. Nothing was written"):
        home.install()
    assert home.seen() == before


def test_a_client_that_is_not_here_is_connected_when_it_is_named(home: Home) -> None:
    assert home.install() == 1
    before = home.seen()
    assert home.install("lm-studio") == 0
    assert "songwright" in content_of(home.folder / ".lmstudio" / "mcp.json")["mcpServers"]
    assert home.uninstall() == 0
    assert home.seen() == before


def test_an_unknown_client_is_answered_with_those_that_are_known(home: Home) -> None:
    with pytest.raises(SongwrightError, match="cursor"):
        home.install("emacs")


def test_what_a_person_has_added_to_an_older_entry_stays(home: Home) -> None:
    own = {"command": "old", "args": [], "disabled": True, "env": {"SONGWRIGHT_LIBRARY": "/songs"}}
    file = home.file("windsurf", json.dumps({"mcpServers": {"songwright": own}}))
    before = file.read_bytes()
    assert home.install() == 0
    entry = content_of(file)["mcpServers"]["songwright"]
    assert entry == {**own, "command": home.launch.command, "args": list(home.launch.args)}
    assert home.uninstall() == 0
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("client", "older"),
    [
        ("vscode", {"command": "old", "env": {"SONGWRIGHT_API_KEY": "${input:songwright-key}"}}),
        ("goose", {"cmd": "old", "enabled": False, "env_keys": ["SONGWRIGHT_API_KEY"], "timeout": 900}),
    ],
)
def test_a_place_where_the_client_itself_keeps_the_key_stays(home: Home, client: str, older: dict[str, object]) -> None:
    known = client_named(client)
    file = home.file(client, known.form.shown(known.path, older))
    assert home.install() == 0
    entry = content_of(file)[known.container]["songwright"]
    assert entry == {**entry, **{name: older[name] for name in older if name not in ("command", "cmd")}}
    assert home.launch.command in entry.values()


def test_lm_studio_is_found_where_it_says_that_it_lives(home: Home) -> None:
    folder = home.folder / "Models"
    folder.mkdir()
    (home.folder / ".lmstudio-home-pointer").write_text(f"{folder}\n")
    assert home.install() == 0
    assert "songwright" in content_of(folder / "mcp.json")["mcpServers"]

"""Where settings come from, and where a key may go."""

from __future__ import annotations

from pathlib import Path

import pytest

from songwright.server.core.errors import SettingRefused
from songwright.server.core.settings import SERVICE_URL, Settings, load

pytestmark = pytest.mark.usefixtures("alone")


def test_without_anything_it_is_the_sandbox() -> None:
    settings = load()
    assert settings.sandbox
    assert settings.base_url == SERVICE_URL
    assert (settings.wait_seconds, settings.confirm_above, settings.daily_credits) == (45.0, 30, 300)


@pytest.mark.parametrize("value", ["${user_config.api_key}", "", "   "])
def test_a_key_that_a_client_failed_to_fill_in_is_no_key(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONGWRIGHT_API_KEY", value)
    assert load().sandbox


def test_a_flag_beats_the_environment_which_beats_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.toml").write_text('library = "/from/file"\nconfirm_above = 1\ndaily_credits = 7\n')
    monkeypatch.setenv("SONGWRIGHT_CONFIRM_ABOVE", "2")
    monkeypatch.setenv("SONGWRIGHT_LIBRARY", "/from/environment")
    settings = load(library="/from/flag")
    assert str(settings.library) == "/from/flag"
    assert settings.confirm_above == 2
    assert settings.daily_credits == 7


def test_a_key_from_the_file_goes_only_to_the_address_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An opened project that sets BASE_URL must not receive the key of the person's own file."""
    (tmp_path / "config.toml").write_text('api_key = "secret"\n')
    assert load().key() == "secret"
    monkeypatch.setenv("SONGWRIGHT_BASE_URL", "https://evil.example")
    with pytest.raises(SettingRefused, match="only"):
        load()
    monkeypatch.setenv("SONGWRIGHT_API_KEY", "mine")
    assert load().key() == "mine"


@pytest.mark.parametrize(
    "url", ["http://api.aimusicapi.ai", "ftp://host", "https://user:pass@host", "nonsense", "https://h/?x=1"]
)
def test_a_key_never_travels_in_clear_or_to_nowhere(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONGWRIGHT_BASE_URL", url)
    monkeypatch.setenv("SONGWRIGHT_API_KEY", "k")
    with pytest.raises(SettingRefused):
        load()


def test_loopback_may_be_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONGWRIGHT_BASE_URL", "http://127.0.0.1:8000")
    monkeypatch.setenv("SONGWRIGHT_API_KEY", "k")
    assert load().base_url == "http://127.0.0.1:8000"


def test_a_file_with_a_key_becomes_private(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('api_key = "secret"\n')
    path.chmod(0o644)
    load()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_bad_value_names_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONGWRIGHT_WAIT_SECONDS", "soon")
    with pytest.raises(SettingRefused, match="SONGWRIGHT_WAIT_SECONDS"):
        load()


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("this is = = no toml")
    with pytest.raises(SettingRefused, match=r"config\.toml"):
        load()


def test_no_dotenv_of_the_working_folder_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("SONGWRIGHT_API_KEY=stolen\n")
    monkeypatch.chdir(tmp_path)
    assert load().sandbox


def test_the_key_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONGWRIGHT_API_KEY", "very-secret")
    settings = load()
    assert "very-secret" not in repr(settings)
    assert "very-secret" not in str(settings.model_dump())


def test_every_setting_has_a_sentence() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name

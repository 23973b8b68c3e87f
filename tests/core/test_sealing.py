"""What was sealed stays readable to the ring of secrets, and to nobody else."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from songwright.server.core.errors import SealBroken, SettingRefused
from songwright.server.core.sealing import Sealer, kept_secret, new_key, sealer_of
from songwright.server.core.settings import Settings

OLD, NEW, STRANGE = new_key(), new_key(), new_key()

pytestmark = pytest.mark.usefixtures("alone")


def settings(folder: Path, **more: Any) -> Settings:
    return Settings(state_dir=folder, **more)


@pytest.mark.parametrize("keys", [(), ("short",), (OLD, "x" * 31)])
def test_a_secret_that_could_be_guessed_is_refused_with_the_name_of_its_setting(keys: tuple[str, ...]) -> None:
    with pytest.raises(SettingRefused, match="SONGWRIGHT_SECRET_KEYS") as caught:
        Sealer(keys)
    assert not any(key in str(caught.value) for key in keys)


def test_a_made_secret_is_long_enough_and_never_the_same() -> None:
    Sealer([new_key()])
    assert new_key() != new_key()


def test_a_sealed_text_says_nothing_and_opens_again() -> None:
    token = Sealer([OLD]).seal("the key of Ana — ключ")
    assert "Ana" not in token
    assert Sealer([OLD]).unseal(token) == "the key of Ana — ключ"


def test_what_the_old_secret_sealed_opens_after_the_new_one_was_put_in_front() -> None:
    token = Sealer([OLD]).seal("text")
    both = Sealer([NEW, OLD])
    assert both.unseal(token) == "text"
    assert not both.current(token)
    assert both.current(both.seal("text"))


def test_what_a_secret_that_was_left_out_sealed_opens_no_more() -> None:
    token = Sealer([OLD]).seal("text")
    with pytest.raises(SealBroken, match="SONGWRIGHT_SECRET_KEYS"):
        Sealer([NEW]).unseal(token)


@pytest.mark.parametrize("token", ["", "nonsense", "gAAAAA", "ü", "a" * 5000])
def test_what_was_never_sealed_is_refused_as_broken(token: str) -> None:
    sealer = Sealer([OLD])
    for opens in (sealer.unseal, sealer.open_link):
        with pytest.raises(SealBroken):
            opens(token)
    assert not sealer.current(token)


def test_a_link_carries_its_facts_unreadably_through_an_address() -> None:
    facts = {"tenant": "ana", "path": "Lucía's song/take 1.mp3"}
    token = Sealer([OLD]).link(facts, 60)
    assert token.replace("-", "").replace("_", "").isalnum()
    assert "ana" not in token
    assert Sealer([NEW, OLD]).open_link(token) == facts


def test_a_link_with_any_character_changed_does_not_open() -> None:
    sealer = Sealer([OLD])
    token = sealer.link({"path": "a.mp3"}, 60)
    for at, letter in enumerate(token):
        other = "B" if letter == "A" else "A"
        with pytest.raises(SealBroken):
            sealer.open_link(token[:at] + other + token[at + 1 :])
    for changed in (token + "=", token + "A", token[:-1], f" {token}", f"{token}\n"):
        with pytest.raises(SealBroken):
            sealer.open_link(changed)


def test_a_link_opens_until_its_time_is_up() -> None:
    now = [1_000_000.0]
    sealer = Sealer([OLD], lambda: now[0])
    token = sealer.link({"path": "a.mp3"}, 60)
    now[0] += 59.9
    assert sealer.open_link(token) == {"path": "a.mp3"}
    now[0] += 0.1
    with pytest.raises(SealBroken, match="expired"):
        sealer.open_link(token)


def test_a_text_made_for_one_purpose_does_not_pass_for_another() -> None:
    """Else whoever may ask for links could have any sealed text opened, and a callback's token would be its secret."""
    sealer = Sealer([OLD])
    with pytest.raises(SealBroken):
        sealer.open_link(sealer.seal('{"facts": {}, "until": 9e12}').rstrip("="))
    with pytest.raises(SealBroken):
        sealer.unseal(sealer.link({}, 60))
    assert sealer.hook_token("job") != sealer.hook_secret("job")


def test_a_callback_address_fits_its_own_job_only() -> None:
    sealer = Sealer([OLD])
    token = sealer.hook_token("job1")
    assert sealer.hook_token_fits("job1", token)
    for job_id, given in [("job2", token), ("job1", token[:-1]), ("job1", ""), ("job1", "ü\ud800"), ("\ud800", token)]:
        assert not sealer.hook_token_fits(job_id, given)
    assert not Sealer([STRANGE]).hook_token_fits("job1", token)


def test_callbacks_of_jobs_older_than_the_newest_secret_still_fit() -> None:
    before, after = Sealer([OLD]), Sealer([NEW, OLD])
    assert after.hook_token_fits("job", before.hook_token("job"))
    assert before.hook_secret("job") in after.hook_secrets("job")
    assert after.hook_secrets("job")[0] == after.hook_secret("job") != before.hook_secret("job")


def test_the_protocol_gets_keys_of_its_own_for_every_secret_of_the_ring() -> None:
    ring = Sealer([NEW, OLD]).state_keys()
    assert [len(key) for key in ring] == [32, 32]
    assert ring[1:] == Sealer([OLD]).state_keys()
    assert OLD.encode() not in ring


def test_several_machines_on_one_database_need_a_secret_in_common(tmp_path: Path) -> None:
    with pytest.raises(SettingRefused, match="SONGWRIGHT_SECRET_KEYS"):
        sealer_of(settings(tmp_path, database_url="postgresql://db/songs"))
    token = sealer_of(settings(tmp_path, secret_keys=(OLD,))).seal("text")
    assert sealer_of(settings(tmp_path / "other", secret_keys=(OLD,))).unseal(token) == "text"


def test_one_machine_keeps_a_secret_of_its_own_that_nobody_else_could_ever_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    state = tmp_path / "state"
    token = sealer_of(settings(state)).seal("text")
    assert sealer_of(settings(state)).unseal(token) == "text"
    kept = state / "secret-key"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in state.iterdir()] == ["secret-key"]
    assert "other users could read" not in caplog.text  # not even for the moment in which it was made


def test_processes_that_start_at_once_agree_on_one_secret(tmp_path: Path) -> None:
    path, found = tmp_path / "state" / "secret", []
    start = threading.Barrier(8)

    def first() -> None:
        start.wait()
        found.append(kept_secret(path, new_key))

    threads = [threading.Thread(target=first) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_process_that_comes_second_takes_the_secret_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "secret"

    def make_while_another_process_does() -> str:
        kept_secret(path, lambda: OLD)
        return NEW

    assert kept_secret(path, make_while_another_process_does) == OLD
    assert [found.name for found in tmp_path.iterdir()] == ["secret"]


def test_a_secret_file_that_others_could_read_becomes_private(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(OLD)
    path.chmod(0o644)
    assert kept_secret(path, new_key) == OLD
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff\xfe"])
def test_a_damaged_secret_file_is_named_instead_of_being_used(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(SettingRefused, match=str(path)):
        kept_secret(path, new_key)

"""One journey per group of operations, on stand-ins: who needs what, and in which shape it comes back."""

from __future__ import annotations

from collections.abc import Callable

import httpx2
import pytest

from .conftest import SONG, Account, Web, tone


def _more(account: Account, task_type: str, source: str, **body: object) -> str:
    """Buy something made from a clip; its task id."""
    fields = {**SONG, "task_type": task_type, "continue_clip_id": source, **body}
    given = {name: value for name, value in fields.items() if value is not None}
    return str(account.sell("create", **given)["task_id"])


def test_a_song_is_bought_polled_and_heard(account: Account) -> None:
    first, second = account.clips(account.create(title="Two takes", negative_tags="brass", style_weight=0.5))
    assert first["clip_id"] != second["clip_id"]
    for clip in (first, second):
        assert (clip["state"], clip["title"], clip["tags"]) == ("succeeded", "Two takes", SONG["tags"])
        assert (clip["lyrics"], clip["negative_tags"], clip["style_weight"]) == (SONG["prompt"], "brass", 0.5)
        assert float(clip["duration"]) == 2.0
        assert httpx2.get(clip["audio_url"]).status_code == 200


def test_the_answer_to_a_purchase_has_only_a_message_and_a_task_id(account: Account) -> None:
    """As answers seen live: without the code that the documentation shows."""
    assert set(account.sell("create", **SONG)) == {"message", "task_id"}


def test_a_description_becomes_lyrics_and_an_instrumental_has_none(account: Account) -> None:
    body = {"custom_mode": False, "mv": "sonic-v6", "gpt_description_prompt": "a waltz about snow"}
    described = account.clips(account.sell("create", **body)["task_id"])[0]
    assert described["gpt_description_prompt"] == "a waltz about snow"
    assert described["lyrics"].startswith("[")
    assert described["title"]
    instrumental = account.song(make_instrumental=True, prompt="")
    assert instrumental["lyrics"] == "[Instrumental]"


def test_a_song_can_be_extended_and_joined(account: Account) -> None:
    source = account.song()["clip_id"]
    extension = account.clips(_more(account, "extend_music", source, continue_at=1.5))[0]
    whole = account.clips(
        account.sell("create", task_type="concat_music", continue_clip_id=extension["clip_id"])["task_id"]
    )
    assert [clip["state"] for clip in whole] == ["succeeded"]
    refused = account.post("create", task_type="concat_music", continue_clip_id=source)
    assert (refused.status_code, "extension" in refused.json()["message"]) == (400, True)


@pytest.mark.parametrize("task_type", ["cover_music", "remaster"])
def test_a_song_can_be_made_anew(account: Account, task_type: str) -> None:
    body = {"audio_weight": 0.8} if task_type == "cover_music" else {"variation_category": "subtle"}
    clips = account.clips(_more(account, task_type, account.song()["clip_id"], **body))
    assert [clip["state"] for clip in clips] == ["succeeded", "succeeded"]


def test_a_persona_sings_another_song(account: Account) -> None:
    vox = account.sell("vox", clip_id=account.song()["clip_id"], vocal_start_s=0, vocal_end_s=1)["data"]
    made = account.sell("persona", clip_id=vox["source_clip_id"], name="Ana", vox_audio_id=vox["vox_audio_id"])
    assert account.song(task_type="persona_music", persona_id=made["persona_id"])["state"] == "succeeded"


def test_a_voice_recording_becomes_a_singer(account: Account, web: Web, recording_bytes: bytes) -> None:
    task_id = account.sell("create-voice", audio_url=web.put("me.wav", recording_bytes))["task_id"]
    voice = account.poll(task_id).json()["data"]
    assert voice["name"] == "Voice 1"
    assert account.song(task_type="persona_music", persona_id=voice["persona_id"])["state"] == "succeeded"
    short = account.post("create-voice", audio_url=web.put("short.wav", tone(9)))
    assert (short.status_code, "too short" in short.json()["message"]) == (400, True)


def test_an_uploaded_clip_needs_the_upload_variants(account: Account, upload: Callable[[], str]) -> None:
    clip_id = upload()
    for task_type, variant, body in [
        ("extend_music", "extend_upload_music", {"continue_at": 0.1}),
        ("cover_music", "cover_upload_music", {}),
    ]:
        plain = account.post("create", **SONG | {"task_type": task_type, "continue_clip_id": clip_id} | body)
        assert (plain.status_code, "upload" in plain.json()["message"]) == (400, True)
        assert account.clips(_more(account, variant, clip_id, **body))[0]["state"] == "succeeded"


def test_vocals_and_instruments_are_added_to_uploads_only(account: Account, upload: Callable[[], str]) -> None:
    clip_id, song = upload(), account.song()["clip_id"]
    for task_type in ("add_vocals", "add_instrumental"):
        assert account.clips(_more(account, task_type, clip_id))[0]["state"] == "succeeded"
        refused = account.post("create", **SONG | {"task_type": task_type, "continue_clip_id": song})
        assert (refused.status_code, "upload" in refused.json()["message"]) == (400, True)


def test_upload_and_extend_answers_with_the_uploaded_clip_and_joins_on_demand(
    account: Account, web: Web, recording_bytes: bytes
) -> None:
    body = {**SONG, "url": web.put("hum.wav", recording_bytes), "continue_at": 0.1}
    del body["task_type"]
    plain = account.sell("upload-extend", **body)
    assert plain["steps"]["upload"]["clip_id"]
    assert len(account.clips(plain["task_id"])) == 2
    pairs = account.clips(account.sell("upload-extend", **body, auto_concat=True)["task_id"])
    assert [set(pair) for pair in pairs] == [{"extended", "full"}] * 2
    assert all(pair["full"]["state"] == "succeeded" for pair in pairs)


def test_upload_and_cover_names_the_step_that_failed(account: Account, web: Web, recording_bytes: bytes) -> None:
    body = {**SONG, "url": web.put("hum.wav", recording_bytes)}
    del body["task_type"]
    assert len(account.clips(account.sell("upload-cover", **body)["task_id"])) == 2
    refused = account.post("upload-cover", **body | {"url": web.put("text.txt", b"these are words, no sounds")})
    assert refused.status_code == 400
    assert "audio" in refused.json()["steps"]["upload"]["error"]


@pytest.mark.parametrize("name", ["absent.wav", "page.html"])
def test_an_upload_that_is_no_recording_gets_400_and_costs_nothing(account: Account, web: Web, name: str) -> None:
    web.put("page.html", b"<!doctype html><title>No sound</title>")
    assert account.cost(lambda: account.post("upload", url=f"{web.base_url}/{name}")) == 0
    assert account.post("upload", url=f"{web.base_url}/{name}").status_code == 400
    assert account.books()["uploads"] == []


@pytest.mark.parametrize("url", ["http://10.0.0.1/a.mp3", "http://169.254.169.254/latest", "file:///etc/passwd"])
def test_an_upload_from_inside_the_local_network_is_refused(account: Account, url: str) -> None:
    assert account.post("upload", url=url).status_code == 400


def test_an_upload_longer_than_eight_minutes_is_refused(account: Account, web: Web) -> None:
    refused = account.post("upload", url=web.put("long.wav", tone(481, rate=1000)))
    assert (refused.status_code, "too long" in refused.json()["message"]) == (400, True)


def test_an_upload_with_a_callback_is_a_task(account: Account, web: Web, recording_bytes: bytes) -> None:
    told = account.sell("upload", url=web.put("a.wav", recording_bytes), callback_url=f"{web.base_url}/done")
    assert account.poll(told["task_id"], as_published=False).json()["data"]["clip_id"]
    ((_, body),) = web.wait_posted(1)
    assert b"clip_id" in body


def test_a_song_is_sampled_and_two_are_mashed_up(account: Account, web: Web, recording_bytes: bytes) -> None:
    first, second = (clip["clip_id"] for clip in account.clips(account.create()))
    body = {**SONG, "chop_sample_start_s": 0, "chop_sample_end_s": 1.5}
    del body["task_type"]
    assert len(account.clips(account.sell("sample", **body, sample_clip_id=first)["task_id"])) == 2
    assert len(account.clips(account.sell("sample", **body, url=web.put("hum.wav", recording_bytes))["task_id"])) == 2
    mashed = account.sell(
        "mashup", custom_mode=True, mv="sonic-v6", prompt=SONG["prompt"], mashup_clip_ids=[first, second]
    )
    assert len(account.clips(mashed["task_id"])) == 2
    assert (
        account.post("mashup", custom_mode=True, mv="sonic-v6", prompt="x", mashup_clip_ids=[first]).status_code == 400
    )


def test_a_section_is_replaced_alone_or_with_the_whole_song(account: Account) -> None:
    body = {"clip_id": account.song()["clip_id"], "mv": "sonic-v6", "infill_start_s": 0.5, "infill_end_s": 1}
    body |= {"prompt": SONG["prompt"], "infill_lyrics": "A new line"}
    windows = account.clips(account.sell("replace-section", **body)["task_id"])
    assert [clip["state"] for clip in windows] == ["succeeded"] * 2
    pairs = account.clips(account.sell("replace-section", **body, auto_concat=True)["task_id"])
    assert [set(pair) for pair in pairs] == [{"replaced", "full"}] * 2
    backwards = account.post("replace-section", **body | {"infill_end_s": 0.2})
    assert backwards.status_code == 400


def test_stems_are_clips_named_after_song_and_part(account: Account) -> None:
    clip_id = account.song(title="Night Bus")["clip_id"]
    basic = account.clips(account.sell("stems/basic", clip_id=clip_id)["task_id"])
    assert [clip["title"] for clip in basic] == ["Night Bus - Vocals", "Night Bus - Instrumental"]
    full = account.clips(account.sell("stems/full", clip_id=clip_id)["task_id"])
    assert len(full) > 2
    assert account.sell("wav", clip_id=full[0]["clip_id"])["data"]["wav_url"]


def test_wav_and_download_give_links_to_files_of_that_kind(account: Account) -> None:
    clip_id = account.song()["clip_id"]
    wav = httpx2.get(account.sell("wav", clip_id=clip_id)["data"]["wav_url"])
    assert (wav.headers["content-type"], wav.content[:4]) == ("audio/wav", b"RIFF")
    assert account.post("download", clip_id=clip_id, formats=["m4a", "mp3"]).status_code == 202
    files = account.sell("download", clip_id=clip_id, formats=["m4a", "mp3"])["data"]["files"]
    assert [file["format"] for file in files] == ["m4a", "mp3"]
    assert [httpx2.get(file["file_url"]).headers["content-type"] for file in files] == ["audio/mp4", "audio/mpeg"]


def test_midi_says_that_it_failed_before_it_is_there(account: Account) -> None:
    """Seen in public clients: code 200 and a text where the link should be."""
    clip_id = account.song()["clip_id"]
    assert account.sell("midi", clip_id=clip_id)["data"]["midi_url"].startswith("Failed")
    told = account.sell("midi", clip_id=clip_id)["data"]
    assert httpx2.get(told["midi_url"]).content[:4] == b"MThd"
    assert {"pitch", "start", "end", "velocity"} == set(told["instruments"][0]["notes"][0])


def test_facts_about_a_song_are_answered_at_once(account: Account) -> None:
    clip_id = account.song()["clip_id"]
    assert account.sell("bpm", clip_id=clip_id)["data"]["avg_bpm"] > 0
    words = account.sell("aligned-lyrics", clip_id=clip_id)["data"]["alignment"]
    assert "".join(word["word"] for word in words).split()[:3] == ["Rain", "upon", "the"]


def test_words_are_written_and_styles_enriched(account: Account) -> None:
    results = account.sell("lyrics", description="a lighthouse keeper")["results"]
    assert len(results) == 2
    assert all(result["title"] and result["lyrics"] for result in results)
    assert account.sell("upsample-tags", tags="pop, happy")["data"]["upsampled_tags"].startswith("pop, happy, ")

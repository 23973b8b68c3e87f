"""A link that leads to a page is told before anything is paid; a link to the caller's own clip is that clip."""

from __future__ import annotations

from typing import Any

import pytest
from facts import LINK, KnownFacts, place, refusal

from songwright.server.core.operation import KnownClip

WORDS: dict[str, Any] = {"lyrics": "la"}
CLIP = "3f1c2a9e-5b7d-4c21-9a10-0d2b6e4f8a77"
OTHERS = "99999999-5b7d-4c21-9a10-0d2b6e4f8a77"
FACTS = KnownFacts(KnownClip(CLIP, "Night Bus", 142.36, lyrics="[Verse]\nLast stop"))

PAGES = {
    "https://drive.google.com/file/d/1AbCdEfGhIjKlMn/view?usp=sharing": "uc?export=download&id=1AbCdEfGhIjKlMn",
    "https://drive.google.com/open?id=1AbCdEfGhIjKlMnOpQrStUv": "uc?export=download&id=1AbCdEfGhIjKlMnOpQrStUv",
    "https://www.dropbox.com/scl/fi/abc/demo.mp3?rlkey=xyz&dl=0": "dl=1",
    "https://www.dropbox.com/s/abc/demo.mp3": "dl=1",
    "https://1drv.ms/u/s!AbCdEf": "public https address",
    "https://contoso.sharepoint.com/:u:/g/personal/me/EabcD": "download=1",
    "https://www.icloud.com/iclouddrive/0abc#demo": "public https address",
    "https://we.tl/t-abc123": "public https address",
    "https://app.box.com/s/abcdef": "direct link",
    "https://mega.nz/file/abc#def": "public https address",
    "https://u.pcloud.link/publink/show?code=abc": "public https address",
    "https://www.mediafire.com/file/abc/demo.mp3/file": "public https address",
    "https://disk.yandex.ru/d/abc": "public https address",
    "https://pan.baidu.com/s/1abc": "public https address",
    "https://drive.proton.me/urls/ABC#def": "public https address",
    "https://cloud.example.org/index.php/s/aBcDeFgHiJkLmNo": "/download",
    "https://github.com/me/songs/blob/main/demo.mp3": "Raw",
    "https://archive.org/details/my-demo": "/download/",
    "https://vocaroo.com/1abcDEFghi": "public https address",
    "https://t.me/somebody/12": "public https address",
    "https://youtu.be/abc123": "clip id",
    "https://www.youtube.com/watch?v=abc123": "clip id",
    "https://music.youtube.com/watch?v=abc123": "clip id",
    "https://open.spotify.com/track/abc": "clip id",
    "https://soundcloud.com/me/demo": "clip id",
    "https://on.soundcloud.com/abc": "clip id",
    "https://music.apple.com/de/album/x/1?i=2": "clip id",
    "https://www.deezer.com/track/123": "clip id",
    "https://me.bandcamp.com/track/demo": "clip id",
    f"https://suno.com/song/{OTHERS}": "clip id",
    "https://www.udio.com/songs/abc": "clip id",
    "https://www.tiktok.com/@me/video/1": "clip id",
    "https://music.163.com/#/song?id=1": "clip id",
    "https://www.bilibili.com/video/BV1": "clip id",
    "https://files.example/demo.html": "web page",
    "https://files.example/score.pdf": "document",
    "https://files.example/stems.zip": "archive",
    "https://files.example/tune.mid": "MIDI",
}
FILES = [
    LINK,
    "https://drive.google.com/uc?export=download&id=1AbCdEfGhIjKlMnOpQrStUv",
    "https://drive.google.com/uc?id=1AbCdEfGhIjKlMnOpQrStUv&export=download",
    "https://www.dropbox.com/scl/fi/abc/demo.mp3?rlkey=xyz&dl=1",
    "https://www.dropbox.com/s/abc/demo.mp3?raw=1",
    "https://dl.dropboxusercontent.com/s/abc/demo.mp3",
    "https://app.box.com/shared/static/abc.mp3",
    "https://raw.githubusercontent.com/me/songs/main/demo.mp3",
    "https://github.com/me/songs/releases/download/v1/demo.mp3",
    "https://github.com/me/songs/blob/main/demo.mp3?raw=true",
    "https://archive.org/download/my-demo/demo.mp3",
    "https://download1234.mediafire.com/abc/demo.mp3",
    "https://cdn.discordapp.com/attachments/1/2/demo.mp3",
    "https://contoso.sharepoint.com/:u:/g/personal/me/EabcD?download=1",
    "https://cloud.example.org/index.php/s/aBcDeFgHiJkLmNo/download",
    f"https://cdn1.suno.ai/{OTHERS}.mp3",
    "https://t4.bcbits.com/stream/abc/mp3-128/1",
    "https://files.example/song?id=42",
    "https://spotify.example.org/demo.mp3",
]


@pytest.mark.parametrize(("link", "advice"), PAGES.items())
def test_a_page_is_told_from_a_recording_and_what_to_do_is_said(link: str, advice: str) -> None:
    for name, words in (("upload_audio", {}), ("cover_song", WORDS), ("create_voice", {})):
        refused = refusal(name, FACTS, source=link, **words)
        assert refused.field == "source"
        assert advice in str(refused)


@pytest.mark.parametrize("link", FILES)
def test_a_link_that_may_well_lead_to_a_recording_passes(link: str) -> None:
    assert place("upload_audio", FACTS, source=link).body == {"url": link}


@pytest.mark.parametrize(
    "link",
    [
        f"https://suno.com/song/{CLIP}",
        f"https://cdn1.suno.ai/{CLIP}.mp3",
        f"https://songs.example.org/clips/{CLIP}/audio?token=abc",
        f"https://files.example/listen?clip={CLIP}",
        f"song://clips/{CLIP}",
        f"song://clips/{CLIP}/audio",
    ],
)
def test_a_link_to_ones_own_clip_is_that_clip(link: str) -> None:
    by_link = place("cover_song", FACTS, source=link, style="waltz")
    by_id = place("cover_song", FACTS, source=CLIP, style="waltz")
    assert (by_link.path, by_link.body) == (by_id.path, by_id.body)
    assert by_link.operation.identity() == by_id.operation.identity()
    assert by_link.operation.sources() == {"covers": (CLIP,)}
    extended = place("extend_song", FACTS, source=link, **WORDS)
    assert extended.body["continue_clip_id"] == CLIP
    sampled = place("sample_song", FACTS, source=link, start_seconds=1, end_seconds=9, **WORDS)
    assert (sampled.body["sample_clip_id"], "url" in sampled.body) == (CLIP, False)


def test_an_argument_for_a_clip_takes_the_link_to_it() -> None:
    for link in (f"https://suno.com/song/{CLIP}", f"song://clips/{CLIP}", f"https://cdn1.suno.ai/{CLIP}.mp3"):
        assert place("get_wav", FACTS, clip_id=link).body["clip_id"] == CLIP
    assert refusal("get_wav", FACTS, clip_id="https://suno.com/playlist/abc").field == "clip_id"


def test_somebody_elses_clip_in_a_link_is_a_recording_like_any_other() -> None:
    link = f"https://cdn1.suno.ai/{OTHERS}.mp3"
    assert place("cover_song", FACTS, source=link, style="waltz", **WORDS).body["url"] == link

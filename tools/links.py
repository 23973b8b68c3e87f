"""Recognises, before anything is paid, links that lead to a page instead of a recording, and links to the caller's
own clips.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from ..server.core.operation import Facts

ELSEWHERE = "Put the file at a public https address that leads straight to it, and pass that link."
OWN = (
    "For your own recording, pass a public https link that leads straight to the file. For a song made here, pass "
    "its clip id (list_songs shows it)."
)
_MOST_TOKENS = 12
_UUID = re.compile(r"(?<![\w-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-])", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{6,100}")
_NO_AUDIO = {
    "html": "a web page", "htm": "a web page", "pdf": "a document", "docx": "a document", "doc": "a document",
    "txt": "a text", "lrc": "a text", "srt": "a text", "jpg": "a picture", "jpeg": "a picture", "png": "a picture",
    "gif": "a picture", "webp": "a picture", "zip": "an archive", "rar": "an archive", "7z": "an archive",
    "mid": "a MIDI file", "midi": "a MIDI file", "als": "a project", "flp": "a project",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Share:
    """A service that shows a shared file on a page."""

    name: str
    hosts: tuple[str, ...]
    advice: str = ELSEWHERE
    direct: str = r"(?!)"
    """Paths with their query that do lead to the file."""
    pages: str = ""
    """Paths that are such pages, where a host has others too."""


_SHARES = (
    _Share(
        "Google Drive",
        ("drive.google.com", "docs.google.com"),
        'Share it with "anyone with the link" and pass https://drive.google.com/uc?export=download&id={id}',
        r"/uc\?(?:.*&)?export=download",
    ),
    _Share("Google Photos", ("photos.google.com", "photos.app.goo.gl")),
    _Share(
        "Dropbox", ("dropbox.com", "db.tt"), "End the same link with dl=1 instead of dl=0.", r".*[?&](?:dl|raw)=1\b"
    ),
    _Share("OneDrive", ("1drv.ms", "onedrive.live.com"), direct=r"/download\b|.*[?&]download=1\b"),
    _Share(
        "SharePoint", ("sharepoint.com",), "Share it with anyone and add download=1 to the link.", r".*[?&]download=1\b"
    ),
    _Share("iCloud", ("icloud.com",)),
    _Share("WeTransfer", ("wetransfer.com", "we.tl")),
    _Share(
        "Box", ("box.com",), "Its page shows a direct link under the link's settings; pass that.", r"/shared/static/"
    ),
    _Share("MEGA", ("mega.nz", "mega.co.nz", "mega.io")),
    _Share("pCloud", ("pcloud.link", "my.pcloud.com", "u.pcloud.com")),
    _Share("MediaFire", ("www.mediafire.com", "mediafire.com"), pages=r"/(?:file|folder|view|\?)"),
    _Share("Yandex Disk", ("disk.yandex.ru", "disk.yandex.com", "disk.360.yandex.ru", "yadi.sk")),
    _Share("Mail.ru Cloud", ("cloud.mail.ru",)),
    _Share("Baidu", ("pan.baidu.com", "yun.baidu.com")),
    _Share("Quark", ("pan.quark.cn",)),
    _Share("Alibaba Cloud Drive", ("alipan.com", "aliyundrive.com")),
    _Share("TeraBox", ("terabox.com", "1024tera.com", "teraboxapp.com")),
    _Share("Proton Drive", ("drive.proton.me",)),
    _Share("SwissTransfer", ("swisstransfer.com",)),
    _Share("Smash", ("fromsmash.com",)),
    _Share("TransferNow", ("transfernow.net",)),
    _Share("Filemail", ("filemail.com",)),
    _Share("Gofile", ("gofile.io",), pages=r"/d/"),
    _Share("Workupload", ("workupload.com",)),
    _Share("Sync", ("ln.sync.com", "cp.sync.com")),
    _Share("Jottacloud", ("jottacloud.com",)),
    _Share("Vocaroo", ("vocaroo.com", "voca.ro"), pages=r"/\w{6,}/?$"),
    _Share("Telegram", ("t.me", "telegram.me", "web.telegram.org")),
    _Share("WhatsApp", ("web.whatsapp.com", "wa.me", "chat.whatsapp.com")),
    _Share("Discord", ("discord.com", "discord.gg"), "Pass the link of the attachment itself.", pages=r"/"),
    _Share("Notion", ("notion.so", "notion.site")),
    _Share(
        "GitHub", ("github.com",), "Pass the link of the button Raw.", r".*[?&]raw=(?:true|1)\b", r"/[^/]+/[^/]+/blob/"
    ),
    _Share("GitLab", ("gitlab.com",), "Pass the link of the raw file.", pages=r"/.+/-/blob/"),
    _Share(
        "the Internet Archive",
        ("archive.org",),
        "Pass the file's link, which has /download/ in it.",
        pages=r"/details/",
    ),
)
_SONGS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("YouTube", ("youtube.com", "youtu.be", "youtube-nocookie.com"), r"/"),
    ("Spotify", ("open.spotify.com", "spotify.link", "play.spotify.com"), r"/"),
    ("SoundCloud", ("soundcloud.com",), r"/"),
    ("Apple Music", ("music.apple.com", "itunes.apple.com"), r"/"),
    ("Deezer", ("deezer.com", "deezer.page.link"), r"/"),
    ("Tidal", ("tidal.com",), r"/"),
    ("Amazon Music", ("music.amazon.com", "music.amazon.de", "music.amazon.co.uk", "music.amazon.fr", "music.amazon.es",
                      "music.amazon.it", "music.amazon.co.jp", "music.amazon.in"), r"/"),
    ("Bandcamp", ("bandcamp.com",), r"/"),
    ("Qobuz", ("qobuz.com",), r"/"),
    ("Audiomack", ("audiomack.com",), r"/"),
    ("Mixcloud", ("mixcloud.com",), r"/"),
    ("ReverbNation", ("reverbnation.com",), r"/"),
    ("Audius", ("audius.co",), r"/"),
    ("BandLab", ("bandlab.com",), r"/"),
    ("Jamendo", ("jamendo.com",), r"/track"),
    ("Pixabay", ("pixabay.com",), r"/music|/sound-effects"),
    ("Freesound", ("freesound.org",), r"/people|/s/"),
    ("Shazam", ("shazam.com",), r"/"),
    ("Vimeo", ("vimeo.com",), r"/"),
    ("TikTok", ("tiktok.com",), r"/"),
    ("Instagram", ("instagram.com",), r"/"),
    ("Facebook", ("facebook.com", "fb.watch"), r"/"),
    ("X", ("x.com", "twitter.com"), r"/"),
    ("Twitch", ("twitch.tv",), r"/"),
    ("Dailymotion", ("dailymotion.com", "dai.ly"), r"/"),
    ("VK", ("vk.com", "vk.ru"), r"/"),
    ("Yandex Music", ("music.yandex.ru", "music.yandex.com", "music.yandex.by", "music.yandex.kz"), r"/"),
    ("Bilibili", ("bilibili.com", "b23.tv"), r"/"),
    ("NetEase Music", ("music.163.com", "163cn.tv"), r"/(?!song/media)"),
    ("QQ Music", ("y.qq.com",), r"/"),
    ("Melon", ("melon.com",), r"/"),
    ("Genius", ("genius.com",), r"/"),
    ("Suno", ("suno.com", "app.suno.ai", "www.suno.ai"), r"/"),
    ("Udio", ("udio.com",), r"/"),
    ("Producer", ("producer.ai",), r"/"),
    ("Riffusion", ("riffusion.com",), r"/"),
    ("Mureka", ("mureka.ai",), r"/"),
)  # fmt: skip
_NEXTCLOUD = re.compile(r"/(?:index\.php/)?s/[A-Za-z0-9]{12,32}/?$")


def no_audio(link: str) -> str | None:
    """What a link leads to instead of a recording, and what to do; None where it may well lead to one."""
    parts = urlsplit(link)
    host = (parts.hostname or "").rstrip(".")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    for share in _SHARES:
        page = re.match(share.pages, path) if share.pages else True
        if _is_of(host, share.hosts) and page and not re.match(share.direct, path):
            advice = share.advice.format(id=_drive_id(parts))
            return f"is a page of {share.name}, not the audio file: the service would fetch the page. {advice}"
    for name, hosts, pages in _SONGS:
        if _is_of(host, hosts) and re.match(pages, path):
            return f"is a page of {name}, not an audio file: the service would fetch the page. {OWN}"
    if _NEXTCLOUD.match(parts.path):
        return (
            "is a share page, not the audio file: the service would fetch the page. End the same link with /download."
        )
    ending = parts.path.rpartition(".")[2].casefold()
    if ending in _NO_AUDIO:
        return f"leads to {_NO_AUDIO[ending]}, not to a recording. {ELSEWHERE}"
    return None


def _is_of(host: str, hosts: tuple[str, ...]) -> bool:
    """Whether a host is one of these or below one; what delivers files is called otherwise."""
    return any(host == one or (host.endswith(f".{one}") and not host.startswith(_DELIVERY)) for one in hosts)


_DELIVERY = ("cdn", "dl.", "dl-", "files.", "media.", "download", "public.", "attachments")


def _drive_id(parts: SplitResult) -> str:
    found = re.search(r"/d/([\w-]{10,})|[?&]id=([\w-]{10,})", f"{parts.path}?{parts.query}")
    return (found[1] or found[2]) if found else "THE_ID_IN_YOUR_LINK"


def own_clip(link: str, facts: Facts) -> str | None:
    """The caller's own clip that a link is about: its id stands in the path or the query."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    if parts.scheme == "song":
        return resource_clip(link)
    text = unquote(f"{parts.path} {parts.query} {parts.fragment}")
    tokens = dict.fromkeys([*_UUID.findall(text), *_TOKEN.findall(text)])
    return next((token for token in list(tokens)[:_MOST_TOKENS] if facts.clip(token) is not None), None)


def resource_clip(link: str) -> str | None:
    """The clip of a resource's address, `song://clips/…`."""
    found = re.fullmatch(r"song://clips/([^/?#\s]{1,100})(?:/[a-z]+)?", link)
    return unquote(found[1]) if found else None


def only_id(link: str) -> str | None:
    """The one id of the service in a link, for arguments that take a clip alone; None for none or several."""
    found = set(_UUID.findall(link))
    return resource_clip(link) or (found.pop() if len(found) == 1 else None)

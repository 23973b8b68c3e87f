"""Every setting, once: its name, its default and a sentence.

A flag overrides the environment (`SONGWRIGHT_…`), which overrides one TOML file in the person's configuration folder.
No file in the working folder is ever read: a project that someone opens must not be able to decide where a key is sent.
"""

from __future__ import annotations

import contextlib
import logging
import os
import stat
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import platformdirs
from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from .addresses import address_of, loopback
from .errors import SettingRefused

SERVICE_URL = "https://api.aimusicapi.ai"
PREFIX = "SONGWRIGHT_"

log = logging.getLogger(__name__)


def config_file() -> Path:
    """Where Songwright looks for its configuration file, which need not exist."""
    override = os.environ.get(f"{PREFIX}CONFIG")
    return Path(override) if override else platformdirs.user_config_path("songwright", appauthor=False) / "config.toml"


def _filled(value: str) -> bool:
    """Some clients pass on `${user_config.api_key}` when the person left the field empty."""
    return bool(value.strip()) and not value.strip().startswith("${")


def _names(value: object) -> object:
    return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value


class Settings(BaseSettings):
    """How this Songwright runs. Each field is `SONGWRIGHT_<NAME>` in the environment and `<name>` in the file."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", enable_decoding=False)

    api_key: SecretStr | None = Field(
        None, description="Key of the AI Music API. Without one, songs come from the offline sandbox."
    )
    keychain: bool = Field(
        False,
        description="The key is in the system's keychain, where `songwright install` has put it for this address of "
        "the service.",
    )
    base_url: str = Field(SERVICE_URL, description="Address of the service; https, except on this machine.")
    offline: bool = Field(False, description="Use the offline sandbox even if a key is set.")
    library: Path = Field(
        default_factory=lambda: platformdirs.user_music_path() / "Songwright",
        description="Folder for finished songs.",
    )
    state_dir: Path = Field(
        default_factory=lambda: platformdirs.user_state_path("songwright", appauthor=False),
        description="Folder of the journal, the record of every order. Do not put it on a synchronised drive.",
    )
    toolsets: Annotated[tuple[str, ...], BeforeValidator(_names)] = Field(
        ("sonic", "account", "library", "craft", "studio"),
        description="Tools to list: names of toolsets or of single tools, or `all`.",
    )
    model: str | None = Field(None, description="Model for new songs. Default: the catalogue's current one.")
    wait_seconds: float = Field(
        45.0,
        ge=0,
        le=3600,
        description="How long a tool call waits for a song before it returns the job id. A client that Songwright "
        "does not know gets it after 4 s.",
    )
    confirm_above: int = Field(30, ge=0, description="Ask the person before a call that costs more credits than this.")
    daily_credits: int = Field(
        300, ge=0, description="Refuse a call that would bring spending in 24 hours above this many credits."
    )
    upload_dir: Path | None = Field(
        None,
        description="Another folder, besides the library, where upload_audio looks for a recording by its name. The "
        "service only accepts links, so the answer says what to do next.",
    )
    c2pa_certificate: Path | None = Field(
        None,
        description="PEM file of your own signing certificate, with its chain. With it prepare_release puts a signed "
        "C2PA manifest into the copies: made with AI. Needs the extra `songwright[c2pa]`.",
    )
    c2pa_key: Path | None = Field(
        None, description="PEM file of the private key that belongs to this certificate, without a password."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "WARNING", description="How much is logged to standard error."
    )
    era: Literal["auto", "legacy"] = Field(
        "auto", description="`legacy` answers only the older handshake. Use it for a client that fails to connect."
    )
    sandbox_pace: Literal["quick", "real", "instant"] = Field(
        "quick", description="How long the sandbox takes: as long as it renders, as long as the service, or no time."
    )
    sandbox_fast: bool = Field(False, description="Make the sandbox answer with two-second clips, for tests and load.")
    sandbox_soundfont: Path | None = Field(
        None,
        description="A soundfont (`.sf2`) for the sandbox's band, played by the program `fluidsynth` where it is "
        "installed. Voices stay the sandbox's own.",
    )

    host: str = Field("127.0.0.1", description="Address that `serve --http` listens on.")
    port: int = Field(8787, ge=0, le=65535, description="Port that `serve --http` listens on; 0 picks a free one.")
    public_url: str | None = Field(
        None, description="Public address of this server, for file links and the service's callbacks."
    )
    database_url: SecretStr | None = Field(
        None, description="A PostgreSQL database shared by all replicas. Without it the journal is a file."
    )
    files_url: str | None = Field(
        None,
        description="A bucket for a hosted server's files, `s3://bucket/prefix`, when replicas share no folder. "
        "Credentials, region and endpoint come from the usual AWS variables.",
    )
    secret_keys: Annotated[tuple[SecretStr, ...], BeforeValidator(_names)] = Field(
        (), description="Secrets of a hosted server, each 32 characters or more. The first one seals; all of them open."
    )
    role: Literal["all", "web", "worker"] = Field(
        "all", description="What a hosted replica does: answer assistants (`web`), work on orders (`worker`), or both."
    )
    oauth_issuer: str | None = Field(None, description="Address of the OAuth server whose tokens this server accepts.")
    oauth_audience: str | None = Field(
        None, description="Audience that OAuth tokens must name. Default: the public address of the endpoint."
    )
    oauth_scopes: Annotated[tuple[str, ...], BeforeValidator(_names)] = Field(
        ("songwright",), description="Scopes that an OAuth token must carry."
    )
    allowed_hosts: Annotated[tuple[str, ...], BeforeValidator(_names)] = Field(
        (), description="More Host headers to accept, besides those of the two addresses above."
    )
    allowed_origins: Annotated[tuple[str, ...], BeforeValidator(_names)] = Field(
        (), description="Web pages that may call a hosted server, as origins such as https://chat.example.org."
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="`json` writes one object per line, for log collectors."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, environment, the person's own file; nothing else."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=config_file())

    @property
    def sandbox(self) -> bool:
        """Whether songs come from the offline sandbox, because there is no key or it was requested."""
        return self.offline or (self.api_key is None and not self.keychain)

    @property
    def alone(self) -> bool:
        """Whether only this machine can reach the HTTP server."""
        return loopback(address_of(self.host, self.port))

    @property
    def catalogue_override(self) -> Path:
        """The person's own corrections to models, prices and schedules; the file need not exist."""
        return config_file().with_name("catalogue.toml")

    def key(self) -> str:
        """The API key as plain text; only the upstream module may ask for it.

        Blocks, and raises `KeychainSilent` or `KeyMissing`, when it is in the keychain.
        """
        if self.api_key is not None:
            return self.api_key.get_secret_value()
        if not self.keychain:
            return ""
        from .keychain import key_for

        return key_for(self.base_url)


def load(**flags: Any) -> Settings:
    """The settings of this process; `flags` come from the command line and override everything.

    Raises `SettingRefused` with a sentence that names the setting.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    file = _file_values()
    for name in (field.upper() for field in Settings.model_fields):
        if (raw := os.environ.get(PREFIX + name)) is not None and not _filled(raw):
            if raw.strip():
                log.warning("%s%s was not filled in by the client, so it counts as not set", PREFIX, name)
            del os.environ[PREFIX + name]
    try:
        settings = Settings(**given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SettingRefused(f"The setting {PREFIX}{name.upper()} cannot be used: {first['msg']}.") from None
    _check_url("BASE_URL", settings.base_url, SERVICE_URL)
    if settings.public_url is not None:
        _check_url("PUBLIC_URL", settings.public_url, "https://songs.example.org")
    outside = {name for name in ("api_key", "base_url") if name in given or os.environ.get(PREFIX + name.upper())}
    if "base_url" in outside and "api_key" not in outside and "api_key" in file:
        raise SettingRefused(
            f"{PREFIX}BASE_URL is set in the environment but the key is in {config_file()}: a key from the file is "
            f"sent only to the address in that file. Set {PREFIX}API_KEY as well as {PREFIX}BASE_URL."
        )
    if "base_url" in outside and "api_key" not in outside and settings.keychain:
        raise SettingRefused(
            f"{PREFIX}BASE_URL is set in the environment but the key is in the keychain: that key is sent only to the "
            f"address it was stored for. Set {PREFIX}API_KEY as well as {PREFIX}BASE_URL."
        )
    return settings.model_copy(
        update={"library": settings.library.expanduser(), "state_dir": settings.state_dir.expanduser()}
    )


def _file_values() -> dict[str, Any]:
    """The contents of the file, after making sure that nobody else can read a key in it."""
    import tomllib

    path = config_file()
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingRefused(f"The configuration file {path} cannot be read: {error}.") from None
    if "api_key" in values and os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        with contextlib.suppress(OSError):
            path.chmod(0o600)
            log.warning("%s holds a key and other users could read it; it is private now", path)
    return values


def _check_url(name: str, url: str, example: str) -> None:
    parts = urlsplit(url)
    if parts.username or parts.password or not parts.hostname or parts.query or parts.fragment:
        raise SettingRefused(f"{PREFIX}{name} must be a plain address like {example}.")
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback(url)):
        raise SettingRefused(f"{PREFIX}{name} must use https; otherwise keys and tokens would be sent unencrypted.")

"""Every setting, once: its name, its default and a sentence.

A flag beats the environment (`SONGWRIGHT_…`), which beats one TOML file in the person's own configuration folder.
No file of the working folder is ever read: a project that someone opened must not be able to choose where a key goes.
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
    """Where the one configuration file is looked for; it need not exist."""
    override = os.environ.get(f"{PREFIX}CONFIG")
    return Path(override) if override else platformdirs.user_config_path("songwright", appauthor=False) / "config.toml"


def _filled(value: str) -> bool:
    """Some clients pass `${user_config.api_key}` on when the person left the field empty."""
    return bool(value.strip()) and not value.strip().startswith("${")


def _names(value: object) -> object:
    return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value


class Settings(BaseSettings):
    """How this Songwright runs. Each field is `SONGWRIGHT_<NAME>` in the environment and `<name>` in the file."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", enable_decoding=False)

    api_key: SecretStr | None = Field(
        None, description="Key of the AI Music API. Without one, songs come from the offline sandbox."
    )
    base_url: str = Field(SERVICE_URL, description="Where the service is; https, except on this machine itself.")
    offline: bool = Field(False, description="Use the offline sandbox although there is a key.")
    library: Path = Field(
        default_factory=lambda: platformdirs.user_music_path() / "Songwright",
        description="Folder where finished songs are kept.",
    )
    state_dir: Path = Field(
        default_factory=lambda: platformdirs.user_state_path("songwright", appauthor=False),
        description="Folder of the journal: what was asked, bought and delivered. Keep it off synchronised drives.",
    )
    toolsets: Annotated[tuple[str, ...], BeforeValidator(_names)] = Field(
        ("sonic", "account", "library", "craft"),
        description="Which tools are listed: names of toolsets or of single tools, or `all`.",
    )
    model: str | None = Field(None, description="Model for new songs; without it the current one of the catalogue.")
    wait_seconds: float = Field(
        45.0,
        ge=0,
        le=3600,
        description="How long a tool call waits for a song before it hands out the job id; clients that nobody knows "
        "get it after 4 s.",
    )
    confirm_above: int = Field(30, ge=0, description="Ask the person before one call spends more credits than this.")
    daily_credits: int = Field(300, ge=0, description="Refuse what would spend more credits than this in 24 hours.")
    upload_dir: Path | None = Field(
        None,
        description="A folder, besides the library, where a recording named to upload_audio is looked for; the service "
        "takes links only, so the answer says how to go on.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "WARNING", description="How much is told on standard error."
    )
    era: Literal["auto", "legacy"] = Field(
        "auto", description="`legacy` answers only the handshake of older clients, for one that fails to connect."
    )
    sandbox_pace: Literal["quick", "real", "instant"] = Field(
        "quick", description="How the sandbox takes its time: as fast as it renders, like the service, or at once."
    )
    sandbox_fast: bool = Field(False, description="The sandbox answers with two-second clips; for tests and load.")

    host: str = Field("127.0.0.1", description="Address that `serve --http` listens on.")
    port: int = Field(8787, ge=0, le=65535, description="Port that `serve --http` listens on; 0 takes a free one.")
    public_url: str | None = Field(
        None, description="Where this server is reached from outside, for file links and the service's callbacks."
    )
    database_url: SecretStr | None = Field(
        None, description="A PostgreSQL database shared by every replica; without it the journal is a file."
    )
    files_url: str | None = Field(
        None,
        description="A bucket for a hosted server's files, `s3://bucket/prefix`, where replicas share no folder; its "
        "credentials, region and endpoint are those of the usual AWS variables.",
    )
    secret_keys: Annotated[tuple[SecretStr, ...], BeforeValidator(_names)] = Field(
        (), description="Secrets of a hosted server, 32 characters or more; the first seals, all of them open."
    )
    role: Literal["all", "web", "worker"] = Field(
        "all", description="What a hosted replica does: answer assistants (`web`), see to orders (`worker`), or both."
    )
    oauth_issuer: str | None = Field(None, description="Address of the OAuth server whose tokens are accepted.")
    oauth_audience: str | None = Field(
        None, description="Audience that OAuth tokens must name; without it the public address of the endpoint."
    )
    oauth_scopes: Annotated[tuple[str, ...], BeforeValidator(_names)] = Field(
        ("songwright",), description="Scopes that an OAuth token must carry."
    )
    allowed_hosts: Annotated[tuple[str, ...], BeforeValidator(_names)] = Field(
        (), description="Further Host headers that are answered, besides those of the two addresses above."
    )
    allowed_origins: Annotated[tuple[str, ...], BeforeValidator(_names)] = Field(
        (), description="Web pages that may call a hosted server, as origins like https://chat.example.org."
    )
    log_format: Literal["text", "json"] = Field("text", description="`json` writes one object a line, for collectors.")

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
        """Whether songs come from the offline sandbox: there is no key, or it was asked for."""
        return self.offline or self.api_key is None

    @property
    def alone(self) -> bool:
        """Whether only this machine can reach what is served over HTTP."""
        return loopback(address_of(self.host, self.port))

    @property
    def catalogue_override(self) -> Path:
        """A person's own corrections to models, prices and schedules; need not exist."""
        return config_file().with_name("catalogue.toml")

    def key(self) -> str:
        """The API key in clear; only the upstream module may ask."""
        return self.api_key.get_secret_value() if self.api_key else ""


def load(**flags: Any) -> Settings:
    """The settings of this process; `flags` are the command line's and beat everything.

    Raises `SettingRefused` with a sentence that names the setting.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    file = _file_values()
    for name in (field.upper() for field in Settings.model_fields):
        if (raw := os.environ.get(PREFIX + name)) is not None and not _filled(raw):
            if raw.strip():
                log.warning("%s%s was left unfilled by the client and counts as not set", PREFIX, name)
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
            f"only sent to the address in that file. Set {PREFIX}API_KEY beside {PREFIX}BASE_URL."
        )
    return settings.model_copy(
        update={"library": settings.library.expanduser(), "state_dir": settings.state_dir.expanduser()}
    )


def _file_values() -> dict[str, Any]:
    """What the file says, after making sure that nobody else can read a key in it."""
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
            log.warning("%s held a key and was readable by others; it is private now", path)
    return values


def _check_url(name: str, url: str, example: str) -> None:
    parts = urlsplit(url)
    if parts.username or parts.password or not parts.hostname or parts.query or parts.fragment:
        raise SettingRefused(f"{PREFIX}{name} must be a plain address like {example}.")
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback(url)):
        raise SettingRefused(f"{PREFIX}{name} must use https, or keys and tokens would travel in clear.")

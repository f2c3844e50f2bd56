"""Settings: environment ``RODA_*``, or a TOML file with the same names in lower case.

The environment wins. An unknown name or a bad value stops the start and says which."""

from __future__ import annotations

import os
import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from sfu.net.media_api import checked_video_codecs
from signaling.announced_address import checked_address
from signaling.trusted_proxies import checked_network

PREFIX = "RODA_"
MIN_SECRET_CHARS = 32


class SettingsError(Exception):
    """A setting that does not exist or has a bad value; the message names it, not its value."""


def _split(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


Strings = Annotated[tuple[str, ...], BeforeValidator(_split)]
Networks = Annotated[
    Strings, AfterValidator(lambda values: tuple(checked_network(value) for value in values))
]
Addresses = Annotated[
    Strings, AfterValidator(lambda values: tuple(dict.fromkeys(map(checked_address, values))))
]
Codecs = Annotated[Strings, AfterValidator(checked_video_codecs)]
Port = Annotated[int, Field(ge=0, le=65535)]
NoSecret = SecretStr("")


class Settings(BaseModel):
    """Every setting. Lists are separated by commas in the environment."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    http_host: str = Field("127.0.0.1", description="Address the HTTP server listens on.")
    http_port: Port = Field(8080, description="TCP port of the HTTP server; 0 picks a free one.")
    public_url: str = Field(
        "", description="Address people use, such as https://video.example.org; empty: as asked."
    )
    trusted_proxies: Networks = Field(
        (),
        description="Addresses or networks of the reverse proxies whose X-Forwarded-For and"
        " X-Forwarded-Proto are believed; empty: of none.",
    )
    media_port: Port = Field(7882, description="Port of all media; 0 picks a free one.")
    media_tcp: bool = Field(
        True,
        description="Take media over TCP too, for networks without UDP: on the media port's number,"
        " unless that is the HTTP server's.",
    )
    ice: Literal["auto", "lite", "full"] = Field(
        "auto",
        description="lite: everybody comes to the media port. full: behind NAT, by the STUN and"
        " TURN servers below, on ports of its own. auto: full when no address is announced, the"
        " machine has none that is public, and RODA_STUN_URLS or RODA_TURN_URLS are given.",
    )
    announced_ips: Addresses = Field(
        (), description="Addresses told to browsers for media; empty: those of this machine."
    )
    video_codecs: Codecs = Field(
        ("VP8", "H264", "VP9", "AV1"),
        min_length=1,
        description="Video codecs taken from publishers, the one wanted most first; any that is"
        " left out is refused.",
    )
    audio_red: bool = Field(
        False,
        description="Take redundant sound (RED) from publishers that offer it, for lossy networks.",
    )
    native_forwarding: bool = Field(
        True,
        description="Forward by the loop in C, where it has been built; the one in Python does the"
        " same and takes longer.",
    )
    database_url: str = Field(
        "", description="sqlite:///PATH or postgresql://…; empty: roda.db in the data directory."
    )
    data_dir: Path = Field(
        Path("data"), description="Directory of the SQLite file and the generated secret key."
    )
    secret_key: SecretStr = Field(
        NoSecret,
        description="Signs connect tokens, at least 32 characters; empty: generated once and kept"
        " in the data directory.",
    )
    demo: bool = Field(
        False, description="Create the demo accounts and a ready session. Never on a real server."
    )
    empty_session_minutes: int = Field(
        30,
        ge=0,
        le=24 * 60,
        description="A session that had begun ends when nobody was in it for so long; 0: never.",
    )
    twilio_account_sid: str = Field("", description="Twilio account, for its TURN servers.")
    twilio_auth_token: SecretStr = Field(NoSecret, description="Twilio's auth token.")
    twilio_api_key: str = Field("", description="Twilio API key, instead of the auth token.")
    twilio_api_secret: SecretStr = Field(NoSecret, description="Secret of the Twilio API key.")
    twilio_base_url: str = Field("", description="Stands in for Twilio's API, for tests.")
    turn_urls: Strings = Field((), description="turn: and turns: addresses of your own server.")
    turn_secret: SecretStr = Field(
        NoSecret, description="coturn's static-auth-secret, shared with this server."
    )
    stun_urls: Strings = Field((), description="stun: addresses given to browsers.")
    redis_url: str = Field("", description="Redis shared by several nodes; empty: one node.")
    oidc_issuer: str = Field(
        "", description="Issuer whose bearer tokens log people in; empty: only Roda's own accounts."
    )
    oidc_audience: str = Field("", description="Audience that those tokens must be for.")
    oidc_jwks_url: str = Field("", description="Where the issuer publishes its keys (JWKS).")
    oidc_shared_secret: SecretStr = Field(
        NoSecret,
        description="Secret the issuer signs with (HS256), at least 32 characters, instead of a"
        " JWKS address.",
    )
    oidc_role_claim: str = Field(
        "app_metadata.role",
        min_length=1,
        description="Claim, or path of one, that says therapist, patient or admin. Never one that"
        " users can write themselves.",
    )
    oidc_clock_skew_seconds: int = Field(
        60, ge=0, le=600, description="How far the issuer's clock may be off."
    )
    log_format: Literal["console", "json"] = Field("console", description="How logs are written.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least severe log entries written."
    )
    tls_cert: Path | None = Field(None, description="Certificate chain (PEM) to serve HTTPS.")
    tls_key: Path | None = Field(None, description="Private key (PEM) of the certificate.")

    @field_validator("public_url")
    @classmethod
    def _check_url(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

    @field_validator("oidc_jwks_url")
    @classmethod
    def _check_jwks_url(cls, value: str) -> str:
        local = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")
        if value and not value.startswith(("https://", *local)):
            raise ValueError("must start with https://")
        return value

    @field_validator("secret_key", "oidc_shared_secret")
    @classmethod
    def _check_secret(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < MIN_SECRET_CHARS:
            raise ValueError(f"must have at least {MIN_SECRET_CHARS} characters")
        return value

    @field_validator("database_url")
    @classmethod
    def _check_database(cls, value: str) -> str:
        if value and not value.startswith(("sqlite:", "postgresql:", "postgres:")):
            raise ValueError("must start with sqlite: or postgresql:")
        return value

    @model_validator(mode="after")
    def _check_tls(self) -> Settings:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("RODA_TLS_CERT and RODA_TLS_KEY go together")
        return self

    @model_validator(mode="after")
    def _check_oidc(self) -> Settings:
        ways = [self.oidc_jwks_url, self.oidc_shared_secret.get_secret_value()]
        if not self.oidc_issuer and not any([self.oidc_audience, *ways]):
            return self
        if not self.oidc_issuer or not self.oidc_audience:
            raise ValueError("RODA_OIDC_ISSUER and RODA_OIDC_AUDIENCE go together")
        if sum(map(bool, ways)) != 1:
            raise ValueError("one of RODA_OIDC_JWKS_URL and RODA_OIDC_SHARED_SECRET is needed")
        return self

    @property
    def listens_for_tcp_media(self) -> bool:
        """Whether the media port's number is free for it."""
        return self.media_tcp and (self.media_port == 0 or self.media_port != self.http_port)

    def needs_full_ice(self, behind_nat: bool) -> bool:
        """:param behind_nat: whether the machine has no public address"""
        if self.ice != "auto":
            return self.ice == "full"
        return behind_nat and not self.announced_ips and bool(self.stun_urls or self.turn_urls)

    @property
    def database(self) -> str:
        """The database's URL, the default filled in."""
        return self.database_url or f"sqlite:///{self.data_dir / 'roda.db'}"


def load_settings(file: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of this start. Raises `SettingsError`."""
    known = {PREFIX + name.upper(): name for name in Settings.model_fields}
    given = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
    unknown = sorted(given.keys() - known.keys())
    if unknown:
        raise SettingsError(f"unknown setting in the environment: {', '.join(unknown)}")
    values = _read_file(file) | {known[name]: value for name, value in given.items()}
    try:
        return Settings(**values)
    except ValidationError as exc:
        raise SettingsError(_explain(exc)) from exc


def secret_key(settings: Settings) -> str:
    """The signing secret; generated on the first start and kept for the owner's eyes only."""
    given = settings.secret_key.get_secret_value()
    if given:
        return given
    path = settings.data_dir / "secret_key"
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()


def _read_file(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        values = tomllib.loads(file.read_text())
    except OSError as exc:
        raise SettingsError(f"cannot read {file}: {exc.strerror}") from exc
    except ValueError as exc:
        raise SettingsError(f"{file} is not valid TOML: {exc}") from exc
    prefix = PREFIX.lower()
    unknown = sorted(key for key in values if key.removeprefix(prefix) not in Settings.model_fields)
    if unknown:
        raise SettingsError(f"unknown setting in {file}: {', '.join(unknown)}")
    return {key.removeprefix(prefix): value for key, value in values.items()}


def _explain(exc: ValidationError) -> str:
    problems = (
        f"{PREFIX}{str(error['loc'][0]).upper()}: {error['msg']}" if error["loc"] else error["msg"]
        for error in exc.errors(include_input=False, include_url=False)
    )
    return "bad setting: " + "; ".join(problems)

"""The settings of a process, from environment and `.env`; the README's table comes from here."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bridge.errors import ConfigurationError


class Settings(BaseSettings):
    """Everything that may differ between two installations; defaults serve one small machine."""

    model_config = SettingsConfigDict(
        env_prefix="BRIDGE_", env_file=".env", extra="ignore", frozen=True, populate_by_name=True
    )

    database_url: str | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description="PostgreSQL 15 or later (`postgresql://…`); none: the embedded server",
    )
    broker_url: str | None = Field(
        default=None,
        validation_alias="BROKER_URL",
        description="`redis://…` or `amqp://…`; none: PostgreSQL carries the wake-ups",
    )
    data_dir: Path = Field(
        default=Path(".bridge"), description="the embedded database, its log and the key ring"
    )
    listen: str = Field(default="127.0.0.1:8080", description="address and port of the server")
    trusted_proxies: str = Field(
        default="127.0.0.1,::1",
        description="addresses or networks, by comma, whose `X-Forwarded-For` is believed",
    )
    mappings: Path = Field(default=Path("mappings"), description="folder of the mapping files")
    mappings_managed_by: Literal["console", "git"] = Field(
        default="console",
        description="`git`: the console changes no mapping, `bridge up` puts the folder to work",
    )
    profile: Literal["practifi", "bridge", "plain"] | None = Field(
        default=None,
        description="object profile of connections that are made; none: the organization is asked",
    )
    organization_id: str | None = Field(
        default=None, description="creates the connection `default` for this Salesforce org"
    )
    keys: SecretStr | None = Field(
        default=None, description="key ring for stored tokens: Fernet keys, newest first, comma"
    )
    keys_file: Path | None = Field(
        default=None, description="file with the key ring, one key a line"
    )
    clock: Literal["real", "movable"] = Field(
        default="real", description="`movable`: time can be moved; only with loopback vendors"
    )
    max_message_bytes: int = Field(
        default=10_000_000, description="largest outbound message that is read, in bytes", gt=0
    )
    deletes_every_s: float = Field(
        default=60, description="seconds between two polls for deleted records", gt=0
    )
    sweep_every_s: float = Field(
        default=2, description="seconds between two looks for work whose wake-up was lost", gt=0
    )
    lease_s: float = Field(default=60, description="seconds a worker may hold a subject", gt=0)
    http_timeout_s: float = Field(
        default=30, description="seconds to wait for an answer of either service", gt=0
    )
    bulk_from: int = Field(
        default=10_000,
        description="Interactions of a plan from which on they go by Bulk API 2.0",
        gt=0,
    )
    storage_above: int = Field(
        default=50_000,
        description="new Interactions of a plan above which it waits for a person's word",
        ge=0,
    )
    owner: Literal["linked_first", "oldest"] = Field(
        default="linked_first",
        description="who of several sharers of an address is sent, unless `bridge policy` says",
    )
    bulk_above: int = Field(
        default=20_000,
        description="records of an object above which a run reads them by one bulk query",
        ge=0,
    )
    full_every_d: float = Field(
        default=7,
        description="days after which a nightly run of contacts reads everything again",
        gt=0,
    )
    zone: str = Field(
        default="UTC",
        description="time zone of the nightly runs of a connection that begins to work",
    )
    public_url: str | None = Field(
        default=None,
        description="`https://…` where Salesforce reaches the server: its certificate is watched",
    )
    client_certificate: bool = Field(
        default=False,
        description="the proxy lets only Salesforce's client certificate post: `bridge doctor` "
        "sees that nobody else gets in",
    )
    alert_webhook: SecretStr | None = Field(
        default=None, description="takes alerts as JSON with a `text`, as chat tools do"
    )
    alert_mail: SecretStr | None = Field(
        default=None,
        description="mail server for alerts: `smtp://user:password@host:587` or `smtps://…`",
    )
    alert_from: str | None = Field(default=None, description="sender of these mails")
    alert_to: str | None = Field(default=None, description="who gets these mails, by comma")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="least level of the log lines on standard error"
    )

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            message = f"{name!r} is no time zone: use an IANA name such as America/New_York"
            raise ValueError(message) from None
        return name


def read_settings() -> Settings:
    """Return the settings of this process.

    Raises:
        ConfigurationError: If a value cannot be read; the message names each variable.
    """
    try:
        return Settings()
    except ValidationError as error:
        faults = [
            f"BRIDGE_{'_'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}"
            if str(fault["loc"][0]) not in {"DATABASE_URL", "BROKER_URL"}
            else f"{fault['loc'][0]}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False)
        ]
        raise ConfigurationError("\n".join(faults)) from None

"""A node's settings: node.toml in its data directory, overridden by environment variables.

COMITIA_LISTEN__PORT=8701 overrides port in the section listen. Unknown settings are refused in both places. Secrets are
not settings: a passphrase is named by the file that holds it.
"""

import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from node import files
from protocol.errors import LocalError

CONFIG_BYTES_MAX = 64 * 1024
PEERS_MAX = 64
ADDRESS_CHARACTERS_MAX = 300
_ADDRESS = re.compile(r"https?://[^\s/?#\"\\]+/?")
_PREFIX = "COMITIA_"
_NESTED = "__"
_ELSEWHERE = frozenset({"COMITIA_ROOT_PASSPHRASE_FILE"})
"""Environment variables of commands that are no settings of a node."""


class ConfigError(LocalError):
    """A setting is unknown or can't be used. One line that names the setting and the cause."""


def _address(text: str) -> str:
    if len(text) > ADDRESS_CHARACTERS_MAX or not _ADDRESS.fullmatch(text):
        raise ValueError(f"not an address of the form https://host or https://host:port: {text[:60]!r}")
    return text.rstrip("/")


Address = Annotated[str, AfterValidator(_address)]
"""Where a node can be reached: an http or https address without a path and without a slash at its end."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things lie in a node's data directory."""

    directory: Path

    @property
    def config(self) -> Path:
        """The settings."""
        return self.directory / "node.toml"

    @property
    def charter(self) -> Path:
        """The complete charter of the federation that this node joined."""
        return self.directory / "charter.json"

    @property
    def member(self) -> Path:
        """The member entry that went to the drafter of the charter."""
        return self.directory / "member.json"

    @property
    def keys(self) -> Path:
        """The directory of the node's and the teller's key."""
        return self.directory / "keys"

    @property
    def store(self) -> Path:
        """The database of events and what is folded from them."""
        return self.directory / "store.sqlite3"

    @property
    def words(self) -> Path:
        """The index that texts are found by; made anew from the store where it is missing."""
        return self.directory / "words.sqlite3"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Listen(_Section):
    """Where the node accepts connections. Port 0 takes any that is free."""

    host: Annotated[str, Field(min_length=1, max_length=255)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8700


_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - looked up, never listened on


def http_address(host: str, port: int) -> str:
    """Return the http address of a host and port; an IPv6 host stands in brackets."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def local_address(listen: Listen) -> str:
    """Return the address at which a node is reached from its own machine; loopback if it listens everywhere."""
    return http_address(_ANYWHERE.get(listen.host, listen.host), listen.port)


class Log(_Section):
    """What is logged, and whether for people or for machines."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class NodeConfig(BaseSettings):
    """All settings of a node."""

    model_config = SettingsConfigDict(
        extra="forbid", strict=True, frozen=True, env_prefix=_PREFIX, env_nested_delimiter=_NESTED
    )

    listen: Listen = Listen()
    public_url: Annotated[str, AfterValidator(lambda text: text and _address(text))] = ""
    """The address that people and other nodes use, or nothing if this node only dials out."""
    peers: Annotated[tuple[Address, ...], Field(max_length=PEERS_MAX, strict=False)] = ()
    """Nodes to dial besides those that the charter gives an address for."""
    peers_max: Annotated[int, Field(ge=1, le=PEERS_MAX)] = 8
    """With how many nodes this one keeps a connection that it has dialled."""
    is_teller: bool = True
    """Whether this process does the teller's work, if its member is a teller."""
    secure_cookies: bool = True
    """Whether sessions travel over TLS only. To be switched off for trials on one machine alone."""
    topics_worker: bool = True
    """Whether this node classifies and groups proposals in a worker process."""
    import_bytes_max: Annotated[int, Field(ge=1, le=2**40)] = 1024 * 1024 * 1024
    """The largest file that may be imported, in bytes."""
    api_points_per_minute: Annotated[int, Field(ge=1, le=10**9)] = 600
    """What one address without a token may ask of the programming interface in a minute; a plain request is a point."""
    api_points_per_minute_of_token: Annotated[int, Field(ge=1, le=10**9)] = 1_200
    """What one token may ask of it in a minute."""
    passphrase_file: Annotated[Path | None, Field(strict=False)] = None
    """The file with what opens the node's and the teller's key; without one a passphrase is asked for at the start."""
    log: Log = Log()

    @model_validator(mode="after")
    def _cookies_arrive(self) -> Self:
        if self.secure_cookies and self.public_url.startswith("http://"):
            raise ValueError(
                "secure_cookies: browsers don't send secure cookies to an http address: "
                "use https in public_url, or set secure_cookies = false for a trial on one machine"
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources in force, the strongest first: the environment, then the file."""
        return env_settings, init_settings


def load_config(directory: Path) -> NodeConfig:
    """Return the settings of the node in a data directory. Raises ConfigError or files.FileError with the remedy."""
    path = Layout(directory).config
    if not path.exists():
        raise ConfigError(f"{directory} holds no node.toml: make a node with: comitia init {directory}")
    values = _parsed(path, files.read_bounded(path, CONFIG_BYTES_MAX))
    if isinstance(named := values.get("passphrase_file"), str):
        values["passphrase_file"] = directory / named
    _refuse_unknown_variables(os.environ)
    try:
        return NodeConfig(**values)
    except ValidationError as error:
        raise ConfigError(_first_reason(path, error)) from error
    except SettingsError as error:
        raise ConfigError(f'environment: {error}: lists are written as JSON, for example ["https://…"]') from error


def new_config(*, public_url: str, is_teller: bool) -> bytes:
    """Return the text of a new node's settings, commented. Raises ConfigError if the address can't be used."""
    secure = not public_url.startswith("http://")
    text = _TEMPLATE.format(
        public_url=json.dumps(public_url), is_teller=json.dumps(is_teller), secure_cookies=json.dumps(secure)
    )
    try:
        NodeConfig.model_validate(tomllib.loads(text))
    except ValidationError as error:
        raise ConfigError(_first_reason(Path("node.toml"), error)) from error
    return text.encode()


def with_peers(path: Path, data: bytes, peers: tuple[str, ...]) -> bytes:
    """Return the settings file with these peers added to its list. Raises ConfigError if that takes a person."""
    before = _parsed(path, data)
    try:
        merged = list(dict.fromkeys([*before.get("peers", ()), *map(_address, peers)]))
    except ValueError as error:
        raise ConfigError(f"peer: {error}") from error
    line = f"peers = {json.dumps(merged)}"
    text, count = re.subn(r"^peers\s*=.*$", lambda _: line, data.decode(), count=1, flags=re.MULTILINE)
    edited = text.encode() if count else f"{line}\n{text}".encode()
    try:
        is_as_meant = tomllib.loads(edited.decode()) == {**before, "peers": merged}
    except tomllib.TOMLDecodeError:
        is_as_meant = False
    if not is_as_meant:
        raise ConfigError(f"{path}: peers can't be added automatically: write into it: {line}")
    return edited


def _parsed(path: Path, data: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error


def _refuse_unknown_variables(environment: Mapping[str, str]) -> None:
    known = _ELSEWHERE | set(_variables(NodeConfig, _PREFIX))
    for name in sorted(environment):
        if name.startswith(_PREFIX) and name not in known:
            raise ConfigError(f"environment: {name} is no setting: unset it, or correct its name")


def _variables(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield prefix + name.upper()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _variables(field.annotation, prefix + name.upper() + _NESTED)


def _first_reason(path: Path, error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    location = [str(part) for part in first["loc"]]
    message = "is no setting" if first["type"] == "extra_forbidden" else first["msg"].removeprefix("Value error, ")
    return f"{_source(path, location)}: {': '.join(filter(None, ['.'.join(location), message]))}"


def _source(path: Path, location: list[str]) -> str:
    """Return where a setting was made: the environment's variable if there is one, else the file."""
    for length in range(len(location), 0, -1):
        variable = _PREFIX + _NESTED.join(location[:length]).upper()
        if variable in os.environ:
            return f"environment {variable}"
    return str(path)


_TEMPLATE = """\
# Settings of this node. Each can be overridden by an environment variable, such as COMITIA_LISTEN__PORT.

# The address that people and other nodes use; empty if this node only dials out.
public_url = {public_url}
# Nodes to dial besides those that the charter gives an address for.
peers = []
# Whether this process does the teller's work.
is_teller = {is_teller}
# Sessions travel over TLS only.
secure_cookies = {secure_cookies}

[listen]
host = "127.0.0.1"
port = 8700

[log]
level = "info"
format = "text"
"""

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
from node.mail_addresses import mail_address
from protocol.errors import LocalError

CONFIG_BYTES_MAX = 64 * 1024
PEERS_MAX = 64
ADDRESS_CHARACTERS_MAX = 300
_ADDRESS = re.compile(r"https?://[^\s/?#\"\\]+/?")
_ISSUER = re.compile(r"https?://[^\s?#\"\\]+")
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


def _issuer(text: str) -> str:
    is_local = re.match(r"http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/|$)", text) is not None
    if len(text) > ADDRESS_CHARACTERS_MAX or not _ISSUER.fullmatch(text) or not (text.startswith("https:") or is_local):
        raise ValueError(f"not a provider's address of the form https://host/path: {text[:60]!r}")
    return text


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

    def backups(self, config: "NodeConfig") -> Path:
        """Where the node's own backups go by its settings."""
        return self.directory / config.backup.directory

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


class SingleSignOn(_Section):
    """The member's OpenID Connect provider, if people sign in with it."""

    issuer: Annotated[str, AfterValidator(lambda text: text and _issuer(text))] = ""
    """The provider's own address, exactly as it names itself; empty without single sign-on."""
    client_id: Annotated[str, Field(max_length=255)] = ""
    """The name under which the provider knows this node."""
    client_secret_file: Annotated[Path | None, Field(strict=False)] = None
    """The file with the secret that goes with it; none for a public client."""
    label: Annotated[str, Field(min_length=1, max_length=80)] = "single sign-on"
    """What people call the provider."""
    claim: Literal["sub", "email"] = "email"
    """By what accounts are found: the provider's subject, or the e-mail address that it has verified."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if bool(self.issuer) != bool(self.client_id):
            raise ValueError("issuer and client_id belong together: set both, or neither")
        return self


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


class Backup(_Section):
    """Backups that the node makes by itself, and by the button on its page."""

    directory: Annotated[Path, Field(strict=False)] = Path("backups")
    """Where they go; below the data directory unless the path is absolute. Another disk is better."""
    every_hours: Annotated[int, Field(ge=0, le=8_784)] = 0
    """How often the node makes one by itself; 0 for never."""
    keep: Annotated[int, Field(ge=1, le=1_000)] = 7
    """How many are kept; the oldest go."""
    with_keys: bool = False
    """Whether the encrypted key files are put in; their passphrase never is."""


class Desk(_Section):
    """How the secretariat's desk works at this node."""

    two_person_approval: bool = False
    """Whether a round or an agenda is signed only once a second account of the secretariat has confirmed it."""
    approval_hours: Annotated[int, Field(ge=1, le=24 * 60)] = 72
    """How long such a request waits before it expires."""
    screening_hours_long: Annotated[int, Field(ge=1, le=24 * 365)] = 168
    """By when the office means to have screened a long-term proposal; orders the queue, decides nothing."""
    screening_hours_short: Annotated[int, Field(ge=1, le=24 * 365)] = 24
    """The same for a short-term one."""


_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Mail(_Section):
    """The mail server that notices go out by. Without a host this node sends no e-mail."""

    host: Annotated[str, Field(max_length=255, pattern=r"^[^\s/@]*$")] = ""
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    tls: Literal["none", "starttls", "implicit"] = "starttls"
    """none: in the clear, for a server on this machine. starttls: usual on port 587. implicit: usual on port 465."""
    ca_file: Annotated[Path | None, Field(strict=False)] = None
    """The certificate of the authority that vouches for the server, if the system doesn't know it."""
    user: Annotated[str, Field(max_length=255)] = ""
    password_file: Annotated[Path | None, Field(strict=False)] = None
    """The file that holds the user's password, readable by the node's user alone."""
    from_address: Annotated[str, Field(max_length=254)] = ""
    """The address that messages come from."""
    per_hour_max: Annotated[int, Field(ge=1, le=100_000)] = 500
    """How many messages may go out within an hour; more wait."""

    @model_validator(mode="after")
    def _can_send(self) -> Self:
        if self.host and mail_address(self.from_address) is None:
            raise ValueError("from_address: not an e-mail address: name the one that messages come from")
        if self.user and self.password_file is None:
            raise ValueError("password_file: name the file that holds the password of the user")
        if self.user and self.tls == "none" and self.host not in _LOOPBACK:
            raise ValueError('tls: a password does not travel in the clear: take "starttls" or "implicit"')
        return self


class Webhooks(_Section):
    """Where webhooks may go."""

    allow_local: bool = False
    """Whether also to this machine, by http as well, and to the networks behind it. For trials and systems in-house."""


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
    metrics_token_file: Annotated[Path | None, Field(strict=False)] = None
    """The file with the token that opens /metrics; without one there are no metrics."""
    single_sign_on: SingleSignOn = SingleSignOn()
    log: Log = Log()
    backup: Backup = Backup()
    desk: Desk = Desk()
    mail: Mail = Mail()
    webhooks: Webhooks = Webhooks()

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
    for name in ("passphrase_file", "metrics_token_file"):
        if isinstance(named := values.get(name), str):
            values[name] = directory / named
    sign_on = values.get("single_sign_on")
    if isinstance(sign_on, dict) and isinstance(named := sign_on.get("client_secret_file"), str):
        sign_on["client_secret_file"] = directory / named
    _place_files(directory, values.get("mail"))
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
    return _with_list(path, data, before, merged)


def without_peer(path: Path, data: bytes, peer: str) -> bytes:
    """Return the settings file without a peer. Raises ConfigError if it names none such, or that takes a person."""
    before = _parsed(path, data)
    held = list(before.get("peers", ()))
    left = [each for each in held if str(each).rstrip("/") != peer.rstrip("/")]
    if len(left) == len(held):
        raise ConfigError(f"{path}: peers does not name {peer[:ADDRESS_CHARACTERS_MAX]}")
    return _with_list(path, data, before, left)


def _with_list(path: Path, data: bytes, before: Mapping[str, Any], peers: list[str]) -> bytes:
    """Return the settings file with another list of peers, all else as it was. Raises ConfigError."""
    line = f"peers = {json.dumps(peers)}"
    text, count = re.subn(r"^peers\s*=.*$", lambda _: line, data.decode(), count=1, flags=re.MULTILINE)
    edited = text.encode() if count else f"{line}\n{text}".encode()
    try:
        is_as_meant = tomllib.loads(edited.decode()) == {**before, "peers": peers}
    except tomllib.TOMLDecodeError:
        is_as_meant = False
    if not is_as_meant:
        raise ConfigError(f"{path}: peers can't be changed automatically: write into it: {line}")
    return edited


def is_set_outside(name: str) -> bool:
    """Whether a setting comes from the environment, so that what the file says of it has no effect."""
    return _PREFIX + name.upper() in os.environ


def as_address(text: str) -> str:
    """Return an address as settings hold it. Raises ValueError with the reason if it isn't one."""
    return _address(text)


def _parsed(path: Path, data: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error


def _place_files(directory: Path, section: object) -> None:
    """Have the files that a section names lie in the node's directory unless they are named in full."""
    for name in ("password_file", "ca_file"):
        if isinstance(section, dict) and isinstance(named := section.get(name), str):
            section[name] = directory / named


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

# The node backs itself up, also while it runs. Another disk is better than its own.
[backup]
directory = "backups"
every_hours = 24
keep = 7
# [desk]
# At the secretariat's node: a round or an agenda is signed only once a second account has confirmed it.
# two_person_approval = true
"""

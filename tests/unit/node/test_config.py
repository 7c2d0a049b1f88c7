import os
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from node import config
from node.config import Backup, ConfigError, Layout, NodeConfig, load_config
from node.files import FileError


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [variable for variable in os.environ if variable.startswith("COMITIA_")]:
        monkeypatch.delenv(name)
    Layout(tmp_path).config.write_bytes(config.new_config(public_url="https://node.example", is_teller=True))
    return tmp_path


def write(directory: Path, text: str) -> None:
    Layout(directory).config.write_text(text)


def test_what_init_writes_loads_and_says_what_was_asked(directory: Path) -> None:
    loaded = load_config(directory)
    assert (loaded.public_url, loaded.is_teller, loaded.secure_cookies) == ("https://node.example", True, True)
    assert loaded == NodeConfig(public_url="https://node.example", backup=Backup(every_hours=24))


def test_an_empty_file_gives_the_defaults(directory: Path) -> None:
    write(directory, "")
    assert load_config(directory) == NodeConfig()


def test_every_setting_can_be_written_in_the_file(directory: Path) -> None:
    write(
        directory,
        'public_url = "http://localhost:1/"\npeers = ["http://a:1", "https://b"]\npeers_max = 3\nis_teller = false\n'
        "api_points_per_minute = 7\napi_points_per_minute_of_token = 8\n"
        'secure_cookies = false\ntopics_worker = false\nimport_bytes_max = 5\npassphrase_file = "p"\n'
        'metrics_token_file = "m"\n'
        '[listen]\nhost = "::1"\nport = 0\n[log]\nlevel = "debug"\nformat = "json"\n'
        '[backup]\ndirectory = "/b"\nevery_hours = 6\nkeep = 3\nwith_keys = true\n'
        '[single_sign_on]\nissuer = "https://id.example"\nclient_id = "c"\nlabel = "L"\n'
        "[desk]\ntwo_person_approval = true\napproval_hours = 5\n"
        '[mail]\nhost = "mail.example"\nport = 465\ntls = "implicit"\nca_file = "ca.pem"\nuser = "u"\n'
        'password_file = "/run/mail"\nfrom_address = "notices@node.example"\nper_hour_max = 7\n'
        "[webhooks]\nallow_local = true\n",
    )
    loaded = load_config(directory)
    changed = {name for name in NodeConfig.model_fields if getattr(loaded, name) != getattr(NodeConfig(), name)}
    assert changed == set(NodeConfig.model_fields)
    assert loaded.public_url == "http://localhost:1"
    assert loaded.peers == ("http://a:1", "https://b")
    assert (loaded.listen.host, loaded.listen.port, loaded.log.format) == ("::1", 0, "json")
    assert (loaded.mail.ca_file, str(loaded.mail.password_file)) == (directory / "ca.pem", "/run/mail")


def test_a_passphrase_file_is_taken_from_the_data_directory(directory: Path) -> None:
    write(directory, 'passphrase_file = "secret"')
    assert load_config(directory).passphrase_file == directory / "secret"
    write(directory, 'passphrase_file = "/run/secret"')
    assert str(load_config(directory).passphrase_file) == "/run/secret"


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("COMITIA_PUBLIC_URL", "https://other.example", "public_url", "https://other.example"),
        ("COMITIA_IS_TELLER", "false", "is_teller", False),
        ("COMITIA_PEERS", '["https://a", "https://b"]', "peers", ("https://a", "https://b")),
        ("COMITIA_PEERS_MAX", "3", "peers_max", 3),
        ("COMITIA_LISTEN__PORT", "99", "listen", config.Listen(port=99)),
        ("COMITIA_LOG__LEVEL", "error", "log", config.Log(level="error")),
    ],
)
def test_the_environment_overrides_the_file(
    directory: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, field: str, expected: object
) -> None:
    monkeypatch.setenv(name, value)
    assert getattr(load_config(directory), field) == expected


def test_the_environment_overrides_one_setting_of_a_section_and_leaves_the_others(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(directory, '[listen]\nhost = "::1"\nport = 5')
    monkeypatch.setenv("COMITIA_LISTEN__PORT", "6")
    assert load_config(directory).listen == config.Listen(host="::1", port=6)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("bogus = 1", "bogus: is no setting"),
        ("[listen]\nprot = 1", "listen.prot: is no setting"),
        ("[log]\nfile = 'x'", "log.file: is no setting"),
        ("[desk]\napproval_hours = 0", "desk.approval_hours: Input should be greater than or equal to 1"),
        ('[listen]\nport = "87"', "listen.port: Input should be a valid integer"),
        ("[listen]\nport = 65536", "listen.port: Input should be less than or equal to 65535"),
        ("is_teller = 1", "is_teller: Input should be a valid boolean"),
        ('peers = "https://a"', "peers: Input should be a valid tuple"),
        ('peers = ["ftp://a"]', "peers.0: not an address of the form https://host"),
        ('peers = ["https://a/path"]', "peers.0: not an address"),
        ('public_url = "junk"', "public_url: not an address"),
        ('public_url = "http://a"', "secure_cookies: browsers don't send secure cookies to an http address"),
        ('[log]\nlevel = "loud"', "log.level: Input should be 'debug', 'info', 'warning' or 'error'"),
        ("peers = [", "not TOML"),
        ('[mail]\nhost = "m"', "mail: from_address: not an e-mail address"),
        ('[mail]\nhost = "m"\nfrom_address = "a@b"\nuser = "u"', "mail: password_file: name the file"),
        (
            '[mail]\nhost = "m"\nfrom_address = "a@b"\nuser = "u"\npassword_file = "p"\ntls = "none"',
            "mail: tls: a password does not travel in the clear",
        ),
        ('[mail]\ntls = "maybe"', "mail.tls: Input should be 'none', 'starttls' or 'implicit'"),
        ("listen = 3", "listen: Input should be a valid dictionary"),
    ],
)
def test_a_bad_setting_is_refused_with_file_path_and_cause(directory: Path, text: str, reason: str) -> None:
    write(directory, text)
    with pytest.raises(ConfigError, match=f"^{re.escape(f'{directory}/node.toml: {reason}')}") as caught:
        load_config(directory)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("COMITIA_LISTEN__PORT", "x", "environment COMITIA_LISTEN__PORT: listen.port: Input should be a valid integer"),
        ("COMITIA_PUBLIC_URL", "junk", "environment COMITIA_PUBLIC_URL: public_url: not an address"),
        ("COMITIA_PEERS", '["x"]', "environment COMITIA_PEERS: peers.0: not an address"),
        ("COMITIA_PEERS", "https://a", "environment: .*lists are written as JSON"),
        ("COMITIA_PORT", "1", "environment: COMITIA_PORT is no setting: unset it"),
        ("COMITIA_LISTEN__PROT", "1", "environment: COMITIA_LISTEN__PROT is no setting"),
    ],
)
def test_a_bad_variable_is_refused_by_name(
    directory: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=f"^{reason}"):
        load_config(directory)


def test_the_commands_own_variables_are_no_unknown_settings(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMITIA_PASSPHRASE_FILE", "/run/secret")
    monkeypatch.setenv("COMITIA_ROOT_PASSPHRASE_FILE", "/run/other")
    assert str(load_config(directory).passphrase_file) == "/run/secret"


def test_a_directory_without_settings_says_how_to_make_a_node(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"holds no node\.toml: make a node with: comitia init"):
        load_config(tmp_path)


def test_rubbish_and_giants_are_no_settings(directory: Path) -> None:
    Layout(directory).config.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not TOML"):
        load_config(directory)
    write(directory, "#" * (config.CONFIG_BYTES_MAX + 1))
    with pytest.raises(FileError, match="larger than the limit"):
        load_config(directory)


def test_no_section_takes_unknown_settings() -> None:
    models: list[type[BaseModel]] = [NodeConfig]
    for field in NodeConfig.model_fields.values():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            models.append(field.annotation)
    assert len(models) == 8
    for model in models:
        assert (model.model_config["extra"], model.model_config["strict"]) == ("forbid", True)


def test_new_settings_for_a_trial_without_tls_can_be_signed_in_to() -> None:
    text = config.new_config(public_url="http://localhost:8700", is_teller=False).decode()
    assert "secure_cookies = false" in text
    assert "is_teller = false" in text
    with pytest.raises(ConfigError, match="public_url: not an address"):
        config.new_config(public_url='https://a"\nbogus = 1', is_teller=True)


def test_peers_are_added_and_the_rest_stays_as_it_was(directory: Path) -> None:
    path = Layout(directory).config
    before = path.read_text()
    edited = config.with_peers(path, path.read_bytes(), ("https://b/", "https://a", "https://b")).decode()
    assert edited == before.replace("peers = []", 'peers = ["https://b", "https://a"]')
    again = config.with_peers(path, edited.encode(), ("https://c",)).decode()
    assert 'peers = ["https://b", "https://a", "https://c"]' in again


def test_peers_are_added_where_there_was_no_list(directory: Path) -> None:
    path = Layout(directory).config
    assert config.with_peers(path, b"[listen]\nport = 1\n", ("https://a",)) == (
        b'peers = ["https://a"]\n[listen]\nport = 1\n'
    )


def test_a_list_over_several_lines_is_left_to_a_person(directory: Path) -> None:
    path = Layout(directory).config
    with pytest.raises(ConfigError, match=r'write into it: peers = \["https://z", "https://a"\]'):
        config.with_peers(path, b'peers = [\n  "https://z",\n]\n', ("https://a",))


def test_a_peer_is_taken_out_and_the_rest_stays_as_it_was(directory: Path) -> None:
    path = Layout(directory).config
    before = config.with_peers(path, path.read_bytes(), ("https://a", "https://b"))
    assert config.without_peer(path, before, "https://a/") == before.replace(b'"https://a", ', b"")
    with pytest.raises(ConfigError, match="peers does not name https://c"):
        config.without_peer(path, before, "https://c")
    with pytest.raises(ConfigError, match=r"write into it: peers = \[\]"):
        config.without_peer(path, b'peers = [\n  "https://z",\n]\n', "https://z")


def test_backups_go_below_the_data_directory_unless_the_path_is_absolute(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    assert layout.backups(NodeConfig()) == tmp_path / "backups"
    assert layout.backups(NodeConfig(backup=Backup(directory=Path("/b")))) == Path("/b")


def test_the_environment_is_known_to_have_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not config.is_set_outside("peers")
    monkeypatch.setenv("COMITIA_PEERS", "[]")
    assert config.is_set_outside("peers")


def test_a_peer_must_be_an_address(directory: Path) -> None:
    with pytest.raises(ConfigError, match="peer: not an address"):
        config.with_peers(Layout(directory).config, b"", ("b.example",))


def test_everything_lies_in_the_data_directory(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    places = {layout.config, layout.charter, layout.member, layout.keys, layout.store}
    assert len(places) == 5
    assert {place.parent for place in places} == {tmp_path}


SIGN_ON = '[single_sign_on]\nissuer = "https://id.example/realms/one"\nclient_id = "comitia"\n'


def test_single_sign_on_is_read_with_its_secret_beside_the_settings(directory: Path) -> None:
    text = directory.joinpath("node.toml").read_text()
    directory.joinpath("node.toml").write_text(text + SIGN_ON + 'client_secret_file = "secret"\nclaim = "sub"\n')
    found = load_config(directory).single_sign_on
    assert (found.issuer, found.client_id, found.claim) == ("https://id.example/realms/one", "comitia", "sub")
    assert found.client_secret_file == directory / "secret"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (('client_id = "comitia"', 'client_id = ""'), "issuer and client_id belong together"),
        (("https://id.example/realms/one", ""), "issuer and client_id belong together"),
        (("https://id.example/realms/one", "http://id.example"), "not a provider's address"),
        (("https://id.example/realms/one", "https://id.example?x=1"), "not a provider's address"),
        (("https://id.example/realms/one", "http://localhost.evil.example"), "not a provider's address"),
    ],
)
def test_single_sign_on_that_cannot_be_is_refused(directory: Path, change: tuple[str, str], reason: str) -> None:
    text = directory.joinpath("node.toml").read_text()
    directory.joinpath("node.toml").write_text(text + SIGN_ON.replace(*change))
    with pytest.raises(ConfigError, match=reason):
        load_config(directory)


def test_a_provider_on_this_machine_may_do_without_tls(directory: Path) -> None:
    text = directory.joinpath("node.toml").read_text()
    directory.joinpath("node.toml").write_text(text + SIGN_ON.replace("https://id.example", "http://127.0.0.1:9000"))
    assert load_config(directory).single_sign_on.issuer == "http://127.0.0.1:9000/realms/one"

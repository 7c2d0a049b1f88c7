"""What is shipped for operators is whole and speaks of what exists."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from node.cli import COMMANDS, Entry
from node.config import Backup, NodeConfig
from web.settings import WebSettings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def locked() -> set[str]:
    text = (DEPLOY / "requirements.lock").read_text()
    return {match[1].lower().replace("_", "-") for match in re.finditer(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)}


def test_the_lock_names_hashes_for_every_package_and_no_address() -> None:
    text = (DEPLOY / "requirements.lock").read_text()
    assert "://" not in text
    assert "index" not in text
    for entry in re.split(r"\n(?=\S)", text.strip()):
        assert "--hash=sha256:" in entry, entry[:80]


def test_the_lock_covers_what_the_project_depends_on() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {re.split(r"[<>=!~\[ ]", name)[0].lower().replace("_", "-") for name in project["dependencies"]}
    assert needed <= locked()


def test_the_manual_names_only_commands_that_exist() -> None:
    text = (DEPLOY / "OPERATIONS.md").read_text() + (ROOT / "README.md").read_text()
    for first, second in set(re.findall(r"^ {4}comitia ([a-z]+) ?([a-z]*)", text, re.MULTILINE)):
        entry = COMMANDS[first]
        assert isinstance(entry, Entry) or second in entry.entries, f"comitia {first} {second}"


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_for_operators_stands_in_a_manual(command: str) -> None:
    text = (DEPLOY / "OPERATIONS.md").read_text() + (ROOT / "README.md").read_text()
    text += (ROOT / "topics" / "MODEL_CARD.md").read_text()
    assert f"comitia {command}" in text


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze")
def test_the_service_unit_is_understood(tmp_path: Path) -> None:
    unit = tmp_path / "comitia.service"
    text = (DEPLOY / "comitia.service").read_text()
    unit.write_text(
        re.sub(r"^(User|Group)=.*\n", "", text, flags=re.MULTILINE).replace("/opt/comitia/bin/comitia", "/bin/true")
    )
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert "Unknown" not in done.stderr, done.stderr


def test_containers_start_the_node_on_the_port_that_compose_and_the_health_check_expect() -> None:
    container = (DEPLOY / "Containerfile").read_text()
    assert 'CMD ["serve", "/var/lib/comitia"]' in container
    assert "EXPOSE 8700" in container
    assert "127.0.0.1:8700/health" in container
    compose = (DEPLOY / "compose.yaml").read_text()
    assert len(re.findall(r"^  member-[abc]:$", compose, re.MULTILINE)) == 3
    assert len(re.findall(r'"127\.0\.0\.1:870[123]:8700"', compose)) == 3


def test_the_manual_and_the_files_name_only_settings_that_exist() -> None:
    for name in ("OPERATIONS.md", "comitia.service", "Containerfile", "compose.yaml"):
        for variable in re.findall(r"COMITIA_([A-Z_]+)", (DEPLOY / name).read_text()):
            section, _, inner = variable.lower().partition("__")
            field = NodeConfig.model_fields[section]
            if inner:
                assert field.annotation is not None
                assert inner in field.annotation.model_fields, variable


def test_the_manual_says_how_many_sign_ins_pass_behind_a_proxy() -> None:
    manual = " ".join((DEPLOY / "OPERATIONS.md").read_text().split())
    assert f"allows {WebSettings().sign_ins_per_minute} a minute in all" in manual


def test_proxies_pass_websockets_and_streams_on_and_bound_bodies() -> None:
    nginx = (DEPLOY / "nginx.conf").read_text()
    assert nginx.count("{") == nginx.count("}")
    sync = nginx.partition("location = /federation/v1/sync {")[2].partition("}")[0]
    assert "proxy_set_header Upgrade $http_upgrade;" in sync
    pages = nginx.partition("location / {")[2].partition("}")[0]
    assert "proxy_buffering off;" in pages
    assert "client_max_body_size 2m;" in nginx
    assert "limit_req zone=comitia_sign_in" in nginx.partition("location /sign-in {")[2].partition("}")[0]
    caddy = (DEPLOY / "Caddyfile").read_text()
    assert "flush_interval -1" in caddy
    assert "max_size 2MB" in caddy


def test_backups_go_to_where_unit_and_container_may_write() -> None:
    container, unit = (DEPLOY / "Containerfile").read_text(), (DEPLOY / "comitia.service").read_text()
    place = re.findall(r"COMITIA_BACKUP__DIRECTORY=(\S+)", container)[0]
    assert f"ReadWritePaths=-{place}\n" in unit
    assert re.search(rf"^VOLUME .*{place}$", container, re.MULTILINE)
    compose = (DEPLOY / "compose.yaml").read_text()
    assert compose.count(f":{place}\n") == 3
    assert "read_only: true" in compose


def test_the_manual_names_every_reason_for_not_being_ready_and_every_setting_of_backups() -> None:
    manual = (DEPLOY / "OPERATIONS.md").read_text()
    reasons = re.findall(r'"([a-z]+-[a-z]+)": (?:bool|self|not|disk)', (ROOT / "node/operating.py").read_text())
    assert len(reasons) == 4
    for word in (*reasons, *Backup.model_fields, "metrics_token_file"):
        assert f"`{word}`" in manual, word

"""What machines ask: liveness, readiness, and figures for who brings the token."""

import pytest

from tests.unit.web.conftest import Site
from web.metrics import exposition
from web.operator_port import Metric

WORD = "x1" * 20


async def test_the_process_is_alive_and_ready(site: Site) -> None:
    assert (await site.get("/health")).text == "ok\n"
    assert (await site.get("/health/ready")).text == "ready\n"
    site.backend.operator.reasons = ("register-behind", "disk-full")
    seen = await site.get("/health/ready")
    assert (seen.status, seen.text) == (503, "not ready: register-behind, disk-full\n")
    assert (await site.get("/health")).status == 200, "a node that isn't ready need not be killed"


async def test_without_a_token_in_the_settings_there_are_no_figures(site: Site) -> None:
    assert (await site.get("/metrics", Authorization="Bearer ")).status == 404


@pytest.mark.parametrize(
    "header", ["", WORD, f"Basic {WORD}", f"Bearer {WORD}x", "Bearer", "Bearer " + "x" * 5_000, "Bearer é"]
)
async def test_a_wrong_token_opens_nothing(site: Site, header: str) -> None:
    site.backend.operator.token = WORD
    seen = await site.get("/metrics", Authorization=header)
    assert seen.status == 401
    assert "comitia_events" not in seen.text


async def test_figures_are_what_prometheus_reads(site: Site) -> None:
    site.backend.operator.token = WORD
    seen = await site.get("/metrics", Authorization=f"Bearer {WORD}")
    assert seen.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert seen.text.splitlines() == [
        "# HELP comitia_events Events.",
        "# TYPE comitia_events gauge",
        "comitia_events 12",
        "# HELP comitia_refused_total Refused.",
        "# TYPE comitia_refused_total counter",
        r'comitia_refused_total{kind="bad \"x\"\n"} 3',
    ]


def test_label_values_are_bounded_in_number_and_length() -> None:
    many = Metric("m", "gauge", "h", "l", {f"{at}" * 200: 1.5 for at in range(300)})
    lines = exposition([many]).splitlines()
    assert len(lines) == 2 + 64
    assert max(map(len, lines)) < 130
    assert lines[-1].endswith(" 1.5")

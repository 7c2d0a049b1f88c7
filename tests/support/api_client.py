"""A property-based client of the interface, in a process of its own: asks what its description allows and forbids.

Run as `python -m tests.support.api_client ADDRESS TOKEN EXAMPLES SEED PHASES`; prints one JSON object: how many
requests it made, and what failed, one entry for each check and resource.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema

UNFIT = "422"
"""What fits the description may still not fit together, or not fit the round that it is for."""


def config(address: str, token: str, examples: int, seed: int, phases: list[str]) -> SchemathesisConfig:
    """Return what the client does: every check, the same on every run."""
    refused = ["400", "401", "403", "404", "405", "406", "409", "413", "415", UNFIT]
    accepted = ["2xx", "3xx", "401", "403", "404", "409", UNFIT]
    return SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "base-url": f"{address}/api/v1",
            "headers": {"Authorization": f"Bearer {token}"},
            "request-timeout": 20,
            "continue-on-failure": True,
            "generation": {"deterministic": True, "max-examples": examples, "database": "none", "no-shrink": True},
            "checks": {
                "positive_data_acceptance": {"expected-statuses": accepted},
                "negative_data_rejection": {"expected-statuses": refused},
            },
            "phases": {name: {"enabled": name in phases} for name in ("examples", "coverage", "fuzzing", "stateful")},
        }
    )


def failures(event: events.ScenarioFinished) -> Iterator[tuple[str, str]]:
    """Yield which checks a scenario failed, and how to ask the same again."""
    for case_id, checks in event.recorder.checks.items():
        for check in checks:
            if check.status is Status.FAILURE and check.failure_info is not None:
                case = event.recorder.cases[case_id].value
                again = check.failure_info.code_sample
                yield f"{case.operation.label}: {check.name}", f"{check.failure_info.failure}\n{again}"


def run(settings: SchemathesisConfig, address: str) -> dict[str, Any]:
    """Return what happened."""
    schema = schemathesis.openapi.from_url(f"{address}/api/v1/openapi.json", config=settings)
    failed: dict[str, str] = {}
    asked = 0
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            asked += len(event.recorder.interactions)
            failed |= dict(failures(event))
        elif isinstance(event, events.NonFatalError):
            failed[f"{event.label}: error"] = event.info.format()
        elif isinstance(event, events.FatalError):
            failed["the run: error"] = repr(event.exception)
    return {"asked": asked, "failed": failed}


def main() -> None:
    """Run and print."""
    address, token, examples, seed, phases = sys.argv[1:]
    found = run(config(address, token, int(examples), int(seed), phases.split(",")), address)
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()

"""The stand-alone verifiers, loaded from their files as outsiders run them: nothing of the project around them."""

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

OFFLINE = Path(__file__).resolve().parents[2] / "web" / "offline"


@cache
def offline_program(name: str) -> Any:
    """Return the module in a stand-alone file."""
    found = importlib.util.spec_from_file_location(f"offline_{name}", OFFLINE / f"{name}.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module

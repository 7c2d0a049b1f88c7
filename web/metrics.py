"""Figures as Prometheus reads them (text format 0.0.4)."""

from collections.abc import Iterable, Iterator
from typing import Final

from web.operator_port import Metric

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_LABELS_MAX = 64
"""So many values of a label are written; what is beyond them isn't."""


def exposition(metrics: Iterable[Metric]) -> str:
    """Return metrics as text, one line a value."""
    return "\n".join(line for metric in metrics for line in _lines(metric)) + "\n"


def _lines(metric: Metric) -> Iterator[str]:
    yield f"# HELP {metric.name} {metric.help}"
    yield f"# TYPE {metric.name} {metric.kind}"
    for value, figure in list(metric.values.items())[:_LABELS_MAX]:
        label = f'{{{metric.label}="{_escaped(value)}"}}' if metric.label else ""
        yield f"{metric.name}{label} {figure:.17g}"


def _escaped(value: str) -> str:
    return value[:100].replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")

"""A node's figures for machines: what a monitoring system asks for every few seconds. Names and labels are bounded."""

from collections.abc import Mapping, Sequence
from typing import Literal

from web.operator_port import Metric, OperatorView
from web.ports import PeerView


def figures(view: OperatorView, offset_ms: int | None) -> tuple[Metric, ...]:
    """Return the figures of a glance at the node; what isn't known is left out."""
    status = view.status
    connected = [peer for peer in status.peers if peer.is_connected]
    made = max((each.made for each in view.backups.listed if each.made is not None and each.is_whole), default=None)
    urgencies = {name: sum(each.urgency == name for each in view.findings) for name in ("stop", "warn", "note")}
    found = [
        _labelled("comitia_info", "The version of the program.", "version", {status.version: 1}),
        _one("comitia_start_time_seconds", "When the node started.", status.started / 1_000),
        _one("comitia_register_height", "Certified records.", status.height),
        _one("comitia_events", "Events in the store.", status.events),
        _one("comitia_texts", "Texts in the store.", status.texts),
        _one("comitia_chains", "Keys whose chains are held.", status.chains),
        _one("comitia_forked_keys", "Keys that have forked.", len(view.forks)),
        _one("comitia_peers_connected", "Other nodes with a line to this one.", len(connected)),
        _one("comitia_peers_known", "Other nodes that are dialled or have dialled in.", len(status.peers)),
        _one("comitia_lag_events", "Events that the furthest peer has more.", _lag(connected)),
        _one("comitia_store_bytes", "Size of the store.", view.disk.stored),
        _one("comitia_disk_free_bytes", "Free space on its disk.", view.disk.free),
        _one("comitia_halted", "1 if the register has halted.", bool(status.halted)),
        _one("comitia_may_sign", "0 while a restored node waits for others.", view.signing.is_allowed),
        _one("comitia_topics_up", "1 while the topics worker runs.", status.topics_worker == "running"),
        _one("comitia_duties", "Open rounds that wait for this node's teller.", _waiting(view)),
        _labelled("comitia_findings", "What is wrong, by urgency.", "urgency", urgencies),
        _labelled("comitia_refused_total", "Refused input, by kind.", "kind", status.refusal_counts, "counter"),
    ]
    if made is not None:
        found.append(_one("comitia_backup_time_seconds", "When the last whole backup was made.", made / 1_000))
    if offset_ms is not None:
        found.append(_one("comitia_clock_offset_seconds", "How far others' clocks are ahead.", offset_ms / 1_000))
    return tuple(found)


def _lag(connected: Sequence[PeerView]) -> int:
    return max((peer.lag or 0 for peer in connected), default=0)


def _waiting(view: OperatorView) -> int:
    return sum(bool(each.waits_for) for each in view.duties.rounds)


def _one(name: str, meaning: str, value: float) -> Metric:
    return Metric(name, "gauge", meaning, "", {"": float(value)})


def _labelled(
    name: str, meaning: str, label: str, values: Mapping[str, int], kind: Literal["gauge", "counter"] = "gauge"
) -> Metric:
    return Metric(name, kind, meaning, label, {value: float(count) for value, count in values.items()})

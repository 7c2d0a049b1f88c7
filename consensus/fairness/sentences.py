"""The English sentence of every finding about fairness: one whole sentence each, as consensus/rules/sentences.py."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

FAIRNESS_SENTENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "jr_holds": (
            "No group was left out: wherever members who agree on a topic could pay for it from their share of the "
            "time, at least one of them approves a topic that was selected."
        ),
        "jr_fails": (
            "A group was left out: {members} members approve the topic {option} and could pay for it from their share "
            "of the time, but none of them approves any topic that was selected."
        ),
        "pjr_plus_holds": (
            "No group was short of topics as a whole: members who agree on a topic that was not selected approve, "
            "taken together, as many selected topics as their share of the time would pay for at its length."
        ),
        "pjr_plus_fails": (
            "A group was short of topics as a whole: {members} members approve the topic {option}, which was not "
            "selected, and their share of the time would pay for topics of its length in this number: {owed}; "
            "selected topics that any of them approves: {got}."
        ),
        "ejr_plus_holds": (
            "No group was short of topics: of the members who agree on a topic that was not selected, at least one "
            "approves as many selected topics as their share of the time would pay for at its length."
        ),
        "ejr_plus_fails": (
            "A group was short of topics: {members} members approve the topic {option}, which was not selected, and "
            "their share of the time would pay for topics of its length in this number: {owed}; the most selected "
            "topics that one of them approves: {got}."
        ),
        "own_share_holds": (
            "No group could have had more from its own share of the time: nowhere would it have paid for all selected "
            "topics that its members approve and for one more that they agree on."
        ),
        "own_share_fails": (
            "A group could have had more from its own share of the time: {members} members approve the topic "
            "{option}, which was not selected and needs {cost} minutes; their share is {owed} minutes, and all "
            "selected topics that any of them approves take {got}."
        ),
    }
)

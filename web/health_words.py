"""A node's health in words: what is wrong, and what to do, by the code of a finding."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from web.i18n import Language
from web.marking import N_
from web.operator_port import Finding, Urgency

_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "halted": (
        N_("The register has halted: %(reason)s."),
        N_("Stop the node, keep its directory, and call the other members' operators. What was certified stays valid."),
    ),
    "own-key-forked": (
        N_("Your own key %(key)s has forked at event %(seq)d: nothing that it signs counts any more."),
        N_("Find out whether two nodes ran with the same keys. Download the proof and tell the other members."),
    ),
    "restored": (
        N_("Restored from a backup, this node signs nothing yet: %(heard)d of %(needed)d others have been heard."),
        N_("Wait until others are connected. It goes on by itself."),
    ),
    "clock-behind": (
        N_("This node's clock is %(seconds)d seconds behind those of other nodes."),
        N_("Set the clock by NTP. From 120 seconds on, nodes refuse what others sign."),
    ),
    "clock-ahead": (
        N_("This node's clock is %(seconds)d seconds ahead of those of other nodes."),
        N_("Set the clock by NTP. From 120 seconds on, nodes refuse what others sign."),
    ),
    "no-line": (
        N_("No other node is connected; %(nodes)d are tried."),
        N_("Check this machine's network and the other nodes' addresses. Without a line a file does: comitia export."),
    ),
    "few-tellers": (
        N_(
            "There is a line to %(have)d of %(tellers)d tellers, this node included; a round needs %(needed)d to close."
        ),
        N_("Call the operators of the nodes that are missing. Rounds close by themselves once they are back."),
    ),
    "peers-away": (
        N_("Nodes without a line to this one: %(nodes)d (%(names)s)."),
        N_("Nothing is lost: they catch up when they are back. Call their operators if it lasts."),
    ),
    "register-behind": (
        N_("The register here stands at height %(height)d; other nodes say %(claimed)d."),
        N_("It catches up by itself within seconds. If it lasts, look at what was refused."),
    ),
    "lag": (
        N_("Events that another node has and this one is fetching: %(events)d."),
        N_("Nothing to do: the number falls by itself."),
    ),
    "disk-full": (
        N_("The disk is full: %(megabytes)d MB are free."),
        N_("Make room now. The node refuses to sign on a full disk; nothing that it acknowledged is lost."),
    ),
    "disk-low": (
        N_("The disk is nearly full: %(megabytes)d MB are free."),
        N_("Make room, or move the data directory to a larger disk."),
    ),
    "disk-soon": (
        N_("At its present pace the store fills the disk within %(days)d days."),
        N_("Make room, or move the data directory to a larger disk."),
    ),
    "backup-damaged": (
        N_("The backup %(name)s is damaged or not whole."),
        N_("Remove it and make another one now."),
    ),
    "backup-failed": (N_("The last backup failed: %(reason)s."), N_("Remedy the cause, then make one now.")),
    "backup-none": (
        N_("There is no backup of this node."),
        N_("Make one now, and set every_hours in node.toml, section backup."),
    ),
    "backup-old": (
        N_("The last backup is %(hours)d hours old."),
        N_("Make one now, and see in the log why none was made."),
    ),
    "topics-failed": (
        N_("The topics worker has failed: no goals are suggested, and groups stay as they are."),
        N_("See the log for the cause. The node tries again by itself; comitia doctor tells what is missing."),
    ),
    "version-behind": (
        N_("This node runs version %(version)s; another runs %(newest)s."),
        N_("Plan an upgrade: stop, back up, install, start."),
    ),
    "keys-forked": (
        N_("Keys of other members that have forked: %(keys)d."),
        N_("Download the proofs below and tell the members whose keys they are."),
    ),
    "mail-failing": (
        N_("Mail can't be sent: %(reason)s."),
        N_("Check the settings of the mail server in node.toml; what waits is sent later."),
    ),
}
FINDING_CODES: Final = frozenset(_WORDS)
"""Every code that a node may report."""


@dataclass(frozen=True, slots=True)
class FindingWords:
    """One finding, worded."""

    urgency: Urgency
    said: str
    remedy: str


def finding_words(language: Language, finding: Finding, name_of: Callable[[str], str]) -> FindingWords:
    """Return a finding in words; name_of gives a member's name by its id. Raises KeyError for a code without words."""
    said, remedy = _WORDS[finding.code]
    values = {
        name: language.listed(map(name_of, value)) if isinstance(value, tuple) else value
        for name, value in finding.values.items()
    }
    return FindingWords(finding.urgency, language.gettext(said) % values, language.gettext(remedy))

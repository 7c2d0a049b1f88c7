"""The English sentence of every reason code: one whole sentence each, so that a translator never glues pieces.

Numbers stand where the grammar doesn't depend on them. The names in braces are the reason's parameters.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

SENTENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "adopted": "The text is adopted; votes in favour beyond the number needed: {margin}.",
        "adopted_exactly": "The text is adopted with exactly the number of votes in favour that was needed.",
        "not_adopted_short": "The text is not adopted; votes in favour missing to the number needed: {missing}.",
        "not_adopted_despite_votes": (
            "The text is not adopted although enough votes were in favour, because another condition was not met."
        ),
        "no_quorum": (
            "Nothing was decided, because too few members took part; the text is neither adopted nor rejected."
        ),
        "no_quorum_selection": "Nothing was selected, because too few members took part; the topics remain open.",
        "counted_votes": (
            "Of {entitled} entitled members {cast} cast a ballot: {in_favour} in favour, {against} against, "
            "{abstain} abstaining."
        ),
        "left_out_not_entitled": "Ballots left out because their members had no vote in this round: {count}.",
        "left_out_not_a_ballot": "Ballots left out because they were not in a form that can be counted: {count}.",
        "left_out_wrong_form": "Ballots left out because they did not answer the question that was asked: {count}.",
        "left_out_unknown_option": "Ballots left out because they named a topic that was not on the list: {count}.",
        "left_out_reason_missing": (
            "Votes against left out because this rule asks for a reason and none was given: {count}."
        ),
        "quorum_met": "The quorum was met: members who took part: {have}; needed: {bound}.",
        "quorum_missed": "The quorum was missed: members who took part: {have}; needed: {bound}.",
        "participation_met": "This rule asks for no quorum; members who took part: {have}.",
        "participation_missed": "Nobody took part whose vote could be counted.",
        "threshold_met_cast": (
            "Measured against the ballots cast ({base}), at least {bound} in favour were needed, and {have} were."
        ),
        "threshold_missed_cast": (
            "Measured against the ballots cast ({base}), at least {bound} in favour were needed, but only {have} were."
        ),
        "threshold_met_valid": (
            "Measured against the valid votes that count ({base}), at least {bound} in favour were needed, "
            "and {have} were."
        ),
        "threshold_missed_valid": (
            "Measured against the valid votes that count ({base}), at least {bound} in favour were needed, "
            "but only {have} were."
        ),
        "threshold_met_yes_no": (
            "Measured against the votes for and against ({base}), at least {bound} in favour were needed, "
            "and {have} were."
        ),
        "threshold_missed_yes_no": (
            "Measured against the votes for and against ({base}), at least {bound} in favour were needed, "
            "but only {have} were."
        ),
        "threshold_met_present": (
            "Measured against the members present ({base}), at least {bound} in favour were needed, and {have} were."
        ),
        "threshold_missed_present": (
            "Measured against the members present ({base}), at least {bound} in favour were needed, "
            "but only {have} were."
        ),
        "threshold_met_entitled": (
            "Measured against all entitled members ({base}), at least {bound} in favour were needed, and {have} were."
        ),
        "threshold_missed_entitled": (
            "Measured against all entitled members ({base}), at least {bound} in favour were needed, "
            "but only {have} were."
        ),
        "abstentions_excluded": "Abstentions were left out of both the quorum and the majority.",
        "abstentions_quorum_only": "Abstentions counted for the quorum, not for the majority.",
        "abstentions_against": "Abstentions counted as votes against.",
        "ceiling_kept": "At most {bound} votes of {base} could be against, and {have} were.",
        "ceiling_exceeded": "At most {bound} votes of {base} could be against, but {have} were.",
        "minimum_met": "At least {bound} members in favour were needed whatever the turnout, and {have} were.",
        "minimum_missed": (
            "At least {bound} members in favour were needed whatever the turnout, but only {have} were."
        ),
        "weight_met": "By weight, at least {bound} of {base} in favour were needed, and {have} were.",
        "weight_missed": "By weight, at least {bound} of {base} in favour were needed, but only {have} were.",
        "weight_waived": (
            "The majority by weight was missed but could not block, because blocking takes more than {bound} "
            "members who are not in favour, and there were {have}."
        ),
        "constituency_met": (
            "In the constituency {constituency}, at least {bound} of {base} votes in favour were needed, "
            "and {have} were."
        ),
        "constituency_missed": (
            "In the constituency {constituency}, at least {bound} of {base} votes in favour were needed, "
            "but only {have} were."
        ),
        "selected": "Topics selected: {chosen} of {options}, taking {spent} of the {capacity} minutes there are.",
        "selected_nothing": "No topic is selected: none of the {options} has support that suffices.",
        "counted_approvals": (
            "Of {entitled} entitled members {cast} cast a ballot; ballots that approve at least one topic: {voters}."
        ),
        "equal_shares": (
            "Each of these ballots held the same share of the time, {numerator}/{denominator} minutes, and a topic "
            "was taken when its supporters could pay for it together, the cheapest per supporter first; "
            "topics taken so: {chosen}."
        ),
        "equal_shares_whole": (
            "Each of these ballots held the same share of the time, {share} minutes, and a topic was taken when "
            "its supporters could pay for it together, the cheapest per supporter first; topics taken so: {chosen}."
        ),
        "raised_shares": (
            "Each of these ballots held the same share of the time, raised for all by {raised} % as far as the topics "
            "paid for still fitted, and a topic was taken when its supporters could pay for it together, the cheapest "
            "per supporter first; topics taken so: {chosen}."
        ),
        "completed_phragmen": (
            "For the time left over, each of these ballots was given more at the same pace, and a topic that still "
            "fitted was added as soon as its supporters held its minutes together; topics added so: {chosen}."
        ),
        "phragmen": (
            "Each of these ballots was given time at the same pace, and a topic was taken as soon as its supporters "
            "held its minutes together, which they then spent; topics taken so: {chosen}."
        ),
        "completed_most_approved": (
            "The time left over went to the topics with the most supporters that still fitted; "
            "topics added so: {chosen}."
        ),
        "approval_counting": "The topics with the most supporters were taken as long as they fitted.",
        "ties_oldest": "Times that topics were exactly level and the oldest was taken first: {count}.",
        "ties_id": "Times that topics were exactly level and the first by its identifier was taken: {count}.",
        "ties_lot": "Times that topics were exactly level and a public lot decided: {count}.",
        "next_no_room": (
            "The next topic, {option} (supporters: {supporters}), needs {cost} minutes, more than the {unspent} left."
        ),
        "next_not_paid_for": (
            "The next topic, {option} (supporters: {supporters}; minutes: {cost}), would still have fitted, "
            "but its supporters' shares did not suffice."
        ),
        "next_not_reached": (
            "The next topic, {option} (supporters: {supporters}; minutes: {cost}), would still have fitted, "
            "but a topic that did not fit came before it, and the rule ends there."
        ),
    }
)

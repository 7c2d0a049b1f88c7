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
        "adopted_casting_vote": "The text is adopted by the casting vote.",
        "not_adopted_short": "The text is not adopted; votes in favour missing to the number needed: {missing}.",
        "not_adopted_despite_votes": (
            "The text is not adopted although enough votes were in favour, because another condition was not met."
        ),
        "silence_kept": "Silence was kept, so the text is adopted.",
        "silence_broken": "Silence was broken; nothing is rejected: the text goes to a vote.",
        "silence_no_quorum": "Silence is consent, so no number of members had to take part.",
        "consensus_reached": "There is consensus, so the text is adopted.",
        "consensus_missed": "There is no consensus; nothing is rejected: the text goes to a vote.",
        "no_quorum": (
            "Nothing was decided, because too few members took part; the text is neither adopted nor rejected."
        ),
        "no_quorum_selection": "Nothing was selected, because too few members took part; the topics remain open.",
        "counted_votes": (
            "Of {entitled} entitled members {cast} cast a ballot: {in_favour} in favour, {against} against, "
            "{abstain} abstaining."
        ),
        "by_proxy": "Votes among these that another member cast by proxy: {count}.",
        "left_out_proxy_not_allowed": "Proxies left out because this round allows none: {count}.",
        "left_out_proxy_to_itself": "Proxies left out because a member gave its vote to itself: {count}.",
        "left_out_proxy_to_stranger": (
            "Proxies left out because they were given to somebody with no vote in this round: {count}."
        ),
        "left_out_proxy_chain": (
            "Proxies left out because the member that was to vote had given its own vote away: {count}."
        ),
        "left_out_proxy_without_ballot": (
            "Proxies left out because the member that was to vote cast no ballot that can be counted: {count}."
        ),
        "left_out_proxy_over_cap": (
            "Proxies left out because the member that was to vote had as many as it may hold, "
            "taken in the order of the members' identifiers: {count}."
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
        "casting_vote_for": (
            "The votes were exactly level, {have} of {base} in favour, and the casting vote of {member} "
            "in favour decided."
        ),
        "casting_vote_against": (
            "The votes were exactly level, {have} of {base} in favour, and the casting vote of {member} "
            "against decided."
        ),
        "objections_few": "Objections that stand: {have}; at most {bound} could.",
        "objections_many": "Objections that stand: {have}, but at most {bound} could.",
        "objectors": "Members that object: {members}.",
        "objectors_and_more": "Members that object: {members}, and further members: {more}.",
        "support_met": "At least {bound} of {base} entitled members had to be in favour, and {have} were.",
        "support_missed": "At least {bound} of {base} entitled members had to be in favour, but only {have} were.",
        "stood_aside": "Abstaining members stood aside: they counted for the quorum and blocked nothing.",
        "stand_asides_kept": "At most {bound} of {base} entitled members could stand aside, and {have} did.",
        "stand_asides_exceeded": "At most {bound} of {base} entitled members could stand aside, but {have} did.",
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
        "ties_chair": (
            "Times that topics were exactly level and one that {member}, the chair's member, approves was taken first, "
            "then the oldest: {count}."
        ),
        "ties_chair_absent": (
            "Times that topics were exactly level and, as the chair's member had no ballot that counts, "
            "the oldest was taken first: {count}."
        ),
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
        "left_out_unknown_criterion": "Ballots left out because they scored a criterion that was not asked: {count}.",
        "left_out_score_too_high": "Ballots left out because a score was over the maximum: {count}.",
        "ranked_first": "Of {options} options, {option} comes first.",
        "ranked_nothing": "No option comes first, because no ballot ranks any.",
        "counted_rankings": (
            "Of {entitled} entitled members {cast} cast a ballot; ballots that rank at least one option: {voters}."
        ),
        "schulze_pairs": (
            "Every two options were compared by how many ballots put one above the other; "
            "what a ballot leaves out stands below what it ranks."
        ),
        "schulze_beats_all": (
            "In every comparison {option} is ahead; the closest is with {other}: "
            "{votes_for} ballots for {option}, {votes_against} for {other}."
        ),
        "schulze_winning_votes": (
            "No option is ahead in every comparison, so chains of comparisons decide: a chain is as strong as the "
            "fewest ballots that won one of its comparisons, and the stronger chain between two options counts."
        ),
        "schulze_margins": (
            "No option is ahead in every comparison, so chains of comparisons decide: a chain is as strong as the "
            "smallest majority in one of its comparisons, and the stronger chain between two options counts."
        ),
        "schulze_lead": (
            "Nearest to {option} is {other}: the chain from the first to the second has the strength {have}, "
            "the chain back {bound}."
        ),
        "schulze_level": (
            "Exactly level with {option} is {other}: the chain from the first to the second has the strength {have}, "
            "the chain back {bound}."
        ),
        "runoff_method": (
            "Each ballot was one vote for its best option that was left, shared equally where several stood level; "
            "the option with the fewest votes was eliminated, and so on."
        ),
        "runoff_majority": (
            "In count {count}, {option} had {have} of the {base} votes that still counted, more than half."
        ),
        "runoff_last": (
            "In the last count {option} had {have} votes and {other} {bound}; "
            "ballots that ranked neither any more: {count}."
        ),
        "level_oldest": "Times that options were exactly level and the oldest was put first: {count}.",
        "level_id": "Times that options were exactly level and the first by its identifier was put first: {count}.",
        "level_chair": (
            "Times that options were exactly level and the order of {member}, the chair's member, decided, "
            "then age: {count}."
        ),
        "level_chair_absent": (
            "Times that options were exactly level and, as the chair's member had no ballot that counts, "
            "the oldest was put first: {count}."
        ),
        "level_lot": "Times that options were exactly level and a public lot decided: {count}.",
        "scored_first": "Of {options} options, {option} has the highest mean score: {have} of {bound}.",
        "scored_nothing": "No option is in order, because too few members scored any on every criterion.",
        "counted_scores": (
            "Of {entitled} entitled members {cast} cast a ballot; ballots that score at least one option: {voters}."
        ),
        "scored_method": (
            "On each criterion an option has the mean of the scores that it was given, and these means count by the "
            "weights of the criteria; what a member left out counts neither for nor against."
        ),
        "scored_next": "Next is {other} with {have}; the difference is {margin}.",
        "scored_level": "The options {option} and {other} have exactly the same mean.",
        "scored_too_few": (
            "Options that are not in order because too few members scored them on some criterion "
            "(needed on each: {bound}): {count}."
        ),
        "scored_agreement": (
            "How far the scorers agreed: on average {percent} per cent of them gave an option the most common score."
        ),
    }
)

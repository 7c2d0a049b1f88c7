"""Who is to blame when two records are certified at one height: what tellers' own signatures prove, nothing more.

More than f tellers must have broken the rules. Precommits for two records in one view are proof by themselves. Across
views honest tellers may change their minds, so the proof is in the prevotes: take the earlier certificate's view, and
the first later view in which a quorum prevoted for another record. Whoever precommitted in the former and prevoted in
the latter was locked, and no quorum in between could have freed it: at least f+1 tellers, all of them traitors.
That holds as far as all prevotes of the height are here. Whoever is named for want of a quorum's prevotes can answer
by showing them, and the question is asked anew; nobody is named while no such quorum is here.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from consensus.agreement.inputs import Claim
from consensus.agreement.quorum import Quorum
from consensus.agreement.statements import Statement
from protocol.events.tellers import Prevote
from protocol.ids import KeyId, MemberId, RecordId


def name_offenders(
    first: Claim,
    second: Claim,
    prevotes: Iterable[Statement],
    teller_keys: Mapping[KeyId, MemberId],
    quorum: Quorum,
) -> frozenset[MemberId]:
    """Return the tellers that two conflicting certificates, and the prevotes of their height, prove to be traitors."""
    if first.view == second.view:
        return frozenset(first.voters) & frozenset(second.voters)
    earlier = min(first, second, key=lambda claim: claim.view)
    later = max(first, second, key=lambda claim: claim.view)
    voters: defaultdict[tuple[int, RecordId], set[MemberId]] = defaultdict(set)
    for statement in prevotes:
        body = statement.body
        member = teller_keys.get(statement.key)
        if not isinstance(body, Prevote) or body.height != first.height or member is None:
            continue
        if body.value not in (None, earlier.id) and earlier.view < body.view <= later.view:
            voters[body.view, RecordId(str(body.value))].add(member)
    polkas = sorted((view, value) for (view, value), members in voters.items() if len(members) >= quorum.votes)
    if not polkas:
        return frozenset()
    first_view = polkas[0][0]
    offenders = (voters[polka] & set(earlier.voters) for polka in polkas if polka[0] == first_view)
    return frozenset().union(*offenders)

from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import JsonValue

from consensus.rules import registry
from consensus.rules.counting import PositiveShare, Share
from consensus.rules.proportional import EqualSharesSettings
from consensus.rules.threshold import ThresholdSettings
from node import founding, keystore
from node.founding import Draft, FounderKeys, FoundingError, Profile
from node.keystore import NodeKeys
from node.policies import Policies, default_policies
from protocol import charter
from protocol.charter import CharterError, CharterFile
from protocol.errors import LocalError
from protocol.events.rounds import ProcedureName
from protocol.ids import FederationId
from protocol.roll import Member
from tests.support.builders import EPOCH_MS


def founder_keys(*, with_teller: bool = True) -> FounderKeys:
    node = NodeKeys(keystore.new_key(), keystore.new_key() if with_teller else None)
    return FounderKeys(keystore.new_key(), keystore.new_key(), node)


def profile(member: str = "ocean-institute", **changes: Any) -> Profile:
    given = {"names": {"en": "Ocean Institute"}, "country": "SN", "constituencies": ("west", "south"), "address": ""}
    return Profile(**{"id": member, **given, **changes})


def entry(member: str, *, with_teller: bool = True) -> Member:
    return founding.member_entry(profile(member), founder_keys(with_teller=with_teller))


def draft_of(members: Sequence[Member], **changes: Any) -> Draft:
    given = {
        "names": {"en": "Alliance", "zh": "联盟"},
        "members": tuple(members),
        "secretariat": (members[0].id,),
        "tellers": (),
        "policies": default_policies(),
        "reference": "",
        "founded": EPOCH_MS,
    }
    return Draft(**{**given, **changes})


def with_rule(rule: dict[str, JsonValue], name: ProcedureName = "vote") -> Policies:
    policies = default_policies()
    procedure = policies.short.procedures[name].model_copy(update={"rule": rule})
    procedures = {**policies.short.procedures, name: procedure}
    return policies.model_copy(update={"short": policies.short.model_copy(update={"procedures": procedures})})


def federation(*ids: str) -> tuple[dict[str, FounderKeys], CharterFile]:
    """Return the founders' keys by member, and the charter that they all signed."""
    keys = {member: founder_keys() for member in ids}
    entries = [founding.member_entry(profile(member), one) for member, one in keys.items()]
    file = founding.draft_charter(draft_of(entries))
    for one in keys.values():
        file = file.signed(one.root)
    return keys, file


def test_an_entry_says_who_it_is_and_commits_to_the_next_root() -> None:
    keys = founder_keys()
    member, teller = founding.member_entry(profile(), keys), keys.node.teller
    assert teller
    assert (member.id, member.country, member.constituencies) == ("ocean-institute", "SN", ("south", "west"))
    assert member.root == keys.root.key
    assert [(key.role, key.key) for key in member.keys] == [
        ("node", keys.node.node.key),
        ("teller", teller.key),
    ]
    assert member.next_root == founding.root_hash(keys.next_root.key)
    assert keys.next_root.key not in founding.member_bytes(member).decode()


def test_an_entry_without_a_teller_has_one_key() -> None:
    assert [key.role for key in entry("one", with_teller=False).keys] == ["node"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"member": "Ocean Institute"}, "id: a member id has 2 to 32"),
        ({"country": "Senegal"}, "country: a country has two capital letters"),
        ({"country": "sn"}, "country: a country has two capital letters"),
        ({"constituencies": ("West Africa",)}, "constituencies.0: a constituency has"),
        ({"names": {}}, "names: "),
        ({"names": {"english": "x"}}, "names.english"),
        ({"names": {"en": "x" * 500}}, "names.en: "),
        ({"address": "ocean.example"}, "address: an address has the form https://"),
    ],
)
def test_a_bad_entry_is_refused_in_plain_words(changes: Any, reason: str) -> None:
    with pytest.raises(FoundingError, match=f"^{reason}") as caught:
        founding.member_entry(profile(**changes), founder_keys())
    assert "\n" not in str(caught.value)


def test_an_entry_survives_its_file() -> None:
    member = entry("one")
    assert founding.parse_member(founding.member_bytes(member)) == member


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff\x00", b'{"id": "one"}', b"null"])
def test_rubbish_is_no_entry(data: bytes) -> None:
    with pytest.raises(FoundingError, match="not a member entry"):
        founding.parse_member(data)


def test_an_entry_whose_parts_were_changed_has_no_proof() -> None:
    text = founding.member_bytes(entry("one")).decode()
    with pytest.raises(FoundingError, match="no valid proof of possession"):
        founding.parse_member(text.replace('"id": "one"', '"id": "two"').encode())
    other = founder_keys().root.key
    with pytest.raises(FoundingError, match="no valid proof of possession"):
        founding.parse_member(text.replace(entry_root(text), other).encode())


def entry_root(text: str) -> str:
    return founding.parse_member(text.encode()).root


def test_the_default_rules_are_the_design_s() -> None:
    policies = default_policies()
    long = registry.parse_settings(policies.long.procedures["prioritisation"].rule)
    short = registry.parse_settings(policies.short.procedures["vote"].rule)
    assert isinstance(long, EqualSharesSettings)
    assert isinstance(short, ThresholdSettings)
    assert long.quorum == PositiveShare(numerator=1, denominator=2)
    assert short.quorum == PositiveShare(numerator=1, denominator=3)
    assert (short.base, short.threshold, short.strict) == ("yes+no", Share(numerator=1, denominator=2), True)


def test_policies_survive_their_file_and_take_another_grace() -> None:
    policies = default_policies()
    assert founding.parse_policies(policies.model_dump_json().encode()) == policies
    changed = founding.with_grace(policies, 5_000)
    assert changed.timing.grace_ms == 5_000
    assert changed.timing.view_ms == policies.timing.view_ms
    with pytest.raises(FoundingError, match="grace_ms"):
        founding.with_grace(policies, 2**60)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"timing"', '"timings"', "policies: timing: Field required"),
        ('"view_ms":10000', '"view_ms":0', "policies: timing.view_ms"),
        ('"view_ms":10000', '"view_ms":1.5', "policies: timing.view_ms"),
        ('"view_ms":10000', '"view_ms":1,"x":1', "policies: timing.x: is not known"),
        ("{", "", "policies: Invalid JSON"),
    ],
)
def test_bad_policies_are_refused_with_the_setting(old: str, new: str, reason: str) -> None:
    text = default_policies().model_dump_json().replace(old, new, 1)
    with pytest.raises(FoundingError, match=f"^{reason}"):
        founding.parse_policies(text.encode())


def test_a_draft_orders_its_members_and_makes_all_with_a_key_tellers() -> None:
    members = [entry("cc"), entry("aa"), entry("bb", with_teller=False)]
    document = founding.draft_charter(draft_of(members, secretariat=("cc", "aa", "cc"))).charter()
    assert [member.id for member in document.roll.members] == ["aa", "bb", "cc"]
    assert document.roll.tellers == ("aa", "cc")
    assert document.roll.secretariat == ("aa", "cc")
    assert (document.founded, document.names["zh"]) == (EPOCH_MS, "联盟")


def test_the_order_of_the_entries_does_not_change_the_charter() -> None:
    members = [entry("aa"), entry("bb"), entry("cc")]
    drafts = [draft_of(order, secretariat=("aa",)) for order in (members, members[::-1])]
    assert len({founding.draft_charter(one).federation for one in drafts}) == 1


def test_tellers_can_be_named() -> None:
    members = [entry("aa"), entry("bb")]
    assert founding.draft_charter(draft_of(members, tellers=("bb",))).charter().roll.tellers == ("bb",)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"secretariat": ("zz",)}, "zz holds an office but is no member"),
        ({"secretariat": ()}, "roll.secretariat|secretariat"),
        ({"tellers": ("zz",)}, "zz holds an office but is no member"),
        ({"tellers": ("bb",)}, "bb is a teller without a teller key"),
        ({"names": {}}, "names"),
        ({"reference": "x" * 201}, "reference"),
        ({"policies": with_rule({"rule": "coin"})}, "short.procedures.vote.rule: "),
        ({"policies": with_rule({"rule": "threshold", "base": "cast"})}, "short.procedures.vote.rule: "),
    ],
)
def test_parts_that_do_not_fit_make_no_charter(changes: Any, reason: str) -> None:
    with pytest.raises(FoundingError, match=reason) as caught:
        founding.draft_charter(draft_of([entry("aa"), entry("bb", with_teller=False)], **changes))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("rule", ["schulze", "instant-runoff", "score"])
def test_a_charter_may_rank_or_score(rule: str) -> None:
    policies = with_rule({"rule": rule}, "alternatives")
    drafted = founding.draft_charter(draft_of([entry("aa"), entry("bb")], policies=policies))
    assert drafted.charter().short.procedures["alternatives"].rule == {"rule": rule}
    with pytest.raises(FoundingError, match="asks about one text"):
        founding.draft_charter(draft_of([entry("aa"), entry("bb")], policies=with_rule({"rule": rule}, "vote")))


def test_a_rule_must_be_one_that_the_roll_can_fulfil() -> None:
    half: dict[str, JsonValue] = {"numerator": 1, "denominator": 2}
    rule: dict[str, JsonValue] = {
        "rule": "threshold",
        "base": "cast",
        "threshold": half,
        "strict": True,
        "min_in_favour": 3,
    }
    with pytest.raises(FoundingError, match=r"short\.procedures\.vote\.rule: 3 votes in favour"):
        founding.draft_charter(draft_of([entry("aa"), entry("bb")], policies=with_rule(rule)))


def test_a_member_stands_on_the_roll_once() -> None:
    with pytest.raises(FoundingError, match="two entries are of the same member: aa"):
        founding.draft_charter(draft_of([entry("aa"), entry("aa")]))


def test_a_federation_needs_a_teller_and_a_large_one_chooses() -> None:
    with pytest.raises(FoundingError, match="no entry has a teller key"):
        founding.draft_charter(draft_of([entry("aa", with_teller=False)]))
    many = [entry(f"m{number:02}") for number in range(founding.SMALL_FEDERATION_TELLERS_MAX + 1)]
    with pytest.raises(FoundingError, match="name the tellers with --teller"):
        founding.draft_charter(draft_of(many))
    assert len(founding.draft_charter(draft_of(many[1:], secretariat=(many[1].id,))).charter().roll.tellers) == 31


def test_a_founder_signs_only_its_own_entry() -> None:
    own = entry("aa")
    document = founding.draft_charter(draft_of([own, entry("bb")])).charter()
    founding.check_own_entry(document, own)
    with pytest.raises(FoundingError, match="no member cc"):
        founding.check_own_entry(document, entry("cc"))
    renamed = own.model_copy(update={"names": {"en": "Somebody else"}})
    with pytest.raises(FoundingError, match="entry of aa differs from your own in: names"):
        founding.check_own_entry(document, renamed)
    with pytest.raises(FoundingError, match="differs from your own in: root"):
        founding.check_own_entry(document, entry("aa"))


def test_a_charter_is_complete_once_all_have_signed() -> None:
    keys, file = federation("aa", "bb")
    assert file.verified().roll.members[0].id == "aa"
    partial = CharterFile(file.payload, file.signatures[:1])
    (absent,) = partial.missing()
    with pytest.raises(CharterError, match=f"not yet signed by: {absent}"):
        partial.verified()
    with pytest.raises(LocalError, match="no founder"):
        file.signed(founder_keys().root)
    assert file.signed(keys["aa"].root) == file


def test_signing_and_writing_change_nothing_that_is_signed() -> None:
    _, file = federation("aa", "bb")
    again = charter.parse_file(file.to_bytes())
    assert again == file
    assert again.federation == CharterFile(file.payload, ()).federation


def test_a_node_joins_where_its_keys_are_on_the_roll() -> None:
    keys, file = federation("aa", "bb")
    assert founding.check_join(file.charter(), keys["bb"].node, is_teller=True) == "bb"
    with pytest.raises(FoundingError, match="is not on this charter's roll"):
        founding.check_join(file.charter(), founder_keys().node, is_teller=True)


def test_a_teller_joins_with_its_own_teller_key_or_leaves_that_work_to_another_process() -> None:
    keys, file = federation("aa", "bb")
    document, node = file.charter(), keys["aa"].node.node
    with pytest.raises(FoundingError, match="its teller key is not here"):
        founding.check_join(document, NodeKeys(node, None), is_teller=True)
    assert founding.check_join(document, NodeKeys(node, None), is_teller=False) == "aa"
    for wrong in (keystore.new_key(), keys["bb"].node.teller):
        with pytest.raises(FoundingError, match="is not the one that the roll has of aa"):
            founding.check_join(document, NodeKeys(node, wrong), is_teller=True)


def test_a_teller_s_key_is_no_node_s_key() -> None:
    keys, file = federation("aa")
    teller = keys["aa"].node.teller
    assert teller
    with pytest.raises(FoundingError, match="is not on this charter's roll"):
        founding.check_join(file.charter(), NodeKeys(teller, None), is_teller=False)


def test_a_fingerprint_can_be_read_aloud_and_typed_back() -> None:
    _, file = federation("aa")
    text = founding.readable_fingerprint(file.federation)
    assert [len(group) for group in text.split(" ")] == [4] * 16
    for typed in (text, text.upper(), text.replace(" ", ":"), text.replace(" ", "-"), file.federation):
        founding.check_fingerprint(file, typed)
    with pytest.raises(FoundingError, match="this is another charter"):
        founding.check_fingerprint(file, "0" * 64)


@pytest.mark.parametrize("text", ["", "12", "g" * 64, "0" * 63, "0" * 65, "０" * 64])
def test_what_is_no_fingerprint_is_refused(text: str) -> None:
    with pytest.raises(FoundingError, match="64 hexadecimal digits"):
        founding.parse_fingerprint(text)


def test_a_fingerprint_is_the_charter_s_hash() -> None:
    assert founding.parse_fingerprint("AB" * 32) == FederationId("ab" * 32)


def test_strangers_texts_cannot_command_a_terminal() -> None:
    assert founding.printable("Ocean\x1b[2J\n\u202eetutitsnI") == "Ocean\ufffd[2J\ufffd\ufffdetutitsnI"
    assert founding.printable("می\u200cخواهم 联盟") == "می\u200cخواهم 联盟"

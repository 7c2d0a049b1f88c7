"""Checks what a Comitia federation decided with nothing of Comitia's: this file, Python 3.9+, PyNaCl, no network.
    verify_agenda.py FILE --fingerprint HEX       a full proof (.comitia-proof)
    verify_agenda.py DIRECTORY --fingerprint HEX  an archive: its MANIFEST, then proofs/*.comitia-proof
HEX is the federation's fingerprint: get it from somebody you trust. Exit code 0 if all holds, 1 if a step fails.
The steps are those of protocol/SPEC.md, part 12; the rules of voting those of consensus/RULES.md.
"""
import argparse, collections, fractions, hashlib, json, math, pathlib, re, statistics, sys, time, zlib
from nacl.bindings import crypto_core_ed25519_is_valid_point, crypto_sign_open

EVENT = {"kind": str, "payload": dict, "signature": 128}
PROOF = {"agendas": [{"document": dict, "draft": EVENT}], "charter": {"payload": dict, "signatures": [128]}, "v": int,
         "rounds": [{"ballots": [EVENT], "listings": [[64]], "round": 64, "seals": [EVENT]}], "records": [dict],
         "votes": [EVENT]}
FIELDS = {"event": "body federation key kind member prev refs roll seq time v", "precommit": "height value view",
          "seal": "ballots count listing round", "ballot": "authorisation content delegate replaces round",
          "agenda-draft": "document order size version", "record": "body federation height kind prev roll v"}
CHOICES, APPROVALS, MOST = ("threshold", "silence", "consensus"), ("approval", "equal-shares"), ["most-approved"]
HALF, UNTOLD = {"numerator": 1, "denominator": 2}, "NOT COUNTED AGAIN, on the tellers' word; use comitia verify: "

def need(holds, words):
    if not holds:
        raise ValueError(words)
def encode(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
def same(one, other):  # equal as JSON, where true is not 1
    return encode(one) == encode(other)
def is_plain(value, depth):  # JSON without fractions, large numbers, strange keys and deep nesting
    if isinstance(value, (dict, list)):
        keys, inner = (value, value.values()) if isinstance(value, dict) else ((), value)
        return depth > 0 and all(map(str.isascii, keys)) and all(is_plain(each, depth - 1) for each in inner)
    return value is None or isinstance(value, (str, bool)) or (type(value) is int and abs(value) < 2**53)
def fits(value, shape):  # the fields of an object, [what a list holds], so many hexadecimal digits, or a type
    if isinstance(shape, dict):
        return isinstance(value, dict) and set(value) == set(shape) and all(fits(value[k], shape[k]) for k in shape)
    if isinstance(shape, list):
        return isinstance(value, list) and all(fits(each, shape[0]) for each in value)
    return type(value) is shape if isinstance(shape, type) else bool(re.fullmatch(f"[0-9a-f]{{{shape}}}", str(value)))
def sha(data):
    return hashlib.sha256(data).hexdigest()
def pae(kind, value):  # what is signed; an id is its SHA-256
    name, data = f"application/vnd.comitia.{kind}.v1+json".encode(), encode(value)
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(data), data)
def ids_of(events):
    return [sha(pae(event["kind"], event["payload"])) for event in events]
def summary(ids):  # how many they are, and the hash of them all
    return [len(ids), sha(bytes.fromhex("".join(ids)))]
def check_signature(key, message, signature):  # Ed25519; PyNaCl raises where it doesn't hold
    crypto_sign_open(bytes.fromhex(signature) + message, bytes.fromhex(key))
def least(share, base, strict=False):  # the least count that reaches (strict: exceeds) a share of a base
    part = fractions.Fraction(share["numerator"], share["denominator"]) * base
    return part.__floor__() + 1 if strict else part.__ceil__()

class Federation:  # what the charter says; there is none unless every founder's signature holds
    def __init__(self, charter, signatures):
        roll, message, members = charter["roll"], pae("charter", charter), charter["roll"]["members"]
        keys = [key for each in members for key in (each["root"], *(k["key"] for k in each["keys"]))]
        need(all(crypto_core_ed25519_is_valid_point(bytes.fromhex(key)) for key in keys), "a key isn't of prime order")
        self.members = {each["id"]: each["constituencies"] for each in members}
        is_once = len(set(keys)) == len(keys) and list(self.members) == sorted(self.members)
        need(is_once and len(signatures) == len(members), "a key or member stands twice, or a founder has not signed")
        for each, signature in zip(members, signatures):
            check_signature(each["root"], message, signature)
        self.holders = {k["key"]: (each["id"], k["role"]) for each in members for k in each["keys"]}
        self.id, self.charter, self.tellers, n = sha(message), charter, roll["tellers"], len(roll["tellers"])
        self.faulty, self.quorum, self.seals = (n - 1) // 3, (n + (n - 1) // 3) // 2 + 1, n - (n - 1) // 3
    def said(self, event, kind):  # an event's payload, once its signature holds and its key may sign it (SPEC 12.11)
        said, role = event["payload"], "teller" if kind in ("precommit", "seal") else "node"
        offices = {"precommit": self.tellers, "seal": self.tellers, "agenda-draft": self.charter["roll"]["secretariat"]}
        is_whole = set(said) == set(FIELDS["event"].split()) and set(said["body"]) == set(FIELDS[kind].split())
        is_here = same([said[k] for k in ("v", "kind", "federation", "roll")], [1, event["kind"], self.id, 0])
        need(is_whole and is_here and event["kind"] == kind, f"it is no {kind} of this federation and roll")
        need(len(encode(said)) <= (16384 if kind in ("ballot", "precommit") else 65536), f"a {kind} that is too long")
        may_sign = said["member"] in offices.get(kind, self.members) and self.holders.get(said["key"])
        need(may_sign == (said["member"], role), f"{said['member']} may not sign a {kind} with this key")
        check_signature(said["key"], pae(kind, said), event["signature"])
        return said

def check_proof(data, fingerprint, step):
    step("form", f"a full proof of {len(data)} bytes")
    (line, _, body), inflater = data.partition(b"\n"), zlib.decompressobj()
    need(line == b"comitia full proof 1 " + sha(body).encode(), "no full proof, or one that was changed or cut short")
    text = inflater.decompress(body, 2**26 + 1)
    need(len(data) <= 2**25 and len(text) <= 2**26 and inflater.eof and not inflater.unused_data, "cut, or too long")
    proof = json.loads(text.decode())
    need(is_plain(proof, 24) and encode(proof) == text, "not canonical JSON: there is one way only to write a value")
    need(fits(proof, PROOF) and proof["v"] == 1, "it has not the fields of a full proof")
    records, charter, signatures = proof["records"], proof["charter"]["payload"], proof["charter"]["signatures"]
    need(all([records, signatures, proof["votes"], *(each["seals"] for each in proof["rounds"])]), "a list is empty")
    step("fingerprint", "the charter is that of the federation asked for")
    need(sha(pae("charter", charter)) == fingerprint, f"the charter is that of {sha(pae('charter', charter))}")
    step("founders", f"all {len(signatures)} founders signed the charter")
    federation = Federation(charter, signatures)
    step("chain", f"{len(records)} records, each on the one below")
    ids, opened, closed, agendas = [], {}, {}, {}
    for height, record in enumerate(records, 1):
        due = {"federation": federation.id, "height": height, "prev": [federation.id, *ids][-1], "roll": 0, "v": 1}
        is_next = set(record) == set(FIELDS["record"].split()) and same({name: record[name] for name in due}, due)
        need(is_next and fits(record["kind"], str) and fits(record["body"], dict), f"record {height} is not the next")
        ids.append(sha(pae(f"record-{record['kind']}", record)))
    step("certificate", f"a quorum of the {len(federation.tellers)} tellers signed record {len(ids)}")
    votes = [federation.said(vote, "precommit") for vote in proof["votes"]]
    voters, due = [vote["member"] for vote in votes], {**votes[0]["body"], "height": len(ids), "value": ids[-1]}
    need(all(same(vote["body"], due) for vote in votes), "a vote is for another record or of another view")
    need(voters == sorted(set(voters)) and len(voters) >= federation.quorum, "too few tellers signed, or one twice")
    for found, record in zip(ids, records):
        kind, body = record["kind"], record["body"]
        if kind == "open":
            opened[found] = body["spec"]
        elif kind == "close":  # closes what is open, once
            closed[body["round"]] = (record["height"], opened.pop(body["round"]), body)
        else:
            {"agenda": agendas}[kind][body["version"]] = (record["height"], body)
    need(list(agendas) == list(range(1, len(agendas) + 1)), "versions of the agenda are out of turn")
    below = [0, 0]
    for each in proof["rounds"]:
        below[0] = check_round(each, below[0], closed, federation, step)
    for each in proof["agendas"]:
        below[1] = check_agenda(each, below[1], closed, agendas, federation, step)
    when = time.gmtime(statistics.median_low(vote["time"] for vote in votes) // 1000)
    told = f"{len(closed) - len(proof['rounds'])} of {len(closed)} closings are taken on the tellers' certified word"
    return f"height {len(ids)}, {time.strftime('%Y-%m-%d %H:%M UTC', when)} by the tellers' clocks; {told}"

def check_round(proof, below, closed, federation, step):
    step("seals", f"{federation.seals} or more tellers sealed the ballots", proof["round"])
    height, spec, close = closed.get(proof["round"], (0, None, None))
    need(height > below and ids_of(proof["seals"]) == close["seals"], "no closing in turn names these seals")
    beside, lists = iter(proof["listings"]), {}
    for said in (federation.said(seal, "seal") for seal in proof["seals"]):
        seal, ids = said["body"], said["body"]["ballots"]
        ids = next(beside, []) if ids is None else ids
        is_right = ids == sorted(set(ids)) and same(summary(ids), [seal["count"], seal["listing"]])
        need(is_right and seal["round"] == proof["round"], f"the list of {said['member']} is not what it sealed")
        lists[said["member"]] = ids
    need(len(proof["seals"]) == len(lists) >= federation.seals and not [*beside], "too few sealed, or too many lists")
    step("inclusion", f"the included ballots stand in more than {federation.faulty} seals", proof["round"])
    times = collections.Counter(ballot for ids in lists.values() for ballot in ids)
    included = sorted(ballot for ballot in times if times[ballot] > federation.faulty)
    need(same(summary(included), [close["count"], close["listing"]]), "the closing includes other ballots")
    step("ballots", f"{len(included)} ballots, each signed by its member", proof["round"])
    need(ids_of(proof["ballots"]) == included, "these are not the included ballots")
    ballots = {each: federation.said(ballot, "ballot") for each, ballot in zip(included, proof["ballots"])}
    need(all(each["body"]["round"] == proof["round"] for each in ballots.values()), "a ballot is of another round")
    rule, lot = spec["rule"], b"comitia round lot v1\0" + bytes.fromhex(proof["round"] + "".join(close["seals"]))
    step("tally", f"counted again: {close['result']}" if is_counted(rule) else UNTOLD + rule["rule"], proof["round"])
    procedure = federation.charter[spec["track"]]["procedures"][spec["procedure"]]
    need(same(procedure["rule"], rule), "the charter has another rule for such a round")
    if is_counted(rule):
        result = recount(spec, ballots, federation.members, hashlib.sha256(lot).digest())
        need(same(result, close["result"]), f"counted again, the result is {result}")
    return height
def check_agenda(proof, below, closed, agendas, federation, step):
    document, version = proof["document"], proof["document"].get("version")
    step("agenda", "certified, each item by a closing; that none is missing is the tellers' word", str(version))
    need(type(version) is int and version > below, "a version of the agenda out of turn")
    (height, body), said = agendas[version], federation.said(proof["draft"], "agenda-draft")["body"]
    due = {"document": sha(encode(document)), "size": len(encode(document)), "version": version}
    is_it = same(body, {**due, "draft": ids_of([proof["draft"]])[0]}) and same(said, {**due, "order": said["order"]})
    is_next = document["previous"] == (agendas[version - 1][1]["document"] if version > 1 else None)
    is_at_close = any(document["height"] == closing[0] < height for closing in closed.values())
    need(is_it and is_next and is_at_close, "its record or draft says something else, or it is out of place")
    for item in document["items"]:
        at, spec, close = closed[item["round"]]
        chosen = [each for each in spec["question"]["options"] if each["id"] in close["result"]["selected"]]
        due = {"id": item["option"], **{name: item[name] for name in ("minutes", "subject", "text")}}
        need(due in chosen and at <= document["height"], f"item {item['number']} was not adopted so")
    return version

def is_counted(rule):  # whether this program knows a rule with its settings; comitia verify knows them all
    is_known = rule["rule"] in CHOICES or rule.get("completion", MOST) in ([], MOST) and rule["rule"] in APPROVALS
    return is_known and not any(rule.get(name) for name in ("weighted", "casting_vote", "chair"))
def recount(spec, ballots, members, lot):  # status and selected options
    rule, is_choice, ids = spec["rule"], spec["rule"]["rule"] in CHOICES, [o["id"] for o in spec["question"]["options"]]
    contents = resolve(last_ballots(ballots, spec["may_change"]), is_choice, ids, spec["proxies_per_holder"])
    quorum = max(1, least(rule["quorum"], len(members))) if rule.get("quorum") else 1
    if is_choice:
        status = decide(rule, contents, members, quorum)
        return {"selected": ids if status == "adopted" else [], "status": status}
    selected = select(rule, spec["question"], contents, lot) if len(contents) >= quorum else []
    return {"selected": selected, "status": "selected" if len(contents) >= quorum else "no_quorum"}
def last_ballots(ballots, may_change):  # each member's one content that counts (SPEC 6.11 to 6.13)
    cast, found = {}, {}
    for each, said in ballots.items():
        cast.setdefault(said["member"], {})[each] = said
    for member, mine in cast.items():
        end = {s["key"]: s["seq"] for s in sorted(mine.values(), key=lambda s: s["seq"], reverse=not may_change)}
        pairs = [(said["body"]["replaces"], each) for each, said in mine.items() if said["body"]["replaces"] in mine]
        out = {old if may_change else new for old, new in pairs if mine[old]["key"] != mine[new]["key"]}
        left = [said for each, said in mine.items() if said["seq"] == end[said["key"]] and each not in out]
        found.update({member: left[0]["body"]["content"]} if len(left) == 1 else {})
    return found
def is_usable(ballot, is_choice, ids):
    reason, approved = ballot.get("reason"), ballot.get("approves")
    if is_choice:
        is_vote = set(ballot) - {"reason"} == {"form", "choice"} and ballot["choice"] in ("yes", "no", "abstain")
        is_reason = reason is None or (isinstance(reason, str) and len(reason) <= 2000)
        return is_vote and is_reason and ballot["form"] == "choice"
    is_list = set(ballot) == {"form", "approves"} and ballot["form"] == "approval" and isinstance(approved, list)
    return is_list and all(each in ids for each in approved) and approved == sorted(set(approved))
def resolve(contents, is_choice, ids, per_holder):  # None for a ballot that can't be counted; proxies by SPEC 6.38
    usable = {member: each for member, each in contents.items() if is_usable(each, is_choice, ids)}
    sent = {member: each for member, each in sorted(contents.items()) if each.get("form") == "proxy" and len(each) == 2}
    proxies = {member: each["holder"] for member, each in sent.items() if "holder" in each and (each["holder"] is None
               or (isinstance(each["holder"], str) and re.fullmatch("[!-~]{1,128}", each["holder"])))}
    found, held = {member: usable.get(member) for member in contents if member not in proxies}, collections.Counter()
    for member, holder in proxies.items():
        held[holder] += 1
        found.update({member: usable[holder]} if holder in usable and held[holder] <= per_holder else {})
    return found

def decide(rule, contents, members, quorum):  # votes on one text
    name, abstentions = rule["rule"], rule.get("abstentions")
    def vote(said):  # a no without a reason doesn't count where reasons are asked for
        is_bare = said and said["choice"] == "no" and not (said.get("reason") or "").strip()
        is_void = not said or (is_bare and rule.get("reasons_required", name != "threshold"))
        return "spoiled" if is_void else said["choice"]
    votes = {member: vote(said) for member, said in contents.items()}
    def tally(group):
        sums = collections.Counter(votes.get(member) for member in group)
        yes, no, aside, present = sums["yes"], sums["no"], sums["abstain"], len(group) - sums[None]
        less = 0 if abstentions == "against" else aside
        bases = {"valid": yes + no + aside - less, "yes+no": yes + no, "entitled": len(group)}
        return yes, bases.get(rule.get("base", "entitled"), present - less), no, aside, present
    yes, base, no, aside, present = tally(members)
    if name == "silence":
        return "adopted" if no < rule.get("objections_to_break", 1) else "broken"
    if present - (aside if abstentions == "excluded" else 0) < quorum:
        return "no_quorum"
    if name == "consensus":
        is_few = not rule.get("max_stand_asides") or aside < least(rule["max_stand_asides"], base, True)
        return "adopted" if is_few and not no and yes >= max(1, least(rule.get("support", HALF), base)) else "broken"
    by, against = rule.get("concurrent") or {"constituencies": ()}, no + (aside if abstentions == "against" else 0)
    asked = [(*tally([m for m in members if group in members[m]])[:2], by) for group in by["constituencies"]]
    is_for = all(n >= max(1, least(by["threshold"], of, by["strict"])) for n, of, by in [(yes, base, rule), *asked])
    is_low = not rule.get("max_against") or against < least(rule["max_against"], base, True)
    return "adopted" if is_for and is_low and yes >= (rule.get("min_in_favour") or 0) else "not_adopted"
def select(rule, question, contents, lot):  # by approvals, under a capacity
    costs, capacity = {each["id"]: each["minutes"] for each in question["options"]}, question["capacity_minutes"]
    voters = [each["approves"] for each in contents.values() if each and each["approves"]]
    fans = {each: [at for at, approved in enumerate(voters) if each in approved] for each in costs}
    drawn = b"comitia lot v1\0" + hashlib.sha256(lot).digest()
    ties = {"oldest": lambda each: 0, "id": str, "lot": lambda each: sha(drawn + each.encode())}
    ranked = sorted(costs, key=ties[rule.get("ties", "oldest")])
    chosen = buy(costs, fans, len(voters), capacity, ranked) if rule["rule"] == "equal-shares" else []
    for each in sorted(ranked, key=lambda each: -len(fans[each])) if rule.get("completion", MOST) else ():
        if fans[each] and each not in chosen and costs[each] + sum(costs[one] for one in chosen) <= capacity:
            chosen.append(each)
    return chosen
def price_of(cost, purses):  # the least that pays it if each pays so much, or all that is left where that is less
    for at, purse in enumerate(sorted(purses)):
        if cost <= purse * (len(purses) - at):
            return cost / (len(purses) - at)
        cost -= purse
    return math.inf
def buy(costs, fans, voters, capacity, ranked):  # the method of equal shares: everybody holds one share at first
    purses, bought, prices = [fractions.Fraction(1)] * voters, [], {each: 0 for each in ranked if fans[each]}
    while True:
        best = (math.inf,)
        for each in sorted(prices, key=prices.get):  # prices never fall: what was dearer before needn't be asked again
            if prices[each] <= best[0]:
                cost = fractions.Fraction(costs[each] * voters, capacity)
                prices[each] = price_of(cost, [purses[at] for at in fans[each]])
                best = min(best, (prices[each], ranked.index(each), each))
        if best[0] == math.inf:
            return bought
        bought.append(best[2])
        del prices[best[2]]
        for at in fans[best[2]]:
            purses[at] = max(fractions.Fraction(0), purses[at] - best[0])

def check(data, fingerprint):  # the steps taken, each [id, subject, state, words]; and what is known if the last holds
    taken = []
    try:
        return taken, check_proof(data, fingerprint, lambda name, words, of="": taken.append([name, of, "ok", words]))
    except Exception as error:  # whatever a hostile file does to a step, the step fails
        taken[-1][2:] = ["failed", str(error) or type(error).__name__]
        return taken, None
def proofs_of(archive):  # once its MANIFEST lists each file and nothing else
    listed = dict(reversed(line.split("  ", 1)) for line in (archive / "MANIFEST").read_text("utf-8").splitlines())
    here = {each.relative_to(archive).as_posix() for each in archive.rglob("*") if not each.is_dir()} - {"MANIFEST"}
    wrong = here ^ set(listed) or {name for name in here if sha((archive / name).read_bytes()) != listed[name]}
    need(not wrong, f"not as the MANIFEST lists: {', '.join(sorted(wrong)[:3])}")
    return sorted((archive / "proofs").glob("*.comitia-proof"))

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=pathlib.Path)
    parser.add_argument("--fingerprint", required=True, metavar="HEX", type=str.lower)
    asked = parser.parse_args()
    try:
        files = {file: file.read_bytes() for file in (proofs_of(asked.path) if asked.path.is_dir() else [asked.path])}
    except (OSError, ValueError) as error:
        sys.exit(f"failed  manifest  {error}")
    failed = not files
    for file, data in files.items():
        taken, known = check(data, asked.fingerprint)
        print(*(f"{state:7} {name:12} {subject[:12]:12} {words}" for name, subject, state, words in taken), sep="\n")
        print(f"{file.name} holds: {known}." if known else f"{file.name} does NOT hold.")
        failed |= known is None
    print("Not known: whether the register has grown since, who the members are in the world, what texts say.")
    sys.exit(failed)

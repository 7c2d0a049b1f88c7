"""Checks a short proof of a Comitia record with nothing of Comitia's: this file, Python 3.9+, PyNaCl, no network.
    verify_short_proof.py FILE --fingerprint HEX                 against the tellers' fingerprint
    verify_short_proof.py FILE --fingerprint HEX --charter FILE  against the federation's fingerprint
Get the fingerprint from somebody you trust. Exit code 0 if all holds, 1 if a step fails. The steps are those of
protocol/SPEC.md, part 11. No votes are counted again: verify_agenda.py does that, from a full proof.
"""
import argparse, base64, hashlib, json, pathlib, re, sys, time
from nacl.bindings import crypto_core_ed25519_is_valid_point, crypto_sign_open

NUMBER, BASE64 = "(0|[1-9][0-9]{0,15})", "([A-Za-z0-9+/]+=*)"
SHORT = re.compile(f"c2sp\\.org/tlog-proof@v1\nextra {BASE64}\nindex {NUMBER}\n((?:{BASE64}\n){{0,63}})\n"
                   f"(comitia/([0-9a-f]{{64}})\n{NUMBER}\n{BASE64}\n)\n"
                   f"((?:\u2014 [^\\s+\\x00-\\x1f\\x7f]+ {BASE64}\n)+)")
RECORD = {"body", "federation", "height", "kind", "prev", "roll", "v"}

def need(holds, words):
    if not holds:
        raise ValueError(words)
def encode(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
def same(one, other):  # equal as JSON, where true is not 1
    return encode(one) == encode(other)
def decode(data, depth):  # canonical JSON: there is only one way to write a value
    value = json.loads(data.decode())
    need(is_plain(value, depth) and encode(value) == data, "it is not canonical JSON")
    return value
def is_plain(value, depth):
    if isinstance(value, (dict, list)):
        keys, inner = (value, value.values()) if isinstance(value, dict) else ((), value)
        return depth > 0 and all(map(str.isascii, keys)) and all(is_plain(each, depth - 1) for each in inner)
    return value is None or isinstance(value, (str, bool)) or (type(value) is int and abs(value) < 2**53)
def sha(data):
    return hashlib.sha256(data).hexdigest()
def pae(kind, value):  # what is signed and hashed
    name, data = f"application/vnd.comitia.{kind}.v1+json".encode(), encode(value)
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(data), data)
def unbase(text):
    data = base64.b64decode(text, validate=True)
    need(base64.b64encode(data).decode() == text, "base64 that is not written as it must be")
    return data
def check_signature(key, message, signature):  # Ed25519; PyNaCl raises where it doesn't hold
    need(len(signature) == 64, "a signature has 64 bytes")
    crypto_sign_open(signature + message, bytes.fromhex(key))

def tellers_of_charter(data, fingerprint):  # [[member, key]] of a charter that every founder signed
    file = json.loads(data)
    signatures = {each["keyid"]: unbase(each["sig"]) for each in file["signatures"]}
    charter = decode(unbase(file["payload"]), 16)
    message, members = pae("charter", charter), charter["roll"]["members"]
    need(sha(message) == fingerprint, f"the charter is that of {sha(message)}")
    need(set(signatures) == {each["root"] for each in members}, "the charter is not signed by just its founders")
    for root, signature in signatures.items():
        need(crypto_core_ed25519_is_valid_point(bytes.fromhex(root)), "a root key isn't of prime order")
        check_signature(root, message, signature)
    keys = {each["id"]: key["key"] for each in members for key in each["keys"] if key["role"] == "teller"}
    return [[member, keys[member]] for member in charter["roll"]["tellers"]]

def check_short(data, fingerprint, charter, step):
    step("form", f"a short proof of {len(data)} bytes")
    found = SHORT.fullmatch(data.decode())
    need(found and len(data) <= 393216, "it is not written as a short proof must be")
    extra, index, path, _, text, federation, size, root, below, _ = found.groups()
    value, path, root = decode(unbase(extra), 16), [unbase(each) for each in path.split()], unbase(root)
    index, size = int(index), int(size)
    is_extra = set(value) == {"record", "tellers", "v"} and same(value["v"], 1) and isinstance(value["record"], dict)
    need(is_extra, "its extra data are of another form")
    lines = [(line.split(" ")[1], unbase(line.split(" ")[2])) for line in below.splitlines()]
    record, tellers, names = value["record"], {}, [member for member, _ in value["tellers"]]
    need(names and names == sorted(set(names)), "the tellers are out of order")
    is_long = all(len(each) == 32 for each in (*path, root)) and all(len(line) > 4 for _, line in lines)
    need(is_long, "a hash or a signature line is of another length")
    for member, key in value["tellers"]:
        is_named = re.fullmatch("[a-z0-9][a-z0-9-]{0,30}[a-z0-9]", member)
        need(is_named and re.fullmatch("[0-9a-f]{64}", key), "a teller has no such name or key")
        stamp = hashlib.sha256(f"teller/{member}\n\4".encode() + bytes.fromhex(key)).digest()[:4]
        tellers[f"teller/{member}"] = (stamp, key)
    step("fingerprint", "its tellers are those of the fingerprint")
    if charter is None:
        keys = {name: base64.b64encode(b"\4" + bytes.fromhex(key)).decode() for name, (_, key) in tellers.items()}
        vkeys = [f"{name}+{stamp.hex()}+{keys[name]}" for name, (stamp, _) in tellers.items()]
        due = sha("".join(f"{line}\n" for line in ("comitia tellers v1", f"comitia/{federation}", *vkeys)).encode())
        need(due == fingerprint, f"the tellers' fingerprint is {due}")
    else:
        need(federation == fingerprint, f"it is a proof of federation {federation}")
        need(tellers_of_charter(charter, fingerprint) == value["tellers"], "its tellers are not those of the charter")
    step("record", f"a record of kind {record.get('kind')} at height {index}")
    due = {"federation": federation, "height": index, "roll": 0, "v": 1}
    need(set(record) == RECORD and same({k: record[k] for k in due}, due), "its record is another")
    step("inclusion", f"the record stands in the register of {size} entries")
    here, last, found = index, size - 1, hashlib.sha256(b"\0" + pae(f"record-{record['kind']}", record)).digest()
    need(here <= last, "the register did not have that height")
    for each in path:  # RFC 9162, section 2.1.3.2
        is_left = here % 2 == 0 and here != last
        found = hashlib.sha256(b"\1" + (found + each if is_left else each + found)).digest()
        while not is_left and here % 2 == 0 and here:
            here, last = here // 2, last // 2
        need(last > 0, "it has a hash too many")
        here, last = here // 2, last // 2
    need(last == 0 and found == root, "the hashes do not lead to the checkpoint's root")
    step("cosignatures", f"a quorum of the {len(tellers)} tellers signed the checkpoint")
    n, order = len(tellers), [list(tellers).index(name) for name, _ in lines]
    need(len(order) == (n + (n - 1) // 3) // 2 + 1 and order == sorted(set(order)), "not exactly a quorum's, in order")
    for name, line in lines:
        stamp, when, signature = line[:4], int.from_bytes(line[4:12], "big"), line[12:]
        need(stamp == tellers[name][0] and when < 2**53, f"the line of {name} is of another key or time")
        check_signature(tellers[name][1], f"cosignature/v1\ntime {when}\n{text}".encode(), signature)
    when = time.gmtime(max(int.from_bytes(line[4:12], "big") for _, line in lines))
    return f"record {index} of height {size - 1}, {time.strftime('%Y-%m-%d %H:%M UTC', when)} by the tellers' clocks"

def check(data, fingerprint, charter=None):  # the steps taken, and what is known if the last holds
    taken = []
    try:
        return taken, check_short(data, fingerprint, charter, lambda name, words: taken.append([name, "", "ok", words]))
    except Exception as error:  # whatever a hostile file does to a step, the step fails
        taken[-1][2:] = ["failed", str(error) or type(error).__name__]
        return taken, None

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=pathlib.Path)
    parser.add_argument("--fingerprint", required=True, metavar="HEX", type=str.lower)
    parser.add_argument("--charter", type=pathlib.Path)
    asked = parser.parse_args()
    taken, known = check(asked.path.read_bytes(), asked.fingerprint, asked.charter and asked.charter.read_bytes())
    print(*(f"{state:7} {name:12} {words}" for name, _, state, words in taken), sep="\n")
    print(f"{asked.path.name} holds: {known}." if known else f"{asked.path.name} does NOT hold.")
    print("Not known: whether the register has grown since, whether votes were counted well, what texts say.")
    sys.exit(known is None)

// Checks Comitia's proofs in the reader's browser: no network, nothing of Comitia's, Web Crypto alone.
// What a proof holds is hostile until a step has checked it; the steps and their order are those of SPEC.md, 11 and 12.

const MIB = 1024 * 1024;
const FILE_BYTES_MAX = 32 * MIB;
const INFLATED_BYTES_MAX = 64 * MIB;
const SHORT_PROOF_BYTES_MAX = 384 * 1024;
const JSON_DEPTH_MAX = 16;
const PROOF_DEPTH_MAX = 24;
const TELLERS_MAX = 400;
const EVENT_BYTES_MAX = 64 * 1024;
const VOTE_BYTES_MAX = 16 * 1024;
const RECORD_BYTES_MAX = 60 * 1024;
const SEAL_BALLOTS_MAX = 20000;
const SEAL_INLINE_BALLOTS_MAX = 700;
const FULL_HEAD = "comitia full proof 1 ";
const SHORT_HEAD = "c2sp.org/tlog-proof@v1";
const ADOPTING = ["prioritisation", "consent", "vote", "alternatives"];
const REJECTING = ["vote", "alternatives"];
const CONFIRMING = ["ratification", "review"];
const FULL_STEPS = ["form", "fingerprint", "founders", "chain", "certificate"];
const ROUND_STEPS = ["seals", "inclusion", "ballots", "tally"];
const SHORT_STEPS = ["form", "fingerprint", "record", "inclusion", "cosignatures", "document"];

/** Why a step fails: a reason that the page words, and what its sentence names. */
class Refused extends Error {
  constructor(reason, values = {}) {
    super(reason);
    this.reason = reason;
    this.values = values;
  }
}

/** Fail the step that is under way unless a condition holds. */
function need(holds, reason, values) {
  if (!holds) throw new Refused(reason, values);
}

/** @param {string} text @returns {Uint8Array} its UTF-8 bytes */
const utf8 = (text) => new TextEncoder().encode(text);

/** @param {Uint8Array[]} parts @returns {Uint8Array} the parts, joined */
function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param {Uint8Array} bytes @returns {string} two lower-case digits for each byte */
const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** @param {string} hex an even number of hexadecimal digits @returns {Uint8Array} */
function bytesOf(hex) {
  const bytes = new Uint8Array(hex.length / 2);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = parseInt(hex.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}

/** Return the bytes in base64 with padding, written in the only way that it can be. */
function fromBase64(text, reason) {
  need(/^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0, reason);
  const binary = atob(text);
  need(btoa(binary) === text, reason);
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** @param {Uint8Array} bytes @returns {Promise<Uint8Array>} SHA-256 */
const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

/** @param {Uint8Array} bytes @returns {Promise<string>} SHA-256 as 64 digits */
const sha256Hex = async (bytes) => hexOf(await sha256(bytes));

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isNatural = (value) => Number.isSafeInteger(value) && value >= 0;
const isHash = (value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
const isSignature = (value) => typeof value === "string" && /^[0-9a-f]{128}$/.test(value);
const isMember = (value) => typeof value === "string" && /^[a-z0-9][a-z0-9-]{0,30}[a-z0-9]$/.test(value);
const isAscending = (values) => values.every((value, at) => at === 0 || values[at - 1] < value);
const isListOf = (value, isOne) => Array.isArray(value) && value.every(isOne);

/** Whether a value is an object with exactly these fields. @param {string} names with spaces between them */
function hasFields(value, names) {
  return isObject(value) && Object.keys(value).sort().join(" ") === names.split(" ").sort().join(" ");
}

/** Return the canonical text of a value (SPEC 1): the one way in which it can be written. */
function encode(value, depth = JSON_DEPTH_MAX) {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") {
    need(value.isWellFormed(), "canonical");
    return JSON.stringify(value);
  }
  if (typeof value === "number") {
    need(Number.isSafeInteger(value), "canonical");
    return String(value);
  }
  need(depth > 0, "canonical");
  if (Array.isArray(value)) return `[${value.map((inner) => encode(inner, depth - 1)).join(",")}]`;
  const keys = Object.keys(value).sort();
  need(keys.every((key) => /^[\x00-\x7f]*$/.test(key)), "canonical");
  return `{${keys.map((key) => `${JSON.stringify(key)}:${encode(value[key], depth - 1)}`).join(",")}}`;
}

/** Return the value that canonical bytes stand for; anything else is refused, never repaired. */
function decode(bytes, depth = JSON_DEPTH_MAX) {
  let text;
  let value;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    throw new Refused("canonical");
  }
  need(encode(value, depth) === text, "canonical");
  return value;
}

/** Return DSSE's pre-authentication encoding: what is signed, and what an id is the hash of (SPEC 2.3). */
function pae(kind, payload) {
  const type = `application/vnd.comitia.${kind}.v1+json`;
  return joined(utf8(`DSSEv1 ${type.length} ${type} ${payload.length} `), payload);
}

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
const ROOT_OF_MINUS_ONE = 19681161376707505956807079304988542015446066515923890162744021073123829784752n;
/** The encodings of points of small order, without the sign: no signature may begin with one (SPEC 3.4). */
const SMALL_ORDER = [
  "0".repeat(64),
  `01${"0".repeat(62)}`,
  `ec${"f".repeat(60)}7f`,
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
];

const modP = (value) => ((value % P) + P) % P;

function power(base, exponent) {
  let result = 1n;
  let square = base;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}

/** @param {Uint8Array} bytes @returns {bigint} the number in these bytes, the least first */
const littleEndian = (bytes) => BigInt(`0x${hexOf(Uint8Array.from(bytes).reverse())}`);

/** Return the point that 32 bytes encode canonically (RFC 8032, 5.1.3), or null. */
function pointOf(bytes) {
  const whole = littleEndian(bytes);
  const isOdd = whole >> 255n;
  const y = whole & (2n ** 255n - 1n);
  if (y >= P) return null;
  const u = modP(y * y - 1n);
  const v = modP(D * y * y + 1n);
  let x = (((u * v ** 3n) % P) * power((u * v ** 7n) % P, (P - 5n) / 8n)) % P;
  if ((v * x * x) % P !== u) x = (x * ROOT_OF_MINUS_ONE) % P;
  if ((v * x * x) % P !== u || (x === 0n && isOdd)) return null;
  if ((x & 1n) !== isOdd) x = P - x;
  return [x, y, 1n, (x * y) % P];
}

function added([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const a = modP((y1 - x1) * (y2 - x2));
  const b = ((y1 + x1) * (y2 + x2)) % P;
  const c = (((2n * D * t1) % P) * t2) % P;
  const d = (2n * z1 * z2) % P;
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [modP(e * f), (g * h) % P, modP(f * g), modP(e * h)];
}

function doubled([x, y, z]) {
  const a = (x * x) % P;
  const b = (y * y) % P;
  const h = a + b;
  const e = h - (((x + y) * (x + y)) % P);
  const g = a - b;
  const f = ((2n * z * z) % P) + g;
  return [modP(e * f), modP(g * h), modP(f * g), modP(e * h)];
}

/** Whether a point, not the neutral one, comes to the neutral one when multiplied by the group's order. */
function isOfPrimeOrder(point) {
  let sum = [0n, 1n, 1n, 0n];
  for (let bit = 252n; bit >= 0n; bit -= 1n) {
    sum = doubled(sum);
    if ((L >> bit) & 1n) sum = added(sum, point);
  }
  const isNeutral = ([x, y, z]) => x === 0n && y === z;
  return isNeutral(sum) && !isNeutral(point);
}

/** Whether a key may stand on a roll (SPEC 3.3). Web Crypto doesn't ask. @param {string} key 64 digits */
function isEnrollable(key) {
  const point = pointOf(bytesOf(key));
  return point !== null && isOfPrimeOrder(point);
}

/** Whether 32 bytes are canonical and not those of a point of small order. */
function isStrictPoint(bytes) {
  const height = Uint8Array.from(bytes);
  height[31] &= 0x7f;
  return littleEndian(height) < P && !SMALL_ORDER.includes(hexOf(height));
}

/** Whether S is less than the group's order, and R as it must be (SPEC 3.2, 3.4). */
const isStrict = (signature) => littleEndian(signature.subarray(32)) < L && isStrictPoint(signature.subarray(0, 32));

/** Return a verifier that keeps the keys that it has read. */
function verifier() {
  const keys = new Map();
  const read = (key) => {
    if (!keys.has(key)) {
      need(isStrictPoint(bytesOf(key)), "key_bad");
      keys.set(key, crypto.subtle.importKey("raw", bytesOf(key), "Ed25519", false, ["verify"]));
    }
    return keys.get(key);
  };
  return async (key, message, signature) => {
    try {
      return isStrict(signature) && (await crypto.subtle.verify("Ed25519", await read(key), signature, message));
    } catch {
      return false;
    }
  };
}

/** Whether this browser has what a check needs: a secure place, Ed25519, and a way to inflate. */
async function isAble() {
  try {
    const bytes = bytesOf("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    await crypto.subtle.importKey("raw", bytes, "Ed25519", false, ["verify"]);
    return typeof DecompressionStream === "function" && "".isWellFormed();
  } catch {
    return false;
  }
}

/** Return q for so many tellers (SPEC 6.1). */
const faultyOf = (tellers) => Math.floor((tellers - 1) / 3);
const quorumOf = (tellers) => Math.floor((tellers + faultyOf(tellers)) / 2) + 1;

/** Return what a zlib stream holds. Stops at the limit; a stream cut short or with more behind it is refused. */
async function inflated(bytes, limit = INFLATED_BYTES_MAX) {
  const parts = [];
  let size = 0;
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return joined(...parts);
      size += value.length;
      if (size > limit) throw new Refused("inflated_large", { limit: limit / MIB });
      parts.push(value);
    }
  } catch (error) {
    await reader.cancel().catch(() => undefined);
    throw error instanceof Refused ? error : new Refused("damaged");
  }
}

const isFilled = (value, isOne) => isListOf(value, isOne) && value.length > 0;
const isEvent = (value) =>
  hasFields(value, "kind payload signature") &&
  typeof value.kind === "string" &&
  isObject(value.payload) &&
  isSignature(value.signature);
const isRound = (value) =>
  hasFields(value, "ballots listings round seals") &&
  isHash(value.round) &&
  isFilled(value.seals, isEvent) &&
  isListOf(value.ballots, isEvent) &&
  isListOf(value.listings, (listing) => isListOf(listing, isHash));
const isAgenda = (value) => hasFields(value, "document draft") && isObject(value.document) && isEvent(value.draft);

/** Return the object in a full proof's bytes: its hash holds, it inflates, is canonical and has the fields. */
async function openFull(bytes) {
  const end = bytes.subarray(0, 200).indexOf(10);
  const head = String.fromCharCode(...bytes.subarray(0, Math.max(0, end)));
  need(/^comitia full proof 1 [0-9a-f]{64}$/.test(head), "head");
  const body = bytes.subarray(end + 1);
  need((await sha256Hex(body)) === head.slice(FULL_HEAD.length), "changed");
  const proof = decode(await inflated(body), PROOF_DEPTH_MAX);
  need(hasFields(proof, "agendas charter records rounds v votes") && proof.v === 1, "fields");
  const { charter, records, votes, rounds, agendas } = proof;
  need(hasFields(charter, "payload signatures") && isObject(charter.payload), "fields");
  need(isFilled(charter.signatures, isSignature) && isFilled(records, isObject), "fields");
  need(isFilled(votes, isEvent) && isListOf(rounds, isRound) && isListOf(agendas, isAgenda), "fields");
  return proof;
}

/** Return the federation's fingerprint: SHA-256 of what the founders sign (SPEC 7.3). */
const federationOf = (payload) => sha256Hex(pae("charter", utf8(encode(payload))));

/** Fail unless a roll is one that the rest can be checked by. */
function checkRoll(roll) {
  need(hasFields(roll, "members secretariat tellers"), "charter_fields");
  need(Array.isArray(roll.members) && roll.members.length > 0, "charter_fields");
  for (const member of roll.members) {
    need(hasFields(member, "address constituencies country id keys names next_root root"), "charter_fields");
    need(isMember(member.id) && isHash(member.root), "charter_fields");
    need(isListOf(member.constituencies, (name) => typeof name === "string"), "charter_fields");
    need(isListOf(member.keys, (key) => hasFields(key, "key proof role") && isHash(key.key)), "charter_fields");
  }
  const ids = roll.members.map((member) => member.id);
  need(isAscending(ids), "charter_fields");
  for (const office of [roll.tellers, roll.secretariat]) {
    need(isListOf(office, (id) => ids.includes(id)) && office.length > 0 && isAscending(office), "charter_fields");
  }
  need(roll.tellers.length <= TELLERS_MAX, "charter_fields");
}

/** Return whose key each key is, and the tellers' keys in the roll's order. */
function ringOf(roll) {
  const holders = new Map();
  for (const member of roll.members) {
    for (const { key, role } of member.keys) holders.set(key, { member: member.id, role });
  }
  const members = new Map(roll.members.map((member) => [member.id, member]));
  const tellers = roll.tellers.map((id) => [id, members.get(id).keys.find((key) => key.role === "teller")?.key]);
  need(tellers.every(([, key]) => key), "charter_fields");
  const [isTeller, isSecretariat] = [new Set(roll.tellers), new Set(roll.secretariat)];
  return { holders, members, tellers, isTeller, isSecretariat };
}

/** Fail unless every founder signed the charter, and every key is one that may stand on a roll, once. */
async function checkFounders(charter, context) {
  const { payload, signatures } = charter;
  const names = "founded long names reference roll short timing v";
  need(hasFields(payload, names) && payload.v === 1, "charter_fields");
  checkRoll(payload.roll);
  const { members } = payload.roll;
  need(signatures.length === members.length, "founders_missing");
  const message = pae("charter", utf8(encode(payload)));
  await context.each(members, async (member, at) => {
    const holds = await context.verify(member.root, message, bytesOf(signatures[at]));
    need(holds, "founder_signature", { member: member.id });
  });
  const keys = members.flatMap((member) => [member.root, ...member.keys.map((key) => key.key)]);
  need(new Set(keys).size === keys.length, "key_bad");
  await context.each(keys, (key) => need(isEnrollable(key), "key_bad"));
}

/** Fail unless the records follow each other from the charter on; return their ids by height. */
async function checkChain(records, context) {
  const ids = [context.federation];
  await context.each(records, async (record, at) => {
    const height = at + 1;
    const isWhole = hasFields(record, "body federation height kind prev roll v") && record.v === 1;
    need(isWhole && typeof record.kind === "string" && isObject(record.body), "record_fields", { height });
    need(record.federation === context.federation, "record_federation", { height });
    need(record.height === height && record.roll === 0, "record_height", { height });
    need(record.prev === ids[at], "record_prev", { height });
    ids.push(await sha256Hex(pae(`record-${record.kind}`, utf8(encode(record, PROOF_DEPTH_MAX)))));
  });
  return ids;
}

const EVENT_FIELDS = "body federation key kind member prev refs roll seq time v";

/** Return an event's id once its shape, size, federation, key and signature hold. @param role that may sign it */
async function openEvent(event, kind, role, context) {
  const { payload } = event;
  const isOfKind = event.kind === kind && payload.kind === kind;
  need(isOfKind && hasFields(payload, EVENT_FIELDS) && payload.v === 1, "event_fields", { kind });
  need(isNatural(payload.seq) && isNatural(payload.time) && payload.roll === 0, "event_fields", { kind });
  need((payload.prev === null) === (payload.seq === 0), "event_fields", { kind });
  need(isListOf(payload.refs, isHash) && isAscending(payload.refs), "event_fields", { kind });
  need(payload.federation === context.federation, "event_federation", { kind });
  const holder = context.ring.holders.get(payload.key);
  const isHolder = holder !== undefined && holder.member === payload.member && holder.role === role;
  need(isHolder, "event_key", { kind, member: String(payload.member) });
  const bytes = utf8(encode(payload));
  const limit = kind === "ballot" || kind === "precommit" ? VOTE_BYTES_MAX : EVENT_BYTES_MAX;
  need(bytes.length <= limit, "event_fields", { kind });
  const message = pae(kind, bytes);
  const holds = await context.verify(payload.key, message, bytesOf(event.signature));
  need(holds, "event_signature", { kind, member: payload.member });
  return sha256Hex(message);
}

/** Fail unless q different tellers' precommits of one view stand under a record; return how many and when. */
async function checkCertificate(votes, height, id, context) {
  const members = [];
  const views = new Set();
  await context.each(votes, async (vote) => {
    const { member } = await openTellers(vote, "precommit", "height value view", context);
    const { body } = vote.payload;
    need(isNatural(body.view), "event_fields", { kind: "precommit" });
    need(body.height === height && body.value === id, "event_elsewhere", { member });
    members.push(member);
    views.add(body.view);
  });
  need(isAscending(members), "signer_twice");
  const tellers = context.ring.tellers.length;
  const needed = quorumOf(tellers);
  need(members.length >= needed, "votes_few", { have: members.length, needed });
  need(views.size === 1, "views");
  const times = votes.map((vote) => vote.payload.time).sort((one, other) => one - other);
  return { signers: members.length, tellers, needed, time: times[Math.floor((times.length - 1) / 2)] };
}

/** Return the id and the member of an event of a teller, once it holds. @param {string} fields of its body */
async function openTellers(event, kind, fields, context) {
  const id = await openEvent(event, kind, "teller", context);
  const { body, member } = event.payload;
  need(context.ring.isTeller.has(member), "no_teller", { member });
  need(hasFields(body, fields), "event_fields", { kind });
  return { id, member };
}

/** Return the ids' bytes, joined, as listings are hashed (SPEC 2.42). */
const listingOf = (ids) => bytesOf(ids.join(""));

/** Whether a value is an object with exactly these fields, each as its test says. */
function hasShape(value, tests) {
  const names = Object.keys(tests);
  return hasFields(value, names.join(" ")) && names.every((name) => tests[name](value[name]));
}

const isPositive = (value) => isNatural(value) && value > 0;
const isFlag = (value) => typeof value === "boolean";
const isUpTo = (most) => (value) => isNatural(value) && value <= most;
const isOneOf = (...choices) => (value) => choices.includes(value);
const isMatching = (pattern) => (value) => typeof value === "string" && pattern.test(value);
const isMinutes = isUpTo(100000);
const PROCEDURES = ["inclusion", "inclusion-vote", "waiver", "scoring", "amendment", ...ADOPTING, ...CONFIRMING];
const TEXT = {
  lang: isMatching(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$/),
  sha256: isHash,
  size: (value) => isPositive(value) && value <= 65536,
};
const OPTION = {
  id: isMatching(/^[a-z0-9][a-z0-9-]{0,63}$/),
  minutes: isMinutes,
  subject: isHash,
  text: (value) => hasShape(value, TEXT),
};
const QUESTION = {
  capacity_minutes: isMinutes,
  options: (value) => isFilled(value, (option) => hasShape(option, OPTION)) && value.length <= 300,
};
const SPEC = {
  closes: isNatural,
  hide_running: isFlag,
  may_change: isFlag,
  number: isNatural,
  opens: isNatural,
  procedure: isOneOf(...PROCEDURES),
  proxies_per_holder: isUpTo(20),
  question: (value) => hasShape(value, QUESTION),
  roll: isNatural,
  rule: isObject,
  track: isOneOf("long", "short"),
};
const RECORD_BODIES = {
  open: { request: isHash, spec: (value) => hasShape(value, SPEC) && value.opens < value.closes && hasOwnIds(value) },
  close: {
    count: isNatural,
    listing: isHash,
    outcome: isHash,
    result: isObject,
    round: isHash,
    seals: (value) => isFilled(value, isHash) && value.length <= TELLERS_MAX && isAscending(value),
  },
  agenda: { document: isHash, draft: isHash, size: isNatural, version: isPositive },
};
const RECORD = {
  body: isObject,
  federation: isHash,
  height: isPositive,
  kind: isOneOf(...Object.keys(RECORD_BODIES)),
  prev: isHash,
  roll: isNatural,
  v: isOneOf(1),
};

/** Whether no two options of a round have the same id. */
function hasOwnIds({ question: { options } }) {
  return new Set(options.map((option) => option.id)).size === options.length;
}

/** Whether a value is a record of the register (SPEC 6.20 to 6.24). */
const isRecord = (value) => hasShape(value, RECORD) && hasShape(value.body, RECORD_BODIES[value.kind]);

/** Return closings by round and agendas by version, as the certified records have them, in their order. */
function standingOf(records, ids) {
  const [opened, closings, agendas] = [new Map(), new Map(), new Map()];
  for (const record of records) {
    const { kind, height, body } = record;
    const at = { height };
    need(isRecord(record), "record_fields", at);
    if (kind === "open") opened.set(ids[height], body.spec);
    else if (kind === "close") {
      need(opened.has(body.round) && !closings.has(body.round), "close_of_nothing", at);
      const selected = Array.isArray(body.result.selected) ? body.result.selected : [];
      closings.set(body.round, { height, round: body.round, spec: opened.get(body.round), body, selected });
    } else {
      need(body.version === agendas.size + 1, "record_fields", at);
      agendas.set(body.version, { height, ...body });
    }
  }
  return { closings, agendas };
}

/** Return the ballots that each named seal lists, once the seals are those of the closing, of different tellers. */
async function checkSeals(round, closing, context) {
  const listings = [...round.listings];
  const [ids, sealers, lists] = [[], new Set(), []];
  await context.each(round.seals, async (seal) => {
    const { id, member } = await openTellers(seal, "seal", "ballots count listing round", context);
    const { body } = seal.payload;
    need(body.round === round.round, "event_elsewhere", { member });
    need(!sealers.has(member), "signer_twice");
    ids.push(id);
    sealers.add(member);
    const isLong = body.ballots === null;
    const list = isLong ? listings.shift() : body.ballots;
    need(isListOf(list, isHash) && isAscending(list) && list.length === body.count, "seal_listing", { member });
    const isInPlace = isLong === body.count > SEAL_INLINE_BALLOTS_MAX && body.count <= SEAL_BALLOTS_MAX;
    need(isInPlace, "seal_listing", { member });
    need((await sha256Hex(listingOf(list))) === body.listing, "seal_listing", { member });
    lists.push(list);
  });
  need(listings.length === 0 && ids.join() === closing.body.seals.join(), "seals_others");
  const tellers = context.ring.tellers.length;
  const needed = tellers - faultyOf(tellers);
  need(ids.length >= needed, "seals_few", { have: ids.length, needed });
  return lists;
}

/** Return the ids, ascending, that f+1 of the lists hold (SPEC 6.10), once they are those that the closing counts. */
async function checkInclusion(lists, closing, context) {
  const support = new Map();
  for (const list of lists) for (const id of list) support.set(id, (support.get(id) ?? 0) + 1);
  const needed = faultyOf(context.ring.tellers.length) + 1;
  const included = [...support.keys()].filter((id) => support.get(id) >= needed).sort();
  need(included.length === closing.body.count, "included");
  need((await sha256Hex(listingOf(included))) === closing.body.listing, "included");
  return included;
}

/** Return the ballots by id once they are exactly the included ones, each signed by a member of the roll. */
async function checkBallots(round, included, context) {
  const ids = [];
  await context.each(round.ballots, async (ballot) => {
    ids.push(await openEvent(ballot, "ballot", "node", context));
    const { body, member } = ballot.payload;
    const isWhole = hasFields(body, "authorisation content delegate replaces round") && isObject(body.content);
    const isPlain = body.authorisation === null && /^[a-z0-9-]{0,64}$/.test(body.delegate);
    const isReplacing = body.replaces === null || isHash(body.replaces);
    need(isWhole && isPlain && isReplacing, "event_fields", { kind: "ballot" });
    need(body.round === round.round, "event_elsewhere", { member });
  });
  need(ids.join() === included.join(), "ballots_others");
  return round.ballots.map((ballot, at) => ({ id: ids[at], ...ballot.payload }));
}

/** Return the content of the one ballot of each member that counts (SPEC 6.11 to 6.13). */
function countedBallots(ballots, mayChange) {
  const byMember = new Map();
  for (const ballot of ballots) byMember.set(ballot.member, [...(byMember.get(ballot.member) ?? []), ballot]);
  const contents = new Map();
  for (const [member, mine] of byMember) {
    const left = standing(mine, mayChange);
    if (left.length === 1) contents.set(member, left[0].body.content);
  }
  return contents;
}

/** Return which of one member's ballots no other one of them comes after, or before where they may not change. */
function standing(ballots, mayChange) {
  const byId = new Map(ballots.map((ballot) => [ballot.id, ballot]));
  const gone = new Set();
  for (const ballot of ballots) {
    const older = byId.get(ballot.body.replaces);
    if (older && older.key !== ballot.key) gone.add(mayChange ? older.id : ballot.id);
  }
  const isPassed = (one) => (other) =>
    other.key === one.key && (mayChange ? other.seq > one.seq : other.seq < one.seq);
  return ballots.filter((ballot) => !gone.has(ballot.id) && !ballots.some(isPassed(ballot)));
}

const isId = (value) => typeof value === "string" && /^[\x21-\x7e]{1,128}$/.test(value);
const CHOICES = ["yes", "no", "abstain"];

/** Return a ballot that can be counted under a form about these options, a proxy, or null for any other content. */
function ballotIn(content, form, options) {
  const { form: stated, reason = null } = content;
  if (stated === "proxy" && hasFields(content, "form holder")) {
    return content.holder === null || isId(content.holder) ? content : null;
  }
  if (stated !== form) return null;
  if (form === "approval") {
    const isWhole = hasFields(content, "approves form") && isListOf(content.approves, isId);
    return isWhole && isAscending(content.approves) && content.approves.every((id) => options.has(id)) ? content : null;
  }
  const isWhole = hasFields({ reason, ...content }, "choice form reason") && CHOICES.includes(content.choice);
  const isReason = reason === null || (typeof reason === "string" && [...reason].length <= 2000);
  return isWhole && isReason ? { ...content, reason } : null;
}

/** Return each member's ballot, a proxy replaced by its holder's ballot or left out (SPEC 6.37 to 6.39). */
function resolved(ballots, electorate, perHolder) {
  const isProxy = (ballot) => ballot?.form === "proxy";
  const real = new Map([...ballots].filter(([, ballot]) => !isProxy(ballot)));
  const held = new Map();
  const result = new Map(real);
  for (const member of [...ballots.keys()].sort()) {
    const holder = isProxy(ballots.get(member)) ? ballots.get(member).holder : null;
    if (holder === null || holder === member || !electorate.has(holder) || !real.get(holder)) continue;
    if ((held.get(holder) ?? 0) >= perHolder) continue;
    held.set(holder, (held.get(holder) ?? 0) + 1);
    result.set(member, real.get(holder));
  }
  return result;
}

/** Return the least whole count that reaches a share of a base, or exceeds it where it is strict. */
function leastOf(share, base, isStrictly = false) {
  const whole = BigInt(share.numerator) * BigInt(base);
  const parts = BigInt(share.denominator);
  return Number(isStrictly ? whole / parts + 1n : (whole + parts - 1n) / parts);
}

const mostOf = (share, base) => Number((BigInt(share.numerator) * BigInt(base)) / BigInt(share.denominator));

/** Whether enough took part: the quorum's share of the entitled, or one member where the rule has no quorum. */
const hasQuorum = (quorum, present, entitled) => present >= Math.max(1, quorum ? leastOf(quorum, entitled) : 1);

const hasReason = (reason) => reason !== null && /[^\s\x1c-\x1f\x85]|\ufeff/.test(reason);

/** Return what a member did: a choice, "spoiled", or "absent". */
function voteOf(ballot, mustReason) {
  if (ballot === undefined) return "absent";
  const isUnfounded = mustReason && ballot?.choice === "no" && !hasReason(ballot.reason);
  return ballot === null || isUnfounded ? "spoiled" : ballot.choice;
}

/** Return the sums of votes over some members, in heads or as a weight says. */
function sumsOf(members, votes, weigh = () => 1) {
  const sums = { yes: 0, no: 0, abstain: 0, spoiled: 0, absent: 0 };
  for (const member of members) sums[votes.get(member)] += weigh(member);
  sums.valid = sums.yes + sums.no + sums.abstain;
  sums.cast = sums.valid + sums.spoiled;
  sums.entitled = sums.cast + sums.absent;
  return sums;
}

/** Return what the votes in favour are measured against. */
function baseOf(settings, sums) {
  const { base, abstentions = "quorum_only" } = settings;
  const bases = { "cast": sums.cast, "valid": sums.valid, "yes+no": sums.yes + sums.no, "present": sums.cast };
  if (base === "entitled") return sums.entitled;
  const isApart = abstentions !== "against" && base !== "yes+no";
  return bases[base] - (isApart ? sums.abstain : 0);
}

const reaches = (share, isStrictly, settings, sums) => {
  const bound = Math.max(1, leastOf(share, baseOf(settings, sums), isStrictly));
  return sums.yes >= bound;
};

/** Return the status of a vote on one text by a share of a base, under its further conditions. */
function thresholdStatus(settings, votes, electorate) {
  const { abstentions = "quorum_only", quorum, max_against: ceiling, min_in_favour: least } = settings;
  const { concurrent, weighted, casting_vote: casting } = settings;
  const sums = sumsOf(electorate.keys(), votes);
  const base = baseOf(settings, sums);
  const present = abstentions === "excluded" ? sums.cast - sums.abstain : sums.cast;
  if (!hasQuorum(quorum, present, sums.entitled)) return "no_quorum";
  const decides = casting && 2 * sums.yes === base && ["yes", "no"].includes(votes.get(casting));
  const isReached = reaches(settings.threshold, settings.strict, settings, sums);
  const conditions = [decides ? votes.get(casting) === "yes" : isReached];
  if (ceiling) conditions.push(sums.no + (abstentions === "against" ? sums.abstain : 0) <= mostOf(ceiling, base));
  if (least) conditions.push(sums.yes >= least);
  if (weighted) conditions.push(reachesByWeight(weighted, settings, votes, electorate, base - sums.yes));
  for (const name of concurrent?.constituencies ?? []) {
    const group = [...electorate].filter(([, names]) => names.includes(name)).map(([member]) => member);
    conditions.push(reaches(concurrent.threshold, concurrent.strict, settings, sumsOf(group, votes)));
  }
  return conditions.every(Boolean) ? "adopted" : "not_adopted";
}

function reachesByWeight(weighted, settings, votes, electorate, notInFavour) {
  const weights = new Map(weighted.weights.map(({ member, weight }) => [member, weight]));
  const sums = sumsOf(electorate.keys(), votes, (member) => weights.get(member));
  const blocking = weighted.blocking_minority;
  const cannotBlock = blocking !== null && notInFavour < blocking;
  return reaches(weighted.threshold, weighted.strict, settings, sums) || cannotBlock;
}

function silenceStatus(settings, votes, electorate) {
  const objections = sumsOf(electorate.keys(), votes).no;
  return objections < (settings.objections_to_break ?? 1) ? "adopted" : "broken";
}

function consensusStatus(settings, votes, electorate) {
  const { support = { numerator: 1, denominator: 2 }, max_stand_asides: most, quorum } = settings;
  const sums = sumsOf(electorate.keys(), votes);
  if (!hasQuorum(quorum, sums.cast, sums.entitled)) return "no_quorum";
  const isSupported = sums.yes >= Math.max(1, leastOf(support, sums.entitled));
  const isKept = !most || sums.abstain <= mostOf(most, sums.entitled);
  return isSupported && sums.no === 0 && isKept ? "adopted" : "broken";
}

/** Return a fraction in lowest terms. */
function fraction(numerator, denominator) {
  let [a, b] = [numerator < 0n ? -numerator : numerator, denominator];
  while (b) [a, b] = [b, a % b];
  return [numerator / a, denominator / a];
}

const isLess = ([a, b], [c, d]) => a * d < c * b;
/** A bound for sorting: it never puts a greater fraction before a smaller one. */
const roughly = ([numerator, denominator]) => Number((numerator << 52n) / denominator);

/**
 * Return the option of least price, of several the one of least rank, or null if none is left. Prices only rise, so
 * what an option cost before says which ones needn't be looked at. What has no price any more is taken out.
 */
function cheapest(waiting, priceOf, ranks) {
  let best = null;
  for (const [option, floor] of [...waiting].sort((one, other) => one[1] - other[1])) {
    if (best && floor > best.floor) break;
    const price = priceOf(option);
    if (price === null) {
      waiting.delete(option);
      continue;
    }
    waiting.set(option, roughly(price));
    const isBetter = !best || isLess(price, best.price);
    const isTied = best && !isBetter && !isLess(best.price, price);
    if (isBetter || (isTied && ranks[option] < ranks[best.option])) best = { option, price, floor: roughly(price) };
  }
  return best;
}

/** Amounts by group of voters over one common denominator. */
class Amounts {
  constructor(count, amount) {
    this.denominator = 1n;
    this.numerators = new Array(count).fill(amount);
  }

  /** Bring a fraction to the common denominator, which grows if need be. @returns {bigint} its numerator */
  entered([numerator, denominator]) {
    const [scale] = fraction(denominator, this.denominator);
    if (scale > 1n) {
      this.denominator *= scale;
      this.numerators = this.numerators.map((amount) => amount * scale);
    }
    return numerator * (this.denominator / denominator);
  }
}

/** What a prioritisation selects from: approvals in groups of equal ballots. */
function pollOf(options, capacity, ballots, ranks) {
  const groups = new Map();
  for (const { approves } of ballots) {
    if (approves.length) groups.set(approves.join(" "), (groups.get(approves.join(" ")) ?? 0) + 1);
  }
  const places = new Map(options.map((option, at) => [option.id, at]));
  const supporters = options.map(() => []);
  [...groups.keys()].forEach((key, group) => key.split(" ").forEach((id) => supporters[places.get(id)].push(group)));
  const weights = [...groups.values()];
  const counts = supporters.map((of) => of.reduce((sum, group) => sum + weights[group], 0));
  const voters = weights.reduce((sum, weight) => sum + weight, 0);
  const costs = options.map((option) => option.minutes);
  return { options, capacity, ranks, supporters, weights: weights.map(BigInt), counts, voters, costs };
}

/** Return what an option costs in shares of an endowment, which is given in hundredths. */
const inShares = (poll, option, hundredths) =>
  fraction(BigInt(poll.costs[option]) * BigInt(poll.voters) * 100n, BigInt(hundredths));

/** Return the options that equal shares pay for, in order, and what is left of the shares. */
function sharedOut(poll, hundredths) {
  const left = new Amounts(poll.weights.length, 1n);
  const costs = poll.options.map((_, option) => inShares(poll, option, hundredths));
  const waiting = new Map(poll.counts.flatMap((count, option) => (count ? [[option, 0]] : [])));
  const bought = [];
  const priceOf = (option) => shareFor(costs[option], poll.supporters[option], poll.weights, left);
  for (;;) {
    const next = cheapest(waiting, priceOf, poll.ranks);
    if (next === null) return { bought, left };
    const price = left.entered(next.price);
    for (const group of poll.supporters[next.option]) {
      const rest = left.numerators[group] - price;
      left.numerators[group] = rest > 0n ? rest : 0n;
    }
    waiting.delete(next.option);
    bought.push(next.option);
  }
}

/** Return the least amount by which supporters pay a cost when each pays that much or all it has left, or null. */
function shareFor([cost, parts], groups, weights, left) {
  const poorestFirst = [...groups].sort((one, other) =>
    left.numerators[one] < left.numerators[other] ? -1 : Number(left.numerators[one] > left.numerators[other]),
  );
  let payers = groups.reduce((sum, group) => sum + weights[group], 0n);
  let missing = cost * left.denominator;
  for (const group of poorestFirst) {
    const has = left.numerators[group] * parts;
    if (missing <= has * payers) return fraction(missing, parts * left.denominator * payers);
    missing -= has * weights[group];
    payers -= weights[group];
  }
  return null;
}

const spentOn = (poll, chosen) => chosen.reduce((sum, option) => sum + poll.costs[option], 0);

/** Return what equal shares pay for when they are raised as far as that doesn't overspend, and at which endowment. */
function raisedShares(poll) {
  const wanted = poll.counts.filter(Boolean).length;
  let hundredths = poll.capacity * 100;
  let best = sharedOut(poll, hundredths);
  for (let raise = 1; raise <= 100 && best.bought.length < wanted; raise += 1) {
    const next = sharedOut(poll, poll.capacity * (100 + raise));
    if (spentOn(poll, next.bought) > poll.capacity) break;
    best = next;
    hundredths = poll.capacity * (100 + raise);
  }
  return { ...best, hundredths };
}

/**
 * Return the options that Phragmén's rule takes, in order: voters are given money at the same pace and spend all they
 * hold. @param left what they start with, in shares @param stops whether what doesn't fit ends the count
 */
function phragmen(poll, hundredths, unspent, left, already, stops) {
  const since = new Amounts(0, 0n);
  since.denominator = left.denominator;
  since.numerators = left.numerators.map((amount) => -amount);
  const costs = poll.options.map((_, option) => inShares(poll, option, hundredths));
  const isWanted = (option) => poll.counts[option] > 0 && !already.includes(option);
  const wanted = poll.options.map((_, option) => option).filter(isWanted);
  const waiting = new Map(wanted.map((option) => [option, -Infinity]));
  const momentOf = (option) => {
    if (!stops && poll.costs[option] > unspent) return null;
    const [cost, parts] = costs[option];
    const groups = poll.supporters[option];
    const given = groups.reduce((sum, group) => sum + since.numerators[group] * poll.weights[group], 0n);
    const whole = cost * since.denominator + given * parts;
    return fraction(whole, parts * since.denominator * BigInt(poll.counts[option]));
  };
  const taken = [];
  for (;;) {
    const next = cheapest(waiting, momentOf, poll.ranks);
    if (next === null || (stops && overflows(next, waiting, momentOf, poll, unspent))) return taken;
    const moment = since.entered(next.price);
    for (const group of poll.supporters[next.option]) since.numerators[group] = moment;
    waiting.delete(next.option);
    unspent -= poll.costs[next.option];
    taken.push(next.option);
  }
}

/** Whether an option that could be taken at the same moment doesn't fit. */
function overflows(next, waiting, momentOf, poll, unspent) {
  const isNow = (option, floor) => floor <= next.floor && !isLess(next.price, momentOf(option));
  return [...waiting].some(([option, floor]) => poll.costs[option] > unspent && isNow(option, floor));
}

/** Return the most approved of the options left that fit, one after the other. */
function mostApproved(poll, already) {
  let unspent = poll.capacity - spentOn(poll, already);
  const rest = poll.options.map((_, option) => option).filter((option) => !already.includes(option));
  rest.sort((one, other) => poll.counts[other] - poll.counts[one] || poll.ranks[one] - poll.ranks[other]);
  return rest.filter((option) => {
    const fits = poll.counts[option] > 0 && poll.costs[option] <= unspent;
    if (fits) unspent -= poll.costs[option];
    return fits;
  });
}

/** Return what a rule over approvals selects, in order. */
function selectedFrom(poll, settings) {
  const completion = settings.completion ?? ["most-approved"];
  if (settings.rule === "approval") return mostApproved(poll, []);
  const nothing = new Amounts(poll.weights.length, 0n);
  const whole = poll.capacity * 100;
  if (settings.rule === "phragmen") {
    const taken = phragmen(poll, whole, poll.capacity, nothing, [], settings.when_full !== "skip");
    return completion.length ? [...taken, ...mostApproved(poll, taken)] : taken;
  }
  const isRaised = completion.includes("raised-shares");
  const { bought, left, hundredths } = isRaised ? raisedShares(poll) : { ...sharedOut(poll, whole), hundredths: whole };
  return completion.reduce((chosen, way) => {
    if (way === "most-approved") return [...chosen, ...mostApproved(poll, chosen)];
    if (way === "raised-shares") return chosen;
    const unspent = poll.capacity - spentOn(poll, chosen);
    return [...chosen, ...phragmen(poll, hundredths, unspent, left, chosen, false)];
  }, bought);
}

/** Return the rank of each option where options are level; the lower goes first. */
async function tieRanks(settings, options, ballots, lot) {
  const ids = options.map((option) => option.id);
  const { ties = "oldest", chair } = settings;
  let ordered = [...ids];
  if (ties === "id") ordered.sort();
  if (ties === "chair") {
    const approved = new Set(ballots.get(chair)?.approves ?? []);
    ordered = [...ids.filter((id) => approved.has(id)), ...ids.filter((id) => !approved.has(id))];
  }
  if (ties === "lot") {
    const prefix = joined(utf8("comitia lot v1\0"), await sha256(lot));
    const drawn = await Promise.all(ids.map(async (id) => [await sha256Hex(joined(prefix, utf8(id))), id]));
    ordered = drawn.sort(([one], [other]) => (one < other ? -1 : 1)).map(([, id]) => id);
  }
  return ids.map((id) => ordered.indexOf(id));
}

/** Return a round's public lot (SPEC 6.36). */
const roundLot = (round, seals) => sha256(joined(utf8("comitia round lot v1\0"), bytesOf(round), listingOf(seals)));

const TEXT_RULES = { threshold: thresholdStatus, silence: silenceStatus, consensus: consensusStatus };
const LIST_RULES = ["equal-shares", "phragmen", "approval"];

/**
 * Return the result that ballots come to, or null where this page doesn't know the rule.
 * @param contents the content of each member's ballot that counts @param electorate constituencies by member
 */
async function resultOf(spec, contents, electorate, lot) {
  const { rule: settings, question } = spec;
  const isList = LIST_RULES.includes(settings.rule);
  if (!isList && !Object.hasOwn(TEXT_RULES, settings.rule)) return null;
  const options = new Set(question.options.map((option) => option.id));
  const form = isList ? "approval" : "choice";
  const read = new Map([...contents].map(([member, content]) => [member, ballotIn(content, form, options)]));
  const ballots = resolved(read, electorate, spec.proxies_per_holder);
  if (isList) return selectionOf(settings, question, ballots, electorate, lot);
  const mustReason = settings.rule === "consensus" || (settings.reasons_required ?? settings.rule === "silence");
  const votes = new Map([...electorate.keys()].map((member) => [member, voteOf(ballots.get(member), mustReason)]));
  const status = TEXT_RULES[settings.rule](settings, votes, electorate);
  return { selected: status === "adopted" ? [question.options[0].id] : [], status };
}

async function selectionOf(settings, question, ballots, electorate, lot) {
  if (!hasQuorum(settings.quorum, ballots.size, electorate.size)) return { selected: [], status: "no_quorum" };
  const ranks = await tieRanks(settings, question.options, ballots, lot);
  const valid = [...ballots.values()].filter((ballot) => ballot !== null);
  const poll = pollOf(question.options, question.capacity_minutes, valid, ranks);
  const selected = selectedFrom(poll, settings).map((option) => question.options[option].id);
  return { selected, status: "selected" };
}

const LIST_PROCEDURES = ["prioritisation", "scoring", "alternatives"];

/** Whether a round was opened as the charter allows (SPEC 6.34). */
function isAllowed(spec, charter) {
  const { procedure, question, rule } = spec;
  const policy = charter[spec.track];
  const allowed = Object.hasOwn(policy.procedures, procedure) ? policy.procedures[procedure] : null;
  if (!allowed || encode(rule) !== encode(allowed.rule)) return false;
  const isLongEnough = spec.closes - spec.opens >= allowed.voting_ms;
  const isList = question.options.length > 1;
  const texts = new Set(question.options.map((option) => `${option.subject} ${option.text.sha256}`));
  const shares = isList && LIST_RULES.includes(rule.rule);
  const fits = !shares || question.capacity_minutes <= policy.capacity_minutes;
  const isOne = LIST_PROCEDURES.includes(procedure) || !isList;
  const hasProxies = spec.proxies_per_holder <= allowed.proxies_per_holder;
  return isLongEnough && isOne && fits && hasProxies && texts.size === question.options.length;
}

/** Fail unless the ballots come to the certified result. @returns {Promise<boolean>} false: the rule isn't known */
async function checkTally(ballots, closing, context) {
  need(isAllowed(closing.spec, context.charter), "not_allowed");
  const contents = countedBallots(ballots, closing.spec.may_change);
  const electorate = new Map([...context.ring.members.values()].map((member) => [member.id, member.constituencies]));
  const lot = await roundLot(closing.round, closing.body.seals);
  const result = await resultOf(closing.spec, contents, electorate, lot);
  if (result !== null) need(encode(result) === encode(closing.body.result), "result", { status: result.status });
  return result !== null;
}

/** Return what stands on the agenda at a height, by subject in the order of adoption (SPEC 6.35, 6.40). */
function standingItems(charter, standing, height) {
  const latest = new Map();
  const published = [...standing.agendas.values()].map((agenda) => agenda.height);
  let now = 0;
  for (const closing of standing.closings.values()) {
    if (closing.height > height) break;
    const { procedure, track } = closing.spec;
    const hasQuorum = closing.body.result.status !== "no_quorum";
    if (procedure === "prioritisation" && track === "long" && hasQuorum) lapse(latest, closing, published, charter);
    if (ADOPTING.includes(procedure)) adopt(latest, closing, hasQuorum);
    if (CONFIRMING.includes(procedure)) confirm(latest, closing);
    now = Math.max(now, closing.spec.closes);
  }
  for (const [subject, item] of latest) {
    const { review_ms: review, sunset_ms: sunset } = charter[item.closing.spec.track];
    if (review && sunset && now - item.since > review + sunset) latest.delete(subject);
  }
  return latest;
}

/** Drop what was published but not ratified before a long-term prioritisation. */
function lapse(latest, closing, published, charter) {
  for (const [subject, item] of latest) {
    const isPublished = published.some((height) => item.closing.height < height && height < closing.height);
    if (charter[item.closing.spec.track].ratification && isPublished && !item.isRatified) latest.delete(subject);
  }
}

/** Put on the agenda what a round adopts, and drop what it rejects. */
function adopt(latest, closing, hasQuorum) {
  const { options } = closing.spec.question;
  if (REJECTING.includes(closing.spec.procedure) && hasQuorum) {
    for (const option of options) latest.delete(option.subject);
  }
  for (const id of closing.selected) {
    const option = options.find((each) => each.id === id);
    latest.delete(option.subject);
    latest.set(option.subject, { closing, option, isRatified: false, since: closing.spec.closes });
  }
}

/** Let what was ratified or reviewed stand, or drop it. */
function confirm(latest, closing) {
  for (const option of closing.spec.question.options) {
    const item = latest.get(option.subject);
    if (item && closing.selected.includes(option.id)) {
      item.isRatified = true;
      item.since = closing.spec.closes;
    } else if (closing.body.result.status === "not_adopted") latest.delete(option.subject);
  }
}

/** Return the items of an agenda in the order that its draft asks for, or null if they can't stand so. */
function orderedItems(latest, order) {
  const ofTrack = (track) => [...latest.values()].filter((item) => item.closing.spec.track === track);
  const due = [...ofTrack("long"), ...ofTrack("short")];
  if (order === null) return due;
  const isEach = isListOf(order, (id) => latest.has(id)) && new Set(order).size === order.length;
  if (!isEach || order.length !== due.length) return null;
  const items = order.map((subject) => latest.get(subject));
  const tracks = (list) => list.map((item) => item.closing.spec.track).join();
  const together = (list, round) => list.filter((item) => item.closing.round === round).map((item) => item.option.id);
  const isKept = due.every(({ closing: { round } }) => together(items, round).join() === together(due, round).join());
  return tracks(items) === tracks(due) && isKept ? items : null;
}

/** Return the agenda's document that follows from the closings up to a height, or null if its order can't be. */
function documentOf(charter, standing, context, version, height, order) {
  const items = orderedItems(standingItems(charter, standing, height), order);
  if (items === null) return null;
  const long = items.filter((item) => item.closing.spec.track === "long").length;
  const numbered = items.map(({ closing, option }, at) => ({
    number: at < long ? String(at + 1) : `S${at - long + 1}`,
    track: closing.spec.track,
    subject: option.subject,
    text: option.text,
    minutes: option.minutes,
    round: closing.round,
    option: option.id,
  }));
  const previous = standing.agendas.get(version - 1)?.document ?? null;
  return { v: 1, federation: context.federation, version, height, previous, items: numbered };
}

/** Fail unless an agenda is the certified one, by its draft, and follows from the closings. */
async function checkAgenda(agenda, below, charter, standing, context) {
  const { document, draft } = agenda;
  const record = document.version > below ? standing.agendas.get(document.version) : undefined;
  need(record !== undefined, "agenda_unknown");
  const text = encode(document, PROOF_DEPTH_MAX);
  need((await sha256Hex(utf8(text))) === record.document && utf8(text).length === record.size, "agenda_document");
  const id = await openEvent(draft, "agenda-draft", "node", context);
  const { body, member } = draft.payload;
  need(id === record.draft && context.ring.isSecretariat.has(member), "agenda_draft");
  need(hasFields(body, "document order size version"), "event_fields", { kind: "agenda-draft" });
  need(["document", "size", "version"].every((name) => body[name] === record[name]), "agenda_draft");
  const isAtClosing = [...standing.closings.values()].some((closing) => closing.height === document.height);
  need(isAtClosing && document.height < record.height, "agenda_items");
  const due = documentOf(charter, standing, context, document.version, document.height, body.order);
  need(due !== null && encode(due, PROOF_DEPTH_MAX) === text, "agenda_items");
  return { version: document.version, document: record.document, items: document.items.length };
}

/** @returns a page's breath: at most every 50 ms the browser may draw */
function breather(watch) {
  let last = Date.now();
  return async (step, done, all) => {
    if (Date.now() - last < 50) return;
    watch(step, done, all);
    await new Promise((resume) => setTimeout(resume, 0));
    last = Date.now();
  };
}

/** Return a check under way: it takes steps, keeps what they came to, and stops at the first that fails. */
function checking(watch) {
  const breathe = breather(watch);
  const check = { steps: [], verify: verifier(), current: "form" };
  check.each = async (list, act) => {
    for (const [at, one] of list.entries()) {
      await act(one, at);
      await breathe(check.current, at + 1, list.length);
    }
  };
  check.take = async (id, act, subject = "") => {
    check.current = id;
    watch(id, 0, 0);
    const step = { id, subject, state: "ok", reason: "", values: {} };
    check.steps.push(step);
    try {
      return await act(step);
    } catch (error) {
      step.state = "failed";
      step.reason = error instanceof Refused ? error.reason : "fields";
      step.values = error instanceof Refused ? error.values : {};
      throw new Stopped();
    }
  };
  return check;
}

class Stopped extends Error {}

/** Return a check's steps, those that weren't reached too, and its facts where all that was needed holds. */
async function concluded(kind, check, all, run) {
  let facts = null;
  try {
    facts = await run();
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    const taken = check.steps.map((step) => step.id);
    const rest = all.filter((id) => !taken.includes(id));
    check.steps.push(...rest.map((id) => ({ id, subject: "", state: "unreached", reason: "", values: {} })));
  }
  return { kind, steps: check.steps, facts, holds: facts !== null };
}

/** Check a full proof against a federation's fingerprint (SPEC 12). */
function checkFull(bytes, fingerprint, beside, watch) {
  const check = checking(watch);
  return concluded("full", check, FULL_STEPS, async () => {
    const proof = await check.take("form", () => openFull(bytes));
    const charter = proof.charter.payload;
    await check.take("fingerprint", async () => {
      check.federation = await sha256Hex(pae("charter", utf8(encode(charter, PROOF_DEPTH_MAX))));
      need(check.federation === fingerprint, "fingerprint_other", { found: check.federation });
    });
    await check.take("founders", () => checkFounders(proof.charter, check));
    check.charter = charter;
    check.ring = ringOf(charter.roll);
    const ids = await check.take("chain", () => checkChain(proof.records, check));
    const height = proof.records.length;
    let standing;
    const certified = await check.take("certificate", async () => {
      const found = await checkCertificate(proof.votes, height, ids[height], check);
      standing = standingOf(proof.records, ids);
      return found;
    });
    const recounted = await recountRounds(proof.rounds, standing, check);
    const agendas = [];
    for (const agenda of proof.agendas) {
      const below = agendas.at(-1)?.version ?? 0;
      const act = () => checkAgenda(agenda, below, charter, standing, check);
      agendas.push(await check.take("agenda", act, String(agenda.document.version)));
    }
    if (beside.document) await check.take("document", (step) => checkDocument(step, beside.document, agendas));
    const trusted = standing.closings.size - recounted;
    return { ...certified, federation: check.federation, height, recounted, trusted, agendas };
  });
}

/** Take the steps of each round; return how many were counted again. */
async function recountRounds(rounds, standing, check) {
  let below = 0;
  let recounted = 0;
  for (const round of rounds) {
    const closing = standing.closings.get(round.round);
    const lists = await check.take("seals", () => {
      need(closing !== undefined && closing.height > below, "round_unknown");
      return checkSeals(round, closing, check);
    }, round.round);
    const included = await check.take("inclusion", () => checkInclusion(lists, closing, check), round.round);
    const ballots = await check.take("ballots", () => checkBallots(round, included, check), round.round);
    await check.take("tally", async (step) => {
      if (await checkTally(ballots, closing, check)) recounted += 1;
      else step.state = "trusted";
    }, round.round);
    below = closing.height;
  }
  return recounted;
}

/** Return the hash of a leaf, or of two hashes, in the log's tree (RFC 6962, 2.1). */
const leafHash = (leaf) => sha256(joined(Uint8Array.of(0), leaf));
const nodeHash = (left, right) => sha256(joined(Uint8Array.of(1), left, right));

/** Return the root that a leaf's hash and its path lead to, or null where the path is too short or too long. */
async function rootOf(hash, index, size, path) {
  let [node, last, result] = [BigInt(index), BigInt(size) - 1n, hash];
  if (node > last) return null;
  for (const other of path) {
    if (last === 0n) return null;
    if (node & 1n || node === last) {
      result = await nodeHash(other, result);
      while (!(node & 1n) && node !== 0n) [node, last] = [node >> 1n, last >> 1n];
    } else result = await nodeHash(result, other);
    [node, last] = [node >> 1n, last >> 1n];
  }
  return last === 0n ? result : null;
}

const TELLER_NAME = /^[^\s+\x00-\x1f\x7f]{1,300}$/;

/** Return a short proof's parts, read strictly: C2SP tlog-proof with a cosigned checkpoint. */
function openShort(bytes) {
  need(bytes.length <= SHORT_PROOF_BYTES_MAX, "short_large", { limit: SHORT_PROOF_BYTES_MAX / 1024 });
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refused("short_lines");
  }
  const shape = [
    `${SHORT_HEAD.replaceAll(".", "\\.")}\n`,
    "extra ([\\w+/=]+)\n",
    "index (0|[1-9][0-9]{0,15})\n",
    "((?:[\\w+/]{43}=\n){0,63})\n",
    "((?:[^\n]+\n){3})\n",
    "((?:— [^\n]+\n)+)",
  ];
  const [, extra, index, hashes, body, below] = new RegExp(`^${shape.join("")}$`).exec(text) ?? [];
  need(extra !== undefined, "short_lines");
  const [origin, size, root] = body.split("\n");
  const named = /^comitia\/([0-9a-f]{64})$/.exec(origin);
  const isSize = /^(0|[1-9][0-9]{0,15})$/.test(size) && Number.isSafeInteger(Number(size));
  need(named !== null && isSize && /^[A-Za-z0-9+/]{43}=$/.test(root), "short_lines");
  return {
    index: Number(index),
    path: hashes.split("\n").slice(0, -1).map((line) => fromBase64(line, "short_lines")),
    checkpoint: { text: body, federation: named[1], size: Number(size), root: fromBase64(root, "short_lines") },
    lines: below.split("\n").slice(0, -1).map(signatureLine),
    ...extraOf(decode(fromBase64(extra, "short_lines"))),
  };
}

/** Return a line below a checkpoint: whose, the key's id, and what follows it. */
function signatureLine(line) {
  const [name, encoded, ...more] = line.slice(2).split(" ");
  need(TELLER_NAME.test(name) && encoded !== undefined && more.length === 0, "short_lines");
  const bytes = fromBase64(encoded, "short_lines");
  need(bytes.length > 4, "short_lines");
  return { name, keyId: hexOf(bytes.subarray(0, 4)), data: bytes.subarray(4) };
}

/** Return the record and the tellers that a short proof brings along. */
function extraOf(extra) {
  need(hasFields(extra, "record tellers v") && extra.v === 1 && isObject(extra.record), "fields");
  const isTeller = (pair) => Array.isArray(pair) && pair.length === 2 && isMember(pair[0]) && isHash(pair[1]);
  const { record, tellers } = extra;
  need(isFilled(tellers, isTeller) && tellers.length <= TELLERS_MAX, "fields");
  need(isAscending(tellers.map(([member]) => member)), "fields");
  return { record, tellers };
}

/** Return the name, the key's id and the line of a teller's key, as C2SP signed-note writes them. */
async function verifierKey([member, key]) {
  const name = `teller/${member}`;
  const bytes = joined(Uint8Array.of(4), bytesOf(key));
  const keyId = hexOf((await sha256(joined(utf8(`${name}\n`), bytes))).subarray(0, 4));
  return { name, key, keyId, line: `${name}+${keyId}+${btoa(String.fromCharCode(...bytes))}` };
}

/** Return the tellers' fingerprint. */
function tellersFingerprint(federation, keys) {
  const lines = ["comitia tellers v1", `comitia/${federation}`, ...keys.map((key) => key.line)];
  return sha256Hex(utf8(lines.map((line) => `${line}\n`).join("")));
}

/** Fail unless the tellers are those of the fingerprint, or of the charter that has the fingerprint. */
async function checkTellers(proof, keys, fingerprint, charter, check) {
  const { federation } = proof.checkpoint;
  if (charter === null) {
    const found = await tellersFingerprint(federation, keys);
    need(found === fingerprint || fingerprint !== federation, "charter_wanted");
    need(found === fingerprint, "tellers_other", { found });
    return;
  }
  const { payload, signatures } = charter;
  const found = await sha256Hex(pae("charter", payload));
  need(found === fingerprint, "fingerprint_other", { found });
  need(federation === fingerprint, "proof_elsewhere", { found: federation });
  const founded = decode(payload);
  checkRoll(founded.roll);
  const ordered = founded.roll.members.map((member) => signatures.get(member.root));
  need(ordered.every(Boolean) && signatures.size === ordered.length, "founders_missing");
  await checkFounders({ payload: founded, signatures: ordered }, check);
  need(ringOf(founded.roll).tellers.join() === proof.tellers.join(), "tellers_charter");
}

/** Return a charter file's exact payload, and its signatures by root key. Raises Refused for anything else. */
function openCharter(bytes) {
  try {
    const { payload, payloadType, signatures } = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    need(payloadType === "application/vnd.comitia.charter.v1+json", "charter_file");
    const pairs = signatures.map(({ keyid, sig }) => [keyid, hexOf(fromBase64(sig, "charter_file"))]);
    return { payload: fromBase64(payload, "charter_file"), signatures: new Map(pairs) };
  } catch {
    throw new Refused("charter_file");
  }
}

/** Fail unless a short proof's record has the fields of one, and is of the proof's height and federation. */
function checkRecord({ record, index, checkpoint }) {
  const at = { height: index };
  need(isRecord(record), "record_fields", at);
  const bytes = utf8(encode(record));
  need(bytes.length <= RECORD_BYTES_MAX, "record_fields", at);
  need(record.height === index, "record_height", at);
  need(record.federation === checkpoint.federation, "record_federation", at);
  return pae(`record-${record.kind}`, bytes);
}

/** Fail unless exactly q tellers, in the roll's order, have signed the checkpoint; return when, in milliseconds. */
async function checkCosignatures(proof, keys, check) {
  const needed = quorumOf(keys.length);
  need(proof.lines.length === needed, "votes_few", { have: proof.lines.length, needed });
  let last = -1;
  let time = 0n;
  await check.each(proof.lines, async (line) => {
    const at = keys.findIndex((key) => key.name === line.name && key.keyId === line.keyId);
    need(at >= 0, "no_teller", { member: line.name });
    need(at > last, "signer_twice");
    need(line.data.length === 72, "cosignature", { member: line.name });
    const seconds = BigInt(`0x${hexOf(line.data.subarray(0, 8))}`);
    const message = utf8(`cosignature/v1\ntime ${seconds}\n${proof.checkpoint.text}`);
    const holds = seconds < 2n ** 53n && (await check.verify(keys[at].key, message, line.data.subarray(8)));
    need(holds, "cosignature", { member: line.name });
    last = at;
    time = seconds > time ? seconds : time;
  });
  return { signers: needed, tellers: keys.length, needed, time: Number(time) * 1000 };
}

/**
 * Check a short proof against the tellers' fingerprint, or the federation's with its charter (SPEC 11).
 * @param {{charter: ?Uint8Array, document: ?Uint8Array}} beside files that were given along with it
 */
function checkShort(bytes, fingerprint, beside, watch) {
  const check = checking(watch);
  return concluded("short", check, SHORT_STEPS, async () => {
    const proof = await check.take("form", () => openShort(bytes));
    const keys = await Promise.all(proof.tellers.map(verifierKey));
    await check.take("fingerprint", () => {
      const charter = beside.charter ? openCharter(beside.charter) : null;
      return checkTellers(proof, keys, fingerprint, charter, check);
    });
    const leaf = await check.take("record", () => checkRecord(proof));
    const { checkpoint, record } = proof;
    await check.take("inclusion", async () => {
      const root = await rootOf(await leafHash(leaf), proof.index, checkpoint.size, proof.path);
      need(root !== null && hexOf(root) === hexOf(checkpoint.root), "path");
    });
    const signed = await check.take("cosignatures", () => checkCosignatures(proof, keys, check));
    const agendas = record.kind === "agenda" ? [{ ...record.body }] : [];
    await check.take("document", (step) => checkDocument(step, beside.document, agendas));
    const height = checkpoint.size - 1;
    return { ...signed, federation: checkpoint.federation, height, at: record.height, record: record.kind, agendas };
  });
}

const isPdf = (bytes) => String.fromCharCode(...bytes.subarray(0, 5)) === "%PDF-";

/**
 * Return the hash of the document that an agenda's file is of: a PDF names it, the published JSON carries it, and the
 * document may come by itself.
 */
async function documentIn(bytes) {
  if (isPdf(bytes)) {
    const text = new TextDecoder("latin1").decode(bytes);
    const marks = text.matchAll(/comitia-document:([0-9a-f]{64}(?![0-9a-f]))?/g);
    const named = new Set(Array.from(marks, (mark) => mark[1]));
    need(named.size === 1 && !named.has(undefined), "document_file");
    return [...named][0];
  }
  try {
    const { document } = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return sha256Hex(isObject(document) ? utf8(encode(document)) : bytes);
  } catch {
    throw new Refused("document_file");
  }
}

/** Fail unless a file is of a document that is certified; without a file there is nothing to check. */
async function checkDocument(step, file, agendas) {
  if (!file) {
    step.state = "unneeded";
    return;
  }
  need(agendas.length > 0, "no_agenda");
  const named = await documentIn(file);
  need(agendas.some((agenda) => agenda.document === named), "agenda_document");
}

/** Return what kind of file some bytes are: "full", "short", "charter" or "document". */
function kindOf(bytes) {
  const head = String.fromCharCode(...bytes.subarray(0, 64));
  if (head.startsWith(FULL_HEAD)) return "full";
  if (head.startsWith(SHORT_HEAD)) return "short";
  if (isPdf(bytes)) return "document";
  const text = bytes.length < FILE_BYTES_MAX ? new TextDecoder().decode(bytes.subarray(0, FILE_BYTES_MAX)) : "";
  if (text.trimStart().startsWith("{")) return text.includes("vnd.comitia.charter.v1") ? "charter" : "document";
  return "unknown";
}

/**
 * Check a proof of either kind.
 * @param {(step: string, done: number, all: number) => void} watch hears of progress
 */
async function check(bytes, fingerprint, beside = {}, watch = () => undefined) {
  if (kindOf(bytes) === "short") return checkShort(bytes, fingerprint, beside, watch);
  return checkFull(bytes, fingerprint, beside, watch);
}

const { keys: KEYS, ...SENTENCES } = JSON.parse(document.getElementById("words").textContent);
const worded = (sentences) => Object.fromEntries(KEYS.map((key, place) => [key, sentences[place]]));
/** Sentences by language and key. */
const WORDS = Object.fromEntries(Object.entries(SENTENCES).map(([language, list]) => [language, worded(list)]));
const SOURCE = "en";
const RTL = ["ar"];
const at = (id) => document.getElementById(id);
const seen = { language: SOURCE, files: [], result: null, failure: null, run: 0, isAble: true };

const ENDINGS = { full: ".comitia-proof", short: ".tlog-proof" };

/** Return a sentence in the reader's language, with what it names set apart from its direction. */
function say(key, values = ENDINGS) {
  const sentence = WORDS[seen.language][key] ?? WORDS[SOURCE][key] ?? key;
  return sentence.replace(/\{(\w+)\}/g, (_, name) => `\u2068${values[name]}\u2069`);
}

/** Return an element with words in it. */
function element(name, text, className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

const fragment = () => new URLSearchParams(location.hash.slice(1));

/** Return the language that the address asks for, or the browser does, or the first one that there is. */
function wantedLanguage() {
  const wishes = [fragment().get("lang"), ...navigator.languages].map((tag) => (tag ?? "").split("-")[0]);
  return wishes.find((tag) => Object.hasOwn(WORDS, tag)) ?? SOURCE;
}

/** Show everything in a language. */
function speak(language) {
  seen.language = language;
  document.documentElement.lang = language;
  document.documentElement.dir = RTL.includes(language) ? "rtl" : "ltr";
  document.title = say("title");
  for (const place of document.querySelectorAll("[data-say]")) place.textContent = say(place.dataset.say);
  for (const link of document.querySelectorAll("#languages a")) {
    const address = fragment();
    address.set("lang", link.lang);
    link.href = `#${address}`;
    if (link.lang === language) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  showFiles();
  showFault();
  if (seen.result) showResult();
}

/** Follow the address: its language, and the fingerprint that a printed code brought along. */
function followAddress() {
  const brought = fragment().get("fingerprint");
  if (brought && brought !== seen.brought) at("fingerprint").value = spaced(brought);
  seen.brought = brought;
  at("came").hidden = !brought;
  speak(wantedLanguage());
}

const spaced = (digits) => digits.replace(/\s/g, "").slice(0, 200).replace(/(.{8})(?=.)/g, "$1 ");

const size = (bytes) => new Intl.NumberFormat(`${seen.language}-u-nu-latn`).format(Math.ceil(bytes / 1024));

function showFiles() {
  const lines = seen.files.map((file) => say("chosen", { name: file.name, size: size(file.size) }));
  at("chosen").replaceChildren(...lines.map((line) => element("li", line)));
}

/** Say what keeps a check from beginning, at the field that it is about. */
function showFault() {
  for (const name of ["files", "fingerprint"]) {
    const isHere = seen.failure?.field === name;
    at(`${name}-error`).hidden = !isHere;
    at(`${name}-error`).textContent = isHere ? say(seen.failure.key, seen.failure.values) : "";
    if (isHere) at(name).setAttribute("aria-invalid", "true");
    else at(name).removeAttribute("aria-invalid");
  }
}

function fault(field, key, values = {}) {
  seen.failure = { field, key, values };
  showFault();
  at(field).focus();
}

/** Return the chosen files' bytes by kind, or null after saying what is wrong with them. */
async function readFiles() {
  const found = { proof: null, charter: null, document: null };
  for (const file of seen.files) {
    const limits = { name: file.name, limit: FILE_BYTES_MAX / MIB };
    if (file.size > FILE_BYTES_MAX) return fault("files", "file_large", limits);
    const bytes = new Uint8Array(await file.arrayBuffer());
    const kind = kindOf(bytes);
    const place = kind === "charter" || kind === "document" ? kind : "proof";
    if (found[place]) return fault("files", "files_many");
    found[place] = bytes;
  }
  return found.proof ? found : fault("files", "files_none");
}

/** Check what was chosen and show what it comes to, unless another check has begun since. */
async function begin() {
  const run = (seen.run += 1);
  const isCurrent = () => run === seen.run;
  forget();
  const fingerprint = at("fingerprint").value.replace(/\s/g, "").toLowerCase();
  if (seen.files.length === 0) return fault("files", "files_none");
  if (!isHash(fingerprint)) return fault("fingerprint", "fingerprint_none");
  at("progress").hidden = false;
  at("state").textContent = say("reading");
  try {
    const files = await readFiles();
    if (!files || !isCurrent()) return undefined;
    const watch = (...progress) => isCurrent() && showProgress(...progress);
    const result = await check(files.proof, fingerprint, files, watch);
    result.hasPdf = files.document !== null && isPdf(files.document);
    if (!isCurrent()) return undefined;
    seen.result = result;
    showResult();
    at("result").focus();
  } catch {
    if (isCurrent()) fault("files", "file_unreadable");
  } finally {
    if (isCurrent()) quieten();
  }
  return undefined;
}

/** Take away what an earlier check came to: it doesn't belong to what is chosen now. */
function forget() {
  seen.result = null;
  seen.failure = null;
  at("result").hidden = true;
  quieten();
  showFault();
}

function quieten() {
  at("progress").hidden = true;
  at("state").textContent = "";
}

function showProgress(step, done, all) {
  const bar = at("bar");
  if (all) {
    bar.max = all;
    bar.value = done;
  } else bar.removeAttribute("value");
  at("state").textContent = say("checking", { step: say(`step_${step}`) });
}

/** Return a time in UTC in the reader's language, with European digits. */
function moment(milliseconds) {
  const locale = `${seen.language === SOURCE ? "en-GB" : seen.language}-u-nu-latn-ca-gregory`;
  const date = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "UTC" }).format(milliseconds);
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC" };
  return say("moment", { date, time: new Intl.DateTimeFormat(locale, clock).format(milliseconds) });
}

function showResult() {
  const { kind, steps, facts, holds } = seen.result;
  at("result").hidden = false;
  at("result").className = holds ? "holds" : "fails";
  at("verdict").textContent = say(holds ? "verdict_holds" : "verdict_fails");
  const broken = steps.find((step) => step.state === "failed");
  const lines = holds ? factLines(kind, facts) : [stepReason(broken), say("verdict_advice")];
  at("facts").replaceChildren(...lines.map((line) => element("p", line)));
  at("steps").replaceChildren(...steps.map(stepRow));
  const unknown = holds ? limitLines(kind, facts) : [];
  if (seen.result.hasPdf) unknown.push(say("limit_pdf"));
  at("limits").hidden = !holds;
  at("limits-list").replaceChildren(...unknown.map((line) => element("li", line)));
}

/** Return what a proof that holds shows, a sentence each. */
function factLines(kind, facts) {
  const lines = [say("fact_federation", { federation: facts.federation })];
  for (const agenda of facts.agendas) lines.push(say("fact_agenda", agenda));
  lines.push(say("fact_signed", { signers: facts.signers, tellers: facts.tellers, height: facts.height }));
  if (kind === "short") lines.push(say("fact_record", { at: facts.at, record: say(`record_${facts.record}`) }));
  else lines.push(say("fact_rounds", { recounted: facts.recounted, trusted: facts.trusted }));
  return lines;
}

/** Return what a proof that holds can't show. */
function limitLines(kind, facts) {
  const fresh = say("limit_fresh", { height: facts.height, time: moment(facts.time) });
  const counted = kind === "short" ? [say("limit_short")] : [];
  return [fresh, ...counted, say("limit_world"), say("limit_texts")];
}

function stepReason(step) {
  return say("failed_at", { step: say(`step_${step.id}`), why: say(`why_${step.reason}`, step.values) });
}

function stepRow(step) {
  const row = element("li", "", step.state);
  row.dataset.step = step.id;
  row.append(element("span", say(`state_${step.state}`), "state"), element("strong", say(`step_${step.id}`)));
  const values = { round: step.subject.slice(0, 12), version: step.subject };
  const subject = say(ROUND_STEPS.includes(step.id) ? "of_round" : "of_version", values);
  if (step.subject) row.append(element("span", subject, "quiet"));
  const key = step.state === "failed" ? `why_${step.reason}` : `about_${step.id}`;
  if (["ok", "failed"].includes(step.state)) row.append(element("p", say(key, step.values)));
  return row;
}

function choose(files) {
  seen.files = [...files];
  seen.run += 1;
  forget();
  showFiles();
}

/** Let files be dropped anywhere on the page. */
function takeDrops() {
  addEventListener("dragover", (event) => {
    event.preventDefault();
    at("drop").classList.add("over");
  });
  addEventListener("dragleave", () => at("drop").classList.remove("over"));
  addEventListener("drop", (event) => {
    event.preventDefault();
    at("drop").classList.remove("over");
    if (event.dataTransfer.files.length) choose(event.dataTransfer.files);
  });
}

async function start() {
  at("form").hidden = false;
  at("form").addEventListener("submit", (event) => {
    event.preventDefault();
    begin();
  });
  at("files").addEventListener("change", () => choose(at("files").files));
  at("fingerprint").addEventListener("input", () => {
    seen.run += 1;
    forget();
  });
  addEventListener("hashchange", followAddress);
  takeDrops();
  followAddress();
  if (await isAble()) return;
  at("unable").hidden = false;
  at("begin").disabled = true;
}

start();
const parts = { check, encode, decode, inflated, isEnrollable, verifier, quorumOf, resultOf, rootOf, kindOf };
Object.defineProperty(globalThis, "comitiaCheck", { value: Object.freeze(parts) });

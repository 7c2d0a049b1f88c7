"""Every maximum of the protocol, its unit in its name. Each is enforced before the work that it bounds."""

SAFE_INTEGER_MAX = 2**53 - 1
JSON_DEPTH_MAX = 16

EVENT_PAYLOAD_BYTES_MAX = 64 * 1024
VOTE_PAYLOAD_BYTES_MAX = 16 * 1024
"""For ballots and tellers' votes."""
KIND_CHARACTERS_MAX = 40
EVENT_REFS_MAX = 64

TEXT_BYTES_MAX = 64 * 1024
TITLE_CHARACTERS_MAX = 200
BODY_CHARACTERS_MAX = 20_000
NAME_CHARACTERS_MAX = 120

COMMENT_BYTES_MAX = 16 * 1024
COMMENTS_PER_MEMBER_MAX = 500
"""How many of a member's comments on one proposal count."""
COMMENT_LEVELS_MAX = 3
"""How many levels a comment may stand below the one that began its thread."""
TRANSLATION_LANGUAGES_MAX = 40
"""Into how many languages a member's translations of one text count."""

GOALS_MAX = 17
TOPIC_PROPOSALS_MAX = 500
MERGED_PROPOSALS_MAX = 32
CONSULTATION_CALLS_MAX = 100
REMINDERS_PER_ROUND_MAX = 3
REMINDER_MEMBERS_MAX = 1_500
AGENDA_ORDER_MAX = 900
OPTIONS_MAX = 300
PROXIES_PER_HOLDER_MAX = 20
AGENDA_MINUTES_MAX = 100_000
VECTOR_CHARACTERS_MAX = 2_048

RECEIPT_BALLOTS_MAX = 800
RECEIPT_FILE_BYTES_MAX = 512 * 1024
SEAL_INLINE_BALLOTS_MAX = 700
"""A seal that lists more carries only the hash of its listing; the listing travels beside it."""
SEAL_BALLOTS_MAX = 20_000
SEALS_NAMED_MAX = 400
TELLERS_MAX = 400

MEMBERS_MAX = 20_000
KEYS_PER_MEMBER_MAX = 16
CHARTER_BYTES_MAX = 32 * 1024 * 1024
RECORD_BYTES_MAX = 60 * 1024
CERTIFICATE_BYTES_MAX = 512 * 1024

FULL_PROOF_BYTES_MAX = 32 * 1024 * 1024
FULL_PROOF_INFLATED_BYTES_MAX = 64 * 1024 * 1024
FULL_PROOF_DEPTH_MAX = 24
"""A full proof holds events, which may be nested JSON_DEPTH_MAX levels deep themselves."""

FUTURE_SKEW_MS = 120_000
"""How far ahead of the local clock an event's time may lie before it is deferred."""

FRAME_BYTES_MAX = 1024 * 1024
PACKET_WIRE_BYTES_MAX = 1024 * 1024
PACKET_INFLATED_BYTES_MAX = 4 * 1024 * 1024
PACKET_FRAMES_MAX = 20_000
WANTED_TEXTS_MAX = 10_000
"""How many missing texts one session asks for at a time."""

NOTE_BYTES_MAX = 128 * 1024
NOTE_SIGNATURES_MAX = 512
NOTE_LINE_CHARACTERS_MAX = 300
"""For a key's name, and for a verifier key as a line."""
SHORT_PROOF_BYTES_MAX = 384 * 1024
PROOF_HASHES_MAX = 63
"""Hashes of an inclusion or consistency proof."""

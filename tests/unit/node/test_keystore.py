import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pyrage  # type: ignore[import-untyped]
import pytest
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from node import keystore
from node.files import FileError
from node.keystore import KeyFileError
from protocol import keys
from protocol.keys import SigningKey

PASSPHRASE = " ".join(["four", "plain", "words", "together"])


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def identity() -> str:
    return keystore.new_identity()


@pytest.fixture(scope="module")
def under_passphrase() -> tuple[SigningKey, bytes]:
    key = keystore.new_key()
    return key, keystore.encrypt(key, PASSPHRASE)


@pytest.fixture
def kept(tmp_path: Path, identity: str) -> tuple[Path, SigningKey]:
    directory = tmp_path / "keys"
    key = keystore.new_key()
    keystore.write_key(directory, "node", keystore.encrypt(key, identity))
    return directory, key


def secret_file(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def encrypted_to(identity: str, data: bytes) -> bytes:
    encrypted: bytes = pyrage.encrypt(data, [pyrage.x25519.Identity.from_str(identity).to_public()])
    return encrypted


def test_a_key_comes_back_under_its_passphrase(tmp_path: Path, under_passphrase: tuple[SigningKey, bytes]) -> None:
    key, encrypted = under_passphrase
    keystore.write_key(tmp_path / "keys", "root", encrypted)
    assert keystore.read_key(tmp_path / "keys", "root", PASSPHRASE).seed == key.seed
    with pytest.raises(KeyFileError, match="this passphrase does not open it"):
        keystore.read_key(tmp_path / "keys", "root", PASSPHRASE + "x")


def test_the_passphrase_is_hardened_by_scrypt(under_passphrase: tuple[SigningKey, bytes]) -> None:
    stanza = under_passphrase[1].split(b"\n")[1].split()
    assert stanza[:2] == [b"->", b"scrypt"]
    assert int(stanza[3]) >= 15


def test_a_key_comes_back_under_its_identity(kept: tuple[Path, SigningKey], identity: str) -> None:
    directory, key = kept
    assert keystore.read_key(directory, "node", identity).seed == key.seed
    with pytest.raises(KeyFileError, match="does not open it"):
        keystore.read_key(directory, "node", keystore.new_identity())
    with pytest.raises(KeyFileError, match="does not open it"):
        keystore.read_key(directory, "node", PASSPHRASE)


def test_what_age_decrypts_is_a_pem_that_standard_tools_read(kept: tuple[Path, SigningKey], identity: str) -> None:
    directory, key = kept
    encrypted = (directory / "node.pem.age").read_bytes()
    pem = pyrage.decrypt(encrypted, [pyrage.x25519.Identity.from_str(identity)])
    private = load_pem_private_key(pem, password=None)
    assert isinstance(private, Ed25519PrivateKey)
    signature = private.sign(b"message")
    assert keys.is_valid_signature(bytes.fromhex(key.key), b"message", signature)


def test_no_secret_stands_in_clear_on_disk(tmp_path: Path, under_passphrase: tuple[SigningKey, bytes]) -> None:
    key, encrypted = under_passphrase
    assert key.seed not in encrypted
    assert b"PRIVATE" not in encrypted


def test_keys_are_fresh() -> None:
    assert len({keystore.new_key().key for _ in range(20)}) == 20
    assert keystore.new_identity() != keystore.new_identity()


def test_files_and_directory_are_the_owners_alone(kept: tuple[Path, SigningKey]) -> None:
    directory, _ = kept
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((directory / "node.pem.age").stat().st_mode) == 0o600


def test_a_key_is_never_overwritten(kept: tuple[Path, SigningKey], identity: str) -> None:
    directory, key = kept
    with pytest.raises(FileError, match="exists already and was not overwritten"):
        keystore.write_key(directory, "node", keystore.encrypt(keystore.new_key(), identity))
    assert keystore.read_key(directory, "node", identity).seed == key.seed


def test_loose_permissions_are_refused_with_the_remedy(kept: tuple[Path, SigningKey], identity: str) -> None:
    directory, _ = kept
    path = directory / "node.pem.age"
    path.chmod(0o640)
    with pytest.raises(FileError, match=f"chmod 600 {path}"):
        keystore.read_key(directory, "node", identity)
    path.chmod(0o600)
    directory.chmod(0o755)
    with pytest.raises(FileError, match=f"chmod 700 {directory}"):
        keystore.read_key(directory, "node", identity)
    with pytest.raises(FileError, match=f"chmod 700 {directory}"):
        keystore.write_key(directory, "teller", b"")


def test_a_missing_key_is_named(kept: tuple[Path, SigningKey], identity: str) -> None:
    with pytest.raises(KeyFileError, match=r"holds no teller key \(teller.pem.age\)"):
        keystore.read_key(kept[0], "teller", identity)


@pytest.mark.parametrize("length", [0, 1, 20, 100, -1])
def test_a_truncated_file_is_called_damaged(kept: tuple[Path, SigningKey], identity: str, length: int) -> None:
    path = kept[0] / "node.pem.age"
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(KeyFileError, match="damaged, or not a key file") as caught:
        keystore.read_key(kept[0], "node", identity)
    assert "\n" not in str(caught.value)


def test_any_changed_byte_is_noticed(kept: tuple[Path, SigningKey], identity: str) -> None:
    path = kept[0] / "node.pem.age"
    good = path.read_bytes()
    for place in range(0, len(good), 7):
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        with pytest.raises(KeyFileError):
            keystore.read_key(kept[0], "node", identity)


def test_a_file_that_asks_for_endless_work_is_refused_at_once(
    tmp_path: Path, under_passphrase: tuple[SigningKey, bytes]
) -> None:
    lines = under_passphrase[1].split(b"\n")
    lines[1] = b" ".join([*lines[1].split()[:3], b"40"])
    keystore.write_key(tmp_path / "keys", "root", b"\n".join(lines))
    with pytest.raises(KeyFileError, match="excessive work"):
        keystore.read_key(tmp_path / "keys", "root", PASSPHRASE)


def test_a_giant_is_not_read(kept: tuple[Path, SigningKey], identity: str) -> None:
    path = kept[0] / "node.pem.age"
    path.write_bytes(b"x" * (keystore.KEY_FILE_BYTES_MAX + 1))
    with pytest.raises(FileError, match="larger than the limit"):
        keystore.read_key(kept[0], "node", identity)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"rubbish", "does not hold a private key in PEM"),
        (
            Ed448PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            "holds a key that is not Ed25519",
        ),
    ],
)
def test_other_content_is_no_key(tmp_path: Path, identity: str, content: bytes, reason: str) -> None:
    keystore.write_key(tmp_path / "keys", "node", encrypted_to(identity, content))
    with pytest.raises(KeyFileError, match=reason):
        keystore.read_key(tmp_path / "keys", "node", identity)


def test_the_tellers_key_is_read_where_asked_for_and_there(kept: tuple[Path, SigningKey], identity: str) -> None:
    directory, node = kept
    assert keystore.read_node_keys(directory, identity, with_teller=True).teller is None
    teller = keystore.new_key()
    keystore.write_key(directory, "teller", keystore.encrypt(teller, identity))
    both = keystore.read_node_keys(directory, identity, with_teller=True)
    assert both.teller is not None
    assert (both.node.key, both.teller.key) == (node.key, teller.key)
    assert keystore.read_node_keys(directory, identity, with_teller=False).teller is None


def test_short_passphrases_and_damaged_identities_make_no_key() -> None:
    with pytest.raises(KeyFileError, match="at least 12 characters"):
        keystore.encrypt(keystore.new_key(), "elevenchars")
    with pytest.raises(KeyFileError, match="age identity is damaged"):
        keystore.encrypt(keystore.new_key(), "AGE-SECRET-KEY-1JUNKJUNK")


def test_a_passphrase_file_holds_one_line(tmp_path: Path) -> None:
    path = secret_file(tmp_path / "p", f"{PASSPHRASE}\n")
    assert keystore.read_secret(path) == PASSPHRASE
    for text in ("", "\n", "two\nlines\n"):
        with pytest.raises(KeyFileError, match="exactly one line"):
            keystore.read_secret(secret_file(path, text))
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(KeyFileError, match="UTF-8"):
        keystore.read_secret(path)


def test_an_identity_file_may_have_the_comments_that_age_keygen_writes(tmp_path: Path, identity: str) -> None:
    text = f"# created: 2026-01-01T00:00:00Z\n# public key: age1xyz\n{identity}\n"
    assert keystore.read_secret(secret_file(tmp_path / "p", text)) == identity


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_passphrase_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = secret_file(tmp_path / "p", PASSPHRASE, mode)
    with pytest.raises(FileError, match=f"chmod 600 {path}"):
        keystore.read_secret(path)


@pytest.mark.parametrize(("mode", "is_taken"), [(0o440, True), (0o400, True), (0o444, False), (0o460, False)])
def test_a_credential_of_the_service_manager_may_be_readable_by_a_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, is_taken: bool
) -> None:
    path = secret_file(tmp_path / "p", PASSPHRASE, mode)
    owner = path.stat().st_uid
    if owner != 0:
        pytest.skip("needs a file that belongs to the superuser")
    monkeypatch.setattr(os, "geteuid", lambda: 1_000)
    if is_taken:
        assert keystore.read_secret(path) == PASSPHRASE
    else:
        with pytest.raises(FileError, match="belongs to another user"):
            keystore.read_secret(path)


def test_a_missing_passphrase_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="absent: no such file"):
        keystore.read_secret(tmp_path / "absent")

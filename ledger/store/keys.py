"""Keys: one master key, from it the working keys, and one data key per owner.

The master key wraps data keys and never leaves the process. A data key seals what one owner
(a learner, a provider, a framework) has in the ledger; each fact gets a key of its own, so an
auditor can be given one fact without the rest of the record.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import logging
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.errors import SealError, SettingError

_log = logging.getLogger(__name__)

KEY_BYTES = 32
NONCE_BYTES = 12
DATA_KEYS_KEPT_S = 60.0
"""A data key that was destroyed seals nothing, and opens nothing, for longer."""


class MasterKey:
    """The working keys drawn from one master key (HKDF-SHA-256, RFC 5869)."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            raise SettingError(f"the master key has {len(secret)} bytes, not {KEY_BYTES}")
        self._wrap = AESGCM(_expand(secret, b"mastery/wrap/1"))
        self._lookup = _expand(secret, b"mastery/lookup/1")
        self._header = hashlib.blake2b(digest_size=16, key=_expand(secret, b"mastery/header/1"))
        self.session = _expand(secret, b"mastery/session/1")
        """Signs what visitors bring back; the same in every process over one ledger."""

    def wrap(self, owner: UUID, data_key: bytes) -> bytes:
        """Seal a data key for storage, bound to its owner."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._wrap.encrypt(nonce, data_key, owner.bytes)

    def unwrap(self, owner: UUID, wrapped: bytes) -> bytes:
        """Open a stored data key.

        Raises:
            SealError: it was altered, belongs to another owner, or to another master key.
        """
        nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        try:
            return self._wrap.decrypt(nonce, sealed, owner.bytes)
        except InvalidTag as error:
            raise SealError(f"data key of {owner}") from error

    def lookup(self, *parts: str) -> bytes:
        """Hash a personal or provider's own identifier for a look-up table: 16 bytes, keyed."""
        text = "\x1f".join(parts).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, digest_size=16, key=self._lookup).digest()

    def address(self, owner: UUID, content_sha256: bytes) -> bytes:
        """Name a document by its owner and the SHA-256 of its bytes: 32 bytes, keyed.

        Keyed, because a plain digest of a grade can be guessed.
        """
        return hashlib.blake2b(
            owner.bytes + content_sha256, digest_size=32, key=self._lookup, person=b"document"
        ).digest()

    def veil(self, digest: bytes, *, message: bytes, version: bytes) -> bytes:
        """Hide a digest of at most 32 bytes for its row of receipts; a second time, show it again.

        Hidden, because a plain digest of a grade can be guessed. `message` and `version` name the
        row, so that no pad hides two digests.
        """
        pad = hashlib.blake2b(
            message + version, digest_size=32, key=self._lookup, person=b"digest"
        ).digest()
        size = len(digest)
        hidden = int.from_bytes(digest, "big") ^ int.from_bytes(pad[:size], "big")
        return hidden.to_bytes(size, "big")

    def header_mac(self, header: bytes) -> bytes:
        """Authenticate what is stored in clear beside a body: 16 bytes."""
        code = self._header.copy()
        code.update(header)
        return code.digest()


def _expand(secret: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(secret)


def read_master_key(text: str) -> bytes:
    """Read MASTERY_MASTER_KEY: 32 bytes as base64 (44 characters) or hex (64).

    Raises:
        SettingError: it is neither.
    """
    text = text.strip()
    try:
        secret = bytes.fromhex(text) if len(text) == 64 else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise SettingError("MASTERY_MASTER_KEY is neither base64 nor hex") from error
    if len(secret) != KEY_BYTES:
        raise SettingError(f"MASTERY_MASTER_KEY holds {len(secret)} bytes, not {KEY_BYTES}")
    return secret


def master_key_file(path: Path) -> tuple[bytes, bool]:
    """Read the key file, or create it with mode 0600; say whether it was created.

    Raises:
        SettingError: the file cannot be read as a key.
    """
    if not path.exists():
        secret = secrets.token_bytes(KEY_BYTES)
        path.parent.mkdir(parents=True, exist_ok=True)
        # A half-written key would make everything sealed under it unreadable: written aside,
        # flushed, and linked into place only whole. A second process that was faster wins.
        draft = path.with_name(f"{path.name}.{os.getpid()}.new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secret) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return read_master_key(path.read_text("ascii")), False
        finally:
            draft.unlink()
        return secret, True
    return read_master_key(path.read_text("ascii")), False


def master_secret(text: str, folder: Path, *, sealed: Callable[[], bool]) -> bytes:
    """Take the master key from its setting, or else from the key file in `folder`.

    A new file is made where there is none, unless the database is `sealed` under a key already.

    Raises:
        SettingError: it cannot be read as a key, or the one that sealed the database is lost.
    """
    if text:
        return read_master_key(text)
    path = folder / "master.key"
    # Asked a second time: a process that starts at once with this one makes the file, then seals.
    if not path.exists() and sealed() and not path.exists():
        raise SettingError(
            f"this database was sealed under a master key, and {path} is not there: restore that "
            "file from its back-up, or set MASTERY_MASTER_KEY to the key; no other opens anything"
        )
    secret, made = master_key_file(path)
    if made:
        _log.warning(
            "made a new master key in %s: back it up now, apart from the database. "
            "Without it nothing in this ledger can ever be read again",
            path,
        )
    return secret


def new_data_key() -> bytes:
    """Draw a fresh data key."""
    return secrets.token_bytes(KEY_BYTES)

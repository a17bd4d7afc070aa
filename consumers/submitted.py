"""One submitted message: whose it is, what it says, and what is answered.

Pure apart from asking who holds a key. Whatever is in a message, it ends as answers.
"""

from __future__ import annotations

import base64
import codecs
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Literal, NamedTuple
from uuid import UUID

import msgspec

from consumers.wire import JSON_TYPE, Headers
from ledger.config import Settings
from ledger.domain.ids import ProviderId
from ledger.errors import ConflictError, ErasedError, InvalidDocumentError, LedgerError, Reject
from ledger.service import Outcome, Receipt
from ledger.standards import detect, native, xapi
from ledger.standards.items import read_items
from ledger.standards.translation import Outcome as Translation
from ledger.standards.translation import Refused, Translated
from ledger.standards.xapi_result import RESULT_BYTES_MAX, unwrapped
from ledger.store.access import Holder

if TYPE_CHECKING:
    from consumers.broker import Message  # loads the Kafka client, which the api does without

_log = logging.getLogger(__name__)

SOURCE = "urn:mastery-ledger:inbound"
RECEIPT_TYPE = "mastery.evidence-receipt.v1"
AWAITED_TYPE = "mastery.withdrawal-awaited.v1"
REJECT_TYPE = "mastery.evidence-rejected.v1"
KEY_HEADER = "provider-key"
FORMAT_HEADER = "format"
CORRELATION_HEADER = "correlation-id"
ORIGINAL_BYTES_MAX = 128 * 1024  # of a rejected message; the whole is in the ledger's rejects
KEYS_TTL_S = 5.0  # a revoked key works no longer than this
KEYS_MAX = 10_000

_TO_TEXT = codecs.getincrementaldecoder("utf-8")
_GZIP = b"\x1f\x8b"
_OTHERS = re.compile(rb'"(?:actor"|verb"|CF|@graph"|decoded_resource")')
"""Names that make a document one of another format, wherever they stand in it."""

Status = Literal["accepted", "duplicate", "withdrawn"]


class Place(msgspec.Struct, frozen=True):
    """Where a submitted message stood, and which item of it this is about (from 0)."""

    topic: str
    partition: int
    offset: int
    index: int


class ReceiptData(msgspec.Struct, frozen=True):
    """The item is in the ledger, durably."""

    place: Place
    status: Status
    evidence: UUID
    learner: UUID
    position: int
    recorded_at: datetime
    sha256: str


class AwaitedData(msgspec.Struct, frozen=True):
    """The item takes back what has not come yet; it is in the ledger, and takes effect as it comes."""

    place: Place
    status: Literal["awaited"]
    position: int
    recorded_at: datetime
    duplicate: bool


class RejectData(msgspec.Struct, frozen=True):
    """The item is not in the ledger: why, and what it was.

    `original` is text where the item is UTF-8, else base64; its first bytes where it is long, and
    empty where it is about a learner who was erased.
    """

    place: Place
    status: Literal["rejected", "conflict", "unauthenticated", "failed"]
    errors: tuple[Reject, ...]
    original: str
    original_encoding: Literal["utf-8", "base64"]
    original_truncated: bool


class Understood(NamedTuple):
    """A message with its provider and what became of each item; no provider, no items."""

    message: Message
    provider: ProviderId | None
    translations: Sequence[Translation]
    fault: RejectData | None = None


class Keys:
    """Which provider a key belongs to, remembered for some seconds."""

    def __init__(
        self,
        look_up: Callable[[str], Holder | None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look_up, self._clock = look_up, clock
        self._known: dict[str, tuple[float, ProviderId | None]] = {}

    def provider(self, key: str | None) -> ProviderId | None:
        """Name the provider; None if the key is missing, unknown, revoked or nobody's."""
        if not key:
            return None
        now = self._clock()
        found = self._known.get(key)
        if found is not None and now < found[0]:
            return found[1]
        holder = self._look_up(key)
        provider = holder.provider if holder is not None and holder.role == "provider" else None
        if len(self._known) >= KEYS_MAX:
            self._known.clear()
        self._known[key] = (now + KEYS_TTL_S, provider)
        return provider


def understand(message: Message, keys: Keys, settings: Settings, *, now: datetime) -> Understood:
    """Find the provider and translate the items; a fault is data, never raised."""
    provider = keys.provider(message.header(KEY_HEADER))
    if provider is None:
        why = "is missing, unknown or revoked"
        fault = Reject(f"header {KEY_HEADER}", why, "a provider's token of this ledger")
        return Understood(message, None, (), _rejected(message, 0, (fault,), "unauthenticated"))
    try:
        found = list(islice(_translate(message, settings, now), settings.batch_items_max + 1))
    except InvalidDocumentError as error:
        return Understood(message, provider, (Refused(0, message.value or b"", error.rejects),))
    except Exception:  # noqa: BLE001  whatever it stumbles over, the messages behind must pass
        _log.exception("message %s/%s/%s", message.topic, message.partition, message.offset)
        fault = Reject("", "could not be read: an error of the ledger, which is in its log")
        return Understood(message, provider, (), _rejected(message, 0, (fault,), "failed"))
    if len(found) > settings.batch_items_max:
        fault = Reject("", f"has more than {settings.batch_items_max} items", "smaller messages")
        return Understood(message, provider, (Refused(0, message.value or b"", (fault,)),))
    return Understood(message, provider, found)


def _translate(message: Message, settings: Settings, now: datetime) -> Iterator[Translation]:
    value = message.value or b""
    given = message.header(FORMAT_HEADER)
    content_type = message.header("content-type") or message.header("ce_datacontenttype") or ""
    form = given or _format_of(value)
    most = settings.item_bytes_max
    if form == "xapi" and not value.startswith(_GZIP):
        pages = read_items(value, content_type, bytes_max=RESULT_BYTES_MAX)
        yield from xapi.read_xapi(unwrapped(pages, bytes_max=most), now=now)
        return
    if form == "native" and not value.startswith(_GZIP):
        yield from native.read_native(read_items(value, content_type, bytes_max=most), now=now)
        return
    if form not in {None, "native", "xapi"}:
        why = f"{form} is no format of evidence that this topic takes"
        raise InvalidDocumentError(
            "message", [Reject(f"header {FORMAT_HEADER}", why, "native, xapi")]
        )
    yield from detect.translate(
        value, file_name="message", now=now, item_bytes_max=most,
        unpacked_bytes_max=settings.body_bytes_max,
    )  # fmt: skip


def _format_of(value: bytes) -> str | None:
    """Say what `detect.format_of` says, in a hundredth of its time for the commonest message.

    Of what is compressed nothing: its bytes may hold a comma, as CSV does.
    """
    if value.startswith(_GZIP):
        return None
    if (
        value.startswith(b"{") and b'"learner"' in value
        and b"\\" not in value  # a name may be written with escapes
        and not _OTHERS.search(value)
    ):  # fmt: skip
        return "native"
    return detect.format_of(value)


def answers(
    message: Message, translations: Sequence[Translation], recorded: Sequence[Outcome],
    withdrawn: Sequence[Sequence[Outcome]],
) -> Iterator[ReceiptData | AwaitedData | RejectData]:  # fmt: skip
    """Answer each item by what became of it; outcomes are in the items' order.

    A withdrawal has one for each member of a group.
    """
    of_submissions, of_withdrawals = iter(recorded), iter(withdrawn)
    for one in translations:
        if isinstance(one, Refused):
            yield _rejected(message, one.index, one.rejects, raw=one.raw)
            continue
        for _ in one.submissions:
            yield _answer(message, one, next(of_submissions), withdrawal=False)
        for _ in one.withdrawals:
            for outcome in next(of_withdrawals):
                yield _answer(message, one, outcome, withdrawal=True)
        if one.frameworks:
            why = "a framework is published by a steward, over HTTP or the command line"
            yield _rejected(message, one.index, (Reject("", why, "evidence"),), raw=one.raw)


def _answer(
    message: Message, one: Translated, outcome: Outcome, *, withdrawal: bool
) -> ReceiptData | AwaitedData | RejectData:
    if not isinstance(outcome, Receipt):
        error: LedgerError = outcome.error
        conflict = isinstance(error, ConflictError)
        rejects = error.rejects if isinstance(error, InvalidDocumentError) else ()
        return _rejected(
            message, one.index, tuple(rejects) or (Reject("", str(error)),),
            "conflict" if conflict else "rejected",
            raw=b"" if isinstance(error, ErasedError) else one.raw,  # it is not kept
        )  # fmt: skip
    if outcome.awaited:
        place = _place(message, one.index)
        return AwaitedData(
            place, "awaited", outcome.position, outcome.recorded_at, outcome.duplicate
        )
    status: Status = "duplicate" if outcome.duplicate else "accepted"
    return ReceiptData(
        _place(message, one.index), "withdrawn" if withdrawal else status, outcome.evidence,
        outcome.learner, outcome.position, outcome.recorded_at, outcome.digest.hex(),
    )  # fmt: skip


def _headers_of(kind: str) -> Headers:
    return [
        ("ce_specversion", b"1.0"), ("ce_source", SOURCE.encode()), ("ce_type", kind.encode()),
        ("content-type", JSON_TYPE.encode()),
    ]  # fmt: skip


_HEADERS: Mapping[type, Headers] = {
    ReceiptData: _headers_of(RECEIPT_TYPE),
    AwaitedData: _headers_of(AWAITED_TYPE),
    RejectData: _headers_of(REJECT_TYPE),
}


def answer_headers(message: Message, number: int, answer: object) -> Headers:
    """Give the CloudEvents headers of answer `number` to a message; a replay repeats its id."""
    name = f"{message.topic}/{message.partition}/{message.offset}/{number}"
    headers = [("ce_id", name.encode()), *_HEADERS[type(answer)]]
    correlation = message.header(CORRELATION_HEADER)
    if correlation is not None:
        headers.append((CORRELATION_HEADER, correlation.encode()))
    return headers


def _rejected(
    message: Message, index: int, rejects: tuple[Reject, ...],
    status: Literal["rejected", "conflict", "unauthenticated", "failed"] = "rejected", *,
    raw: bytes | None = None,
) -> RejectData:  # fmt: skip
    # The key that came with it is a secret and is not repeated; headers are left out whole.
    original = message.value or b"" if raw is None else raw
    kept = original[:ORIGINAL_BYTES_MAX]
    is_cut = len(original) > len(kept)
    try:
        # A letter that the cut goes through is left out: half of it would make all of it base64.
        text, encoding = _TO_TEXT().decode(kept, final=not is_cut), "utf-8"
    except UnicodeDecodeError:
        text, encoding = base64.b64encode(kept).decode(), "base64"
    return RejectData(
        _place(message, index), status, rejects, text,
        "utf-8" if encoding == "utf-8" else "base64", is_cut,
    )  # fmt: skip


def _place(message: Message, index: int) -> Place:
    return Place(message.topic, message.partition, message.offset, index)

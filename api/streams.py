"""NDJSON of any length: answered line by line while it is being sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
from starlette.requests import ClientDisconnect

from api.answers import Tally
from api.intake import Finished, Intake, Translate
from api.problems import detail_of
from ledger.domain.ids import ProviderId
from ledger.errors import LedgerError
from ledger.standards.items import Item, LineSplitter

GROUP_ITEMS = 500
GROUP_PAUSE_S = 0.05  # how long a group waits for more before it is recorded as it is
GROUPS_COMMITTING_MAX = 4
CHUNKS_WAITING_MAX = 16

_ENCODER = msgspec.json.Encoder()


async def answer_lines(
    intake: Intake,
    provider: ProviderId,
    chunks: AsyncIterator[bytes],
    *,
    translate: Translate,
    item_bytes_max: int,
) -> AsyncIterator[bytes]:
    """Take items as they come and give their answers, then the counts.

    A failure ends the answer with a last line of status `failed`; what was answered before it
    is recorded.
    """
    tally = Tally()
    committing: asyncio.Queue[asyncio.Task[Finished] | None] = asyncio.Queue(GROUPS_COMMITTING_MAX)
    feeding = asyncio.create_task(
        _feed(
            intake,
            provider,
            _groups(chunks, item_bytes_max),
            translate=translate,
            committing=committing,
        )
    )
    try:
        while (task := await committing.get()) is not None:
            yield _lines(await task, tally)
        items = await feeding
    except LedgerError as error:
        yield _ENCODER.encode(tally.summary(items=None, detail=detail_of(error))) + b"\n"
    except ClientDisconnect:
        return  # nobody is left to answer; what was complete is recorded
    else:
        yield _ENCODER.encode(tally.summary(items=items)) + b"\n"
    finally:
        feeding.cancel()


async def _feed(
    intake: Intake,
    provider: ProviderId,
    groups: AsyncIterator[list[Item]],
    *,
    translate: Translate,
    committing: asyncio.Queue[asyncio.Task[Finished] | None],
) -> int:
    """Hand over group after group; a full queue of uncommitted ones holds the sender back."""
    items = 0
    try:
        async for group in groups:
            items += len(group)
            begun = await intake.begin(provider, group, translate)
            await committing.put(asyncio.create_task(intake.finish(begun)))
    except Exception:  # whatever it was, the other side must not wait for more
        await committing.put(None)
        raise
    await committing.put(None)
    return items


def _lines(finished: Finished, tally: Tally) -> bytes:
    tally.add(finished.answers)
    return _ENCODER.encode_lines(finished.answers)


async def _groups(chunks: AsyncIterator[bytes], item_bytes_max: int) -> AsyncIterator[list[Item]]:
    """Cut chunks into groups: full ones, or what there is when the sender pauses."""
    waiting: asyncio.Queue[bytes | Exception | None] = asyncio.Queue(CHUNKS_WAITING_MAX)
    reading = asyncio.create_task(_read(chunks, waiting))
    splitter = LineSplitter(bytes_max=item_bytes_max)
    group: list[Item] = []
    try:
        while True:
            chunk = await _next(waiting, pause_s=GROUP_PAUSE_S if group else None)
            if isinstance(chunk, Exception):
                raise chunk
            group.extend(splitter.feed(chunk) if chunk is not None else ())
            if len(group) >= GROUP_ITEMS or (chunk == b"" and group):
                yield group
                group = []
            if chunk is None:
                break
        group.extend(splitter.close())
        if group:
            yield group
    finally:
        reading.cancel()


async def _next(
    waiting: asyncio.Queue[bytes | Exception | None], *, pause_s: float | None
) -> bytes | Exception | None:
    """Give the next chunk; b"" where none came within the pause."""
    try:
        return await asyncio.wait_for(waiting.get(), pause_s)
    except TimeoutError:
        return b""


async def _read(
    chunks: AsyncIterator[bytes], waiting: asyncio.Queue[bytes | Exception | None]
) -> None:
    try:
        async for chunk in chunks:
            if chunk:
                await waiting.put(chunk)
        await waiting.put(None)
    except ClientDisconnect as error:
        await waiting.put(error)

"""What holds when several are at work: one winner, no mixtures, and large objects that nobody sees before their end."""

import hashlib
import os
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from dclm_pipeline.errors import ShardError
from dclm_pipeline.storage import Entry, Storage
from dclm_pipeline.storage.contract.promise import BrokenError, Need, Noted, Promise, Room, expect
from dclm_pipeline.storage.contract.reading import SMALL, VERSIONS
from dclm_pipeline.storage.contract.writing import ONCE

BLOCK = 1024 * 1024
LONG, SHORT = b"A" * 300_000, b"B" * 200_000
LOOK_SECONDS = 0.02
MOST_WAIT = 60.0

WHOLE = Need(
    "readers never meet half an object, and a writer that is killed leaves nothing that counts",
    "keep no pool here",
)
LARGE = Need(
    "shards are large objects, which go up in parts from 64 MiB on",
    "keep no pool here, or keep its shards small (`shard_bytes` of the recipe), if small objects are whole",
)


def _one_of_two_wins(room: Room) -> None:
    for number in range(room.amounts.rounds):
        _race(room.storage, f"receipts/{number}", 2)


def _one_of_many_wins(room: Room) -> Noted:
    for number in range(2):
        _race(room.storage, f"receipts/{number}", room.amounts.racers)
    return Noted(f"{room.amounts.racers} at once")


def _race(storage: Storage, path: str, count: int) -> None:
    """Let so many write one object at once; one must win, and the others must see what it wrote."""
    start = threading.Barrier(count)

    def write(number: int) -> tuple[bytes, bool, bytes]:
        data = bytes([number]) * 5000
        start.wait(MOST_WAIT)
        won = storage.put_if_absent(path, data)
        return data, won, storage.read(path)

    with ThreadPoolExecutor(count) as racers:
        answers = list(racers.map(write, range(count)))
    winners = [data for data, won, _ in answers if won]
    if len(winners) != 1:
        raise BrokenError(f"{len(winners)} of {count} were told that they had won", "1")
    others = sum(seen != winners[0] for _, _, seen in answers)
    expect(others, 0, "of those who wrote saw other bytes than the winner's")
    expect((list(storage.entries(path)), storage.read(path) == winners[0]), ([Entry(path, 5000)], True), "afterwards")


def _shows_whole_objects(room: Room) -> Noted:
    storage, rounds = room.storage, 2 * room.amounts.rounds
    storage.put("a", LONG)

    def write() -> None:
        for number in range(rounds):
            storage.put("a", LONG if number % 2 else SHORT)

    reads = 0
    with ThreadPoolExecutor(1) as writer:
        writing = writer.submit(write)
        while not writing.done() or not reads:
            data, entries = storage.read("a"), list(storage.entries("a"))
            if data not in (LONG, SHORT):
                raise BrokenError(
                    f"{len(data):,} bytes, {data.count(LONG[:1]):,} of them of the one",
                    f"all {len(LONG):,} bytes of the one or all {len(SHORT):,} of the other",
                )
            if entries not in ([Entry("a", len(LONG))], [Entry("a", len(SHORT))]):
                raise BrokenError(f"{entries} in the listing", "one of the two")
            reads += 1
        writing.result()
    return Noted(f"read {reads} times while it was replaced {rounds} times")


def _mixes_no_versions(room: Room) -> Noted | None:
    storage, old, new = room.storage, b"o" * 3 * BLOCK, b"n" * 3 * BLOCK
    storage.put("small", b"first" * SMALL)
    with storage.open("small") as file:
        seen = file.read(5)
        storage.put("small", b"second")
        expect(seen + file.read(), b"first" * SMALL, "a small object that was replaced while it was open")
    storage.put("a", old)
    with storage.open("a") as file:
        seen = file.read(5)
        storage.put("a", new)
        try:
            file.seek(-SMALL, 2)
            seen += file.read()
            file.seek(5)
            seen += file.read()
        except ShardError:
            return Noted("a reader is told that the object was replaced")
    if seen.strip(old[:1]):
        raise BrokenError(f"{seen.count(b'o'):,} bytes of the old version and {seen.count(b'n'):,} of the new", "one")
    return None


def _takes_large_objects(room: Room) -> Noted:
    storage, size = room.storage, room.amounts.large
    local, digest = _large_file(room.scratch, size)
    sizes: list[int | None] = []
    done = threading.Event()

    def look() -> None:
        while not done.wait(LOOK_SECONDS):
            with suppress(FileNotFoundError):
                sizes.append(storage.size("large"))

    with ThreadPoolExecutor(1) as looker:
        looking = looker.submit(look)
        try:
            begun = time.perf_counter()
            storage.put_file("large", local)
            written = time.perf_counter() - begun
        finally:
            done.set()
        looking.result()
    expect(sorted(set(sizes) - {size}, key=str), [], "sizes while it was written")
    seen, passed = hashlib.sha256(), 0.0
    with storage.open("large") as file:
        while True:
            begun = time.perf_counter()
            part = file.read(BLOCK)
            passed += time.perf_counter() - begun
            if not part:
                break
            seen.update(part)
        file.seek(size // 3)
        expect(file.read(99), storage.read("large", size // 3, 99), "99 bytes from a third on, against the part read")

    expect((list(storage.entries()), local.exists()), ([Entry("large", size)], False), "listed; the local file remains")
    expect(seen.hexdigest(), digest, "SHA-256 of what comes back")
    return Noted(
        f"{size / 1e6:,.1f} MB",
        {
            "put_large_mb_per_s": size / 1e6 / max(written, 1e-9),
            "large_mb": size / 1e6,
            "get_large_mb_per_s": size / 1e6 / max(passed, 1e-9),
        },
    )


def _large_file(folder: Path, size: int) -> tuple[Path, str]:
    """Make a file that does not shrink; return it and its SHA-256."""
    path, digest = folder / "large", hashlib.sha256()
    with path.open("wb") as file:
        for block in _blocks(size):
            file.write(block)
            digest.update(block)
    # With a second name it is copied into a folder, as from another disk: renaming it would tell nothing of the disk.
    with suppress(OSError):
        os.link(path, folder / "large too")
    return path, digest.hexdigest()


def _blocks(size: int) -> Iterator[bytes]:
    luck = random.Random(1)
    for begin in range(0, size, BLOCK):
        yield luck.randbytes(min(BLOCK, size - begin))


RACING = (
    Promise("one-of-two-wins", "of two who write an object at once if there is none, one wins", ONCE, _one_of_two_wins),
    Promise("one-of-many-wins", "of many at once too, and the losers see its bytes", ONCE, _one_of_many_wins),
    Promise("whole-or-not", "an object that is being replaced is read and listed whole", WHOLE, _shows_whole_objects),
    Promise("mixes-nothing", "an open object that is replaced is never mixed", VERSIONS, _mixes_no_versions),
    Promise("takes-large", "large objects come back, and show once they are whole", LARGE, _takes_large_objects),
)

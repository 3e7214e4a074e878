"""Memory that is used again: handed out to one at a time, taken back when nobody looks at it, never too much of it."""

import gc
import threading

import numpy as np
import pyarrow as pa
import pytest

from dclm_pipeline.room import LEAST, Rooms


def address(data: np.ndarray) -> int:
    return data.__array_interface__["data"][0]


@pytest.mark.parametrize("size", [0, 1, LEAST - 1, LEAST, LEAST + 1, 5 * LEAST])
def test_as_many_bytes_are_handed_out_as_are_asked_for(size):
    room = Rooms().of(size)
    room[:] = 7

    assert (room.dtype, room.shape) == (np.uint8, (size,))


def test_what_nobody_looks_at_is_handed_out_again():
    rooms = Rooms()
    first = address(rooms.of(3 * LEAST))

    assert address(rooms.of(3 * LEAST)) == first
    assert rooms.waiting_bytes > 0


@pytest.mark.parametrize(
    "look",
    [
        lambda room: room[5:9],
        lambda room: room.reshape(2, -1)[1],
        lambda room: room.view(np.uint16),
        lambda room: memoryview(room)[3:],
        lambda room: pa.py_buffer(room),
        lambda room: pa.array(room).slice(9),
        lambda room: pa.Array.from_buffers(pa.binary(8), 3, [None, pa.array(room).buffers()[1]]),
        lambda room: pa.table({"data": pa.array(room)}).slice(1, 2),
    ],
)
def test_what_somebody_looks_at_is_not_handed_out_again(look):
    rooms = Rooms()
    room = rooms.of(4 * LEAST)
    first = address(room)
    looked_at = look(room)
    del room
    gc.collect()
    other = rooms.of(4 * LEAST)

    assert address(other) != first
    del looked_at
    assert address(rooms.of(4 * LEAST)) == first


def test_no_more_waits_than_may():
    rooms = Rooms(most_kept=10 * LEAST)
    held = [rooms.of(4 * LEAST) for _ in range(5)]
    assert rooms.waiting_bytes == 0
    del held
    gc.collect()

    assert rooms.waiting_bytes == 8 * LEAST


def test_a_piece_that_is_much_too_large_is_left_for_others():
    rooms = Rooms()
    large = address(rooms.of(40 * LEAST))
    small = rooms.of(2 * LEAST)

    assert address(small) != large
    assert address(rooms.of(30 * LEAST)) == large


def test_several_threads_get_memory_of_their_own():
    rooms = Rooms()
    wrong: list[int] = []

    def work(number: int) -> None:
        for _ in range(200):
            room = rooms.of(2 * LEAST)
            room[::4096] = number
            if not (room[::4096] == number).all():
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not wrong

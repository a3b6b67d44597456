"""C2.1: the ring between the callback and the writer gives back exactly what was put in."""

import threading
from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voice_recorder.audio.capture import Ring


@given(
    capacity=st.integers(1, 40),
    steps=st.lists(st.one_of(st.none(), st.binary(max_size=45)), max_size=60),
)
def test_any_sequence_of_writes_and_reads_gives_the_same_bytes_in_their_order(
    capacity: int, steps: Sequence[bytes | None]
) -> None:
    """None reads; bytes are written, and refused as a whole when they do not fit."""
    ring = Ring(capacity)
    taken_in, given_out, waiting = b"", b"", 0
    for step in steps:
        if step is None:
            data = ring.read()
            assert len(data) == waiting
            given_out, waiting = given_out + data, 0
        else:
            fits = len(step) <= capacity - waiting
            assert ring.write(step, len(step)) == fits
            if fits:
                taken_in, waiting = taken_in + step, waiting + len(step)
    assert given_out + ring.read() == taken_in
    assert ring.read() == b""


def test_only_the_named_size_of_a_block_is_taken() -> None:
    ring = Ring(8)
    assert ring.write(b"abcdefgh", 3)
    assert ring.read() == b"abc"
    assert ring.write(np.arange(6, dtype=np.uint8).data, 6)
    assert ring.read() == bytes(range(6))


def test_one_thread_may_write_while_another_reads() -> None:
    ring = Ring(1009)
    blocks = [bytes([number % 251]) * (1 + number % 97) for number in range(1500)]
    heard: list[bytes] = []
    done = threading.Event()

    def listen() -> None:
        while not done.is_set():
            heard.append(ring.read())
        heard.append(ring.read())

    listener = threading.Thread(target=listen)
    listener.start()
    for block in blocks:
        while not ring.write(block, len(block)):
            pass
    done.set()
    listener.join()
    assert b"".join(heard) == b"".join(blocks)

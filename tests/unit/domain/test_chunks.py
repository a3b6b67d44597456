"""How a file is cut up for sending."""

import pytest

from voice_recorder.domain.chunks import MIB, chunk_bytes_for
from voice_recorder.domain.preflight import MB


@pytest.mark.parametrize(
    ("size_bytes", "chunk_bytes"),
    [
        (0, 0), (20 * MB, 0), (20 * MB + 1, 6 * MIB), (100 * MB, 6 * MIB), (160 * MIB, 10 * MIB),
        (4096 * MB, 20 * MIB),
    ],
)  # fmt: skip
def test_small_files_go_in_one_piece_and_chunks_grow_with_the_file(size_bytes: int, chunk_bytes: int) -> None:
    assert chunk_bytes_for(size_bytes) == chunk_bytes

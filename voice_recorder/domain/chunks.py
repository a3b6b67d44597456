"""How a file is cut up for sending."""

from voice_recorder.domain.preflight import MB

MIB = 1 << 20
SIMPLE_UP_TO_BYTES = 20 * MB
SMALLEST_CHUNK_BYTES = 6 * MIB
LARGEST_CHUNK_BYTES = 20 * MIB


def chunk_bytes_for(size_bytes: int) -> int:
    """The size of the chunks of a file, 0 when it goes in one piece.

    6 MiB up to 100 MB, then a sixteenth of the file in whole MiB, at most 20 MiB.
    """
    if size_bytes <= SIMPLE_UP_TO_BYTES:
        return 0
    sixteenth = size_bytes // 16 // MIB * MIB
    return min(max(SMALLEST_CHUNK_BYTES, sixteenth), LARGEST_CHUNK_BYTES)

"""Whether a file ends before its own structure says so. libsndfile reads what there is and does not tell."""

from pathlib import Path

_LARGEST_OGG_PAGE = 27 + 255 + 255 * 255
_OGG_END_OF_STREAM = 4
_MP3_FIRST_FRAME = 4096
_UNKNOWN = 0xFFFFFFFF


def is_cut_off(path: Path) -> bool:
    """Whether a RIFF, RF64, AIFF or Ogg file has lost its end; False for other kinds of files."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(28)
        file.seek(max(0, size - _LARGEST_OGG_PAGE))
        tail = file.read()
    if head[:4] == b"OggS":
        return _ends_within_a_stream(tail)
    said = _UNKNOWN
    if head[:4] == b"RIFF":
        said = int.from_bytes(head[4:8], "little")
    elif head[:4] == b"RF64" and head[12:16] == b"ds64":
        said = int.from_bytes(head[20:28], "little")
    elif head[:4] == b"FORM":
        said = int.from_bytes(head[4:8], "big")
    return said != _UNKNOWN and said + 8 > size + 1  # some writers leave out a last pad byte


def _ends_within_a_stream(tail: bytes) -> bool:
    """Whether the last Ogg page is torn, or not marked as the last (RFC 3533, 6)."""
    at = tail.rfind(b"OggS")
    page = tail[at:]
    if at < 0 or len(page) < 27 or not page[5] & _OGG_END_OF_STREAM:
        return True
    lengths = page[27 : 27 + page[26]]
    return len(page) < 27 + page[26] + sum(lengths)


def mp3_tells_its_length(path: Path) -> bool:
    """Whether an MP3 file states its length, in a Xing, Info or VBRI header; without one it is estimated."""
    with path.open("rb") as file:
        head = file.read(10)
        if head[:3] == b"ID3":
            size = 0
            for byte in head[6:10]:  # seven bits each
                size = size << 7 | byte & 0x7F
            file.seek(10 + size)
        else:
            file.seek(0)
        first_frame = file.read(_MP3_FIRST_FRAME)
    return any(name in first_frame for name in (b"Xing", b"Info", b"VBRI"))

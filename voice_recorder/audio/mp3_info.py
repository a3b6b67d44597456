"""The Info frame: a silent first frame that tells players how long an MP3 file is, to the sample.

LAME's layout (http://gabriel.mp3-tech.org/mp3infotag.html). Without it length is guessed, and the encoder's
delay and its last frame's padding are heard as silence.

    header 4 | side information | Info flags frames bytes | table 100 | quality | LAME tag 36
"""

import struct
from functools import cache

import numpy as np
import numpy.typing as npt

SAMPLE_RATES_HZ = (16000, 22050, 24000, 32000, 44100, 48000)
"""Those at which 128 kbps exist: MPEG-1 Layer III and, below 32 kHz, MPEG-2."""
KBPS = 128
ENCODER_DELAY = 576
"""Frames of silence that LAME puts before the sound; decoders know their own 529 themselves."""

_RATE_INDEX = {44100: 0, 48000: 1, 32000: 2, 22050: 0, 24000: 1, 16000: 2}
_FRAMES_BYTES_TABLE_QUALITY = 0xF
_LAME_CBR = 0x01
_CRC_CHUNK = 256
_CRC_POLYNOMIAL = 0xA001


class Mp3Info:
    """Counts the frames of an MP3 stream of 128 kbps CBR and then writes its Info frame."""

    def __init__(self, sample_rate_hz: int, channels: int, quality: int) -> None:
        """``quality`` is LAME's, 0 (best) to 9."""
        is_mpeg1 = sample_rate_hz >= 32000
        self._samples_per_frame = 1152 if is_mpeg1 else 576
        self._bytes_per_frame = self._samples_per_frame * KBPS * 125 / sample_rate_hz
        self._side_bytes = {(True, 1): 17, (True, 2): 32, (False, 1): 9, (False, 2): 17}[is_mpeg1, channels]
        self._header = bytes([
            0xFF,
            0xFB if is_mpeg1 else 0xF3,  # MPEG-1 or 2, Layer III, no CRC
            (9 if is_mpeg1 else 12) << 4 | _RATE_INDEX[sample_rate_hz] << 2,  # 128 kbps
            (0xC4 if channels == 1 else 0x44),  # mono or joint stereo, an original
        ])  # fmt: skip
        self._quality = quality
        self._bytes = 0
        self._crc = 0

    @property
    def size_bytes(self) -> int:
        """Size of the Info frame: that of a frame of sound."""
        return int(self._bytes_per_frame)

    def add(self, encoded: bytes) -> None:
        """Take what the encoder made into account."""
        self._bytes += len(encoded)
        self._crc = crc16(encoded, self._crc)

    def frame(self, samples: int) -> bytes:
        """The Info frame of a stream that holds ``samples`` samples a channel."""
        # A frame may be a byte longer than another: the encoder keeps the rate exact over all of them.
        frames = round(self._bytes / self._bytes_per_frame)
        padding = frames * self._samples_per_frame - ENCODER_DELAY - samples
        total = self.size_bytes + self._bytes
        begin = self._header + bytes(self._side_bytes) + b"Info"
        begin += struct.pack(">III", _FRAMES_BYTES_TABLE_QUALITY, frames, total)
        begin += bytes(percent * 256 // 100 for percent in range(100))
        begin += struct.pack(">I", 100 - 10 * 4 - self._quality)  # as LAME reckons it
        # Not said, as nobody needs it: low-pass, peak, gains, ATH, source, preset.
        silence = (ENCODER_DELAY << 12 | padding).to_bytes(3, "big")
        begin += struct.pack(">9sB10xB3s4xIH", b"LAME3.100", _LAME_CBR, KBPS, silence, total, self._crc)
        return (begin + crc16(begin).to_bytes(2, "big")).ljust(self.size_bytes, b"\0")


def crc16(data: bytes, crc: int = 0) -> int:
    """CRC-16/ARC, going on from ``crc``. In numpy, as a loop over every byte takes as long as the encoder."""
    table, places = _crc_table()
    values = np.frombuffer(data, np.uint8)
    whole = len(values) // _CRC_CHUNK * _CRC_CHUNK
    chunks = np.bitwise_xor.reduce(table[places, values[:whole].reshape(-1, _CRC_CHUNK)], axis=1)
    low, high, single = table[-1].tolist(), table[-2].tolist(), table[0].tolist()
    for chunk in chunks.tolist():
        crc = chunk ^ low[crc & 0xFF] ^ high[crc >> 8]
    for value in values[whole:].tolist():
        crc = single[(crc ^ value) & 0xFF] ^ crc >> 8
    return int(crc)


@cache
def _crc_table() -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.intp]]:
    """What each value of a byte adds to the CRC when 0, 1, 2 … bytes follow; and how many follow each."""
    table = np.empty((_CRC_CHUNK, 256), np.uint16)
    table[0] = np.arange(256)
    for _ in range(8):
        table[0] = table[0] >> 1 ^ np.where(table[0] & 1, _CRC_POLYNOMIAL, 0)
    for following in range(1, _CRC_CHUNK):
        before = table[following - 1]
        table[following] = table[0][before & 0xFF] ^ before >> 8
    return table, np.arange(_CRC_CHUNK)[::-1]

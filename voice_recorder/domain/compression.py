"""What a master is sent as: the kinds of cloud copies, what each is likely to take, and advice."""

from dataclasses import dataclass
from enum import StrEnum

MB = 1_000_000
OPUS_ADVISED_OVER_BYTES = 50 * MB
MP3_BPS = 128_000
M4A_BPS = 96_000
_FLAC_SHARE = 0.53  # of the PCM, spoken word with the noise of a room
# Seconds of sound that one thread compresses in a second, 48 kHz mono measured on two slow cores.
_MP3_SPEED = 160.0
_OPUS_SPEED = 24.0
# FLAC has no room for these: it ends at 24 bits, and nobody who asks for FLAC wants to lose any.
_TOO_FINE_FOR_FLAC = ("pcm_s32", "pcm_f32", "pcm_f64")


class SendAs(StrEnum):
    """What the copy in the cloud is. ``ORIGINAL`` is the master itself, byte for byte."""

    MP3 = "mp3"
    OPUS = "opus"
    FLAC = "flac"
    M4A = "m4a"
    ORIGINAL = "original"

    @property
    def suffix(self) -> str:
        """The ending of the copy's name, with its dot; empty for the original, which keeps its own."""
        return "" if self is SendAs.ORIGINAL else f".{self}"

    @property
    def content_type(self) -> str:
        """The copy's MIME type; empty for the original, which keeps its own."""
        return _CONTENT_TYPES[self]

    @property
    def is_lossless(self) -> bool:
        """Whether the copy holds every sample of the master as it is."""
        return self in (SendAs.FLAC, SendAs.ORIGINAL)

    def estimated_bps(self, channels: int, original_bps: float) -> float:
        """Bits a second that the copy is likely to take. ``original_bps`` is the master's rate."""
        return {
            SendAs.MP3: MP3_BPS,
            SendAs.OPUS: opus_bps(channels),
            SendAs.FLAC: _FLAC_SHARE * original_bps,
            SendAs.M4A: M4A_BPS,
            SendAs.ORIGINAL: original_bps,
        }[self]


_CONTENT_TYPES = {
    SendAs.MP3: "audio/mpeg",
    SendAs.OPUS: "audio/ogg",  # with codecs=opus; RFC 7845 has no type of its own
    SendAs.FLAC: "audio/flac",
    SendAs.M4A: "audio/mp4",
    SendAs.ORIGINAL: "",
}


def opus_bps(channels: int) -> int:
    """The Opus bit rate for speech (RFC 7587, 3.1.1): 32 kbps mono, 48 kbps stereo."""
    return 32_000 if channels == 1 else 48_000


def send_format(codec: str, wanted: SendAs) -> SendAs:
    """What a master of this codec is sent as, when ``wanted`` is what its owner chose.

    Only uncompressed sound is compressed: encoding MP3, AAC, Opus, Vorbis, FLAC or ALAC once more would lose
    sound and gain little. 32-bit and floating-point masters stay as they are where FLAC was chosen, which
    holds 24 bits at most.
    """
    if not codec.startswith("pcm_"):
        return SendAs.ORIGINAL
    if wanted is SendAs.FLAC and codec.startswith(_TOO_FINE_FOR_FLAC):
        return SendAs.ORIGINAL
    return wanted


@dataclass(frozen=True)
class Advice:
    """What compressing a master would bring. Sizes are in bytes.

    ``compression_ratio`` is the current size over the estimated one: 10.0 means a tenth of the room.
    ``estimated_time_minutes`` is how long compressing takes one thread of a small computer, sending apart.
    A master that is better left alone has its own format recommended, at ratio 1.0 and in no time.
    """

    current_format: str
    current_size: int
    recommended_format: str
    estimated_size: int
    compression_ratio: float
    estimated_time_minutes: float


def advise(format: str, codec: str, size_bytes: int, duration_s: float, channels: int) -> Advice:
    """Advice for a master in the container ``format`` with this codec.

    Uncompressed sound: Opus over 50 MB, MP3 up to there, and nothing where that would save no room.
    """
    advised = SendAs.OPUS if size_bytes > OPUS_ADVISED_OVER_BYTES else SendAs.MP3
    estimated = round(advised.estimated_bps(channels, 0) * duration_s / 8)
    if send_format(codec, advised) is SendAs.ORIGINAL or not 0 < estimated < size_bytes:
        return Advice(format, size_bytes, format, size_bytes, 1.0, 0.0)
    speed = _OPUS_SPEED if advised is SendAs.OPUS else _MP3_SPEED
    return Advice(
        current_format=format,
        current_size=size_bytes,
        recommended_format=str(advised),
        estimated_size=estimated,
        compression_ratio=size_bytes / estimated,
        estimated_time_minutes=channels * duration_s / speed / 60,
    )

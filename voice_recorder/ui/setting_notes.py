"""Sentences below a setting that depend on the others."""

from __future__ import annotations

from voice_recorder.domain.compression import SendAs
from voice_recorder.domain.preflight import in_mb
from voice_recorder.domain.settings import Settings, declaration

HOUR_S = 3600


def format_title(send_as: SendAs) -> str:
    """How people call a format of cloud copies: ``MP3``."""
    titles = declaration("compression.send_as").choices or {}
    return titles[send_as.value].partition(",")[0]


def send_as_note(now: Settings, m4a: bool, why_no_m4a: str) -> tuple[str, bool]:
    """What an hour takes as it is sent, or why it cannot be; and whether that needs attention."""
    send_as = SendAs(now.compression_send_as)
    if send_as is SendAs.M4A and not m4a:
        return f"M4A cannot be made on this computer: {why_no_m4a}. Choose another format.", True
    original_bps = now.audio_sample_rate_hz * now.audio_channels * now.audio_bit_depth
    original = in_mb(original_bps / 8 * HOUR_S)
    if send_as is SendAs.ORIGINAL:
        return f"An hour as you record now is {original}.", False
    sent = in_mb(send_as.estimated_bps(now.audio_channels, original_bps) / 8 * HOUR_S)
    return f"An hour as you record now is {original} here and about {sent} in the cloud.", False


def free_lossy_note(now: Settings) -> str:
    """What one agrees to; empty while nothing is freed."""
    send_as = SendAs(now.compression_send_as)
    if not now.storage_free_local or send_as.is_lossless:
        return ""
    name = format_title(send_as)
    if now.storage_free_lossy:
        return (
            f"You have agreed: {now.storage_free_after_h} h after its backup an original goes for ever,"
            f" and only its {name} copy is left."
        )
    return f"Recordings are sent as {name}, so their originals stay here and free no room until you agree."

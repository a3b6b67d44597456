"""Sentences below a setting that depend on the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence

from voice_recorder.audio.encoder import m4a_available
from voice_recorder.domain.compression import SendAs
from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.domain.settings import Settings, declaration, value_of
from voice_recorder.ui import shortcuts
from voice_recorder.ui.global_key import parsed
from voice_recorder.ui.global_shortcut import note_for_settings
from voice_recorder.ui.language import tr
from voice_recorder.ui.phrases import megabytes
from voice_recorder.ui.said import said
from voice_recorder.ui.tray import tray_is_there

if TYPE_CHECKING:
    from voice_recorder.ui.setting_row import SettingRow

HOUR_S = 3600
GLOBAL_KEY = "shortcuts.global_record"
DEPENDENTS = {
    "storage.free_after_h": "storage.free_local", "storage.free_lossy": "storage.free_local",
    "appearance.close_to_tray": "appearance.tray",
}  # fmt: skip
"""Settings that mean something only while another is on."""


def say_what_depends(rows: Mapping[str, SettingRow], now: Settings) -> None:
    """Show in the rows what one setting, or this computer, means for another."""
    for key, owner in DEPENDENTS.items():
        title = tr(declaration(owner).title)
        rows[key].set_usable(bool(value_of(now, owner)), tr("Turn on “{title}” first.", title=title))
    rows["storage.free_lossy"].say(free_lossy_note(now), caution=True)
    words, caution = send_as_note(now, *m4a_available())
    rows["compression.send_as"].say(words, caution=caution)
    words, usable = note_for_settings()
    rows[GLOBAL_KEY].say(words)
    rows[GLOBAL_KEY].set_usable(usable, words)
    if not tray_is_there():
        words = tr("This desktop has no tray.")
        rows["appearance.tray"].say(words)
        for key in ("appearance.tray", "appearance.close_to_tray"):
            rows[key].set_usable(False, words)


def global_key_refusal(now: Settings, key: str, value: object) -> str:
    """Why the setting ``key`` cannot be ``value``, if it is the key that records from anywhere."""
    if key != GLOBAL_KEY or not value:
        return ""
    wanted = str(value)
    try:
        parsed(wanted)
    except VoiceRecorderError as error:
        return said(error)
    keys = shortcuts.keys_in_force(now.shortcuts_keys)
    other = next((a for a in shortcuts.actions() if QKeySequence(keys[a.id]) == QKeySequence(wanted)), None)
    if other is None:
        return ""
    return tr(
        "{key} is taken already: “{action}”. Give that another key first.",
        key=shortcuts.native(wanted), action=other.text,
    )  # fmt: skip


def format_title(send_as: SendAs) -> str:
    """How people call a format of cloud copies: ``MP3``."""
    titles = declaration("compression.send_as").choices or {}
    return tr(titles[send_as.value]).partition(",")[0]


def send_as_note(now: Settings, m4a: bool, why_no_m4a: str) -> tuple[str, bool]:
    """What an hour takes as it is sent, or why it cannot be; and whether that needs attention."""
    send_as = SendAs(now.compression_send_as)
    if send_as is SendAs.M4A and not m4a:
        reason = said(why_no_m4a)
        words = tr("M4A cannot be made on this computer: {reason}. Choose another format.", reason=reason)
        return words, True
    original_bps = now.audio_sample_rate_hz * now.audio_channels * now.audio_bit_depth
    original = megabytes(original_bps / 8 * HOUR_S)
    if send_as is SendAs.ORIGINAL:
        return tr("An hour as you record now is {size}.", size=original), False
    sent = megabytes(send_as.estimated_bps(now.audio_channels, original_bps) / 8 * HOUR_S)
    words = tr(
        "An hour as you record now is {here} here and about {there} in the cloud.", here=original, there=sent
    )
    return words, False


def free_lossy_note(now: Settings) -> str:
    """What one agrees to; empty while nothing is freed."""
    send_as = SendAs(now.compression_send_as)
    if not now.storage_free_local or send_as.is_lossless:
        return ""
    name = format_title(send_as)
    if now.storage_free_lossy:
        return tr(
            "You have agreed: {hours} h after its backup an original goes for ever, and only its {format}"
            " copy is left.",
            hours=now.storage_free_after_h,
            format=name,
        )
    return tr(
        "Recordings are sent as {format}, so their originals stay here and free no room until you agree.",
        format=name,
    )

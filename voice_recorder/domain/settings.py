"""Every setting, declared once with its type, default, range and text.

The key that people see is the field's name with its first underscore as a dot: ``audio_device`` is
``audio.device``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

from voice_recorder.domain.compression import SendAs
from voice_recorder.domain.errors import ConfigurationError, NotFound
from voice_recorder.domain.exported import ExportFormat
from voice_recorder.domain.words import tr

_TAKES = {
    bool: tr("It takes true or false."),
    int: tr("It takes a whole number."),
    float: tr("It takes a number."),
    str: tr("It takes a text."),
}


class Theme(StrEnum):
    """The colours of the window."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class ReducedMotion(StrEnum):
    """Whether the window moves less."""

    SYSTEM = "system"
    ON = "on"
    OFF = "off"


class DeviceLoss(StrEnum):
    """What a take does when its microphone disappears."""

    CONTINUE = "continue"
    PAUSE = "pause"


def _setting(
    default: bool | int | float | str,
    title: str,
    text: str,
    *,
    choices: Mapping[Any, str] | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    unit: str = "",
) -> Any:
    return field(
        default=default,
        metadata={
            "title": title, "text": text, "choices": choices, "minimum": minimum, "maximum": maximum,
            "unit": unit,
        },
    )  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """The values in force. ``declarations()`` tells what each may be."""

    audio_device: str = _setting(
        "", tr("Microphone"), tr("The input to record from: the system's default, unless one is chosen.")
    )
    audio_sample_rate_hz: int = _setting(
        48000, tr("Sample rate"), tr("Samples per second of new recordings."),
        choices={44100: tr("44.1 kHz"), 48000: tr("48 kHz"), 96000: tr("96 kHz")},
    )  # fmt: skip
    audio_channels: int = _setting(
        1,
        tr("Channels"),
        tr("Mono is right for a voice; stereo keeps the room."),
        choices={1: tr("Mono"), 2: tr("Stereo")},
    )
    audio_bit_depth: int = _setting(
        16, tr("Bit depth"), tr("24 bit leaves more headroom and takes half as much room again."),
        choices={16: tr("16 bit"), 24: tr("24 bit")},
    )  # fmt: skip
    audio_when_device_lost: str = _setting(
        DeviceLoss.CONTINUE.value, tr("If the microphone disappears"),
        tr("Go on with the next microphone and mark the gap, or pause and say so."),
        choices={DeviceLoss.CONTINUE.value: tr("Go on with the next"), DeviceLoss.PAUSE.value: tr("Pause")},
    )  # fmt: skip
    audio_output_device: str = _setting(
        "", tr("Play through"), tr("The output for listening: the system's default, unless one is chosen.")
    )
    take_pre_record_s: int = _setting(
        0, tr("Keep what was said before Record"),
        tr("The microphone listens while the window is open and no take runs. The last seconds are kept in"
        " memory only, and stand in front of the next recording."),
        choices={
            0: tr("Off"), 5: tr("5 s"), 10: tr("10 s"), 15: tr("15 s"), 20: tr("20 s"), 30: tr("30 s"),
            45: tr("45 s"), 60: tr("60 s"),
        },
    )  # fmt: skip
    take_voice_activated: bool = _setting(
        False, tr("Record only while somebody speaks"),
        tr("Record waits for a voice, pauses in silence, and goes on with the next voice."),
    )  # fmt: skip
    take_voice_pause_s: int = _setting(
        3, tr("Pause after a silence of"),
        tr("How long nobody speaks before a voice-activated recording pauses."),
        minimum=1, maximum=300, unit=tr("s"),
    )  # fmt: skip
    take_split_min: int = _setting(
        0, tr("Go on in a new recording after"), tr("No sound is lost between the two; 0 never splits."),
        minimum=0, maximum=1440, unit=tr("min"),
    )  # fmt: skip
    take_split_silence_s: int = _setting(
        0, tr("Go on in a new recording at a silence of"),
        tr("The next voice begins a recording of its own; 0 never splits."),
        minimum=0, maximum=3600, unit=tr("s"),
    )  # fmt: skip
    take_split_shortest_s: int = _setting(
        60, tr("But only if it has at least"), tr("Silence splits no recording that is shorter than this."),
        minimum=1, maximum=86_400, unit=tr("s"),
    )  # fmt: skip
    playback_speed: float = _setting(
        1.0,
        tr("Playback speed"),
        tr("How fast recordings play; the pitch is kept."),
        minimum=0.5,
        maximum=3.0,
    )
    playback_skip_silence: bool = _setting(
        False, tr("Skip silence"), tr("Jumps over pauses while a recording plays; a moment of each stays.")
    )
    storage_quota_mb: int = _setting(
        0, tr("Warn above"),
        tr("Warn when the library is larger than this; 0 never warns. Nothing is deleted."),
        minimum=0, maximum=100_000_000, unit=tr("MB"),
    )  # fmt: skip
    storage_trash_after_days: int = _setting(
        0, tr("Move to the trash after"),
        tr("Recordings older than this go to the trash by themselves; 0 never. Favourites stay."),
        minimum=0, maximum=36_500, unit=tr("days"),
    )  # fmt: skip
    storage_free_local: bool = _setting(
        False, tr("Free local audio once it is backed up"),
        tr("Removes the audio here when its cloud copy was proved; it can be fetched again. Off keeps it."),
    )  # fmt: skip
    storage_free_after_h: int = _setting(
        24, tr("Free it after"), tr("How long the audio stays here after its backup was verified."),
        minimum=0, maximum=87_600, unit=tr("h"),
    )  # fmt: skip
    storage_free_lossy: bool = _setting(
        False, tr("Free it also when the copy is compressed"),
        tr("The original cannot be had back from a compressed copy; only what was sent can."),
    )  # fmt: skip
    storage_cache_days: int = _setting(
        30, tr("Keep fetched audio"), tr("Audio of cloud-only recordings that was fetched for listening."),
        minimum=1, maximum=3650, unit=tr("days"),
    )  # fmt: skip
    storage_scrub_days: int = _setting(
        30, tr("Check all audio once in"),
        tr("Reads every file again, slowly and in the background, to notice one that has changed; 0 never."),
        minimum=0, maximum=3650, unit=tr("days"),
    )  # fmt: skip
    cloud_provider: str = _setting(
        "", tr("Provider"), tr("Who keeps a copy of every recording; empty keeps them on this computer only.")
    )
    cloud_delete_copies: bool = _setting(
        True, tr("Delete cloud copies, too"),
        tr("What leaves the trash for ever leaves the cloud as well. Off leaves its copy there."),
    )  # fmt: skip
    compression_send_as: str = _setting(
        SendAs.MP3.value, tr("Send as"),
        tr("What WAV recordings are compressed to before they are sent. Other formats are sent as they are."),
        choices={
            SendAs.MP3.value: tr("MP3, 128 kbit/s"), SendAs.OPUS.value: tr("Opus, small"),
            SendAs.FLAC.value: tr("FLAC, lossless"), SendAs.M4A.value: tr("M4A (AAC)"),
            SendAs.ORIGINAL.value: tr("Original"),
        },
    )  # fmt: skip
    export_format: str = _setting(
        ExportFormat.MP3.value, tr("Export as"),
        tr("What exported files are; the dialog remembers the last choice."),
        choices={
            ExportFormat.WAV.value: tr("WAV"), ExportFormat.FLAC.value: tr("FLAC, lossless"),
            ExportFormat.MP3.value: tr("MP3, 128 kbit/s"), ExportFormat.OPUS.value: tr("Opus, small"),
            ExportFormat.M4A.value: tr("M4A (AAC)"),
        },
    )  # fmt: skip
    export_folder: str = _setting(
        "",
        tr("Export into"),
        tr("The folder for exported files; empty is the music folder, or home without one."),
    )
    sync_automatically: bool = _setting(
        True, tr("Send new recordings by themselves"), tr("Off waits until you send them.")
    )
    sync_on_metered: bool = _setting(
        False, tr("Also over metered connections"), tr("Such as a phone's; off waits for another network.")
    )
    sync_only_when_idle: bool = _setting(
        False, tr("Only while the computer is idle"),
        tr("Waits while a recording runs or the processor is busy by more than half."),
    )  # fmt: skip
    sync_limit_kb_per_s: int = _setting(
        0, tr("Use at most"), tr("Bandwidth for all uploads together; 0 uses all there is."),
        minimum=0, maximum=1_000_000, unit=tr("kB/s"),
    )  # fmt: skip
    sync_full_check: bool = _setting(
        True, tr("Compare all of a copy before freeing"),
        tr("Reads the whole cloud copy back before audio is removed here. Off trusts the provider's digest."),
    )  # fmt: skip
    appearance_theme: str = _setting(
        Theme.SYSTEM.value, tr("Theme"), tr("The colours of the window."),
        choices={
            Theme.SYSTEM.value: tr("As the system"), Theme.LIGHT.value: tr("Light"),
            Theme.DARK.value: tr("Dark"),
        },
    )  # fmt: skip
    appearance_language: str = _setting(
        "", tr("Language"), tr("The language of the window, from the next start on."),
        choices={"": tr("As the system"), "en": "English", "de": "Deutsch", "he": "עברית"},
    )  # fmt: skip
    appearance_reduced_motion: str = _setting(
        ReducedMotion.SYSTEM.value, tr("Reduce motion"), tr("Nothing fades, glides or blinks."),
        choices={
            ReducedMotion.SYSTEM.value: tr("As the system"), ReducedMotion.ON.value: tr("On"),
            ReducedMotion.OFF.value: tr("Off"),
        },
    )  # fmt: skip
    appearance_notifications: bool = _setting(
        True, tr("Notifications"), tr("Says what matters while you look at another window.")
    )
    appearance_tray: bool = _setting(
        True,
        tr("Icon in the tray"),
        tr("Shows whether a recording runs; starts and stops one from its menu."),
    )
    appearance_close_to_tray: bool = _setting(
        False, tr("Closing the window leaves the program in the tray"), tr("Quit in the menu ends it.")
    )
    appearance_start_at_login: bool = _setting(
        False, tr("Start at login"), tr("Opens with your session, in the tray if there is one.")
    )
    shortcuts_single_keys: bool = _setting(
        True, tr("Single-key shortcuts"), tr("R records, Space plays, M marks; outside text fields only.")
    )
    shortcuts_global_record: str = _setting(
        "",
        tr("Record from anywhere"),
        tr("Records and stops while another program is in front; empty is off."),
    )
    shortcuts_keys: str = _setting(
        "", tr("Keys"), tr("The keys of the window that are not the usual ones, as JSON.")
    )


@dataclass(frozen=True)
class Declaration:
    """What one setting is called, what it may be and what it means."""

    key: str
    name: str
    type: type
    default: bool | int | float | str
    title: str
    text: str
    choices: Mapping[Any, str] | None
    minimum: float | None
    maximum: float | None
    unit: str

    @property
    def page(self) -> str:
        """The page of the settings dialog it stands on: the part of the key before the dot."""
        return self.key.partition(".")[0]

    def check(self, value: object) -> bool | int | float | str:
        """``value`` in this setting's type; ConfigurationError says in words why it cannot be."""
        if self.type is float and type(value) is int:
            value = float(value)
        if type(value) is not self.type:
            raise self._refusal(value, _TAKES[self.type])
        assert isinstance(value, bool | int | float | str)
        if self.choices is not None and value not in self.choices:
            names = ", ".join(str(choice) for choice in self.choices)
            raise self._refusal(value, tr("It takes one of: {names}.", names=names))
        if self.minimum is not None and self.maximum is not None:
            assert not isinstance(value, str)
            if not self.minimum <= value <= self.maximum:  # also refuses NaN
                least, most = f"{self.minimum:g}", f"{self.maximum:g}"
                raise self._refusal(value, tr("It takes {least} to {most}.", least=least, most=most))
        return value

    def parse(self, text: str) -> bool | int | float | str:
        """The value that a person typed as ``text``."""
        value: object = text
        if self.type is bool:
            value = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}.get(
                text.strip().lower(), text
            )
        elif self.type is not str:
            try:
                value = self.type(text)
            except ValueError:
                value = text
        return self.check(value)

    def _refusal(self, value: object, takes: str) -> ConfigurationError:
        return ConfigurationError(
            tr("The setting {key} cannot be {value}.", key=self.key, value=repr(value)), takes
        )


def declarations() -> dict[str, Declaration]:
    """All settings by key, in the order in which they are shown."""
    return {d.key: d for d in (_declaration(f) for f in fields(Settings))}


def _declaration(f: Any) -> Declaration:
    return Declaration(f.name.replace("_", ".", 1), f.name, f.type, f.default, **f.metadata)


def declaration(key: str) -> Declaration:
    """The setting called ``key``; NotFound when there is none."""
    try:
        return declarations()[key]
    except KeyError:
        raise NotFound(
            tr("There is no setting called {key}.", key=repr(key)), tr("'settings list' shows them all.")
        ) from None


def changed(settings: Settings, values: Mapping[str, object]) -> Settings:
    """``settings`` with ``values`` (by key) in their place, each of them checked."""
    checked = {declaration(key).name: declaration(key).check(value) for key, value in values.items()}
    return replace(settings, **checked)  # type: ignore[arg-type]  # check() has proved the types


def value_of(settings: Settings, key: str) -> bool | int | float | str:
    """The value in force of the setting called ``key``."""
    value: bool | int | float | str = getattr(settings, declaration(key).name)
    return value

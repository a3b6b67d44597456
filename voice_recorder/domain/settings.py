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

type_names = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


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
        "", "Microphone", "The input to record from; empty follows the system's default."
    )
    audio_sample_rate_hz: int = _setting(
        48000, "Sample rate", "Samples per second of new recordings.",
        choices={44100: "44.1 kHz", 48000: "48 kHz", 96000: "96 kHz"},
    )  # fmt: skip
    audio_channels: int = _setting(
        1, "Channels", "Mono is right for a voice; stereo keeps the room.", choices={1: "Mono", 2: "Stereo"}
    )
    audio_bit_depth: int = _setting(
        16, "Bit depth", "24 bit leaves more headroom and takes half as much room again.",
        choices={16: "16 bit", 24: "24 bit"},
    )  # fmt: skip
    audio_when_device_lost: str = _setting(
        DeviceLoss.CONTINUE.value, "If the microphone disappears",
        "Go on with the next microphone and mark the gap, or pause and say so.",
        choices={DeviceLoss.CONTINUE.value: "Go on with the next", DeviceLoss.PAUSE.value: "Pause"},
    )  # fmt: skip
    audio_output_device: str = _setting(
        "", "Play through", "The output for listening; empty follows the system's default."
    )
    take_pre_record_s: int = _setting(
        0, "Keep what was said before Record",
        "The microphone listens while the window is open and no take runs. The last seconds are kept in"
        " memory only, and stand in front of the next recording.",
        choices={0: "Off", 5: "5 s", 10: "10 s", 15: "15 s", 20: "20 s", 30: "30 s", 45: "45 s", 60: "60 s"},
    )  # fmt: skip
    take_voice_activated: bool = _setting(
        False, "Record only while somebody speaks",
        "Record waits for a voice, pauses in silence, and goes on with the next voice.",
    )  # fmt: skip
    take_voice_pause_s: int = _setting(
        3, "Pause after a silence of", "How long nobody speaks before a voice-activated recording pauses.",
        minimum=1, maximum=300, unit="s",
    )  # fmt: skip
    take_split_min: int = _setting(
        0, "Go on in a new recording after", "No sound is lost between the two; 0 never splits.",
        minimum=0, maximum=1440, unit="min",
    )  # fmt: skip
    take_split_silence_s: int = _setting(
        0, "Go on in a new recording at a silence of",
        "The next voice begins a recording of its own; 0 never splits.",
        minimum=0, maximum=3600, unit="s",
    )  # fmt: skip
    take_split_shortest_s: int = _setting(
        60, "But only if it has at least", "Silence splits no recording that is shorter than this.",
        minimum=1, maximum=86_400, unit="s",
    )  # fmt: skip
    playback_speed: float = _setting(
        1.0, "Playback speed", "How fast recordings play; the pitch is kept.", minimum=0.5, maximum=3.0
    )
    playback_skip_silence: bool = _setting(
        False, "Skip silence", "Jumps over pauses while a recording plays; a moment of each stays."
    )
    storage_quota_mb: int = _setting(
        0, "Warn above", "Warn when the library is larger than this; 0 never warns. Nothing is deleted.",
        minimum=0, maximum=100_000_000, unit="MB",
    )  # fmt: skip
    storage_trash_after_days: int = _setting(
        0, "Move to the trash after",
        "Recordings older than this go to the trash by themselves; 0 never. Favourites stay.",
        minimum=0, maximum=36_500, unit="days",
    )  # fmt: skip
    storage_free_local: bool = _setting(
        False, "Free local audio once it is backed up",
        "Removes the audio here when its cloud copy was proved; it can be fetched again. Off keeps it.",
    )  # fmt: skip
    storage_free_after_h: int = _setting(
        24, "Free it after", "How long the audio stays here after its backup was verified.",
        minimum=0, maximum=87_600, unit="h",
    )  # fmt: skip
    storage_free_lossy: bool = _setting(
        False, "Free it also when the copy is compressed",
        "The original cannot be had back from a compressed copy; only what was sent can.",
    )  # fmt: skip
    storage_cache_days: int = _setting(
        30, "Keep fetched audio", "Audio of cloud-only recordings that was fetched for listening.",
        minimum=1, maximum=3650, unit="days",
    )  # fmt: skip
    storage_scrub_days: int = _setting(
        30, "Check all audio once in",
        "Reads every file again, slowly and in the background, to notice one that has changed; 0 never.",
        minimum=0, maximum=3650, unit="days",
    )  # fmt: skip
    cloud_provider: str = _setting(
        "", "Provider", "Who keeps a copy of every recording; empty keeps them on this computer only."
    )
    cloud_delete_copies: bool = _setting(
        True, "Delete cloud copies, too",
        "What leaves the trash for ever leaves the cloud as well. Off leaves its copy there.",
    )  # fmt: skip
    compression_send_as: str = _setting(
        SendAs.MP3.value, "Send as",
        "What WAV recordings are compressed to before they are sent. Other formats are sent as they are.",
        choices={
            SendAs.MP3.value: "MP3, 128 kbit/s", SendAs.OPUS.value: "Opus, small",
            SendAs.FLAC.value: "FLAC, lossless", SendAs.M4A.value: "M4A (AAC)",
            SendAs.ORIGINAL.value: "Original",
        },
    )  # fmt: skip
    sync_automatically: bool = _setting(
        True, "Send new recordings by themselves", "Off waits until you send them."
    )
    sync_on_metered: bool = _setting(
        False, "Also over metered connections", "Such as a phone's; off waits for another network."
    )
    sync_only_when_idle: bool = _setting(
        False, "Only while the computer is idle",
        "Waits while a recording runs or the processor is busy by more than half.",
    )  # fmt: skip
    sync_limit_kb_per_s: int = _setting(
        0, "Use at most", "Bandwidth for all uploads together; 0 uses all there is.",
        minimum=0, maximum=1_000_000, unit="kB/s",
    )  # fmt: skip
    sync_full_check: bool = _setting(
        True, "Compare all of a copy before freeing",
        "Reads the whole cloud copy back before audio is removed here. Off trusts the provider's digest.",
    )  # fmt: skip
    appearance_theme: str = _setting(
        Theme.SYSTEM.value, "Theme", "The colours of the window.",
        choices={Theme.SYSTEM.value: "As the system", Theme.LIGHT.value: "Light", Theme.DARK.value: "Dark"},
    )  # fmt: skip
    appearance_language: str = _setting(
        "", "Language", "The language of the window, from the next start on.",
        choices={"": "As the system", "en": "English", "de": "Deutsch", "he": "עברית"},
    )  # fmt: skip
    appearance_reduced_motion: str = _setting(
        ReducedMotion.SYSTEM.value, "Reduce motion", "Nothing fades, glides or blinks.",
        choices={
            ReducedMotion.SYSTEM.value: "As the system", ReducedMotion.ON.value: "On",
            ReducedMotion.OFF.value: "Off",
        },
    )  # fmt: skip
    appearance_notifications: bool = _setting(
        True, "Notifications", "Says what matters while you look at another window."
    )
    appearance_tray: bool = _setting(
        True, "Icon in the tray", "Shows whether a recording runs; starts and stops one from its menu."
    )
    appearance_close_to_tray: bool = _setting(
        False, "Closing the window leaves the program in the tray", "Quit in the menu ends it."
    )
    appearance_start_at_login: bool = _setting(
        False, "Start at login", "Opens with your session, in the tray if there is one."
    )
    shortcuts_single_keys: bool = _setting(
        True, "Single-key shortcuts", "R records, Space plays, M marks; outside text fields only."
    )
    shortcuts_global_record: str = _setting(
        "", "Record from anywhere", "Records and stops while another program has the keys; empty is off."
    )
    shortcuts_keys: str = _setting(
        "", "Keys", "The keys of the window that are not the usual ones, as JSON."
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
            raise self._refusal(value, f"It takes {type_names[self.type]}.")
        assert isinstance(value, bool | int | float | str)
        if self.choices is not None and value not in self.choices:
            raise self._refusal(value, f"It takes one of: {', '.join(str(c) for c in self.choices)}.")
        if self.minimum is not None and self.maximum is not None:
            assert not isinstance(value, str)
            if not self.minimum <= value <= self.maximum:  # also refuses NaN
                raise self._refusal(value, f"It takes {self.minimum:g} to {self.maximum:g}.")
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
        return ConfigurationError(f"The setting {self.key} cannot be {value!r}.", takes)


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
        raise NotFound(f"There is no setting called {key!r}.", "'settings list' shows them all.") from None


def changed(settings: Settings, values: Mapping[str, object]) -> Settings:
    """``settings`` with ``values`` (by key) in their place, each of them checked."""
    checked = {declaration(key).name: declaration(key).check(value) for key, value in values.items()}
    return replace(settings, **checked)  # type: ignore[arg-type]  # check() has proved the types


def value_of(settings: Settings, key: str) -> bool | int | float | str:
    """The value in force of the setting called ``key``."""
    value: bool | int | float | str = getattr(settings, declaration(key).name)
    return value

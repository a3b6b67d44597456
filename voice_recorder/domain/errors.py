"""Errors in people's words: what happened, what was kept, what to do.

Each package converts the errors of its libraries into these at one boundary. Bugs are never wrapped.
"""

import re

from typing_extensions import override


class VoiceRecorderError(Exception):
    """Something that a person can understand and act upon.

    ``title`` is what happened, ``detail`` what was kept and what to do.
    """

    def __init__(self, title: str, detail: str = "") -> None:
        super().__init__(title, detail)
        self.title = title
        self.detail = detail

    @override
    def __str__(self) -> str:
        return f"{self.title} {self.detail}".strip()

    @property
    def kind(self) -> str:
        """The class in snake_case, as the command line's JSON names it."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()


class Cancelled(Exception):
    """The person who started the work called it off."""


class ConfigurationError(VoiceRecorderError):
    """An environment variable or a setting holds a value that cannot be used."""


class NotFound(VoiceRecorderError):
    """No such recording, file or setting."""


class PreflightBlocked(VoiceRecorderError):
    """The pre-flight verdict is *blocked*: starting now would risk what is recorded."""


class NoDisplay(VoiceRecorderError):
    """This machine has no display on which a window could open."""


class CaptureError(VoiceRecorderError):
    """Sound could not be taken from the microphone."""


class DeviceUnavailable(CaptureError):
    """The named input does not exist, is busy, or refuses the format."""


class NoInputDevice(DeviceUnavailable):
    """This machine has no sound input at all."""


class StorageError(VoiceRecorderError):
    """A file or the library could not be read or written."""


class RecordingsAway(StorageError):
    """The recordings folder is not there: moved, or its disk is not connected."""


class DiskFull(StorageError):
    """No room is left on the disk."""


class LibraryBusy(StorageError):
    """Another process held the library's database for longer than the busy timeout."""


class LibraryDamaged(StorageError):
    """The library's database cannot be read; it is left as it is."""


class LibraryTooNew(StorageError):
    """A newer version of the program wrote this file."""


class MigrationFailed(StorageError):
    """The library could not be brought up to date and is as it was before."""


class DamagedAudio(StorageError):
    """An audio file with no readable frame, or one that is no audio at all."""


class ImportRefused(StorageError):
    """A file that is not taken into the library, with the reason."""


class EncodingError(VoiceRecorderError):
    """Audio could not be encoded or decoded."""


class EditRefused(VoiceRecorderError):
    """An edit that cannot be made; the recording is as it was."""


class SecretsUnavailable(VoiceRecorderError):
    """This machine has no keyring in which a secret could be kept, or it stays locked."""


class CloudError(VoiceRecorderError):
    """A provider did not do what it was asked. Tried again only when a subclass says so."""


class NoProvider(CloudError):
    """No provider is chosen, so there is nowhere to send anything."""


class TransientCloudError(CloudError):
    """It may work later: network errors, 5xx, 420/429, answers that make no sense.

    ``retry_after_s`` is the wait that the provider asked for, None when it did not say.
    """

    def __init__(self, title: str, detail: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(title, detail)
        self.retry_after_s = retry_after_s


class NetworkUnreachable(TransientCloudError):
    """The provider could not be reached at all: most likely this computer is offline."""


class CredentialsRejected(CloudError):
    """The provider refuses the key, or the computer's clock is too wrong for a signature."""


class FileRejected(CloudError):
    """The provider will never take this file as it is, or it is not the file that was queued."""


class CloudCopyMissing(CloudError):
    """The provider has no such copy (any more)."""


class CloudCopyDiffers(CloudError):
    """What the provider holds is not what was sent."""

"""Where everything is kept, and the limits that the environment may set."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import platformdirs

from voice_recorder.domain.errors import ConfigurationError, StorageError
from voice_recorder.domain.words import tr

APP_NAME = "voice-recorder"
FOLDER_MODE = 0o700
FILE_MODE = 0o600
MOVED_RECORDINGS = "recordings_folder.json"
"""The file in the home folder that names a recordings folder which is not inside it."""


class Environment(StrEnum):
    """What the program runs for, chosen by ``VOICE_RECORDER_ENV``."""

    DEVELOPMENT = "development"
    TESTING = "testing"
    PRODUCTION = "production"


@dataclass(frozen=True)
class _Defaults:
    min_disk_space_mb: int
    enable_disk_space_check: bool


_DEFAULTS = {
    Environment.DEVELOPMENT: _Defaults(50, True),
    Environment.TESTING: _Defaults(10, False),
    Environment.PRODUCTION: _Defaults(500, True),
}
_MB_LIMIT = 1_000_000_000


@dataclass(frozen=True)
class StorageConfig:
    """Folders, all of which exist once ``from_environment`` has returned, and limits in MB (10^6 bytes)."""

    environment: Environment
    home: Path
    raw_recordings_path: Path
    min_disk_space_mb: int
    enable_disk_space_check: bool
    max_library_mb: int | None = None
    max_import_mb: int = 500
    recordings_device: int | None = None
    """The file system that the recordings folder was on at the start."""

    @property
    def cloud_copies_path(self) -> Path:
        """Compressed files on their way to the cloud."""
        return self.home / "cloud_copies"

    @property
    def cache_path(self) -> Path:
        """What can be made again: peaks, fetched audio."""
        return self.home / "cache"

    @property
    def trash_path(self) -> Path:
        """Masters of recordings in the trash."""
        return self.home / "trash"

    @property
    def logs_path(self) -> Path:
        """Rotating log files."""
        return self.home / "logs"

    @property
    def backups_path(self) -> Path:
        """The last copies of the database."""
        return self.home / "backups"

    @property
    def locks_path(self) -> Path:
        """Locks that tell whose take it is."""
        return self.home / "locks"

    @property
    def database_path(self) -> Path:
        """The SQLite database."""
        return self.home / "library.db"

    @property
    def settings_path(self) -> Path:
        """The settings file."""
        return self.home / "settings.json"

    @property
    def reserve_paths(self) -> tuple[Path, ...]:
        """The files whose room lets Stop finish on a full disk: the database's and the recordings'."""
        at_home = self.home / "reserve.bin"
        if self.raw_recordings_path.is_relative_to(self.home):
            return (at_home,)
        return (at_home, self.raw_recordings_path / ".reserve.bin")

    @classmethod
    def from_environment(
        cls, name: str | None = None, environ: Mapping[str, str] | None = None
    ) -> "StorageConfig":
        """Read the variables (``os.environ`` by default), create the folders and check them.

        ``name`` is "development", "testing" or "production"; without it ``VOICE_RECORDER_ENV`` decides.
        Raises ConfigurationError that names a bad variable, StorageError for a folder that cannot be used.
        """
        environ = os.environ if environ is None else environ
        environment = _environment(name or _text(environ, "VOICE_RECORDER_ENV") or Environment.PRODUCTION)
        defaults = _DEFAULTS[environment]
        home = _home(environ, environment)
        named = _folder(environ, "VOICE_RECORDER_RECORDINGS_DIR")
        moved = None if named else moved_recordings(home)
        minimum = _megabytes(environ, "VOICE_RECORDER_MIN_DISK_SPACE_MB")
        max_import = _megabytes(environ, "VOICE_RECORDER_MAX_IMPORT_MB")
        config = cls(
            environment=environment,
            home=home,
            raw_recordings_path=named or moved or home / "recordings",
            min_disk_space_mb=defaults.min_disk_space_mb if minimum is None else minimum,
            enable_disk_space_check=defaults.enable_disk_space_check,
            max_library_mb=_megabytes(environ, "VOICE_RECORDER_MAX_LIBRARY_MB"),
            max_import_mb=cls.max_import_mb if max_import is None else max_import,
        )
        for folder in (
            config.home, config.cloud_copies_path, config.cache_path, config.trash_path, config.logs_path,
            config.backups_path, config.locks_path,
        ):  # fmt: skip
            _make_folder(folder, "VOICE_RECORDER_HOME")
        if moved is None:
            _make_folder(config.raw_recordings_path, "VOICE_RECORDER_RECORDINGS_DIR")
        elif not moved.is_dir():  # an empty folder in the place of an unmounted disk would look like a loss
            raise StorageError(
                tr("The recordings folder {folder} is not there.", folder=repr(str(moved))),
                tr("Is its disk plugged in and mounted? Nothing was changed; start again when it is."),
            )
        return replace(config, recordings_device=config.raw_recordings_path.stat().st_dev)


def moved_recordings(home: Path) -> Path | None:
    """The folder to which the recordings were moved from inside ``home``; None when they were not.

    StorageError when the file that names it cannot be read.
    """
    pointer = home / MOVED_RECORDINGS
    try:
        return Path(json.loads(pointer.read_text(encoding="utf-8"))["recordings"])
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StorageError(
            tr(
                "The file {file}, which names the recordings folder, cannot be read: {reason}.",
                file=repr(str(pointer)),
                reason=error,
            ),
            tr("Set VOICE_RECORDER_RECORDINGS_DIR to that folder; no recording was touched."),
        ) from error


def folders_left(home: Path) -> tuple[Path, Path] | None:
    """The folder that the recordings are leaving, and where they went; None when nothing is left to do."""
    try:
        document = json.loads((home / MOVED_RECORDINGS).read_text(encoding="utf-8"))
        return Path(document["leaving"]), Path(document["recordings"])
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _text(environ: Mapping[str, str], variable: str) -> str | None:
    return environ.get(variable) or None  # a variable set to nothing counts as unset


def _environment(name: str) -> Environment:
    try:
        return Environment(name)
    except ValueError:
        raise ConfigurationError(
            tr("VOICE_RECORDER_ENV cannot be {name}.", name=repr(name)),
            tr("It takes one of: {names}.", names=", ".join(Environment)),
        ) from None


def _home(environ: Mapping[str, str], environment: Environment) -> Path:
    home = _folder(environ, "VOICE_RECORDER_HOME")
    if home is not None:
        return home
    if environment is Environment.TESTING:
        raise ConfigurationError(
            tr("VOICE_RECORDER_HOME is not set."), tr("In the testing environment it must name a folder.")
        )
    suffix = "" if environment is Environment.PRODUCTION else f"-{environment}"
    return Path(platformdirs.user_data_path(APP_NAME + suffix, appauthor=False))


def _folder(environ: Mapping[str, str], variable: str) -> Path | None:
    text = _text(environ, variable)
    if text is None:
        return None
    if "\0" in text:
        raise ConfigurationError(
            tr("{variable} is not a path.", variable=variable), tr("It holds a zero byte.")
        )
    try:
        path = Path(text).expanduser()
    except RuntimeError:
        raise ConfigurationError(
            tr("{variable} cannot be {text}.", variable=variable, text=repr(text)),
            tr("There is no such user."),
        ) from None
    return path if path.is_absolute() else Path.cwd() / path


def _megabytes(environ: Mapping[str, str], variable: str) -> int | None:
    text = _text(environ, variable)
    if text is None:
        return None
    digits = text.lstrip("0") or text[-1:]  # int() refuses very long ones by an error of its own
    if not (text.isascii() and text.isdigit()) or len(digits) > 10 or int(digits) > _MB_LIMIT:
        raise ConfigurationError(
            tr("{variable} cannot be {text}.", variable=variable, text=repr(text)),
            tr("It takes a whole number of megabytes, 0 to {most}.", most=_MB_LIMIT),
        )
    return int(digits)


def _make_folder(folder: Path, variable: str) -> None:
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise StorageError(
            tr(
                "The folder {folder} cannot be used: {reason}.",
                folder=repr(str(folder)),
                reason=error.strerror,
            ),
            tr("Check its permissions and its disk, or set {variable} to another folder.", variable=variable),
        ) from error

"""The settings file: versioned JSON, replaced atomically, unknown keys kept."""

import contextlib
import json
import logging
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from voice_recorder.domain.errors import (
    ConfigurationError,
    LibraryTooNew,
    NotFound,
    VoiceRecorderError,
)
from voice_recorder.domain.settings import Settings, changed, declaration, declarations
from voice_recorder.domain.words import tr
from voice_recorder.storage.disk import os_errors_converted, write_durably
from voice_recorder.storage.paths import FILE_MODE

VERSION = 1
_PROVIDER = "provider"
_log = logging.getLogger(__name__)

# From version N to N + 1, each a function of the values by key.
Migration = Callable[[dict[str, Any]], dict[str, Any]]
MIGRATIONS: Mapping[int, Migration] = {}


class SettingsFile:
    """The settings of one library, in memory and on the disk."""

    def __init__(
        self, path: Path, *, version: int = VERSION, migrations: Mapping[int, Migration] = MIGRATIONS
    ) -> None:
        self._path = path
        self._version = version
        self._migrations = migrations
        self._stamp = 0
        self._values: dict[str, Any] = {}
        self.current = Settings()
        self._take_over(self._read())

    def set(self, key: str, value: object) -> Settings:
        """Change one setting and store it; the new settings. NotFound, ConfigurationError, StorageError.

        What another process has stored meanwhile is kept.
        """
        return self._store({**self._read(), key: declaration(key).check(value)})

    def reset(self, key: str) -> Settings:
        """Give a setting its default back."""
        declaration(key)
        return self._store({k: v for k, v in self._read().items() if k != key})

    def is_set(self, key: str) -> bool:
        """Whether the file holds a value for ``key``."""
        return key in self._values

    def provider_values(self, kind: str) -> dict[str, str]:
        """What a provider of this kind was told, apart from its secrets, by the names of its fields."""
        start = f"{_PROVIDER}.{kind}."
        return {k.removeprefix(start): v for k, v in self._values.items() if k.startswith(start)}

    def set_provider_values(self, kind: str, values: Mapping[str, str]) -> None:
        """Store what a provider of this kind was told; never a secret."""
        start = f"{_PROVIDER}.{kind}."
        kept = {k: v for k, v in self._read().items() if not k.startswith(start)}
        self._store({**kept, **{start + name: value for name, value in values.items()}})

    def refresh(self) -> bool:
        """Take over what another process has stored meanwhile; whether there was anything.

        What cannot be read leaves the values as they are.
        """
        try:
            stamp = self._path.stat().st_mtime_ns
        except OSError:
            return False
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        with contextlib.suppress(VoiceRecorderError):
            self._take_over(self._read())
        return True

    def _take_over(self, values: dict[str, Any]) -> Settings:
        known = {k: v for k, v in values.items() if k in declarations()}
        self.current = changed(Settings(), known)
        self._values = values
        return self.current

    def _store(self, values: dict[str, Any]) -> Settings:
        changed(Settings(), {k: v for k, v in values.items() if k in declarations()})  # or it raises
        self._write(values)
        return self._take_over(values)

    def _write(self, values: dict[str, Any]) -> None:
        document = {"version": self._version, "settings": values}
        with os_errors_converted(tr("The settings could not be saved:"), tr("The old settings are kept.")):
            write_durably(self._path, json.dumps(document, indent=2, ensure_ascii=False).encode())

    def _read(self) -> dict[str, Any]:
        try:
            with os_errors_converted(tr("The settings could not be read:")):
                if not self._path.exists():
                    return {}
                document = json.loads(self._path.read_bytes())
            version, values = document["version"], document["settings"]
            if type(version) is not int or version < 1 or not isinstance(values, dict):
                raise TypeError
        except (ValueError, KeyError, TypeError, RecursionError):
            raise ConfigurationError(
                tr("The settings file {file} is damaged.", file=repr(str(self._path))),
                tr("It was left as it is; mend it, or move it away to start with the defaults."),
            ) from None
        if version > self._version:
            raise LibraryTooNew(
                tr(
                    "The settings file is of version {version}; this program knows {known}.",
                    version=version,
                    known=self._version,
                ),
                tr("Nothing was changed; install the newer Voice Recorder."),
            )
        return self._migrated(version, values)

    def _migrated(self, version: int, values: dict[str, Any]) -> dict[str, Any]:
        if version == self._version:
            return values
        backup = self._path.with_name(f"{self._path.stem}.v{version}.json")
        with os_errors_converted(tr("The settings could not be backed up:")):
            shutil.copyfile(self._path, backup)
            backup.chmod(FILE_MODE)
        for step in range(version, self._version):
            if step not in self._migrations:
                raise NotFound(
                    tr("No way leads from settings version {step} to {next}.", step=step, next=step + 1)
                )
            values = self._migrations[step](values)
        self._write(values)
        _log.info("settings migrated from version %d to %d", version, self._version)
        return values

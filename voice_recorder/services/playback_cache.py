"""The audio that was fetched for listening: it can be fetched again, so it may go when its owner says so."""

from voice_recorder.domain.words import tr
from voice_recorder.services.leftovers import size_of
from voice_recorder.storage.disk import os_errors_converted
from voice_recorder.storage.locks import FileLock
from voice_recorder.storage.paths import StorageConfig


def clear_playback_cache(config: StorageConfig) -> int:
    """Remove what nobody is fetching or playing now; the bytes that it took. StorageError."""
    folder, freed_bytes = config.cache_path / "audio", 0
    with os_errors_converted(tr("The fetched audio could not be removed:"), tr("What is left goes in time.")):
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            lock = FileLock(config.locks_path / f"fetch-{path.name.partition('.')[0]}.lock")
            if path.is_file() and lock.acquire():
                try:
                    size_bytes = size_of(path)
                    path.unlink(missing_ok=True)
                    freed_bytes += size_bytes
                finally:
                    lock.release(remove=True)
    return freed_bytes

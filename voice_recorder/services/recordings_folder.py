"""Whether the recordings folder is where it was, or its disk is not connected."""

import os

from voice_recorder.domain.errors import RecordingsAway
from voice_recorder.domain.words import tr
from voice_recorder.storage.figures import Figures
from voice_recorder.storage.paths import StorageConfig


def recordings_are_away(config: StorageConfig, figures: Figures) -> bool:
    """Whether the folder, rather than a file in it, is gone: moved, or its disk is not connected.

    A disk that is not connected often leaves an empty folder in its place. An empty folder that is our own,
    in the home folder and on the disk where it was, is one that somebody has emptied.
    """
    folder = config.raw_recordings_path
    try:
        device = folder.stat().st_dev
        with os.scandir(folder) as entries:  # the first is enough
            is_empty = next(entries, None) is None
    except OSError:
        return True
    is_ours = folder.is_relative_to(config.home) and config.recordings_device in (None, device)
    return is_empty and not is_ours and figures.expects_files()


def require_recordings(config: StorageConfig, figures: Figures) -> None:
    """Raise RecordingsAway when the folder is not there."""
    if recordings_are_away(config, figures):
        raise RecordingsAway(
            tr("The recordings folder {folder} is not there.", folder=repr(str(config.raw_recordings_path))),
            tr("Connect its disk or bring the folder back; all goes on then, and nothing was changed."),
        )

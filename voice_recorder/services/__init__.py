"""The use cases, free of Qt: what the window and the command line do is done here."""

from dataclasses import dataclass

from voice_recorder.services.housekeeping import Housekeeping
from voice_recorder.services.importing import Importing
from voice_recorder.services.inputs import Inputs
from voice_recorder.services.metrics import Metrics
from voice_recorder.services.peak_store import PeakStore
from voice_recorder.services.preflight import Preflight
from voice_recorder.services.proving import Proving
from voice_recorder.services.recovery import Recovery
from voice_recorder.services.takes import TakeService
from voice_recorder.services.trash import Trash
from voice_recorder.services.verifying import Verifying
from voice_recorder.storage.library import Library
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.settings_file import SettingsFile


@dataclass(frozen=True)
class Services:
    """Everything that the window and the command line work with, built in ``app.build``."""

    config: StorageConfig
    settings: SettingsFile
    library: Library
    preflight: Preflight
    devices: Inputs
    takes: TakeService
    peaks: PeakStore
    proving: Proving
    recovery: Recovery
    importing: Importing
    verifying: Verifying
    trash: Trash
    housekeeping: Housekeeping
    metrics: Metrics

    def close(self) -> None:
        """Give the database back; nothing may be used after."""
        self.library.database.dispose()

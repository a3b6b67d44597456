"""The use cases, free of Qt: what the window and the command line do is done here."""

from dataclasses import dataclass

from voice_recorder.services.alerts import Alerts
from voice_recorder.services.autostart import Autostart
from voice_recorder.services.cleanup import Cleanup
from voice_recorder.services.compressing import Compressing
from voice_recorder.services.editing import Editing
from voice_recorder.services.exporting import Exporting
from voice_recorder.services.fetching import Fetching
from voice_recorder.services.freeing import Freeing
from voice_recorder.services.housekeeping import Housekeeping
from voice_recorder.services.importing import Importing
from voice_recorder.services.inputs import Inputs
from voice_recorder.services.links import Links
from voice_recorder.services.metrics import Metrics
from voice_recorder.services.organising import Organising
from voice_recorder.services.peak_store import PeakStore
from voice_recorder.services.preflight import Preflight
from voice_recorder.services.providers import Providers
from voice_recorder.services.proving import Proving
from voice_recorder.services.reconciling import Reconciling
from voice_recorder.services.recovery import Recovery
from voice_recorder.services.relocating import Relocating
from voice_recorder.services.rendering import Rendering
from voice_recorder.services.scrubbing import Scrubbing
from voice_recorder.services.sidecars import Sidecars
from voice_recorder.services.sync import Sync
from voice_recorder.services.takes import TakeService
from voice_recorder.services.trash import Trash
from voice_recorder.services.verifying import Verifying
from voice_recorder.services.voices import Voices
from voice_recorder.storage.edits import Edits
from voice_recorder.storage.figures import Figures
from voice_recorder.storage.library import Library
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.proofs import Proofs
from voice_recorder.storage.settings_file import SettingsFile
from voice_recorder.storage.sync_log import SyncLog
from voice_recorder.storage.transfers import Transfers


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
    organising: Organising
    relocating: Relocating
    housekeeping: Housekeeping
    metrics: Metrics
    figures: Figures
    scrubbing: Scrubbing
    providers: Providers
    transfers: Transfers
    proofs: Proofs
    sync_log: SyncLog
    compressing: Compressing
    sync: Sync
    reconciling: Reconciling
    freeing: Freeing
    fetching: Fetching
    rendering: Rendering
    edits: Edits
    editing: Editing
    exporting: Exporting
    links: Links
    cleanup: Cleanup
    alerts: Alerts
    voices: Voices
    sidecars: Sidecars
    autostart: Autostart

    def close(self) -> None:
        """Give microphone and database back; nothing may be used after."""
        self.takes.end()
        self.library.database.dispose()

"""The use cases, free of Qt: what the window and the command line do is done here.

``Services`` is the one place where they are built and joined.
"""
# ruff: noqa: D102 - what a part is, its own class says

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
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
    from voice_recorder.services.leftovers import Leftovers
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


_T = TypeVar("_T")


class _Part(Generic[_T]):
    """Something of ``Services`` that is built, and its modules imported, when it is first asked for.

    From any thread: who comes second waits, and gets what the first one built.
    """

    def __init__(self, build: Callable[[Services], _T]) -> None:
        self._build = build
        self._name = build.__name__

    def __get__(self, services: Services, _owner: type[Services] | None = None) -> _T:
        with services.building:
            if self._name not in services.__dict__:
                services.__dict__[self._name] = self._build(services)  # from now on found there by Python
            built: _T = services.__dict__[self._name]
            return built


class Services:
    """Everything that the window and the command line work with. Importing or making this is cheap."""

    def __init__(self, config: StorageConfig) -> None:
        self.config = config
        self.building = threading.RLock()

    def build_all(self, cancel: threading.Event) -> None:
        """Build what nobody has asked for yet, so that nobody waits for it later. For a worker."""
        for name, part in vars(Services).items():
            if isinstance(part, _Part) and not cancel.is_set():
                getattr(self, name)

    def is_built(self, name: str) -> bool:
        """Whether anybody has asked for the part ``name`` yet."""
        return name in vars(self)

    def close(self) -> None:
        """Give microphone and database back; nothing may be used after."""
        if self.is_built("takes"):
            self.takes.end()
        self.library.database.dispose()

    @_Part
    def settings(self) -> SettingsFile:
        from voice_recorder.storage.settings_file import SettingsFile

        return SettingsFile(self.config.settings_path)

    @_Part
    def providers(self) -> Providers:
        from voice_recorder.services.providers import Providers

        return Providers(self.config, self.settings, os.environ)

    @_Part
    def library(self) -> Library:
        from voice_recorder.storage.library import Library
        from voice_recorder.storage.opening import open_database

        return Library(open_database(self.config), self.config, self.providers.place)

    @_Part
    def preflight(self) -> Preflight:
        from voice_recorder.services.preflight import Preflight

        return Preflight(self.config, self.settings, self.library)

    @_Part
    def devices(self) -> Inputs:
        from voice_recorder.services.inputs import Inputs

        return Inputs()

    @_Part
    def takes(self) -> TakeService:
        from voice_recorder.services.takes import TakeService

        return TakeService(self.config, self.settings, self.library, self.preflight)

    @_Part
    def peaks(self) -> PeakStore:
        from voice_recorder.services.peak_store import PeakStore

        return PeakStore(self.config, self.library, self.figures.note)

    @_Part
    def proving(self) -> Proving:
        from voice_recorder.services.proving import Proving

        return Proving(self.config, self.library, self.peaks)

    @_Part
    def recovery(self) -> Recovery:
        from voice_recorder.services.recovery import Recovery

        return Recovery(self.config, self.library)

    @_Part
    def importing(self) -> Importing:
        from voice_recorder.services.importing import Importing

        return Importing(self.config, self.library, self.preflight, self.peaks, self.trash)

    @_Part
    def verifying(self) -> Verifying:
        from voice_recorder.services.verifying import Verifying

        return Verifying(self.config, self.library, self.proving)

    @_Part
    def trash(self) -> Trash:
        from voice_recorder.services.trash import Trash

        return Trash(self.config, self.settings, self.library)

    @_Part
    def organising(self) -> Organising:
        from voice_recorder.services.organising import Organising

        return Organising(self.library.database)

    @_Part
    def relocating(self) -> Relocating:
        from voice_recorder.services.relocating import Relocating

        return Relocating(self.config)

    @_Part
    def housekeeping(self) -> Housekeeping:
        from voice_recorder.services.housekeeping import Housekeeping

        return Housekeeping(
            self.config, self.relocating, self.trash, self.freeing, self.cleanup, self.alerts, self.figures
        )

    @_Part
    def metrics(self) -> Metrics:
        from voice_recorder.services.metrics import Metrics

        return Metrics(
            self.config,
            self.library,
            self.preflight,
            self.sync_log,
            self.figures,
            self.providers,
            self.scrubbing,
        )

    @_Part
    def figures(self) -> Figures:
        from voice_recorder.storage.figures import Figures

        return Figures(self.library.database)

    @_Part
    def scrubbing(self) -> Scrubbing:
        from voice_recorder.services.scrubbing import Scrubbing

        return Scrubbing(
            self.config, self.settings, self.library, self.verifying, self.figures, self.alerts,
            lambda: self.takes.running is not None,
        )  # fmt: skip

    @_Part
    def transfers(self) -> Transfers:
        from voice_recorder.storage.transfers import Transfers

        return Transfers(self.library.database)

    @_Part
    def proofs(self) -> Proofs:
        from voice_recorder.storage.proofs import Proofs

        return Proofs(self.library.database)

    @_Part
    def sync_log(self) -> SyncLog:
        from voice_recorder.storage.sync_log import SyncLog

        return SyncLog(self.library.database)

    @_Part
    def compressing(self) -> Compressing:
        from voice_recorder.services.compressing import Compressing

        return Compressing(self.config, self.settings, self.library, self.preflight)

    @_Part
    def sync(self) -> Sync:
        from voice_recorder.services.sync import Sync

        return Sync(
            self.config,
            self.settings,
            self.library,
            self.transfers,
            self.proofs,
            self.sync_log,
            self.providers,
            self.compressing,
        )

    @_Part
    def reconciling(self) -> Reconciling:
        from voice_recorder.services.reconciling import Reconciling

        return Reconciling(self.library, self.transfers, self.proofs, self.sync_log, self.providers)

    @_Part
    def freeing(self) -> Freeing:
        from voice_recorder.services.freeing import Freeing

        return Freeing(self.config, self.settings, self.library, self.proofs, self.providers)

    @_Part
    def fetching(self) -> Fetching:
        from voice_recorder.services.fetching import Fetching

        return Fetching(self.config, self.library, self.proofs, self.providers, self.preflight)

    @_Part
    def rendering(self) -> Rendering:
        from voice_recorder.services.rendering import Rendering

        return Rendering(self.library, self.fetching.cached)

    @_Part
    def edits(self) -> Edits:
        from voice_recorder.storage.edits import Edits

        return Edits(self.library.database, self.providers.place)

    @_Part
    def editing(self) -> Editing:
        from voice_recorder.services.editing import Editing

        return Editing(self.library, self.edits, self.rendering)

    @_Part
    def exporting(self) -> Exporting:
        from voice_recorder.services.exporting import Exporting

        return Exporting(self.config, self.library, self.rendering)

    @_Part
    def leftovers(self) -> Leftovers:
        from voice_recorder.services.leftovers import Leftovers

        return Leftovers(self.config, self.settings, self.library, self.transfers, self.proofs)

    @_Part
    def links(self) -> Links:
        from voice_recorder.services.links import Links

        return Links(self.library, self.proofs, self.providers)

    @_Part
    def cleanup(self) -> Cleanup:
        from voice_recorder.services.cleanup import Cleanup

        return Cleanup(self.config, self.library, self.leftovers, self.figures, self.trash)

    @_Part
    def alerts(self) -> Alerts:
        from voice_recorder.services.alerts import Alerts

        return Alerts(
            self.config,
            self.settings,
            self.library,
            self.preflight,
            self.sync_log,
            self.figures,
            self.providers,
        )

    @_Part
    def voices(self) -> Voices:
        from voice_recorder.services.voices import Voices

        return Voices(self.config, self.library, self.fetching.cached)

    @_Part
    def sidecars(self) -> Sidecars:
        from voice_recorder.services.sidecars import Sidecars

        return Sidecars(self.config, self.library.database)

    @_Part
    def autostart(self) -> Autostart:
        from voice_recorder.services.autostart import Autostart

        return Autostart()

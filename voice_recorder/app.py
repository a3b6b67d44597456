"""The one place where objects are built and joined."""

import io
import os
import sys
from collections.abc import Sequence
from functools import partial

from voice_recorder.domain.errors import NoDisplay, VoiceRecorderError
from voice_recorder.services import Services
from voice_recorder.services.alerts import Alerts
from voice_recorder.services.autostart import HIDDEN, Autostart
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
from voice_recorder.storage.logs import log_uncaught, start_logging
from voice_recorder.storage.opening import open_database
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.proofs import Proofs
from voice_recorder.storage.settings_file import SettingsFile
from voice_recorder.storage.sync_log import SyncLog
from voice_recorder.storage.transfers import Transfers


def build(config: StorageConfig | None = None) -> Services:
    """Open the library that the environment names and join the services; imports no Qt.

    Raises VoiceRecorderError in words when the environment, the settings or the library cannot be used.
    """
    config = config or StorageConfig.from_environment()
    start_logging(config.logs_path)
    settings = SettingsFile(config.settings_path)
    providers = Providers(config, settings, os.environ)
    library = Library(open_database(config), config, providers.place)
    preflight = Preflight(config, settings, library)
    figures = Figures(library.database)
    peaks = PeakStore(config, library, figures.note)
    proving = Proving(config, library, peaks)
    trash = Trash(config, settings, library)
    transfers, proofs, sync_log = (
        Transfers(library.database), Proofs(library.database), SyncLog(library.database),
    )  # fmt: skip
    compressing = Compressing(config, settings, library, preflight)
    freeing = Freeing(config, settings, library, proofs, providers)
    leftovers = Leftovers(config, settings, library, transfers, proofs)
    cleanup = Cleanup(config, library, leftovers, figures, trash)
    fetching = Fetching(config, library, proofs, providers, preflight)
    rendering = Rendering(library, fetching.cached)
    edits = Edits(library.database, providers.place)
    alerts = Alerts(config, settings, library, preflight, sync_log, figures, providers)
    takes, verifying = TakeService(config, settings, library, preflight), Verifying(config, library, proving)
    scrubbing = Scrubbing(
        config, settings, library, verifying, figures, alerts, lambda: takes.running is not None
    )
    relocating = Relocating(config)
    return Services(
        config=config,
        settings=settings,
        library=library,
        preflight=preflight,
        devices=Inputs(),
        takes=takes,
        peaks=peaks,
        proving=proving,
        recovery=Recovery(config, library),
        importing=Importing(config, library, preflight, peaks, trash),
        verifying=verifying,
        trash=trash,
        organising=Organising(library.database),
        relocating=relocating,
        housekeeping=Housekeeping(config, relocating, trash, freeing, cleanup, alerts, figures),
        metrics=Metrics(config, library, preflight, sync_log, figures, providers, scrubbing),
        figures=figures,
        scrubbing=scrubbing,
        providers=providers,
        transfers=transfers,
        proofs=proofs,
        sync_log=sync_log,
        compressing=compressing,
        sync=Sync(config, settings, library, transfers, proofs, sync_log, providers, compressing),
        reconciling=Reconciling(library, transfers, proofs, sync_log, providers),
        freeing=freeing,
        fetching=fetching,
        rendering=rendering,
        edits=edits,
        editing=Editing(library, edits, rendering),
        exporting=Exporting(config, library, rendering),
        links=Links(library, proofs, providers),
        cleanup=cleanup,
        alerts=alerts,
        voices=Voices(config, library, fetching.cached),
        sidecars=Sidecars(config, library.database),
        autostart=Autostart(),
    )


def run_window(*, hidden: bool = False) -> int:
    """Open the window and run until it is closed. NoDisplay before any of Qt is touched.

    ``hidden``, as at login: in the tray only, where there is one.

    An error that keeps it from opening is shown in a box, too, where no terminal can show it.
    """
    from voice_recorder.ui.display import has_display

    if not has_display():
        raise NoDisplay(
            "There is no display to open a window on;",
            "'voice-recorder record' records without one, and 'voice-recorder demo' shows the whole way.",
        )
    from voice_recorder.ui import failure_box, window_app

    try:
        services = build()
        try:
            return window_app.run(services, hidden=hidden)
        finally:
            services.close()
    except VoiceRecorderError as error:
        failure_box.tell(str(error))
        raise


def main(arguments: Sequence[str] | None = None) -> int:
    """The program: the window without arguments, else a subcommand. The exit code."""
    from voice_recorder.cli import run
    from voice_recorder.ui.failure_box import SHOW_FAILURE, show

    _own_stderr()
    log_uncaught()
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == [SHOW_FAILURE]:
        return show(" ".join(words[1:]))
    if words == [HIDDEN]:
        return run([], build, partial(run_window, hidden=True))
    return run(words, build, run_window)


def _own_stderr() -> None:
    """Print errors by a descriptor of our own: the common one is silent while a sound device is open."""
    if sys.stderr is None:  # closed by whoever started us; the null device takes the free descriptor
        descriptor = os.open(os.devnull, os.O_WRONLY)
    elif os.name == "posix" and sys.stderr is sys.__stderr__:
        descriptor = os.dup(2)
    else:
        return
    # Nothing is kept back: what could not be said to a reader who is gone must not fail again at the exit.
    raw = os.fdopen(descriptor, "wb", buffering=0)
    sys.stderr = io.TextIOWrapper(raw, encoding="utf-8", errors="replace", write_through=True)

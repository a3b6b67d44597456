"""What a window loads once it stands, in a lane, so that no click has to wait for it."""

import threading

from voice_recorder.workers.worker import Progress


def import_dialogs(cancel: threading.Event, _report: Progress) -> None:
    """Import what is seen only when somebody asks for it; for a lane."""
    from voice_recorder.ui import about, export_dialog, help_window  # noqa: F401

    if not cancel.is_set():
        from voice_recorder.ui import dashboard, settings_dialog  # noqa: F401

"""The whole way once, in a library of its own: from the microphone to the proved copy, a sentence a step."""

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from voice_recorder.cloud.receipts import download_differs
from voice_recorder.domain.errors import CaptureError, DeviceUnavailable
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.transfers import SyncState
from voice_recorder.domain.words import tr
from voice_recorder.services.generated_voice import GeneratedVoice

if TYPE_CHECKING:
    from voice_recorder.services import Services

SECONDS = 3.0
TITLE = "A first note"


@dataclass(frozen=True)
class DemoStep:
    """One step of the way: what was done and what came of it."""

    name: str
    ok: bool
    result: str


@dataclass(frozen=True)
class DemoReport:
    """All steps, and the recording as it stands at the end."""

    steps: tuple[DemoStep, ...]
    recording: Recording

    @property
    def ok(self) -> bool:
        """Whether every step did what it should."""
        return all(step.ok for step in self.steps)


def run_demo(services: "Services", stop: threading.Event) -> DemoReport:
    """Record three seconds and follow them to the proved copy in a folder.

    CaptureError, StorageError, CloudError.
    """
    steps = []
    verdict = services.preflight.refresh()
    steps.append(
        DemoStep("Pre-flight", not verdict.blocked, " ".join(verdict.reasons) or "Disk and library are well.")
    )
    recording_id, source = _record(services, stop)
    services.proving.run_pending(only=recording_id)
    recording = services.library.get(recording_id)
    master = recording.masters[0]
    steps.append(DemoStep("Record", True, f"{recording.duration_s:.1f} s from {source}"))
    steps.append(DemoStep("Save", True, str(services.library.path_of(master))))
    proved = master.sha256 is not None and master.samples_sha256 is not None
    steps.append(DemoStep("Prove", proved, f"SHA-256 {master.sha256}"))
    report = services.verifying.run([recording_id])
    steps.append(
        DemoStep(
            "Verify",
            report.is_sound,
            "The file on the disk is what was heard." if report.is_sound else "The file differs.",
        )
    )
    services.library.rename(recording_id, TITLE)
    found = services.library.get(recording_id).title == TITLE
    steps.append(DemoStep("Name", found, TITLE))
    steps += _back_up(services, recording_id, stop)
    return DemoReport(tuple(steps), services.library.get(recording_id))


def _back_up(services: "Services", recording_id: str, stop: threading.Event) -> list[DemoStep]:
    """Send the recording to a folder of the library's own, which needs neither account nor network."""
    services.providers.choose("folder", {}, {})
    services.sync.begin()
    services.sync.queue([recording_id])
    services.sync.run(stop)
    recording = services.library.get(recording_id)
    sync, master = recording.sync, recording.masters[0]
    receipt = services.proofs.of_master(master.id, sync.place)
    if receipt is None:
        return [DemoStep("Upload", False, sync.error or "It was not sent.")]
    compressed = f"{receipt.send_as.upper()}, {receipt.size_bytes:,} bytes instead of {master.size_bytes:,}"
    provider = services.providers.open()
    stored = provider.stat(receipt.remote_id, thorough=True)
    wrong = "It is not there." if stored is None else receipt.contradiction(stored)
    differs = download_differs(provider, receipt.remote_id, receipt.sha256, receipt.size_bytes, stop)
    backed_up = sync.state is SyncState.BACKED_UP
    return [
        DemoStep("Compress", receipt.size_bytes < master.size_bytes, compressed),
        DemoStep("Upload", backed_up, f"{receipt.remote_id} at {receipt.place}"),
        DemoStep("Receipt", not wrong, wrong or f"{receipt.size_bytes:,} bytes, SHA-256 {receipt.sha256}"),
        DemoStep("Download", not differs, differs or "The copy, read back, is what was sent."),
    ]


def _record(services: "Services", stop: threading.Event) -> tuple[str, str]:
    """The recording's id and its source: the microphone, or the generated voice where there is none."""
    try:
        take = services.takes.start(limit_s=SECONDS)
    except DeviceUnavailable:
        take = services.takes.start_from(GeneratedVoice(), limit_s=SECONDS)
    try:
        while not take.wait(0.1) and not stop.is_set():
            pass
    finally:
        take.stop()
        take.wait()
    if take.error:
        raise take.error
    source = take.snapshot().device_name
    if not source:
        raise CaptureError(tr("Nothing was recorded."))
    return take.recording_id, source

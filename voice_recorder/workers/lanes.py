"""The window's threads, each for work that must not wait for the others'."""

from PySide6.QtCore import QElapsedTimer

from voice_recorder.workers.lane import Lane


class Lanes:
    """All lanes of the window. ``shut_down`` may be called twice."""

    def __init__(self) -> None:
        self.pages = Lane("pages")
        """Reading the library for the list."""
        self.detail = Lane("detail")
        """Reading what belongs to the selected recording: peaks, markers, history."""
        self.edits = Lane("edits", finishes=True)
        """Small changes: titles, favourites, trash, settings. None of them is lost when the window closes."""
        self.take = Lane("take")
        """Starting takes and opening the level meter; nothing slow may stand in their way."""
        self.machine = Lane("machine")
        """Questions to this machine: pre-flight and the list of inputs."""
        self.upkeep = Lane("upkeep")
        """Recovery, proofs and housekeeping."""
        self.errands = Lane("errands")
        """What the user waits for with a progress bar: import, verify, fetching and freeing."""
        self.sync = Lane("sync")
        """The queue to the cloud: one long run."""
        self.cloud = Lane("cloud")
        """Questions to the provider that somebody waits for: a test, a link."""
        self.queue = Lane("queue")
        """Reading how the queue to the cloud stands."""
        self.tending = Lane("tending")
        """Keeping receipts true, and freeing what is due: as slow as the provider is."""
        self.listening = Lane("listening")
        """Finding the pauses of what is heard: minutes for a long recording."""
        self.scrub = Lane("scrub")
        """Reading the library again, slowly: it may rest for hours while a take runs."""

    @property
    def all(self) -> tuple[Lane, ...]:
        """Every lane."""
        return (
            self.pages, self.detail, self.edits, self.take, self.machine, self.upkeep, self.errands,
            self.sync, self.cloud, self.queue, self.tending, self.listening, self.scrub,
        )  # fmt: skip

    def shut_down(self, timeout_ms: int = 5000) -> bool:
        """Cancel what runs and wait for all threads together; whether all of them ended."""
        for lane in self.all:
            lane.ask_to_stop()
        clock = QElapsedTimer()
        clock.start()
        ended = True
        for lane in self.all:
            if not lane.wait(max(1, timeout_ms - clock.elapsed())):
                lane.abandon()
                ended = False
        return ended

"""What the keys of the window do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Slot

if TYPE_CHECKING:
    from voice_recorder.ui.main_window import MainWindow


class KeyDeeds(QObject):
    """Binds the actions of ``ui.shortcuts`` to the parts of the window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._player = player = window.library.player
        bind = window.shortcuts.bind
        bind("record", window.control.toggle)
        bind("marker", self.add_marker)
        bind("shuttle_back", player.shuttle_back, repeats=True)
        bind("shuttle_pause", player.pause)
        bind("shuttle_on", player.shuttle_on)
        bind("loop_start", player.loop_from_here)
        bind("loop_end", player.loop_to_here)
        bind("loop_clear", player.end_loop)
        bind("play", self.play_or_pause)
        edits = window.library.edits
        bind("trim", edits.trim)
        bind("undo", edits.undo, repeats=True)
        bind("redo", edits.redo, repeats=True)
        window.library.detail.edit_bar.name_keys(window.shortcuts)
        bind("rename", window.library.rename)
        bind("delete", self.delete_selected)
        bind("search", self.search)
        hits, search = window.library.detail.hits, window.header.search
        bind("hit_on", hits.go_on, repeats=True)
        bind("hit_back", hits.go_back, repeats=True)
        search.next_asked.connect(hits.go_on)
        search.previous_asked.connect(hits.go_back)
        bind("import", window.imports.ask_for_files)
        bind("settings", window.side.open_settings)
        bind("help", window.side.open_help)
        bind("quit", window.closing.quit)
        window.header.name_keys(window.shortcuts)

    @Slot()
    def add_marker(self) -> None:
        """Mark this moment: of the take that runs, else of the recording that is shown."""
        window = self._window
        (window.bar.add_marker if window.control.busy else window.library.sound.add_marker)()

    @Slot()
    def play_or_pause(self) -> None:
        """Play the recording that is shown, or pause; not while a take listens."""
        if self._window.library.detail.transport.isEnabled() and not self._window.control.busy:
            self._player.toggle()

    @Slot()
    def search(self) -> None:
        """Go to the search field."""
        self._window.header.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._window.header.search.selectAll()

    @Slot()
    def delete_selected(self) -> None:
        """Cut what is selected in the waveform; elsewhere move to the trash, but not the take that runs."""
        if not self._window.library.edits.cut_in_waveform():
            self._window.library.delete_selected()

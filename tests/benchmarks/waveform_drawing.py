"""W4: a frame of the waveform of four hours at every zoom, beside drawing the same columns as plain lines."""

import os
import statistics
from collections.abc import Callable

import numpy as np

from tests.benchmarks.report import Figure, milliseconds

HOURS, WIDTH, HEIGHT = 4, 1600, 300
RATE_HZ = 48_000
FRAMES = 15


def run(*, quick: bool = False) -> list[Figure]:
    """Median times of a frame: drawn anew as while zooming, and with only the cursor moved."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QLineF
    from PySide6.QtGui import QPainter, QPen, QPixmap
    from PySide6.QtWidgets import QApplication

    from voice_recorder.audio.peaks import Peaks
    from voice_recorder.ui.theme import Theme
    from voice_recorder.ui.wave_painting import SIDE, STEP, Samples, bars, raised
    from voice_recorder.ui.waveform import Waveform

    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    theme = Theme(application, "light")
    wave = Waveform(theme)
    wave.setFixedHeight(HEIGHT)
    wave.resize(WIDTH, HEIGHT)
    wave.show_recording(HOURS * 3600.0, b"")
    high = (np.random.default_rng(1).random(HOURS * 3600 * 100) ** 3 * 120).astype(np.int8)
    peaks = Peaks(100.0, -high, high)
    pyramid_ms = milliseconds(lambda: wave.show_peaks(peaks))
    screen = QPixmap(WIDTH, HEIGHT)

    def median(frame: Callable[[], object]) -> float:
        return statistics.median(milliseconds(frame) for _ in range(FRAMES if not quick else 5))

    def zoomed_a_little() -> None:
        wave.zoom(1.0005, WIDTH / 2)
        wave.render(screen)

    def cursor_moved() -> None:
        wave.show_position(wave.position_s + wave.view.pixel_s)
        wave.render(screen)

    def plain_lines() -> None:
        painter = QPainter(screen)
        painter.fillRect(screen.rect(), theme.colour("raised"))
        _first, low, tall = bars(wave.sound, wave.view)
        tops = (HEIGHT / 2 - raised(tall) * HEIGHT / 2).tolist()
        feet = (HEIGHT / 2 - raised(low) * HEIGHT / 2).tolist()
        painter.setPen(QPen(theme.colour("wave"), 2))
        columns = enumerate(zip(tops, feet, strict=True))
        painter.drawLines([QLineF(SIDE + i * STEP, a, SIDE + i * STEP, b) for i, (a, b) in columns])
        painter.end()

    def see_samples() -> None:
        if wave.sound.needs_samples(wave.view):
            length = round((3 * wave.view.span_s) * RATE_HZ)
            sound = np.sin(np.arange(length) / 30).astype(np.float32)[:, None]
            wave.show_samples(Samples.of(max(0.0, wave.view.start_s - wave.view.span_s), RATE_HZ, sound))

    slowest = 0.0
    drawn, lines, moved = [], [], []
    while wave.view.span_s > 0.02:
        see_samples()
        drawn.append(median(zoomed_a_little))
        slowest = max(slowest, drawn[-1])
        moved.append(median(cursor_moved))
        if not wave.sound.needs_samples(wave.view):
            lines.append(median(plain_lines))
        wave.zoom(3, WIDTH / 2)
    wave.deleteLater()
    return [
        Figure("W4", "waveform of 4 h, a frame while zooming", statistics.median(drawn), "ms",
               statistics.median(lines), "QPainter.drawLines", at_most=4),
        Figure("W4", "the same at the slowest zoom", slowest, "ms", at_most=4),
        Figure("W4", "a frame while playing", statistics.median(moved), "ms", at_most=4),
        Figure("W4", "peaks of 4 h made ready", pyramid_ms, "ms", at_most=50),
    ]  # fmt: skip

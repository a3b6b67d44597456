"""The design system: colours, spacing, type and icons. No other module names a colour.

Text stands at 4.5:1 or better on every ground it is used on; a test computes it. Red is for recording alone.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import IntEnum
from functools import cache
from pathlib import Path
from string import Template

from PySide6.QtCore import QByteArray, QObject, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontInfo,
    QGuiApplication,
    QIcon,
    QIconEngine,
    QPainter,
    QPalette,
    QPixmap,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication
from typing_extensions import override

from voice_recorder.domain.settings import Theme as Choice


class Space(IntEnum):
    """Distances in pixels."""

    XS = 4
    S = 8
    M = 12
    L = 16
    XL = 24


TARGET = 32  # the smallest side of anything to click
RADIUS = 8
BAR_HEIGHT = 108
HEADER_HEIGHT = 56
ROW_HEIGHT = 64
DAY_HEIGHT = 36
ROOMY_TEXT = 16
"""Text of so many pixels fits into all of these; see ``grown`` for larger text."""


@dataclass(frozen=True)
class Colours:
    """The colours of one scheme, named for their use."""

    window: str
    sidebar: str
    surface: str
    raised: str
    text: str
    muted: str
    border: str
    accent: str
    on_accent: str
    selection: str
    hover: str
    record: str
    caution: str
    caution_soft: str
    good: str
    found: str
    wave: str
    wave_played: str
    skeleton: str
    toast: str
    on_toast: str


LIGHT = Colours(
    window="#f5f5f7", sidebar="#eeeef1", surface="#ffffff", raised="#f7f7f9", text="#1b1c20", muted="#5b5d66",
    border="#dddee3", accent="#2f5bd7", on_accent="#ffffff", selection="#e1e9fc", hover="#e5e6ea",
    record="#d3302b", caution="#7a4a00", caution_soft="#fdf0d5",
    good="#1d6b3c", found="#a34c00", wave="#a9adb9", wave_played="#2f5bd7", skeleton="#e9eaee",
    toast="#24262d", on_toast="#f5f5f7",
)  # fmt: skip

DARK = Colours(
    window="#1b1c20", sidebar="#202127", surface="#17181b", raised="#222329", text="#f1f2f5", muted="#a6a8b3",
    border="#34363e", accent="#8fb0ff", on_accent="#10131c", selection="#2b3757", hover="#2c2e36",
    record="#ff5c52", caution="#ffcf7d", caution_soft="#3d2f14",
    good="#7fd6a0", found="#ffb265", wave="#5d606d", wave_played="#8fb0ff", skeleton="#292b32",
    toast="#e9eaee", on_toast="#1b1c20",
)  # fmt: skip


class Type(IntEnum):
    """Text sizes, in per cent of the system's."""

    SMALL = 90
    BODY = 100
    HEADING = 115
    TITLE = 170
    CLOCK = 220


def resources() -> Path:
    """The folder with icons and style: beside the package in a checkout, inside it when installed."""
    inside = Path(__file__).parents[1] / "resources"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "resources"


def font(size: Type = Type.BODY, *, bold: bool = False, tabular: bool = False) -> QFont:
    """The system's font in one of our sizes; ``tabular`` gives figures of even width."""
    made = QFont(QGuiApplication.font())
    made.setPointSizeF(made.pointSizeF() * size / 100)
    if bold:
        made.setWeight(QFont.Weight.DemiBold)
    if tabular:
        made.setFeature(QFont.Tag("tnum"), 1)
    return made


def grown(pixels: int) -> int:
    """``pixels``, a size that holds text, where this system's text is larger than ``ROOMY_TEXT``."""
    return round(pixels * max(1.0, QFontInfo(QGuiApplication.font()).pixelSize() / ROOMY_TEXT))


@cache
def _drawing(name: str) -> str:
    return (resources() / "icons" / f"{name}.svg").read_text(encoding="utf-8")


@cache
def pixmap(name: str, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
    """The icon ``name`` in ``colour``, ``size`` logical pixels square, for a screen of this pixel ratio."""
    drawn = QPixmap(QSize(round(size * ratio), round(size * ratio)))
    drawn.fill(Qt.GlobalColor.transparent)
    renderer = QSvgRenderer(QByteArray(_drawing(name).replace("currentColor", colour).encode()))
    painter = QPainter(drawn)
    renderer.render(painter, QRectF(drawn.rect()))
    painter.end()
    drawn.setDevicePixelRatio(ratio)
    return drawn


_copies: list[QIconEngine] = []


class _IconEngine(QIconEngine):
    """Draws an icon when it is seen, as large as it is seen, and fainter on a disabled button."""

    def __init__(self, name: str, colour: str, faint: str, size: int) -> None:
        super().__init__()
        self._name = name
        self._colour = colour
        self._faint = faint
        self._size = size

    @override
    def clone(self) -> QIconEngine:
        """For Qt, which owns the copy; but PySide would free it as soon as nobody here knows it."""
        copy = _IconEngine(self._name, self._colour, self._faint, self._size)
        _copies.append(copy)
        return copy

    @override
    def actualSize(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QSize:
        return size.boundedTo(QSize(self._size, self._size))

    @override
    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        colour = self._faint if mode is QIcon.Mode.Disabled else self._colour
        return pixmap(self._name, colour, min(size.width(), size.height(), self._size), scale)

    @override
    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)

    @override
    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        device = painter.device()
        ratio = device.devicePixelRatio() if device is not None else 1.0
        painter.drawPixmap(rect, self.scaledPixmap(rect.size(), mode, state, ratio))


@cache
def _icon(name: str, colour: str, faint: str, size: int) -> QIcon:
    return QIcon(_IconEngine(name, colour, faint, size))


class Theme(QObject):
    """The scheme in force: the system's, unless the settings choose one."""

    changed = Signal()

    def __init__(
        self, application: QApplication, choice: str = Choice.SYSTEM.value, *, dressed: bool = True
    ) -> None:
        """Without ``dressed`` the style sheet follows by ``dress``: a window is built faster without it,
        as Qt applies it to a widget again whenever that is put into another.
        """
        super().__init__()
        self._application = application
        self._dressed = dressed
        self._choice = choice
        self.colours = LIGHT
        self._enlarge_small_font()
        application.setStyle("Fusion")
        application.styleHints().colorSchemeChanged.connect(self._follow)
        self._apply()

    def dress(self) -> None:
        """Put the style sheet in force."""
        self._dressed = True
        style = Template((resources() / "style.qss").read_text(encoding="utf-8"))
        self._application.setStyleSheet(
            style.substitute(
                asdict(self.colours),
                target=TARGET,
                line=grown(TARGET) - 2,
                focused_line=grown(TARGET) - 4,
                radius=RADIUS,
                images=self._images(),
                scheme="dark" if self.dark else "light",
            )
        )

    @property
    def dark(self) -> bool:
        """Whether the dark scheme is in force."""
        return self.colours is DARK

    def choose(self, choice: str) -> None:
        """Put a value of the setting ``appearance.theme`` in force."""
        if choice != self._choice:
            self._choice = choice
            self._apply()

    def colour(self, role: str) -> QColor:
        """A colour by its name in ``Colours``."""
        return QColor(getattr(self.colours, role))

    def icon(self, name: str, role: str = "text", size: int = 20) -> QIcon:
        """An icon tinted in the colour of ``role``, with a fainter one for disabled buttons."""
        return _icon(name, getattr(self.colours, role), self.colours.wave, size)

    @Slot()
    def _follow(self) -> None:
        if self._choice == Choice.SYSTEM.value:
            self._apply()

    def _apply(self) -> None:
        self.colours = DARK if self._wants_dark() else LIGHT
        self._application.setPalette(self._palette())
        if self._dressed:
            self.dress()
        self.changed.emit()

    def _images(self) -> str:
        return (resources() / "icons").as_posix()

    def _wants_dark(self) -> bool:
        if self._choice != Choice.SYSTEM.value:
            return self._choice == Choice.DARK.value
        return self._application.styleHints().colorScheme() == Qt.ColorScheme.Dark

    def _enlarge_small_font(self) -> None:
        system = self._application.font()
        if 0 < system.pointSizeF() < 10:
            system.setPointSizeF(10)
            self._application.setFont(system)

    def _palette(self) -> QPalette:
        roles = QPalette.ColorRole
        palette = QPalette()
        for role, name in {
            roles.Window: "window", roles.WindowText: "text", roles.Base: "surface",
            roles.AlternateBase: "raised", roles.Text: "text", roles.Button: "raised",
            roles.ButtonText: "text", roles.ToolTipBase: "toast", roles.ToolTipText: "on_toast",
            roles.PlaceholderText: "muted", roles.Highlight: "accent", roles.HighlightedText: "on_accent",
            roles.Link: "accent", roles.Accent: "accent", roles.Mid: "border", roles.BrightText: "text",
        }.items():  # fmt: skip
            palette.setColor(role, self.colour(name))
        for role in (roles.WindowText, roles.Text, roles.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, role, self.colour("wave"))
        return palette

import gc
from typing import Any

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QFont, QIcon, QPixmap
from PySide6.QtWidgets import QApplication

from voice_recorder.domain.settings import Theme as Choice
from voice_recorder.ui.theme import DARK, LIGHT, Colours, Theme, Type, font, grown, pixmap, resources

TEXT_ON = [
    ("text", "window"), ("text", "sidebar"), ("text", "surface"), ("text", "raised"), ("text", "selection"),
    ("text", "hover"), ("muted", "window"), ("muted", "sidebar"), ("muted", "surface"), ("muted", "raised"),
    ("muted", "selection"), ("accent", "surface"), ("on_accent", "accent"), ("record", "surface"),
    ("caution", "surface"), ("caution", "raised"), ("caution", "caution_soft"), ("on_toast", "toast"),
    ("caution", "selection"), ("good", "surface"), ("found", "surface"), ("found", "raised"),
    ("found", "hover"),
]  # fmt: skip


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    parts = [c / 255 for c in QColor(colour).getRgb()[:3]]  # type: ignore[index]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON)
def test_text_stands_out_by_four_and_a_half_to_one(colours: Colours, text: str, ground: str) -> None:
    assert _contrast(getattr(colours, text), getattr(colours, ground)) >= 4.5


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_red_belongs_to_recording_alone(colours: Colours) -> None:
    def is_red(colour: str) -> bool:
        c = QColor(colour)
        return c.hslSaturation() > 100 and (c.hslHue() < 15 or c.hslHue() > 345)

    red = {name for name in Colours.__dataclass_fields__ if is_red(getattr(colours, name))}
    assert {n for n in red if "record" not in n} == set()


def test_the_setting_overrides_the_system_and_everybody_hears_of_it(qapp: QApplication, qtbot: Any) -> None:
    theme = Theme(qapp, Choice.LIGHT.value)
    assert not theme.dark
    with qtbot.waitSignal(theme.changed):
        theme.choose(Choice.DARK.value)
    assert theme.dark
    assert qapp.palette().window().color() == QColor(DARK.window)
    theme.choose(Choice.SYSTEM.value)
    assert not theme.dark  # offscreen has no scheme of its own


def test_every_icon_draws_something_in_the_colour_asked_for(qapp: QApplication) -> None:
    names = [path.stem for path in (resources() / "icons").glob("*.svg")]
    assert len(names) > 25
    for name in names:
        image = pixmap(name, "#112233", 24).toImage()
        drawn = [image.pixelColor(x, y) for x in range(24) for y in range(24)]
        assert any(c.alpha() > 200 for c in drawn), name


def test_no_other_module_names_a_colour() -> None:
    import re

    folder = resources().parent / "voice_recorder" / "ui"
    for path in folder.glob("*.py"):
        if path.name != "theme.py":
            assert not re.search(r"#[0-9a-fA-F]{6}\b|Qt\.GlobalColor\.(?!transparent)", path.read_text()), (
                path
            )


def test_figures_are_of_even_width(qapp: QApplication) -> None:
    from PySide6.QtGui import QFontMetricsF

    metrics = QFontMetricsF(font(Type.CLOCK, tabular=True))
    assert metrics.horizontalAdvance("11:11") == pytest.approx(metrics.horizontalAdvance("00:00"), abs=0.5)


def test_what_holds_text_grows_with_large_text_only(qapp: QApplication) -> None:
    usual = qapp.font()
    large = QFont(usual)
    try:
        assert grown(64) == 64
        large.setPixelSize(32)
        qapp.setFont(large)
        assert grown(64) == 128
    finally:
        qapp.setFont(usual)


def test_icons_are_as_fine_as_the_screen(qapp: QApplication) -> None:
    theme = Theme(qapp, Choice.LIGHT.value)
    for ratio in (1.0, 2.0):
        drawn = theme.icon("more").pixmap(QSize(20, 20), ratio)
        assert drawn.size() == QSize(20, 20) * ratio


def test_an_icon_that_somebody_adds_to_is_one_of_its_own(qapp: QApplication) -> None:
    """Qt copies the engine then, which once ended the process."""
    icon = Theme(qapp, Choice.LIGHT.value).icon("more")
    for _ in range(3):
        copy = QIcon(icon)
        copy.addPixmap(QPixmap(3, 3))
        gc.collect()
        assert copy.pixmap(QSize(20, 20)).size() == QSize(20, 20)
        del copy
    assert icon.pixmap(QSize(20, 20)).size() == QSize(20, 20)

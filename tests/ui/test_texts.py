"""W8: every text that the window shows can be translated, and is asked for in a way that can be found."""

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from voice_recorder import ui

READERS = frozenset({"edit_words"})
"""Modules that know English sentences in order to translate them."""
NAMES = frozenset({"Voice Recorder", "Voice Recorder ", "dB"})
"""What is called the same in every language."""
TEXTS: dict[str, tuple[int, ...]] = {
    "setText": (0,), "setToolTip": (0,), "setWindowTitle": (0,), "setAccessibleName": (0,),
    "setAccessibleDescription": (0,), "setPlaceholderText": (0,), "setInformativeText": (0,),
    "setStatusTip": (0,), "setTitle": (0,), "setSuffix": (0,), "setPrefix": (0,), "setItemText": (1,),
    "setSpecialValueText": (0,), "setNameFilter": (0,), "addItem": (0,), "addButton": (0,), "addMenu": (0,),
    "addAction": (0, 1), "addTab": (1,), "addSection": (0,), "QLabel": (0,), "QPushButton": (0,),
    "QCheckBox": (0,), "QRadioButton": (0,), "QGroupBox": (0,), "QAction": (0, 1), "QMenu": (0,),
    "QFileDialog": (1,), "label": (0,), "ElidedLabel": (0,), "IconButton": (2,), "Card": (2,),
    "question": (2, 3), "ask": (2, 3), "well": (0,), "trouble": (0, 1),
    "present": (1, 2), "offer": (0,), "name": (0,), "showMessage": (0, 1),
}  # fmt: skip
"""Calls that show something, and which of their arguments are texts."""
NOT_SHOWN = frozenset({
    "tr", "print", "write", "debug", "info", "warning", "error", "exception", "setObjectName", "setProperty",
    "VoiceRecorderError", "os_errors_converted",  # errors are English, and said where they are shown
    "apply",  # what was edited is named in the library, and translated where it is read
})  # fmt: skip
"""Calls whose texts need no translation: most ask for one, or are for a log or a terminal."""
KEYWORDS = frozenset({"text", "title", "heading", "tip", "button", "later", "words"})

SOURCES = sorted(Path(ui.__file__).parent.glob("*.py"))


def called(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def shown(call: ast.Call, cards: frozenset[ast.Call]) -> Iterator[ast.expr]:
    """The arguments of a call that are shown to people."""
    places = (2,) if call in cards else TEXTS.get(called(call), ())
    if called(call) == "say":  # a text; or an icon and its colour before it
        places = (0,) if len(call.args) < 3 else (2, 3)
    yield from (call.args[at] for at in places if at < len(call.args))
    if places:
        yield from (keyword.value for keyword in call.keywords if keyword.arg in KEYWORDS)


def words(shown: ast.expr) -> Iterator[str]:
    """The English words that an expression has in itself, outside of calls such as ``tr``."""
    match shown:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            for part in parts:
                yield from words(part.value if isinstance(part, ast.FormattedValue) else part)
        case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, right=other):
            yield from words(one)
            yield from words(other)
        case ast.BoolOp(values=parts) | ast.Tuple(elts=parts):
            for part in parts:
                yield from words(part)
        case ast.Starred(value=inner):
            yield from words(inner)


def supers_of_cards(tree: ast.Module) -> frozenset[ast.Call]:
    """``super().__init__(…)`` of the kinds of cards."""
    cards = [
        node for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and any(getattr(base, "id", "") == "Card" for base in node.bases)
    ]  # fmt: skip
    calls = [node for card in cards for node in ast.walk(card) if isinstance(node, ast.Call)]
    return frozenset(call for call in calls if called(call) == "__init__")


def untranslated(path: Path) -> list[str]:
    tree = ast.parse(path.read_text("utf-8"))
    cards = supers_of_cards(tree)
    return [
        f"{path.name}:{node.lineno}: {text!r}"
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for node in shown(call, cards)
        for text in words(node)
        if re.search(r"[^\W\d_]{2}", text) and text not in NAMES
    ]


def sentences(path: Path) -> list[str]:
    """What reads like a sentence or a title, is shown somewhere, and is not given to ``tr``."""
    tree = ast.parse(path.read_text("utf-8"))
    apart = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for part in ast.walk(tree):
        if isinstance(part, ast.Raise) or (isinstance(part, ast.Call) and called(part) in NOT_SHOWN):
            apart |= {id(node) for node in ast.walk(part)}
    return [
        f"{path.name}:{node.lineno}: {node.value!r}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in apart
        if re.match(r"[A-Z][a-z]+ [a-z]|.*[a-z] [a-z]+\.$", node.value) and node.value not in NAMES
    ]


def asked_for(path: Path) -> Iterator[ast.Call]:
    """The calls of ``tr``."""
    tree = ast.parse(path.read_text("utf-8"))
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call) and called(node) == "tr")


def test_no_text_is_shown_untranslated() -> None:
    found = [line for path in SOURCES for line in untranslated(path)]
    assert not found, "\n" + "\n".join(found)


def test_no_sentence_stands_outside_of_tr() -> None:
    paths = (path for path in SOURCES if path.stem not in READERS)
    found = [line for path in paths for line in sentences(path)]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    "code",
    [
        "label('Some words')",
        "button.setText('On' if on else tr('Off'))",
        "IconButton(theme, 'close', 'Close')",
        "self.setToolTip(f'{name} (F2 to change)')",
        "class Own(Card):\n    def __init__(self):\n        super().__init__(theme, 'note', 'Notes')",
        "banner.say(words, button='Undo')",
        "sentence.say('info', 'muted', 'Saved.')",
    ],
)
def test_an_untranslated_text_is_found(tmp_path: Path, code: str) -> None:
    path = tmp_path / "some.py"
    path.write_text(code, "utf-8")
    assert len(untranslated(path)) == 1


def test_a_sentence_outside_of_tr_is_found(tmp_path: Path) -> None:
    path = tmp_path / "some.py"
    path.write_text(
        '"""Some module here."""\ntold = tr("It is asked for.")\nreturned = "It is not."\n', "utf-8"
    )
    assert len(sentences(path)) == 1


def test_every_text_is_written_out_where_it_is_asked_for() -> None:
    """What is put together first could not be found by ``make translations``."""
    glued = [
        f"{path.name}:{call.lineno}"
        for path in SOURCES
        for call in asked_for(path)
        if isinstance(call.args[0], ast.JoinedStr | ast.BinOp)
        or (isinstance(call.args[0], ast.Call) and called(call.args[0]) in ("format", "join", "replace"))
    ]
    assert not glued, glued


def test_no_text_is_asked_for_inside_of_an_f_string() -> None:
    """``pyside6-lupdate`` does not look there."""
    hidden = [
        f"{path.name}:{node.lineno}"
        for path in SOURCES
        for string_ in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(string_, ast.JoinedStr)
        for node in ast.walk(string_)
        if isinstance(node, ast.Call) and called(node) == "tr" and isinstance(node.args[0], ast.Constant)
    ]
    assert not hidden, hidden


def test_every_hole_of_a_text_gets_its_value() -> None:
    """The values have the names of the holes, and a number is given where one is counted."""
    wrong = []
    for path in SOURCES:
        for call in asked_for(path):
            text = call.args[0]
            if not isinstance(text, ast.Constant) or any(k.arg is None for k in call.keywords):
                continue
            given = {str(keyword.arg) for keyword in call.keywords}
            holes = (
                {name for _, name, _, _ in string.Formatter().parse(text.value) if name} if given else set()
            )
            counts = len(call.args) > 2
            if holes != given or counts != ("%n" in text.value):
                wrong.append(f"{path.name}:{call.lineno}: {text.value!r}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_nothing_is_translated_before_the_language_is_chosen() -> None:
    """Which happens after the modules were imported."""
    early = [
        f"{path.name}:{node.lineno}"
        for path in SOURCES
        if "from voice_recorder.ui.language import tr" in path.read_text("utf-8")
        for node in at_import(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and called(node) == "tr"
    ]
    assert not early, early


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """All that is worked out when a module is imported."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for default in (*child.args.defaults, *filter(None, child.args.kw_defaults)):
                yield from (default, *at_import(default))
            continue
        yield child
        yield from at_import(child)

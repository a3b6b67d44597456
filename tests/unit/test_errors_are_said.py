"""Every error that people read can be said in the window's language: its words carry the mark ``tr``."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from voice_recorder.domain import errors

PACKAGE = Path(errors.__file__).parents[1]
LAYERS = ("domain", "audio", "storage", "cloud", "services", "workers")
MODULES = sorted(path for layer in LAYERS for path in (PACKAGE / layer).rglob("*.py"))
ERRORS = {
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.VoiceRecorderError)
}


def unmarked(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Calls of an error's class, with words that are written out there and not marked."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or _name(node.func) not in ERRORS:
            continue
        for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
            for part in _said(argument):
                if isinstance(part, ast.JoinedStr) or (
                    isinstance(part, ast.Constant) and _is_words(part.value)
                ):
                    yield part.lineno, ast.unparse(part)


def _said(argument: ast.expr) -> Iterator[ast.expr]:
    """What an argument may be: both ends of a choice, both parts of a sum."""
    if isinstance(argument, ast.IfExp):
        yield from (*_said(argument.body), *_said(argument.orelse))
    elif isinstance(argument, ast.BinOp):
        yield from (*_said(argument.left), *_said(argument.right))
    elif isinstance(argument, ast.BoolOp):
        for value in argument.values:
            yield from _said(value)
    else:
        yield argument


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _is_words(value: object) -> bool:
    return isinstance(value, str) and " " in value.strip()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_error_has_words_that_cannot_be_translated(path: Path) -> None:
    found = list(unmarked(ast.parse(path.read_text(encoding="utf-8"))))
    assert not found, f"mark them with tr() of domain/words.py: {found}"


def test_the_check_finds_what_it_is_for() -> None:
    tree = ast.parse("raise StorageError('a b', f'{c}') if d else DiskFull(tr('a b'), 'e f' if g else h)")
    assert [words for _line, words in unmarked(tree)] == ["'a b'", "f'{c}'", "'e f'"]

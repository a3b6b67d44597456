"""One id per take or transfer attempt, which every log line written on its behalf carries."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("correlation", default="-")


def current_correlation() -> str:
    """The id of the take or transfer that this thread works for, or ``-``."""
    return _current.get()


@contextmanager
def correlated(correlation_id: str) -> Iterator[None]:
    """Everything logged inside carries ``correlation_id``."""
    token = _current.set(correlation_id)
    try:
        yield
    finally:
        _current.reset(token)

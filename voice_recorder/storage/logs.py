"""Structured rotating logs: one JSON object a line, with the id of the take or transfer it belongs to."""

import json
import logging
import re
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from typing_extensions import override

from voice_recorder.domain.correlation import current_correlation
from voice_recorder.storage.paths import FILE_MODE

LOG_BYTES = 2_000_000
LOG_FILES = 5

# Neither secrets nor what people call their recordings belong into a log. Should a secret reach a message
# inside an address, or a title inside an error's words, it ends here. Source lines of tracebacks keep theirs.
_TITLE = re.compile(r'“(?!\{(?:\w+\.)?title\}”)(?:(?!\n  File ").)*”', re.DOTALL)
_SECRET_IN_URL = re.compile(r"(?P<scheme>\b\w+://)(?:[^\s/?#]*@)?(?P<place>[^\s?#]*)(?:[?#]\S*)?")


def redacted(text: str) -> str:
    """``text`` without titles, and with user names, keys and queries taken out of every address in it."""
    return _SECRET_IN_URL.sub(r"\g<scheme>\g<place>", _TITLE.sub("“…”", text))


def nameless(error: Exception, file_name: str) -> str:
    """The words of an error without the name that somebody gave to the file in question, but its ending."""
    words, shown = str(error), repr(f"*{Path(file_name).suffix}")
    return words.replace(repr(file_name), shown).replace(f"'{file_name}'", shown)


class JsonFormatter(logging.Formatter):
    """A log record as one line of JSON."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "correlation": current_correlation(),
            "message": redacted(record.getMessage()),
            "process": record.process,
            "thread": record.threadName,
        }
        if record.exc_info:
            line["exception"] = redacted(self.formatException(record.exc_info))
        text = json.dumps(line, ensure_ascii=False)
        return text.encode(errors="backslashreplace").decode()  # a file's name need not be text


def start_logging(folder: Path) -> None:
    """Send the program's log records to ``voice-recorder.log`` in ``folder``, shared by all its processes."""
    from concurrent_log_handler import ConcurrentRotatingFileHandler

    handler = ConcurrentRotatingFileHandler(
        str(folder / "voice-recorder.log"), maxBytes=LOG_BYTES, backupCount=LOG_FILES, chmod=FILE_MODE,
        encoding="utf-8",
    )  # fmt: skip
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("voice_recorder")
    for old in list(logger.handlers):
        logger.removeHandler(old)
        old.close()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logging.raiseExceptions = False  # a full disk must not write tracebacks to a person's terminal


def log_uncaught() -> None:
    """Let a bug end in the log, and in one sentence on stderr instead of a traceback."""

    def hook(kind: type[BaseException], error: BaseException | None, trace: object) -> None:
        logging.getLogger("voice_recorder").critical("a bug", exc_info=(kind, error, trace))  # type: ignore[arg-type]
        sys.stderr.write(f"Voice Recorder met a bug ({kind.__name__}: {error}); its log has the details.\n")

    logging.getLogger("voice_recorder").addHandler(logging.NullHandler())  # no traceback where no log is yet
    sys.excepthook = hook
    threading.excepthook = lambda bug: hook(bug.exc_type, bug.exc_value, bug.exc_traceback)

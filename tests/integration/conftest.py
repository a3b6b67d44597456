"""What the tests of the whole program share."""

import sys
from pathlib import Path

import pytest

from tests.conftest import CliResult, RunCli
from voice_recorder import app


@pytest.fixture
def run_here(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> RunCli:
    """Like ``run_cli`` but in this process: for the many cases of one thing. A bug raises."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # main() sets its own

    def run(*words: str | Path, env: dict[str, str] | None = None, **_: object) -> CliResult:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            code = app.main([str(word) for word in words])
        printed = capsys.readouterr()
        return CliResult(code, printed.out, printed.err)

    return run

"""kill -9 at random moments of rebuild: the old library stands or the new one, and both know everything."""

import random
import time
from pathlib import Path

import pytest

from tests.conftest import RunCli, StartCli
from tests.fakes.library import opened, with_notes
from tests.integration.contract import done
from tests.torture.test_kills import ROUNDS, SEED


@pytest.mark.slow
def test_killed_at_any_moment_the_old_library_stands_or_the_new(
    run_cli: RunCli, start_cli: StartCli, home: Path, tmp_path: Path
) -> None:
    titles = [f"note {number}" for number in range(20)]
    with_notes(tmp_path / "in", titles)
    with opened() as services:
        services.sidecars.write_pending()
    moments = random.Random(SEED)
    for _ in range(ROUNDS):
        process = start_cli("rebuild", "--yes")
        time.sleep(moments.uniform(0.3, 1.5))
        process.kill()
        process.wait()
        with opened() as services:
            assert sorted(r.title for r in services.library.with_ids(None)) == sorted(titles)
    done(run_cli("rebuild", "--yes", "--json"))
    verified = done(run_cli("verify", "--json"))
    assert (verified["checked"], verified["unknown"]) == (20, [])

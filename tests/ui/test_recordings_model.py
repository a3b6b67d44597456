import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt

from voice_recorder.domain.library_query import DayCount, LibraryQuery, Shelf, Sort
from voice_recorder.services import Services
from voice_recorder.ui.recordings_model import PAGE, RecordingsModel
from voice_recorder.ui.roles import Role
from voice_recorder.ui.row_layout import Change, changes
from voice_recorder.workers.lane import Lane


@pytest.fixture
def model(services: Services, lane: Lane, qtbot: Any, qtmodeltester: Any) -> RecordingsModel:
    model = RecordingsModel(services, lane)
    qtmodeltester.check(model)  # stays connected and checks every change that follows
    return model


def _show(model: RecordingsModel, qtbot: Any, query: LibraryQuery = LibraryQuery()) -> None:  # noqa: B008
    with qtbot.waitSignal(model.refreshed, timeout=10_000):
        model.show_query(query)


def _refresh(model: RecordingsModel, qtbot: Any) -> None:
    with qtbot.waitSignal(model.refreshed, timeout=10_000):
        model.refresh()


def _titles(model: RecordingsModel) -> list[str]:
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


def test_an_empty_library_has_no_rows(model: RecordingsModel, qtbot: Any) -> None:
    assert not model.ready
    _show(model, qtbot)
    assert model.ready
    assert model.rowCount() == 0
    assert model.total == 0


def test_recordings_stand_below_their_day(model: RecordingsModel, qtbot: Any, add: Any) -> None:
    add("older", 24 * 10)
    add("newer", 0)
    _show(model, qtbot)
    titles = _titles(model)
    assert titles[0] == "Today"
    assert titles[1] == "newer"
    assert titles[3] == "older"
    assert model.heading_rows() == [0, 2]
    assert model.total == 2


def test_headings_cannot_be_selected_and_a_row_is_one_object(
    model: RecordingsModel, qtbot: Any, add: Any
) -> None:
    made = add("Budget call with Ines", favourite=True)
    _show(model, qtbot)
    heading, row = model.index(0, 0), model.index(1, 0)
    assert not model.flags(heading) & (Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled)
    assert model.flags(row) & Qt.ItemFlag.ItemIsSelectable
    assert heading.data(Qt.ItemDataRole.AccessibleTextRole) == "Today, 1 recording"
    assert row.data(Qt.ItemDataRole.AccessibleTextRole) == "Budget call with Ines, 1 second, favourite"
    assert row.data(Role.ID) == made.id
    assert row.data(Role.DURATION) == 1.0
    assert row.data(Role.OVERVIEW) == made.masters[0].overview
    names = {bytes(name.data()).decode() for name in model.roleNames().values()}
    roles = "title recording_id recording heading duration_s badge overview mark"
    assert names == set(roles.split())


def test_the_tool_tip_says_why_there_is_a_badge(model: RecordingsModel, qtbot: Any, add: Any) -> None:
    add("Interview 3", recovered=True)
    _show(model, qtbot)
    assert model.index(1, 0).data(Role.BADGE) == "recovered"
    assert "cut off" in model.index(1, 0).data(Qt.ItemDataRole.ToolTipRole)


def test_changes_come_as_rows_not_as_resets(
    model: RecordingsModel, qtbot: Any, add: Any, services: Services
) -> None:
    add("first", 1)
    gone = add("second", 24 * 3)
    _show(model, qtbot)
    with qtbot.assertNotEmitted(model.modelReset):
        add("third", 24 * 5)
        add("fourth", 0)
        services.library.rename(gone.id, "renamed")
        _refresh(model, qtbot)
        assert [t for t in _titles(model) if not t.startswith(("T", "Y", "W", "F", "S", "M"))].count(
            "renamed"
        ) == 1
        services.trash.delete([gone.id])
        _refresh(model, qtbot)
    assert "renamed" not in _titles(model)
    assert model.total == 3


def test_a_hundred_thousand_rows_are_paged(
    services: Services, lane: Lane, qtbot: Any, add_many: Callable[[int], None]
) -> None:
    model = RecordingsModel(services, lane)  # without the tester, which looks at every row
    add_many(100_000)
    begun = time.perf_counter()
    _show(model, qtbot)
    assert time.perf_counter() - begun < 1.5
    assert model.total == 100_000
    assert model.recording(1) is not None
    middle = model.row_at(50_000)
    assert model.recording(middle) is None
    assert model.index(middle, 0).data() is None
    assert model.index(middle, 0).data(Qt.ItemDataRole.AccessibleTextRole) == "Loading…"
    model.look_at(middle, middle + 12)
    qtbot.waitUntil(lambda: model.recording(middle) is not None, timeout=5000)
    found = model.recording(middle)
    assert found is not None
    assert found.title == "Note 50000"
    assert model.row_of(found.id) == middle
    last = model.rowCount() - 1
    model.look_at(last - 10, last)
    qtbot.waitUntil(lambda: model.recording(last) is not None, timeout=5000)
    assert model.recording(last).title == "Note 99999"  # type: ignore[union-attr]


def test_pages_are_fetched_ahead_of_the_scroll(
    model: RecordingsModel, qtbot: Any, add_many: Callable[[int], None]
) -> None:
    add_many(1000)
    _show(model, qtbot)
    model.look_at(0, 12)
    ahead = model.row_at(PAGE + 5)
    qtbot.waitUntil(lambda: model.recording(ahead) is not None, timeout=5000)


def test_an_answer_to_an_older_question_is_thrown_away(
    model: RecordingsModel, qtbot: Any, add_many: Callable[[int], None]
) -> None:
    add_many(500)
    _show(model, qtbot)
    model.look_at(300, 312)  # asks for pages of all recordings …
    _show(model, qtbot, LibraryQuery(Shelf.ALL, "Note 499"))  # … and then for something else
    assert model.total == 1
    assert model.recording(1).title == "Note 499"  # type: ignore[union-attr]
    _show(model, qtbot, LibraryQuery(Shelf.TRASH))
    assert model.rowCount() == 0


def test_rows_and_offsets_agree(model: RecordingsModel, qtbot: Any, add_many: Callable[[int], None]) -> None:
    add_many(400)
    _show(model, qtbot)
    rows = [model.row_at(offset) for offset in range(400)]
    assert rows == sorted(set(rows))
    assert set(rows) | set(model.heading_rows()) == set(range(model.rowCount()))
    assert not set(rows) & set(model.heading_rows())


def test_a_failing_library_is_told_in_words(model: RecordingsModel, qtbot: Any, services: Services) -> None:
    services.library.database.dispose()
    services.config.database_path.write_bytes(b"this is no database, and never was one" * 100)
    with qtbot.waitSignal(model.failed, timeout=10_000) as told:
        model.show_query(LibraryQuery())
    assert str(told.args[0])


DAYS = [DayCount("2026-11-21", 2), DayCount("2026-11-20", 3)]


@pytest.mark.parametrize(
    ("new", "steps"),
    [
        (DAYS, 0),
        ([DayCount("2026-11-21", 3), DAYS[1]], 1),
        ([DAYS[1]], 1),
        ([DayCount("2026-11-22", 1), *DAYS, DayCount("2026-11-01", 9)], 2),
        ([], 2),
    ],
)
def test_the_steps_from_one_list_of_days_to_another(new: list[DayCount], steps: int) -> None:
    found = changes(DAYS, new)
    assert found is not None
    assert len(found) == steps
    assert _followed(DAYS, found) == new
    the_other_way = changes(DAYS[::-1], new[::-1], oldest_first=True)
    assert the_other_way is not None
    assert len(the_other_way) == steps
    assert _followed(DAYS[::-1], the_other_way) == new[::-1]


def _followed(days: list[DayCount], steps: list[Change]) -> list[DayCount]:
    """What the steps make of ``days``, taken one by one as views do."""
    days = list(days)
    for step in steps:
        if step.new_day is not None:
            days.insert(step.at, step.new_day)
        elif step.count:
            days[step.at] = DayCount(days[step.at].day, step.count)
        else:
            del days[step.at]
    return days


@given(
    days=st.lists(
        st.dictionaries(st.sampled_from([f"2026-11-{day:02}" for day in range(1, 13)]), st.integers(1, 3)),
        min_size=2,
        max_size=2,
    ),
    oldest_first=st.booleans(),
)
def test_the_steps_lead_from_any_days_to_any_others_in_either_order(
    days: list[dict[str, int]], oldest_first: bool
) -> None:
    old, new = ([DayCount(day, of[day]) for day in sorted(of, reverse=not oldest_first)] for of in days)
    steps = changes(old, new, oldest_first=oldest_first)
    assert steps is not None
    assert _followed(old, steps) == new
    kept = {day.day: day.count for day in old}.items() & {day.day: day.count for day in new}.items()
    assert len(steps) == len(set(days[0]) | set(days[1])) - len(kept)  # no day goes only to come again


def test_oldest_first_a_new_recording_comes_at_the_end_and_moves_nothing_above(
    model: RecordingsModel, qtbot: Any, add: Any
) -> None:
    add("older", 24 * 10)
    add("newer", 24 * 5)
    _show(model, qtbot, LibraryQuery(sort=Sort.OLDEST))
    before = _titles(model)
    assert [before[1], before[3]] == ["older", "newer"]
    came: list[tuple[int, int]] = []
    resets: list[None] = []
    model.rowsInserted.connect(lambda _parent, first, last: came.append((first, last)))
    model.modelReset.connect(lambda: resets.append(None))
    add("newest", 0)
    _refresh(model, qtbot)
    assert _titles(model) == [*before, "Today", "newest"]
    assert came == [(4, 5)]
    assert not resets


def test_too_many_steps_are_a_reset() -> None:
    assert (
        changes([], [DayCount(f"2026-{m:02}-{d:02}", 1) for m in (12, 11) for d in range(28, 0, -1)]) is None
    )

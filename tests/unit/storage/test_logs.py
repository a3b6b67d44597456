"""S12: structured rotating logs, one correlation id per take, never a secret or a signed URL."""

import json
import logging
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.storage.programs import run_python
from voice_recorder.domain.correlation import correlated
from voice_recorder.domain.errors import StorageError
from voice_recorder.storage.logs import LOG_BYTES, LOG_FILES, nameless, redacted, start_logging

log = logging.getLogger("voice_recorder.storage.anything")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The folder that the program logs into; the logging of the tests is as before afterwards."""
    logger = logging.getLogger("voice_recorder")
    before = (list(logger.handlers), logger.level, logger.propagate, logging.raiseExceptions)
    start_logging(tmp_path)
    yield tmp_path
    for handler in logger.handlers:
        handler.close()
    logger.handlers, logger.level, logger.propagate = before[0], before[1], before[2]
    logging.raiseExceptions = before[3]
    logging.getLogger("voice_recorder").manager._clear_cache()


def lines(folder: Path) -> list[Any]:
    files = sorted(folder.glob("voice-recorder.log*"), reverse=True)
    return [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]


def test_every_line_is_one_json_object_with_what_is_needed_to_follow_a_take(folder: Path) -> None:
    with correlated("take-7"):
        log.warning("the %s\nis gone", "Röde \N{STUDIO MICROPHONE}")
    log.info("idle")
    first, second = lines(folder)
    assert first["message"] == "the Röde \N{STUDIO MICROPHONE}\nis gone"
    assert (first["correlation"], second["correlation"]) == ("take-7", "-")
    assert (first["level"], first["logger"]) == ("warning", "voice_recorder.storage.anything")
    assert first["thread"] == threading.current_thread().name
    assert first["at"].endswith("+00:00")


def test_what_is_less_than_info_is_not_written(folder: Path) -> None:
    log.debug("chatter")
    log.info("news")
    assert [line["message"] for line in lines(folder)] == ["news"]


def test_an_exception_is_written_with_its_traceback_and_without_secrets(folder: Path) -> None:
    try:
        raise ConnectionError("https://key:secret@host/file?signature=abc failed")
    except ConnectionError:
        log.exception("upload failed")
    (line,) = lines(folder)
    assert "Traceback" in line["exception"]
    assert "https://host/file failed" in line["exception"]
    assert "key:" not in json.dumps(line)
    assert "signature" not in json.dumps(line)


def test_a_file_name_that_is_no_text_does_not_cost_the_line(folder: Path) -> None:
    log.info("imported %s", "caf\udce9.wav")
    assert lines(folder)[0]["message"] == "imported caf\udce9.wav"


def test_s1_6_the_log_and_what_lies_beside_it_are_their_owners_alone(folder: Path) -> None:
    log.info("news")
    for file in folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


def test_logs_rotate_stay_bounded_and_keep_the_newest(folder: Path) -> None:
    text = "x" * 20_000
    for number in range((LOG_FILES + 2) * LOG_BYTES // 20_000):
        log.info("%d %s", number, text)
    files = list(folder.glob("voice-recorder.log*"))
    assert len(files) == LOG_FILES + 1
    assert all(file.stat().st_size < LOG_BYTES + 2 * len(text) for file in files)
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    numbers = sorted(int(line["message"].split()[0]) for line in lines(folder))
    assert numbers[-1] == (LOG_FILES + 2) * LOG_BYTES // 20_000 - 1
    assert numbers == list(range(numbers[0], numbers[-1] + 1))


def test_starting_twice_writes_every_line_once(folder: Path) -> None:
    start_logging(folder)
    log.info("news")
    assert len(lines(folder)) == 1


WRITE = """
    import logging
    from voice_recorder.storage.logs import start_logging
    start_logging(Path(sys.argv[1]))
    log = logging.getLogger("voice_recorder.other")
    for number in range(300):
        log.info("%s-%d %s", sys.argv[2], number, "x" * 4000)
"""


def test_two_programs_at_once_lose_no_line_also_while_rotating(tmp_path: Path) -> None:
    threads = [threading.Thread(target=run_python, args=(WRITE, tmp_path, name)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(tmp_path.glob("voice-recorder.log*"))) > 1
    written = [line["message"].split()[0] for line in lines(tmp_path)]
    assert sorted(written) == sorted(f"{name}-{number}" for name in ("a", "b") for number in range(300))


def test_a_bug_ends_in_the_log_and_in_one_sentence_not_in_a_traceback(tmp_path: Path) -> None:
    program = """
        from voice_recorder.storage.logs import log_uncaught, start_logging
        log_uncaught()
        sys.stderr = sys.stdout
        if len(sys.argv) > 1:
            start_logging(Path(sys.argv[1]))
        raise KeyError("the bug")
    """
    sentence = "Voice Recorder met a bug (KeyError: 'the bug'); its log has the details.\n"
    assert run_python(program, tmp_path, status=1) == sentence
    (line,) = lines(tmp_path)
    assert line["level"] == "critical"
    assert "KeyError: 'the bug'" in line["exception"]
    assert run_python(program, status=1) == sentence  # before there is a log


def test_a_bug_in_a_thread_ends_there_too(tmp_path: Path) -> None:
    program = """
        import threading
        from voice_recorder.storage.logs import log_uncaught, start_logging
        log_uncaught()
        start_logging(Path(sys.argv[1]))
        sys.stderr = sys.stdout
        def work():
            raise KeyError("the bug")
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    """
    assert run_python(program, tmp_path).startswith("Voice Recorder met a bug (KeyError")
    assert "KeyError: 'the bug'" in lines(tmp_path)[0]["exception"]


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("GET https://host/a/b.mp3?token=s3cret&x=1 done", "GET https://host/a/b.mp3 done"),
        ("cloudinary://123:s3cret@demo", "cloudinary://demo"),
        ("https://user:p@ss@host/x", "https://host/x"),
        ("https://host/x#access_token=s3cret", "https://host/x"),
        ("at https://host/it's?sig=s3cret", "at https://host/it's"),
        ("two: http://a/?k=1 and https://b:c@d/", "two: http://a/ and https://d/"),
        ("no address: 5 > 3? yes", "no address: 5 > 3? yes"),
        ("mail a@b.example", "mail a@b.example"),
        ("https://host/notes@home.mp3", "https://host/notes@home.mp3"),
    ],
)
def test_an_address_loses_its_secrets_and_stays_readable(text: str, clean: str) -> None:
    assert redacted(text) == clean


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("“Divorce” is in the trash.", "“…” is in the trash."),
        ("“The ”new“ flat,\non the river” and “Divorce” are gone.", "“…” are gone."),
        ("a.wav of “{Divorce}” ended.", "a.wav of “…” ended."),
        ("no title: ”left open", "no title: ”left open"),
    ],
)
def test_a_title_in_the_words_of_an_error_is_left_out(text: str, clean: str) -> None:
    assert redacted(text) == clean
    assert redacted(clean) == clean


def test_a_traceback_keeps_its_source_lines_and_loses_the_title(folder: Path) -> None:
    title = "Divorce"
    try:
        raise StorageError(f"“{title}” is gone.")
    except StorageError:
        log.exception("it failed")
    text = lines(folder)[0]["exception"]
    assert 'raise StorageError(f"“{title}” is gone.")' in text
    assert text.endswith("StorageError: “…” is gone.")
    assert "Divorce" not in text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Divorce.wav", "'*.wav' is empty."),
        ("Mum's.flac", "'*.flac' is empty."),
        ("Divorce", "'*' is empty."),
    ],
)
def test_a_file_that_people_named_is_logged_by_its_ending(name: str, shown: str) -> None:
    assert nameless(StorageError(f"{name!r} is empty."), name) == shown
    assert nameless(StorageError(f"'{name}' is empty."), name) == shown


_word = st.text(
    st.characters(codec="ascii", exclude_characters=" \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f/?#"), max_size=15
)


@given(
    before=st.text(max_size=10),
    scheme=st.sampled_from(["http", "https", "s3", "cloudinary"]),
    user=_word,
    host=st.from_regex(r"[a-z]{1,8}", fullmatch=True),
    path=st.from_regex(r"(/[a-z']{0,5}){0,3}", fullmatch=True),
    query=_word,
    mark=st.sampled_from("?#"),
)
def test_no_secret_survives_in_any_address(
    before: str, scheme: str, user: str, host: str, path: str, query: str, mark: str
) -> None:
    address = f"{scheme}://{user}S3CRET@{host}{path}{mark}{query}T0KEN"
    clean = redacted(f"{before} {address}")
    assert "S3CRET" not in clean
    assert "T0KEN" not in clean
    assert f"{scheme}://{host}{path}" in clean
    assert redacted(clean) == clean

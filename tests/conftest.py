"""What every test can ask for: a library of its own, a microphone, a voice, the program itself."""

import gc
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.fakes.processes import stop
from tests.fakes.speech import Samples, speak_for
from tests.fakes.virtual_microphone import VirtualMicrophone

# Before Qt is imported. Tests with the mark `display` run with QT_QPA_PLATFORM=xcb, all others offscreen.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
if "XDG_RUNTIME_DIR" not in os.environ:
    _runtime_folder = tempfile.TemporaryDirectory(prefix="runtime-")  # Qt warns when there is none
    os.environ["XDG_RUNTIME_DIR"] = _runtime_folder.name

PROJECT = Path(__file__).parent.parent
THREADS_MUST_END_WITHIN_S = 10.0
_left_running: list[object] = []
"""Collecting a QThread that runs would end the process, and hide which test it was."""


@pytest.fixture(autouse=True)
def no_leaked_threads(_started_qthreads: "weakref.WeakSet[Any]") -> Iterator[None]:
    """Fail the test that leaves a Python thread (daemons apart) or a QThread running."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + THREADS_MUST_END_WITHIN_S
    for thread in _threads_since(before):
        thread.join(max(0.0, deadline - time.monotonic()))
    leaked: list[object] = list(_threads_since(before))
    for qthread in _running(_started_qthreads):
        if not qthread.wait(max(1, round(1000 * (deadline - time.monotonic())))):
            leaked.append(qthread)
            _started_qthreads.discard(qthread)  # one test is to blame, not all that follow
            _left_running.append(qthread)
    if leaked:
        pytest.fail(f"Left running: {', '.join(map(repr, leaked))}", pytrace=False)


def _threads_since(before: set[threading.Thread]) -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t not in before and not t.daemon]


def _running(qthreads: "weakref.WeakSet[Any]") -> list[Any]:
    import shiboken6

    return [t for t in list(qthreads) if shiboken6.isValid(t) and t.isRunning()]


@pytest.fixture(scope="session")
def _started_qthreads() -> Iterator["weakref.WeakSet[Any]"]:
    from PySide6.QtCore import QThread

    started: weakref.WeakSet[Any] = weakref.WeakSet()
    start = QThread.start

    def start_and_remember(thread: QThread, *priority: QThread.Priority) -> None:
        started.add(thread)
        start(thread, *priority)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QThread, "start", start_and_remember)
        yield started


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty VOICE_RECORDER_HOME in the testing environment; no other variable of ours is set."""
    for name in [name for name in os.environ if name.startswith("VOICE_RECORDER_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "home"
    monkeypatch.setenv("VOICE_RECORDER_ENV", "testing")
    monkeypatch.setenv("VOICE_RECORDER_HOME", str(folder))
    return folder


@pytest.fixture
def move_to_zone() -> Iterator[Callable[[str], None]]:
    """Sets the time zone of this process by its name; the former one is back after the test."""
    with pytest.MonkeyPatch.context() as patch:

        def move(zone: str) -> None:
            patch.setenv("TZ", zone)
            time.tzset()

        yield move
    time.tzset()


@pytest.fixture(scope="session")
def microphone() -> Iterator[VirtualMicrophone]:
    """The microphone "mic", 48 kHz mono, that tests share: leave it plugged in. See ``with_microphone``."""
    with VirtualMicrophone(wait=False) as microphone:
        yield microphone


@pytest.fixture(scope="session", autouse=True)
def _sound_system(request: pytest.FixtureRequest) -> Iterator[None]:
    """One sound server for the whole run: QtMultimedia connects once and crashes when it found none."""
    if shutil.which("pulseaudio") is None:
        yield
        return
    microphone: VirtualMicrophone = request.getfixturevalue("microphone")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in microphone.env.items():
            patch.setenv(name, value)
        yield


@pytest.fixture
def with_microphone(
    microphone: VirtualMicrophone, monkeypatch: pytest.MonkeyPatch
) -> Iterator[VirtualMicrophone]:
    """The shared microphone, ready, visible to this test and to every program that it starts."""
    microphone.wait_until_ready()
    yield from _visible(microphone, monkeypatch)


@pytest.fixture
def own_microphone(monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualMicrophone]:
    """A microphone that this test may pull out, visible to it and to every program that it starts."""
    with VirtualMicrophone() as microphone:
        yield from _visible(microphone, monkeypatch)


@pytest.fixture
def no_microphone(monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualMicrophone]:
    """A sound system without any input, until the test plugs one in."""
    with VirtualMicrophone(name=None) as microphone:
        yield from _visible(microphone, monkeypatch)


def _visible(microphone: VirtualMicrophone, monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualMicrophone]:
    with monkeypatch.context() as patch:
        for name, value in microphone.env.items():
            patch.setenv(name, value)
        _look_again_for_devices()
        yield microphone
    _look_again_for_devices()


def _look_again_for_devices() -> None:
    """PortAudio freezes its list of devices when it is initialised."""
    sounddevice = sys.modules.get("sounddevice")
    if sounddevice is not None:
        sounddevice._terminate()
        sounddevice._initialize()


_ended_tests = itertools.count(1)


@pytest.fixture(autouse=True, scope="session")
def _collected_here() -> Iterator[None]:
    """Garbage is collected between the tests, in this thread: a window must not die in another one."""
    gc.disable()
    yield
    gc.enable()


def pytest_runtest_logfinish() -> None:
    ended = next(_ended_tests)
    gc.collect(2 if ended % 100 == 0 else 1 if ended % 10 == 0 else 0)


@dataclass(frozen=True)
class Speech:
    """A voice as a file and as the samples in it."""

    path: Path
    samples: Samples
    rate: int = 48000

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.rate


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Speech:
    """Six seconds of a voice, 48 kHz mono 16 bit."""
    path = tmp_path_factory.mktemp("speech") / "speech.wav"
    return Speech(path, speak_for(6, path))


@dataclass(frozen=True)
class CliResult:
    """What the command line printed and how it ended."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.stdout)


class RunCli(Protocol):
    """Run ``voice-recorder`` with these words to its end."""

    def __call__(
        self,
        *words: str | Path,
        env: dict[str, str] | None = None,
        timeout_s: float = 60,
        prefix: Sequence[str] = (),
    ) -> CliResult: ...


StartCli = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def run_cli(home: Path) -> RunCli:
    """The program as people start it, in a process of its own, on this test's library.

    ``env`` adds variables, ``prefix`` is a program that starts this one, stdin is empty. The result has
    ``returncode``, ``stdout``, ``stderr``, ``json``.
    """

    def run(
        *words: str | Path,
        env: dict[str, str] | None = None,
        timeout_s: float = 60,
        prefix: Sequence[str] = (),
    ) -> CliResult:
        done = subprocess.run(
            [*prefix, *_command(words)], env=_environment(env), stdin=subprocess.DEVNULL, capture_output=True,
            encoding="utf-8", timeout=timeout_s, check=False,
        )  # fmt: skip
        return CliResult(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def start_cli(home: Path) -> Iterator[StartCli]:
    """Like ``run_cli``, but returns the running process (stdout and stderr as pipes of text).

    What still runs when the test ends is ended with it.
    """
    started: list[subprocess.Popen[str]] = []

    def start(*words: str | Path, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            _command(words), env=_environment(env), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        stop(process)
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def _command(words: Sequence[str | Path]) -> list[str]:
    return [sys.executable, "-m", "voice_recorder", *map(str, words)]


def _environment(more: dict[str, str] | None) -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, **(more or {})}

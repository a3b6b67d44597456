"""Takes that wait for a voice, are split, begin before Record or end by the clock; on played sound."""

from collections import deque
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Speech
from tests.fakes.library import opened
from tests.fakes.processes import wait_until
from tests.fakes.small_disk import fill, small_disk, top_up
from tests.fakes.sound_sources import PlayedSource
from tests.fakes.speech import Samples, read_samples
from tests.fakes.virtual_microphone import VirtualMicrophone
from voice_recorder.domain.errors import CaptureError, DiskFull
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.take import TakePlan, TakeState, Warn
from voice_recorder.services import Services
from voice_recorder.services.generated_voice import GeneratedVoice, voice
from voice_recorder.services.listening import Listening, Preceded
from voice_recorder.services.sound_source import Changed, Heard, Held, Lost, Pressed, Sound
from voice_recorder.services.take import Take
from voice_recorder.services.voice_gate import VoiceGate

RATE = 48000


def quiet(seconds: float) -> Samples:
    """A room in which nobody speaks; no two pieces of it are alike."""
    room = np.random.default_rng(round(seconds * 10))
    return room.integers(-25, 26, round(seconds * RATE)).astype(np.int16)


def test_one_take_at_a_time_and_no_meter_beside_it(services: Services) -> None:
    take = services.takes.start_from(GeneratedVoice(), "The first")
    with pytest.raises(CaptureError, match="already running"):
        services.takes.start("The second")
    with pytest.raises(CaptureError, match="A take is running"):
        services.takes.open_meter()
    take.stop()
    assert take.wait(20)
    assert services.library.get(take.recording_id).title == "The first"
    assert services.takes.running is None


def test_a_meter_tells_peak_and_rms_of_what_is_heard_now(
    services: Services, with_microphone: VirtualMicrophone, speech: Speech
) -> None:
    meter = services.takes.open_meter()
    levels: list[tuple[float | None, float | None]] = []
    with_microphone.play(speech.path)
    wait_until(lambda: levels.append(meter.levels()) or levels[-1][0] is not None, "a level")
    peak, rms = levels[-1]
    assert peak is not None
    assert rms is not None
    assert -100 < rms <= peak <= 0
    meter.close()
    assert meter.is_closed


def test_a_take_that_cannot_be_made_gives_everything_back(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(40) as disk:
        monkeypatch.setenv("VOICE_RECORDER_HOME", str(disk / "home"))
        with opened() as services:
            folder = services.config.raw_recordings_path
            ballast = fill(disk)
            top_up(ballast)
            source = PlayedSource(quiet(1))
            with pytest.raises(DiskFull):
                services.takes.start_from(source)
            assert source.is_closed
            assert [path.name for path in folder.iterdir() if path.suffix in (".part", ".lock")] == []
            ballast.unlink()
            take = services.takes.start_from(GeneratedVoice(), limit_s=0.3)
            assert take.wait(20)
            assert take.error is None


def record(services: Services, samples: Samples, plan: TakePlan, title: str | None = "Talk") -> Take:
    """A take of all of ``samples``, ended."""
    source = PlayedSource(samples)
    take = services.takes.start_from(source, title, plan=plan)
    wait_until(lambda: source.is_through, "the end of the sound")
    take.stop()
    assert take.wait(10)
    assert source.is_closed
    return take


def recordings(services: Services, take: Take) -> list[Recording]:
    return [services.library.get(recording_id) for recording_id in take.kept_ids]


def sound_of(services: Services, recording: Recording) -> Samples:
    return read_samples(services.library.path_of(recording.masters[0]))


def kinds(recording: Recording) -> list[tuple[str, str]]:
    return [(event.kind.value, event.detail) for event in recording.masters[0].events]


# C8.3


def test_split_by_length_loses_and_doubles_no_sample(services: Services) -> None:
    samples = voice(round(5.3 * RATE), RATE)
    take = record(services, samples, TakePlan(split_after_s=1.5))
    parts = recordings(services, take)
    assert take.error is None
    assert [part.masters[0].frames for part in parts] == [72000, 72000, 72000, len(samples) - 216000]
    assert np.array_equal(np.concatenate([sound_of(services, part) for part in parts]), samples)
    assert [part.title for part in parts] == ["Talk", "Talk (2)", "Talk (3)", "Talk (4)"]
    assert {part.state.value for part in parts} == {"recorded"}
    assert services.proving.run_pending() == 4  # of each, the samples are proved to be what was heard
    assert services.verifying.run().is_sound
    assert list(services.config.raw_recordings_path.glob(".take-*")) == []
    starts = [part.created_at for part in parts]
    assert starts == sorted(starts)


def test_a_name_given_in_a_part_is_that_of_the_next(services: Services) -> None:
    source = GeneratedVoice()
    take = services.takes.start_from(source, plan=TakePlan(split_after_s=0.6))
    take.rename("Meeting")
    wait_until(lambda: take.snapshot().part == 2, "the second part")
    now = take.snapshot()
    assert now.title == "Meeting (2)"
    assert now.elapsed_s < 0.6
    take.add_marker("in the second")
    take.rename("After the break")
    wait_until(lambda: take.snapshot().part == 3, "the third part")
    take.stop()
    assert take.wait(10)
    parts = recordings(services, take)
    assert [part.title for part in parts[:3]] == ["Meeting", "After the break", "After the break (3)"]
    assert [marker.label for marker in services.library.markers(parts[1].id)] == ["in the second"]
    together = np.concatenate([sound_of(services, part) for part in parts])
    assert np.array_equal(together, voice(len(together), RATE))


def test_the_whole_length_counts_for_a_limit_not_that_of_the_parts(services: Services) -> None:
    source = PlayedSource(voice(4 * RATE, RATE))
    take = services.takes.start_from(source, limit_s=2.0, plan=TakePlan(split_after_s=1.0))
    assert take.wait(10)
    assert [part.duration_s for part in recordings(services, take)] == [1.0, 1.0]
    assert take.error is None


def test_split_at_silence_once_and_only_when_there_is_enough(services: Services, speech: Speech) -> None:
    """The first silence comes too early; the second is long, and splits once."""
    half = speech.samples[: 2 * RATE]
    samples = np.concatenate([half, quiet(2), half, quiet(6), half])
    plan = TakePlan(split_silence_s=1.0, shortest_part_s=4.5)
    take = record(services, samples, plan)
    parts = recordings(services, take)
    assert len(parts) == 2
    assert np.array_equal(np.concatenate([sound_of(services, part) for part in parts]), samples)
    assert 6.7 < parts[0].duration_s < 8.5


def test_a_take_that_cannot_be_split_goes_on(services: Services) -> None:
    folder = services.config.raw_recordings_path
    samples = voice(3 * RATE, RATE)
    source = PlayedSource(samples, piece_s=0.1)
    take = services.takes.start_from(source, "Talk", plan=TakePlan(split_after_s=1.0))
    away = folder.rename(folder.with_name("away"))  # no file can be made; those that are open can be written
    wait_until(lambda: source.is_through, "the end of the sound")
    away.rename(folder)
    take.stop()
    assert take.wait(10)
    (only,) = recordings(services, take)
    assert np.array_equal(sound_of(services, only), samples)


def test_nothing_said_after_a_split_is_no_recording(services: Services) -> None:
    take = record(services, voice(2 * RATE, RATE), TakePlan(split_after_s=1.0))
    assert [part.duration_s for part in recordings(services, take)] == [1.0, 1.0]
    assert take.recording_id == take.kept_ids[-1]
    assert take.snapshot().state is TakeState.FINISHED
    assert list(services.config.raw_recordings_path.glob("*.part")) == []
    assert len(services.library.with_ids(None)) == 2


# C8.2


def test_a_voice_begins_a_take_and_silence_pauses_it(services: Services, speech: Speech) -> None:
    """Every word is kept with the second before it; of the silences only what belongs to them."""
    samples = np.concatenate([quiet(4), speech.samples, quiet(7), speech.samples, quiet(5)])
    take = record(services, samples, TakePlan(voice_activated=True, pause_after_s=2.0), None)
    (only,) = recordings(services, take)
    kept = sound_of(services, only)
    for begin in (4 * RATE, 11 * RATE + len(speech.samples)):
        spoken = samples[begin - RATE // 3 : begin + len(speech.samples)]
        assert spoken.tobytes() in kept.tobytes()
    assert len(samples) - len(kept) > 7 * RATE
    assert kinds(only) == [("paused", "silence"), ("resumed", "silence"), ("paused", "silence")]
    first, second, _ = only.masters[0].events
    assert first.frame == second.frame
    assert only.title == f"{only.local_time:%Y-%m-%d %H.%M.%S}"  # of the first voice, not of the press


def test_armed_it_waits_and_leaves_nothing_when_nobody_speaks(services: Services) -> None:
    source = PlayedSource(quiet(6), piece_s=0.5)
    take = services.takes.start_from(source, plan=TakePlan(voice_activated=True))
    wait_until(lambda: source.is_through, "the end of the sound")
    now = take.snapshot()
    assert now.state is TakeState.WAITING_FOR_VOICE
    assert now.elapsed_s == 0
    assert any(now.recent_peaks)  # it shows that it hears
    assert Warn.TOO_LOW not in now.warnings
    assert Warn.SILENT not in now.warnings
    take.stop()
    assert take.wait(5)
    assert take.error is not None
    assert "nobody spoke" in take.error.title
    assert services.library.with_ids(None) == ()
    assert list(services.config.raw_recordings_path.iterdir()) == []


def test_each_conversation_can_be_a_recording_of_its_own(services: Services, speech: Speech) -> None:
    samples = np.concatenate([speech.samples, quiet(8), speech.samples, quiet(2)])
    plan = TakePlan(voice_activated=True, pause_after_s=1.0, split_silence_s=4.0, shortest_part_s=1.0)
    take = record(services, samples, plan)
    first, second = recordings(services, take)
    assert speech.samples.tobytes() in sound_of(services, first).tobytes()
    assert speech.samples.tobytes() in sound_of(services, second).tobytes()
    apart_s = (second.created_at - first.created_at).total_seconds()
    assert apart_s == pytest.approx(speech.duration_s + 8, abs=1.5)  # it begins with its voice


class LosesItsDevice(PlayedSource):
    """The device goes when a second was heard in which nobody spoke, and comes back two seconds later."""

    def read(self):  # type: ignore[no-untyped-def]
        before = self.at
        yield from super().read()
        if before < RATE <= self.at:
            yield Lost("Played", self.started_at + 1)
            yield Changed("Played", 2.0)


def test_while_waiting_a_lost_device_adds_no_silence(services: Services, speech: Speech) -> None:
    source = LosesItsDevice(np.concatenate([quiet(3), speech.samples]))
    take = services.takes.start_from(source, plan=TakePlan(voice_activated=True))
    wait_until(lambda: source.is_through, "the end of the sound")
    take.stop()
    assert take.wait(5)
    (only,) = recordings(services, take)
    assert only.duration_s < speech.duration_s + 2
    assert [kind for kind, _ in kinds(only)] == ["device_lost", "device_changed"]


def test_a_pause_by_hand_holds_also_when_somebody_speaks(services: Services, speech: Speech) -> None:
    source = PlayedSource(np.concatenate([quiet(2), speech.samples]))
    take = services.takes.start_from(source, plan=TakePlan(voice_activated=True))
    take.pause()
    wait_until(lambda: source.is_through, "the end of the sound")
    assert take.snapshot().state is TakeState.PAUSED
    take.stop()
    assert take.wait(5)
    assert not take.kept_ids or services.library.get(take.kept_ids[0]).duration_s < 0.5


def test_what_is_held_back_is_given_in_order_and_once(speech: Speech) -> None:
    source = PlayedSource(np.concatenate([quiet(3), speech.samples]), piece_s=2.0)
    gate = VoiceGate(source, 3.0)
    heard: list[Heard] = []
    while not source.is_through:
        heard += gate.read()
    kept = np.concatenate([h.samples[:, 0] for h in heard if isinstance(h, Sound)])
    assert np.concatenate([quiet(3), speech.samples]).tobytes().endswith(kept.tobytes())
    held = sum(len(h.samples) for h in heard if isinstance(h, Held))
    again = sum(len(h.samples) for h in heard if isinstance(h, Sound) and h.was_held)
    assert 0.9 * RATE < again < 1.3 * RATE
    assert held + len(kept) - again == len(speech.samples) + 3 * RATE


# C8.1


def listened(samples: Samples, seconds: float) -> tuple[PlayedSource, Listening]:
    source = PlayedSource(samples, piece_s=0.5)
    listening = Listening(source, seconds)
    return source, listening


def test_the_seconds_before_record_stand_in_front_and_the_seam_is_whole(services: Services) -> None:
    samples = voice(6 * RATE, RATE)
    source, listening = listened(samples, 2.0)
    wait_until(lambda: source.at > 3 * RATE, "three seconds")
    assert list(services.config.raw_recordings_path.iterdir()) == []
    pressed_at = source.started_at + source.at / RATE - 0.1
    take = services.takes.start_from(listening.hand_over(pressed_at), "Talk")
    at_the_press = source.at
    wait_until(lambda: source.is_through, "the end of the sound")
    take.stop()
    assert take.wait(5)
    (only,) = recordings(services, take)
    kept = sound_of(services, only)
    assert np.array_equal(kept, samples[-len(kept) :])
    begin = len(samples) - len(kept)
    assert at_the_press - begin >= 2 * RATE
    assert kinds(only) == [("pre_recorded", "")]
    (event,) = only.masters[0].events
    assert take.snapshot().before_s == event.frame / RATE
    assert abs(begin + event.frame - round((pressed_at - source.started_at) * RATE)) <= 1


def test_memory_holds_the_wanted_seconds_and_nothing_older() -> None:
    source, listening = listened(voice(8 * RATE, RATE), 2.5)
    wait_until(lambda: source.is_through, "the end of the sound")
    wait_until(lambda: listening.kept_s == 2.5, "the last piece")
    handed = listening.hand_over(0.0)
    kept = np.concatenate([h.samples[:, 0] for h in handed.read() if isinstance(h, Sound)])
    assert np.array_equal(kept, voice(8 * RATE, RATE)[-round(2.5 * RATE) :])
    assert not source.is_closed


def test_a_lost_device_empties_the_memory_and_closing_gives_it_back() -> None:
    source = LosesItsDevice(voice(2 * RATE, RATE), piece_s=0.5)
    listening = Listening(source, 60)
    wait_until(lambda: source.is_through, "the end of the sound")
    wait_until(lambda: listening.kept_s > 0.1, "the last piece")
    assert listening.kept_s < 1.0
    listening.close()
    assert source.is_closed


def test_record_is_marked_within_the_sound_that_comes_after(services: Services) -> None:
    source = PlayedSource(voice(RATE, RATE), piece_s=0.5)
    kept = deque([Sound(np.ones((RATE, 1), np.int16), source.started_at - 1.0)])
    heard = list(Preceded(source, kept, source.started_at + 0.25).read())
    assert [type(h) for h in heard] == [Sound, Sound, Pressed, Sound]
    assert [len(h.samples) for h in heard if isinstance(h, Sound)][:2] == [RATE, RATE // 4]


def test_what_happens_to_the_device_after_the_press_is_passed_on() -> None:
    source = LosesItsDevice(voice(2 * RATE, RATE), piece_s=2.0)
    heard = list(Preceded(source, deque(), 0.0).read())
    assert [type(h) for h in heard] == [Sound, Pressed, Sound, Lost, Changed]


def test_with_ears_a_lost_device_is_what_it_is_without(services: Services) -> None:
    source = LosesItsDevice(voice(3 * RATE, RATE))
    source.notice = "Only 48 kHz."
    take = services.takes.start_from(source, plan=TakePlan(split_silence_s=60))
    wait_until(lambda: source.is_through, "the end of the sound")
    assert take.first_sample_at == source.started_at
    assert take.snapshot().notice == "Only 48 kHz."
    take.stop()
    assert take.wait(5)
    (only,) = recordings(services, take)
    assert [kind for kind, _ in kinds(only)] == ["device_lost", "device_changed"]
    assert only.duration_s == 5.0  # with the gap filled


# C8.5


@pytest.mark.parametrize("paused", [False, True])
def test_it_ends_at_the_given_time_paused_or_not(services: Services, paused: bool) -> None:
    ends_at = datetime.now(UTC) + timedelta(seconds=1.2)
    take = services.takes.start_from(GeneratedVoice(), ends_at=ends_at)
    wait_until(lambda: take.snapshot().elapsed_s > 0.2, "sound")
    left_s = take.snapshot().stops_in_s
    assert left_s is not None
    assert 0 < left_s < 1.2
    if paused:
        take.pause()
    assert take.wait(10)
    assert datetime.now(UTC) >= ends_at
    assert take.error is None
    assert take.snapshot().state is TakeState.FINISHED


def test_the_time_can_be_given_and_taken_back_while_it_runs(services: Services) -> None:
    take = services.takes.start_from(GeneratedVoice())
    assert take.snapshot().stops_in_s is None
    take.ends_at = datetime.now(UTC) + timedelta(hours=1)
    assert take.snapshot().stops_in_s == pytest.approx(3600, abs=5)
    take.ends_at = None
    assert not take.wait(0.3)
    take.ends_at = datetime.now(UTC)
    assert take.wait(10)
    assert take.kept_ids == (take.recording_id,)


# The plan that the settings make


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, TakePlan()),
        ({"take.voice_activated": True, "take.voice_pause_s": 5},
         TakePlan(voice_activated=True, pause_after_s=5)),
        ({"take.split_min": 30}, TakePlan(split_after_s=1800)),
        ({"take.split_silence_s": 10, "take.split_shortest_s": 120},
         TakePlan(split_silence_s=10, shortest_part_s=120)),
    ],
)  # fmt: skip
def test_the_settings_make_the_plan(
    services: Services, values: dict[str, object], expected: TakePlan
) -> None:
    for key, value in values.items():
        services.settings.set(key, value)
    assert services.takes.plan() == expected

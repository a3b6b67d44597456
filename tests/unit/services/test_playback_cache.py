from pathlib import Path

import pytest

from voice_recorder.app import build
from voice_recorder.services.playback_cache import clear_playback_cache
from voice_recorder.storage.locks import FileLock


def test_fetched_audio_goes_at_once_but_not_what_is_being_fetched(home: Path) -> None:
    services = build()
    config = services.config
    audio = config.cache_path / "audio"
    audio.mkdir(parents=True, exist_ok=True)
    (audio / "aa.mp3").write_bytes(b"x" * 100)
    (audio / "bb.mp3.part").write_bytes(b"y" * 50)
    with FileLock(config.locks_path / "fetch-bb.lock") as lock:
        assert lock.acquire()
        assert clear_playback_cache(config) == 100
    assert [path.name for path in audio.iterdir()] == ["bb.mp3.part"]
    assert clear_playback_cache(config) == 50
    assert clear_playback_cache(config) == 0
    services.close()


@pytest.mark.usefixtures("home")
def test_without_a_cache_there_is_nothing_to_clear() -> None:
    services = build()
    audio = services.config.cache_path / "audio"
    if audio.is_dir():
        audio.rmdir()
    assert clear_playback_cache(services.config) == 0
    services.close()

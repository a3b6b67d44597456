"""The chosen provider: tried before it is chosen, asked whether it is there, and told what it lacks."""

from pathlib import Path

import pytest

from voice_recorder.cloud.kinds import KINDS
from voice_recorder.domain.errors import ConfigurationError, NoProvider
from voice_recorder.services import Services
from voice_recorder.services.providers import kind_named


def test_a_provider_is_tried_without_being_chosen(services: Services, tmp_path: Path) -> None:
    services.providers.test("folder", {"path": str(tmp_path / "there")}, {})
    assert (tmp_path / "there" / "voice-recorder").is_dir()
    assert services.providers.chosen is None
    assert services.providers.place() == ""
    with pytest.raises(NoProvider):
        services.providers.open()


def test_a_provider_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(ConfigurationError, match="no provider called 'dropbox'") as refused:
        kind_named("dropbox")
    assert all(name in str(refused.value) for name in KINDS)


def test_a_folder_is_reachable_until_it_is_gone_and_nothing_is_when_none_is_chosen(
    services: Services, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    services.providers.choose("folder", {"path": str(there)}, {})
    services.providers.prepare()
    assert services.providers.is_reachable()
    there.rename(tmp_path / "unplugged")
    assert not services.providers.is_reachable()
    services.providers.choose_none()
    with pytest.raises(NoProvider):
        services.providers.is_reachable()


def test_a_provider_whose_words_have_gone_is_told_and_is_no_place(services: Services) -> None:
    services.settings.set("cloud.provider", "s3")
    with pytest.raises(ConfigurationError, match="is missing"):
        _ = services.providers.chosen
    assert services.providers.place() == ""

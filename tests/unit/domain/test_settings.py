"""Settings: each declared once with its type, default, range and text (W6)."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_recorder.domain.errors import ConfigurationError, NotFound
from voice_recorder.domain.settings import Settings, changed, declaration, declarations, value_of

KEYS = list(declarations())


@pytest.mark.parametrize("key", KEYS)
def test_every_declaration_is_complete_and_its_default_is_legal(key: str) -> None:
    setting = declaration(key)
    assert setting.title
    assert setting.text.endswith(".")
    assert setting.page == key.split(".")[0]
    assert type(setting.check(setting.default)) is setting.type
    assert value_of(Settings(), key) == setting.default


@pytest.mark.parametrize("key", KEYS)
def test_every_legal_value_survives_being_printed_and_typed(key: str) -> None:
    setting = declaration(key)
    values = list(setting.choices) if setting.choices else [setting.default]
    values += [setting.type(edge) for edge in (setting.minimum, setting.maximum) if edge is not None]
    for value in values:
        assert setting.parse(str(value)) == value


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("shortcuts.single_keys", " Off ", False),
        ("shortcuts.single_keys", "yes", True),
        ("audio.sample_rate_hz", "44100", 44100),
        ("playback.speed", "2", 2.0),
        ("audio.device", "Line-in 2", "Line-in 2"),
        ("audio.device", "", ""),
        ("appearance.theme", "dark", "dark"),
    ],
)
def test_what_people_type(key: str, text: str, value: object) -> None:
    parsed = declaration(key).parse(text)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("key", "text", "takes"),
    [
        ("shortcuts.single_keys", "maybe", "true or false"),
        ("audio.sample_rate_hz", "fast", "a whole number"),
        ("audio.sample_rate_hz", "48000.5", "a whole number"),
        ("audio.sample_rate_hz", "8000", "44100, 48000, 96000"),
        ("audio.bit_depth", "32", "16, 24"),
        ("playback.speed", "0.4", "0.5 to 3"),
        ("playback.speed", "nan", "0.5 to 3"),
        ("playback.speed", "inf", "0.5 to 3"),
        ("playback.speed", "quick", "a number"),
        ("storage.quota_mb", "-1", "0 to 1e+08"),
        ("storage.quota_mb", "9" * 5000, "a whole number"),
        ("appearance.theme", "Dark", "system, light, dark"),
    ],
)
def test_a_bad_value_is_refused_in_a_sentence_that_names_the_setting(key: str, text: str, takes: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        declaration(key).parse(text)
    assert key in refused.value.title
    assert takes in refused.value.detail


@given(key=st.sampled_from(KEYS), text=st.text())
def test_whatever_is_typed_gives_a_legal_value_or_a_sentence(key: str, text: str) -> None:
    setting = declaration(key)
    try:
        value = setting.parse(text)
    except ConfigurationError as error:
        refusal = error.title
        assert key in refusal
        return
    assert type(value) is setting.type
    assert setting.check(value) == value


@given(
    key=st.sampled_from(KEYS),
    value=st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers()), st.binary()
    ),
)
def test_whatever_a_settings_file_holds_is_checked(key: str, value: object) -> None:
    setting = declaration(key)
    try:
        settings = changed(Settings(), {key: value})
    except ConfigurationError as error:
        refusal = error.title
        assert key in refusal
        return
    stored = value_of(settings, key)
    assert stored == value
    assert type(stored) is setting.type
    assert not (isinstance(stored, float) and math.isnan(stored))


def test_true_is_no_number_and_one_is_no_truth() -> None:
    with pytest.raises(ConfigurationError):
        changed(Settings(), {"storage.quota_mb": True})
    with pytest.raises(ConfigurationError):
        changed(Settings(), {"shortcuts.single_keys": 1})


def test_changing_some_settings_leaves_the_others_and_the_old_value_alone() -> None:
    before = Settings()
    after = changed(before, {"audio.device": "USB", "playback.speed": 2})
    assert (after.audio_device, after.playback_speed, after.audio_bit_depth) == ("USB", 2.0, 16)
    assert before == Settings()


def test_an_unknown_setting_is_not_found_and_the_way_to_the_list_is_told() -> None:
    with pytest.raises(NotFound, match=r"'audio.volume'.*settings list"):
        declaration("audio.volume")
    with pytest.raises(NotFound):
        changed(Settings(), {"nothing": 1})
    with pytest.raises(NotFound):
        value_of(Settings(), "audio_device")  # the field's name is not the key


def test_keys_are_unique_and_in_the_order_in_which_they_are_shown() -> None:
    pages = [declaration(key).page for key in KEYS]
    assert pages == sorted(pages, key=pages.index)
    assert len(set(KEYS)) == len(KEYS)

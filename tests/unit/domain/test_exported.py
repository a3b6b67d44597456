"""Names that every system takes, and what an export makes."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.recordings import a_master
from voice_recorder.domain.compression import SendAs
from voice_recorder.domain.exported import ExportFormat, file_name


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("A note", "A note"),
        ("Grüße, 世界 🎤", "Grüße, 世界 🎤"),
        ("e\u0301", "\u00e9"),
        ("2024/05/17 12:30", "2024-05-17 12-30"),
        ("..\\..\\etc/passwd", "-..-etc-passwd"),
        ('What? "This" <and> *that*|', "What- -This- -and- -that-"),
        ("two\nlines\tand\x00more", "two lines and more"),
        ("  spaces  ", "spaces"),
        ("...hidden...", "hidden"),
        ("ends in dots. . .", "ends in dots"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("Com1", "_Com1"),
        ("LPT¹", "_LPT¹"),
        ("Console", "Console"),
        ("", "Recording"),
        (" . ", "Recording"),
        ("\u202egpj.exe", "gpj.exe"),
        ("\ud800 lone", "- lone"),
    ],
)
def test_a_title_becomes_a_name(title: str, name: str) -> None:
    assert file_name(title) == name


@given(st.text(alphabet=st.characters(), max_size=400))
@example("ß" * 300)
@example("a" * 179 + ". b")
def test_any_title_becomes_a_name_that_every_system_takes(title: str) -> None:
    name = file_name(title)
    assert name
    assert len(name.encode()) <= 181
    assert name == name.strip(" .")
    assert not set(name) & set('/\\:*?"<>|')
    assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in name)
    assert file_name(name) == name


def test_a_format_knows_its_encoder_and_its_ending() -> None:
    assert [each.suffix for each in ExportFormat] == [".wav", ".flac", ".mp3", ".opus", ".m4a"]
    assert ExportFormat.WAV.send_as is None
    assert ExportFormat.MP3.send_as is SendAs.MP3


def test_what_a_file_takes_is_estimated() -> None:
    assert ExportFormat.WAV.estimated_bytes(1, 1000, 60) == 1000
    assert ExportFormat.FLAC.estimated_bytes(1, 1000, 60) == 1000
    assert ExportFormat.MP3.estimated_bytes(1, 1000, 60) == 960_000


def test_a_master_is_copied_only_where_it_is_such_a_file() -> None:
    wav, opus = a_master(), a_master(format="ogg", codec="opus")
    assert ExportFormat.WAV.is_of(wav)
    assert not ExportFormat.FLAC.is_of(wav)
    assert ExportFormat.OPUS.is_of(opus)
    assert not ExportFormat.OPUS.is_of(a_master(format="ogg", codec="vorbis"))
    assert not ExportFormat.M4A.is_of(a_master(format="mp4", codec="aac"))

"""K1, K2: what masters are sent as, and the advice on them."""

import dataclasses

import pytest

from voice_recorder.domain.compression import Advice, SendAs, advise, send_format

MB = 1_000_000


class TestSendAs:
    @pytest.mark.parametrize("codec", ["pcm_s16le", "pcm_s24le", "pcm_s16be", "pcm_u8"])
    @pytest.mark.parametrize("wanted", list(SendAs))
    def test_an_uncompressed_master_becomes_what_its_owner_wants(self, codec: str, wanted: SendAs) -> None:
        assert send_format(codec, wanted) is wanted

    @pytest.mark.parametrize("codec", ["mp3", "aac", "opus", "vorbis", "flac", "alac_16", "ulaw"])
    @pytest.mark.parametrize("wanted", list(SendAs))
    def test_a_compressed_master_is_left_alone(self, codec: str, wanted: SendAs) -> None:
        assert send_format(codec, wanted) is SendAs.ORIGINAL

    @pytest.mark.parametrize("codec", ["pcm_s32le", "pcm_f32le", "pcm_f64be"])
    def test_flac_is_not_made_of_what_it_cannot_hold(self, codec: str) -> None:
        assert send_format(codec, SendAs.FLAC) is SendAs.ORIGINAL
        assert send_format(codec, SendAs.MP3) is SendAs.MP3

    def test_each_kind_has_its_ending_its_type_and_its_loss(self) -> None:
        assert {kind.value: (kind.suffix, kind.content_type, kind.is_lossless) for kind in SendAs} == {
            "mp3": (".mp3", "audio/mpeg", False),
            "opus": (".opus", "audio/ogg", False),
            "flac": (".flac", "audio/flac", True),
            "m4a": (".m4a", "audio/mp4", False),
            "original": ("", "", True),
        }

    def test_each_kind_has_its_rate(self) -> None:
        rates = {
            kind.value: [kind.estimated_bps(channels, 768_000) for channels in (1, 2)] for kind in SendAs
        }
        assert rates == {
            "mp3": [128_000, 128_000],
            "opus": [32_000, 48_000],
            "flac": [pytest.approx(407_040)] * 2,
            "m4a": [96_000, 96_000],
            "original": [768_000, 768_000],
        }


class TestAdvice:
    def test_it_has_the_fields_of_the_requirements(self) -> None:
        assert [field.name for field in dataclasses.fields(Advice)] == [
            "current_format", "current_size", "recommended_format", "estimated_size", "compression_ratio",
            "estimated_time_minutes",
        ]  # fmt: skip

    def test_opus_for_a_wav_of_over_50_mb(self) -> None:
        advice = advise("wav", "pcm_s16le", 172_800_044, 1800, 1)
        assert (advice.current_format, advice.current_size) == ("wav", 172_800_044)
        assert (advice.recommended_format, advice.estimated_size) == ("opus", 7_200_000)
        assert advice.compression_ratio == pytest.approx(24, rel=0.001)
        assert 0.5 < advice.estimated_time_minutes < 5

    @pytest.mark.parametrize(("size", "format"), [(50 * MB, "mp3"), (50 * MB + 1, "opus")])
    def test_the_limit_is_50_mb(self, size: int, format: str) -> None:
        assert advise("wav", "pcm_s16le", size, size / 96000, 1).recommended_format == format

    def test_mp3_for_a_smaller_wav(self) -> None:
        advice = advise("wav", "pcm_s24le", 2_880_044, 10, 2)
        assert (advice.recommended_format, advice.estimated_size) == ("mp3", 160_000)
        assert advice.compression_ratio == pytest.approx(18, rel=0.001)
        assert 0 < advice.estimated_time_minutes < 0.05

    @pytest.mark.parametrize(
        ("format", "codec"),
        [
            ("mp3", "mp3"),
            ("mp4", "aac"),
            ("aac", "aac"),
            ("ogg", "opus"),
            ("ogg", "vorbis"),
            ("flac", "flac"),
        ],
    )
    @pytest.mark.parametrize("size", [3 * MB, 300 * MB])
    def test_what_is_compressed_is_left_alone(self, format: str, codec: str, size: int) -> None:
        assert advise(format, codec, size, 3600, 2) == Advice(format, size, format, size, 1.0, 0.0)

    @pytest.mark.parametrize(("size", "duration_s"), [(8_000 * 60, 60), (44, 0)])
    def test_what_would_not_become_smaller_is_left_alone(self, size: int, duration_s: float) -> None:
        assert advise("wav", "pcm_u8", size, duration_s, 1) == Advice("wav", size, "wav", size, 1.0, 0.0)

"""Which Cloudinary account: from variables, and from what people paste."""

import pytest

from voice_recorder.cloud.cloudinary import KIND
from voice_recorder.domain.errors import ConfigurationError

ACCOUNT = {"cloud_name": "my-cloud", "api_key": "123", "api_secret": "a/b@c#d"}
URL = "cloudinary://123:a%2Fb%40c%23d@my-cloud"
SINGLE = {
    "CLOUDINARY_CLOUD_NAME": "my-cloud",
    "CLOUDINARY_API_KEY": "123",
    "CLOUDINARY_API_SECRET": "a/b@c#d",
}


def test_the_url_is_decoded() -> None:
    assert KIND.from_environment({"CLOUDINARY_URL": URL}) == ACCOUNT


@pytest.mark.parametrize(
    "query", ["http://127.0.0.1:8080", "http%3A%2F%2F127.0.0.1%3A8080", "http://127.0.0.1:8080/"]
)
def test_the_url_may_name_another_server(query: str) -> None:
    found = KIND.from_environment({"CLOUDINARY_URL": f"{URL}?upload_prefix={query}&secure=true"})
    assert KIND.cleaned(found) == {**ACCOUNT, "upload_prefix": "http://127.0.0.1:8080"}


def test_single_variables_serve_too_and_come_before_the_url() -> None:
    assert KIND.from_environment(SINGLE) == ACCOUNT
    assert KIND.from_environment({**SINGLE, "CLOUDINARY_URL": "cloudinary://9:9@other"}) == ACCOUNT


def test_without_a_cloud_name_single_variables_do_not_mix_into_the_url() -> None:
    mixed = {"CLOUDINARY_URL": URL, "CLOUDINARY_API_KEY": "9", "CLOUDINARY_UPLOAD_PREFIX": "http://x"}
    assert KIND.from_environment(mixed) == {**ACCOUNT, "upload_prefix": "http://x"}


def test_variables_set_to_nothing_are_not_set() -> None:
    assert KIND.from_environment({"CLOUDINARY_URL": "", "CLOUDINARY_CLOUD_NAME": ""}) == {}
    assert KIND.from_environment({"CLOUDINARY_API_KEY": "123", "HOME": "/"}) == {"api_key": "123"}


@pytest.mark.parametrize(
    "url",
    [
        "foo", "https://123:s3cret@my-cloud", "cloudinary://", "cloudinary://my-cloud", "cloudinary://s3cret@c",
        "cloudinary://:s3cret@my-cloud", "cloudinary://123:s3cret@", "cloudinary://[s3cret", " ",
        "'cloudinary://123:s3cret@my-cloud'", "cloudinary://123:s3c/ret@my-cloud",
    ],
)  # fmt: skip
def test_a_bad_url_is_a_sentence_that_names_the_variable_and_not_the_secret(url: str) -> None:
    with pytest.raises(ConfigurationError, match="CLOUDINARY_URL") as caught:
        KIND.from_environment({"CLOUDINARY_URL": url})
    assert "s3c" not in str(caught.value)


@pytest.mark.parametrize(
    "pasted", ["  {}\n", '"{}"', "'{}'\r\n", "“{}”", "CLOUDINARY_API_SECRET={}", "export CLOUDINARY_X = '{}'"]
)
def test_what_is_pasted_along_is_removed(pasted: str) -> None:
    assert KIND.cleaned({**ACCOUNT, "api_secret": pasted.format("a/b@c#d")}) == ACCOUNT
    assert KIND.cleaned({**ACCOUNT, "cloud_name": pasted.format("my-cloud")}) == ACCOUNT


@pytest.mark.parametrize("field", ["cloud_name", "api_key", "api_secret"])
@pytest.mark.parametrize("pasted", [URL, f"CLOUDINARY_URL={URL}", f' CLOUDINARY_URL="{URL}"\n'])
def test_a_whole_url_in_one_field_fills_them_all(field: str, pasted: str) -> None:
    assert KIND.cleaned({field: pasted}) == ACCOUNT


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cloud_name", ""), ("cloud_name", "my cloud"), ("cloud_name", "a/b"), ("api_key", " "),
        ("api_key", "1 2"), ("api_secret", "s3 cret"), ("api_secret", "''"), ("upload_prefix", "example.com"),
        ("upload_prefix", "ftp://example.com"), ("upload_prefix", "https://"),
        ("upload_prefix", "https://example.com:99999"), ("upload_prefix", "https://me:s3cret@example.com"),
        ("upload_prefix", "https://[x"), ("api_key", "cloudinary://s3cret"),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_said_without_the_secret(field: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        KIND.cleaned({**ACCOUNT, field: value})
    assert "s3" not in str(caught.value)


def test_an_empty_server_is_left_out() -> None:
    assert KIND.cleaned({**ACCOUNT, "upload_prefix": " "}) == ACCOUNT


def test_the_place_is_the_cloud_and_holds_no_secret() -> None:
    assert KIND.place(ACCOUNT) == "cloudinary:my-cloud"


def test_key_and_secret_are_secrets() -> None:
    assert {field.name for field in KIND.fields if field.secret} == {"api_key", "api_secret"}
    assert [field.name for field in KIND.fields if not field.required] == ["upload_prefix"]


def test_opening_touches_neither_the_network_nor_the_sdk() -> None:
    provider = KIND.open({**ACCOUNT, "upload_prefix": "http://no-such-host.invalid"})
    assert provider.place == "cloudinary:my-cloud"
    assert "a/b@c#d" not in repr(provider)
    assert provider.remote_id("0123", "mp3") == "voice-recorder/0123-mp3"

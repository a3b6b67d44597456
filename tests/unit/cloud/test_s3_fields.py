import pytest

from voice_recorder.cloud.s3 import KIND
from voice_recorder.domain.errors import ConfigurationError

KEYS = {"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "secret/1+="}


def test_what_is_pasted_along_is_taken_off() -> None:
    cleaned = KIND.cleaned(
        {
            "bucket": " s3://My.bucket-1/\n", "endpoint_url": '"Minio.local:9000/"',
            "region": "EU-central-1 ", "prefix": "/notes/mine", "access_key_id": " AKIA1\r\n",
            "secret_access_key": "'secret/1+='",
        }
    )  # fmt: skip
    assert cleaned == {
        "bucket": "My.bucket-1", "endpoint_url": "https://minio.local:9000", "region": "eu-central-1",
        "prefix": "notes/mine/", "access_key_id": "AKIA1", "secret_access_key": "secret/1+=",
    }  # fmt: skip


def test_region_and_prefix_have_defaults() -> None:
    cleaned = KIND.cleaned({"bucket": "notes", "endpoint_url": "", "prefix": ""})
    assert cleaned == {"bucket": "notes", "region": "us-east-1", "prefix": "voice-recorder/"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("bucket", "no"), ("bucket", "a/b/c"), ("bucket", "a..b"), ("bucket", "-abc"), ("bucket", "ä" * 5),
        ("bucket", "x" * 64), ("endpoint_url", "ftp://x"), ("endpoint_url", "https://"),
        ("endpoint_url", "https://x:port"), ("endpoint_url", "https://x:0"), ("endpoint_url", "https://[x"),
        ("endpoint_url", "https://x?a=b"), ("endpoint_url", "https://x y"), ("region", "eu central"),
        ("region", "eu.central"), ("prefix", "../x"), ("prefix", "a//b"), ("prefix", "a\nb"), ("prefix", "/"),
        ("prefix", "x" * 501),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_refused_by_its_field(field: str, value: str) -> None:
    title = next(each.title for each in KIND.fields if each.name == field)
    with pytest.raises(ConfigurationError, match=title):
        KIND.cleaned({"bucket": "notes", field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("access_key_id", "AK hidden"), ("secret_access_key", "hidden\nhidden"), ("session_token", "hidden…"),
        ("endpoint_url", "https://user:hidden@example.com"),
    ],
)  # fmt: skip
def test_a_refused_value_that_may_be_secret_is_not_shown(field: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        KIND.cleaned({"bucket": "notes", field: value})
    assert "hidden" not in repr(refused.value)


def test_the_variables_of_aws_are_read() -> None:
    environ = {
        **KEYS, "AWS_SESSION_TOKEN": "token", "AWS_S3_BUCKET": "notes", "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": "http://localhost:9000/",
    }  # fmt: skip
    assert KIND.from_environment(environ) == {
        "bucket": "notes", "endpoint_url": "http://localhost:9000", "region": "eu-west-1",
        "access_key_id": "AKIA1", "secret_access_key": "secret/1+=", "session_token": "token",
    }  # fmt: skip


def test_the_newer_name_of_the_region_comes_first() -> None:
    environ = {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2"}
    assert KIND.from_environment(environ) == {"region": "eu-west-1"}


def test_empty_variables_count_as_unset_and_a_token_without_keys_is_nothing() -> None:
    assert KIND.from_environment({"AWS_S3_BUCKET": "", "AWS_REGION": "", "AWS_SESSION_TOKEN": "t"}) == {}


@pytest.mark.parametrize("missing", sorted(KEYS))
def test_half_a_key_is_refused_by_the_name_of_the_other_half(missing: str) -> None:
    with pytest.raises(ConfigurationError, match=missing):
        KIND.from_environment({name: value for name, value in KEYS.items() if name != missing})


@pytest.mark.parametrize(
    ("variable", "value"),
    [("AWS_S3_BUCKET", "a/b"), ("AWS_ENDPOINT_URL", "https://"), ("AWS_REGION", "?")],
)
def test_a_bad_variable_is_named(variable: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=variable):
        KIND.from_environment({variable: value})


@pytest.mark.parametrize("variable", sorted(KEYS))
def test_a_bad_key_is_named_and_not_shown(variable: str) -> None:
    with pytest.raises(ConfigurationError, match=variable) as refused:
        KIND.from_environment({**KEYS, variable: "not a key"})
    assert "not a key:" in str(refused.value).replace(f"{variable} is ", "")


@pytest.mark.parametrize(
    ("endpoint_url", "place"),
    [
        ("", "s3:aws/notes/voice-recorder/"),
        ("https://Minio.local:9000", "s3:minio.local:9000/notes/voice-recorder/"),
        ("http://host/s3/", "s3:host/s3/notes/voice-recorder/"),
    ],
)
def test_the_place_names_where_copies_are_and_nothing_else(endpoint_url: str, place: str) -> None:
    values = {"bucket": "notes", "endpoint_url": endpoint_url, "access_key_id": "A", "secret_access_key": "B"}
    assert KIND.place(KIND.cleaned(values)) == place

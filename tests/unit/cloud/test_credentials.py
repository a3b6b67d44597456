"""Secrets with a real keyring, with none, with a locked one and with one that hangs."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from keyring.backend import KeyringBackend
from typing_extensions import override

from tests.fakes.keyring_daemon import private_home, python, run_on_empty_bus, run_with_keyring
from voice_recorder.cloud.credentials import Values, forget, load, resolve, store, unquoted
from voice_recorder.cloud.folder import KIND as FOLDER
from voice_recorder.cloud.s3 import KIND as S3
from voice_recorder.domain.errors import ConfigurationError, CredentialsRejected, SecretsUnavailable

_SAY = """
import os, signal, sys, time
from voice_recorder.cloud.credentials import forget, load, store
from voice_recorder.domain.errors import SecretsUnavailable

def say(question):
    started = time.monotonic()
    try:
        print(question())
    except SecretsUnavailable as error:
        print(f"SecretsUnavailable: {error} After {time.monotonic() - started:.0f} s.")
"""


class MemoryKeyring(KeyringBackend):
    """A keyring for tests of what is done with what comes out of one."""

    priority = 1
    secrets: ClassVar[dict[tuple[str, str], str]] = {}

    @override
    def get_password(self, service: str, username: str) -> str | None:
        return self.secrets.get((service, username))

    @override
    def set_password(self, service: str, username: str, password: str) -> None:
        self.secrets[service, username] = password

    @override
    def delete_password(self, service: str, username: str) -> None:
        del self.secrets[service, username]


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], str]:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", f"{__name__}.MemoryKeyring")
    secrets: dict[tuple[str, str], str] = {}
    monkeypatch.setattr(MemoryKeyring, "secrets", secrets)
    return secrets


@pytest.fixture
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


@pytest.fixture
def env() -> Iterator[dict[str, str]]:
    with private_home() as env:
        yield env


class TestKeyring:
    def test_a_secret_is_stored_replaced_read_by_another_process_and_forgotten(
        self, env: dict[str, str]
    ) -> None:
        other = "import subprocess; subprocess.run([sys.executable, '-c', {!r}], check=True)"
        read = "from voice_recorder.cloud.credentials import load; print(load('s3', 'key'))"
        done = run_with_keyring(
            env,
            python(
                f"{_SAY}\n"
                "say(lambda: load('s3', 'key'))\n"
                "store('s3', 'key', 'first'); store('s3', 'key', 'gehéim 🔑')\n"
                "store('cloudinary', 'key', 'another')\n"
                f"sys.stdout.flush(); {other.format(read)}\n"
                "forget('s3', 'key'); forget('s3', 'key')\n"
                "say(lambda: load('s3', 'key')); say(lambda: load('cloudinary', 'key'))"
            ),
        )
        assert done.stdout.splitlines() == ["None", "gehéim 🔑", "None", "another"]

    def test_other_programs_find_it_under_the_programs_name(self, env: dict[str, str]) -> None:
        done = run_with_keyring(
            env,
            python(
                f"{_SAY}\nimport keyring\nstore('cloudinary', 'api_secret', 'geheim')\n"
                "print(keyring.get_password('voice-recorder', 'cloudinary:api_secret'))"
            ),
        )
        assert done.stdout == "geheim\n"

    def test_a_locked_one_says_so(self, env: dict[str, str]) -> None:
        done = run_with_keyring(env, python(f"{_SAY}\nsay(lambda: load('s3', 'key'))"), unlocked=False)
        assert done.stdout.startswith("SecretsUnavailable: The keyring of this computer is locked or broken.")

    def test_one_that_hangs_is_not_waited_for(self, env: dict[str, str]) -> None:
        done = run_with_keyring(
            env,
            python(
                f"{_SAY}\n"
                "from jeepney.bus_messages import message_bus\n"
                "from jeepney.io.blocking import Proxy, open_dbus_connection\n"
                "store('s3', 'key', 'geheim')\n"
                "bus = Proxy(message_bus, open_dbus_connection())\n"
                "pid, = bus.GetConnectionUnixProcessID('org.freedesktop.secrets')\n"
                "os.kill(pid, signal.SIGSTOP)\n"
                "try: say(lambda: load('s3', 'key', within_s=1))\n"
                "finally: os.kill(pid, signal.SIGKILL)\n"
            ),
        )
        assert done.stdout.startswith("SecretsUnavailable: The keyring of this computer does not answer.")
        assert done.stdout.endswith("After 1 s.\n")

    def test_a_bus_without_one_says_so(self, env: dict[str, str]) -> None:
        done = run_on_empty_bus(env, python(f"{_SAY}\nsay(lambda: store('s3', 'key', 'geheim'))"))
        assert done.stdout.startswith("SecretsUnavailable: This computer has no keyring")
        assert "geheim" not in done.stdout

    def test_a_computer_without_a_bus_says_so_and_writes_nothing(self, env: dict[str, str]) -> None:
        done = subprocess.run(
            python(f"{_SAY}\nsay(lambda: store('s3', 'key', 'geheim'))"),
            env={**env, "PYTHONPATH": os.pathsep.join(sys.path)}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stdout.startswith("SecretsUnavailable: This computer has no keyring")
        written = [path for path in Path(env["HOME"]).rglob("*") if path.is_file()]
        assert not [path for path in written if b"geheim" in path.read_bytes()]

    @pytest.mark.parametrize(
        "backend",
        [
            "keyring.backends.null.Keyring", "keyring.backends.fail.Keyring",
            "keyring.backends.chainer.ChainerBackend", "keyrings.alt.file.PlaintextKeyring",
            "no.such.Keyring", "nonsense", "keyring.backends.null.NoSuchClass",
        ],
    )  # fmt: skip
    def test_one_that_keeps_no_secret_or_no_secret_secret_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, backend: str
    ) -> None:
        package = tmp_path / "keyrings" / "alt"
        package.mkdir(parents=True)
        (package / "file.py").write_text(
            "from keyring.backend import KeyringBackend\n"
            "class PlaintextKeyring(KeyringBackend):\n"
            "    priority = 0.5\n"
            "    def get_password(self, service, username): return 'from a plain file'\n"
            "    def set_password(self, service, username, password): raise AssertionError('written')\n"
        )
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", backend)
        with pytest.raises(SecretsUnavailable):
            load("s3", "key")
        with pytest.raises(SecretsUnavailable):
            store("s3", "key", "geheim")
        with pytest.raises(SecretsUnavailable):
            forget("s3", "key")

    def test_a_bug_in_a_keyring_is_not_taken_for_a_locked_one(
        self, keyring: dict[tuple[str, str], str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(MemoryKeyring, "secrets", None)
        with pytest.raises(AttributeError):
            load("s3", "key")


KEYS = {"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "geheim-env"}


class TestResolve:
    def test_the_environment_comes_first_and_the_keyring_is_not_asked(self, no_keyring: None) -> None:
        values = {"bucket": "from-settings", "prefix": "notes"}
        found = resolve(S3, values, {**KEYS, "AWS_S3_BUCKET": "from-environ"})
        assert dict(found) == {
            "bucket": "from-environ", "prefix": "notes/", "region": "us-east-1",
            "access_key_id": "AKIA1", "secret_access_key": "geheim-env",
        }  # fmt: skip

    def test_secrets_come_from_the_keyring(self, keyring: dict[tuple[str, str], str]) -> None:
        store("s3", "access_key_id", "AKIA2")
        store("s3", "secret_access_key", "geheim-ring")
        found = resolve(S3, {"bucket": "notes"}, {})
        assert (found["access_key_id"], found["secret_access_key"]) == ("AKIA2", "geheim-ring")
        assert set(keyring) == {
            ("voice-recorder", "s3:access_key_id"),
            ("voice-recorder", "s3:secret_access_key"),
        }
        forget("s3", "access_key_id")
        assert load("s3", "access_key_id") is None

    def test_keys_of_the_environment_are_not_mixed_with_those_of_the_keyring(
        self, keyring: dict[tuple[str, str], str]
    ) -> None:
        store("s3", "secret_access_key", "geheim-ring")
        with pytest.raises(ConfigurationError, match="AWS_SECRET_ACCESS_KEY"):
            resolve(S3, {"bucket": "notes"}, {"AWS_ACCESS_KEY_ID": "AKIA1"})

    def test_without_a_keyring_the_missing_secret_is_what_fails(self, no_keyring: None) -> None:
        with pytest.raises(SecretsUnavailable):
            resolve(S3, {"bucket": "notes"}, {})

    def test_a_missing_secret_is_named_with_what_to_do(self, keyring: dict[tuple[str, str], str]) -> None:
        store("s3", "access_key_id", "AKIA2")
        with pytest.raises(CredentialsRejected) as refused:
            resolve(S3, {"bucket": "notes"}, {})
        assert "Secret access key is missing" in refused.value.title
        assert "provider set s3" in refused.value.detail
        assert "AWS_SECRET_ACCESS_KEY" in refused.value.detail

    def test_a_missing_setting_is_named(self, no_keyring: None) -> None:
        with pytest.raises(ConfigurationError, match="Bucket is missing"):
            resolve(S3, {"bucket": ""}, KEYS)

    def test_the_default_folder_is_in_the_library(self, no_keyring: None, tmp_path: Path) -> None:
        assert dict(resolve(FOLDER, {}, {}, tmp_path)) == {"path": str(tmp_path / "cloud")}
        with pytest.raises(ConfigurationError, match="Folder is missing") as refused:
            resolve(FOLDER, {}, {})
        assert refused.value.detail == "Run 'voice-recorder provider set folder'."

    def test_nobody_is_shown_a_secret(self, no_keyring: None) -> None:
        found = resolve(S3, {"bucket": "notes"}, {**KEYS, "AWS_SESSION_TOKEN": "geheim-token"})
        assert len(found) == 6
        for shown in (repr(found), str(found), f"{found}", repr({"values": found})):
            assert "geheim" not in shown
            assert "AKIA1" not in shown
            assert "notes" in shown
        assert repr(Values(S3, {"unheard-of": "geheim"})) == "Values({'unheard-of': '…'})"


@pytest.mark.parametrize(
    "text", ["x y", " x y\r\n", '"x y"', "'x y'\n", "`x y`", "\u201cx y\u201d", " ' x y ' "]
)
def test_spaces_line_ends_and_quotes_are_taken_off(text: str) -> None:
    assert unquoted(text) == "x y"

"""What a desktop offers on the session bus: notifications, a file manager, a portal that lends keys.

    python -m tests.fakes.desktop_services LOG [--refuse]

Every call becomes a line of JSON in LOG. The portal presses its key at once when it has lent it; with
``--refuse`` it lends none.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageType,
    new_error,
    new_method_return,
    new_signal,
)
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from tests.fakes.processes import require, start, stop, wait_until

NAMES = (
    "org.freedesktop.Notifications", "org.freedesktop.FileManager1", "org.freedesktop.portal.Desktop",
)  # fmt: skip
_PORTAL = "/org/freedesktop/portal/desktop"
_SESSION = f"{_PORTAL}/session/fake/voice_recorder"


@contextmanager
def desktop_services(folder: Path, *options: str) -> Iterator[tuple[str, Path]]:
    """A session bus of its own with these services; its address, and the file of the calls."""
    require(["dbus-daemon"], "A desktop")
    log = folder / "calls.jsonl"
    bus = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--print-address=1"], stdout=subprocess.PIPE, text=True
    )
    assert bus.stdout is not None
    address = bus.stdout.readline().strip()
    command = [sys.executable, "-m", "tests.fakes.desktop_services", str(log), *options]
    services = start(command, {**os.environ, "DBUS_SESSION_BUS_ADDRESS": address})
    try:
        wait_until(log.exists, "the desktop's services")
        yield address, log
    finally:
        stop(services)
        stop(bus)
        bus.stdout.close()


def calls(log: Path, member: str) -> list[list[Any]]:
    """What a method was called with, each time."""
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return [line["body"] for line in lines if line["member"] == member]


class Services:
    """Answers until the bus ends."""

    def __init__(self, connection: DBusConnection, log: Path, *, refuses: bool) -> None:
        self._connection = connection
        self._log = log
        self._refuses = refuses

    def run(self) -> None:
        """Take the names and answer."""
        for name in NAMES:
            self._connection.send_and_get_reply(message_bus.RequestName(name))
        self._log.touch()
        while True:
            message = self._connection.receive()
            if message.header.message_type is MessageType.method_call:
                self._answer(message)

    def _answer(self, message: Message) -> None:
        member = message.header.fields[HeaderFields.member]
        with self._log.open("a") as file:
            file.write(json.dumps({"member": member, "body": message.body}) + "\n")
        if member == "Notify":
            self._connection.send(new_method_return(message, "u", (1,)))
        elif member == "ShowItems":
            self._connection.send(new_method_return(message))
        elif member in ("CreateSession", "BindShortcuts"):
            self._lend(message, member)
        else:
            self._connection.send(new_error(message, "org.freedesktop.DBus.Error.UnknownMethod"))

    def _lend(self, message: Message, member: str) -> None:
        sender = re.sub(r"\.", "_", message.header.fields[HeaderFields.sender].lstrip(":"))
        token = message.body[-1]["handle_token"][1]
        request = f"{_PORTAL}/request/{sender}/{token}"
        self._connection.send(new_method_return(message, "o", (request,)))
        results = {"session_handle": ("s", _SESSION)} if member == "CreateSession" else {}
        code = int(self._refuses and member == "BindShortcuts")
        self._signal(request, "Request", "Response", "ua{sv}", (code, results))
        if member == "BindShortcuts" and not code:
            self._signal(_PORTAL, "GlobalShortcuts", "Activated", "osta{sv}", (_SESSION, "record", 1, {}))

    def _signal(self, path: str, interface: str, name: str, signature: str, body: tuple[Any, ...]) -> None:
        address = DBusAddress(path, interface=f"org.freedesktop.portal.{interface}")
        self._connection.send(new_signal(address, name, signature, body))


if __name__ == "__main__":
    Services(open_dbus_connection(bus="SESSION"), Path(sys.argv[1]), refuses="--refuse" in sys.argv).run()

"""A desktop's power service on the session bus that notes who holds sleep off, and when.

    python -m tests.fakes.session_manager LOG

Speaks org.freedesktop.PowerManagement.Inhibit as desktops do; every call becomes a line of JSON in LOG.
"""

import json
import sys
import time
from pathlib import Path

from jeepney import HeaderFields, MessageType, new_method_return
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection
from jeepney.wrappers import new_error

NAMES = ("org.freedesktop.PowerManagement", "org.gnome.SessionManager")


def main() -> None:
    """Answer until the bus ends."""
    log = Path(sys.argv[1])

    def note(call: str) -> None:
        with log.open("a") as file:
            file.write(json.dumps({"call": call, "at": time.monotonic()}) + "\n")

    connection = open_dbus_connection(bus="SESSION")
    for name in NAMES:
        connection.send_and_get_reply(message_bus.RequestName(name))
    note("ready")
    while True:
        message = connection.receive()
        if message.header.message_type is not MessageType.method_call:
            continue
        member = message.header.fields[HeaderFields.member]
        if member == "Inhibit":
            note("Inhibit")
            connection.send(new_method_return(message, "u", (1,)))
        elif member in ("UnInhibit", "Uninhibit"):
            note("UnInhibit")
            connection.send(new_method_return(message))
        else:
            connection.send(new_error(message, "org.freedesktop.DBus.Error.UnknownMethod"))


if __name__ == "__main__":
    main()

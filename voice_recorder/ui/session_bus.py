"""Calls to other programs on the session bus of a Linux desktop, for use in a lane."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from voice_recorder.domain.errors import VoiceRecorderError

ANSWERS_WITHIN_S = 2.0


class BusRefused(VoiceRecorderError):
    """Nobody on the session bus did what was asked."""


def has_session_bus() -> bool:
    """Whether a session bus can be expected here."""
    if not sys.platform.startswith("linux"):
        return False
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    return bool(os.environ.get("DBUS_SESSION_BUS_ADDRESS")) or bool(runtime and Path(runtime, "bus").exists())


def call(name: str, path: str, interface: str, method: str, signature: str, *body: Any) -> tuple[Any, ...]:
    """Call a method and wait for its answer; ``body`` fits ``signature``. BusRefused."""
    from jeepney import DBusAddress, MessageType, new_method_call
    from jeepney.io.blocking import open_dbus_connection

    address = DBusAddress(path, bus_name=name, interface=interface)
    try:
        with open_dbus_connection(bus="SESSION", auth_timeout=ANSWERS_WITHIN_S) as connection:
            message = new_method_call(address, method, signature, body)
            reply = connection.send_and_get_reply(message, timeout=ANSWERS_WITHIN_S)
    except (OSError, KeyError, RuntimeError, ValueError) as error:  # no bus, or no answer
        raise BusRefused("The desktop did not answer.", str(error)) from error
    answer: tuple[Any, ...] = reply.body
    if reply.header.message_type is MessageType.error:
        raise BusRefused("The desktop refused.", " ".join(map(str, answer)))
    return answer

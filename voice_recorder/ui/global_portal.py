"""A key that is ours wherever it is pressed, on a Wayland desktop that lends it by its portal.

https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.GlobalShortcuts.html
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QSocketNotifier, Signal, Slot

from voice_recorder.ui.global_key import GlobalKey, KeyTaken
from voice_recorder.ui.language import tr

_NAME = "org.freedesktop.portal.Desktop"
_PATH = "/org/freedesktop/portal/desktop"
_SHORTCUTS = "org.freedesktop.portal.GlobalShortcuts"
_REQUEST = "org.freedesktop.portal.Request"
_ID = "record"
_WORDS = {"Ctrl": "CTRL", "Alt": "ALT", "Shift": "SHIFT", "Meta": "LOGO"}


def trigger(key: GlobalKey) -> str:
    """The key as the desktop wants it proposed, such as ``CTRL+ALT+r``."""
    name = key.name.lower() if len(key.name) == 1 else key.name
    return "+".join([*(word for name_, word in _WORDS.items() if name_ in key.modifiers), name])


class PortalKey(QObject):
    """Asks the desktop for a key. It may ask its user, so a refusal comes later, by ``refused``."""

    pressed = Signal()
    refused = Signal(object)

    def __init__(self, key: GlobalKey) -> None:
        super().__init__()
        from jeepney import DBusAddress, MatchRule
        from jeepney.bus_messages import message_bus
        from jeepney.io.blocking import open_dbus_connection

        self._key = key
        self._session = ""
        self._portal = DBusAddress(_PATH, bus_name=_NAME, interface=_SHORTCUTS)
        try:
            self._bus: Any = open_dbus_connection(bus="SESSION")
        except (OSError, KeyError) as error:
            raise self._refusal() from error
        sender = self._bus.unique_name.lstrip(":").replace(".", "_")
        self._requests = f"{_PATH}/request/{sender}/voice_recorder_"
        rules = (
            MatchRule(type="signal", interface=_REQUEST, member="Response"),
            MatchRule(type="signal", interface=_SHORTCUTS, member="Activated"),
        )
        for rule in rules:
            self._bus.send(message_bus.AddMatch(rule))
        self._notifier = QSocketNotifier(self._bus.sock.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._read)
        options = {**self._token("create"), "session_handle_token": ("s", "voice_recorder")}
        self._call("CreateSession", "a{sv}", options)

    def release(self) -> None:
        """Give the key back; the session ends with its connection."""
        self._notifier.setEnabled(False)
        self._bus.close()

    def _token(self, step: str) -> dict[str, tuple[str, str]]:
        return {"handle_token": ("s", f"voice_recorder_{step}")}

    def _call(self, method: str, signature: str, *body: Any) -> None:
        from jeepney import new_method_call

        self._bus.send(new_method_call(self._portal, method, signature, body))

    def _bind(self) -> None:
        proposal = {
            "description": ("s", tr("Record, or stop and save")),
            "preferred_trigger": ("s", trigger(self._key)),
        }
        body = (self._session, [(_ID, proposal)], "", self._token("bind"))
        self._call("BindShortcuts", "oa(sa{sv})sa{sv}", *body)

    @Slot()
    def _read(self) -> None:
        try:
            while True:
                self._heed(self._bus.receive(timeout=0))
        except TimeoutError:
            return  # all that came was read
        except OSError:
            self._give_up()

    def _heed(self, message: Any) -> None:
        from jeepney import HeaderFields, MessageType

        fields = message.header.fields
        member, path = fields.get(HeaderFields.member), str(fields.get(HeaderFields.path, ""))
        if message.header.message_type is MessageType.error:
            self._give_up()
        elif member == "Activated" and message.body[:2] == (self._session, _ID):
            self.pressed.emit()
        elif member == "Response" and path.startswith(self._requests):
            self._on_response(path.removeprefix(self._requests), *message.body)

    def _on_response(self, step: str, code: int, results: dict[str, Any]) -> None:
        if code != 0:
            self._give_up()
        elif step == "create":
            self._session = str(results["session_handle"][1])
            self._bind()

    def _give_up(self) -> None:
        self._notifier.setEnabled(False)
        self.refused.emit(self._refusal())

    def _refusal(self) -> KeyTaken:
        return KeyTaken(
            tr("This desktop does not lend a key for recording from anywhere."),
            tr("In its own keyboard settings, where it has some, a key can be given to Voice Recorder."),
        )

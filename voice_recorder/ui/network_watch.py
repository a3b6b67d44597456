"""Hears from the system that the network came back, and whether it costs by the byte."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot


class NetworkWatch(QObject):
    """Silent where the system tells nothing; then whoever waits has to ask by itself."""

    came_back = Signal()
    metered_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._online = True

    def start(self) -> None:
        """Begin to listen, where there is something to hear."""
        from PySide6.QtNetwork import QNetworkInformation

        if not QNetworkInformation.loadBackendByFeatures(QNetworkInformation.Feature.Reachability):
            return
        network = QNetworkInformation.instance()
        self._online = network.reachability() is QNetworkInformation.Reachability.Online
        network.reachabilityChanged.connect(self._on_reachability)
        if network.supports(QNetworkInformation.Feature.Metered):
            network.isMeteredChanged.connect(self.metered_changed)
            self.metered_changed.emit(network.isMetered())

    @Slot()
    def _on_reachability(self) -> None:
        from PySide6.QtNetwork import QNetworkInformation

        online = QNetworkInformation.instance().reachability() is QNetworkInformation.Reachability.Online
        before, self._online = self._online, online
        if online and not before:
            self.came_back.emit()

"""The VMC receive port: off or a port, and what arrived there."""

from __future__ import annotations

from PySide6.QtCore import Signal

from app.window.widgets.fields import Elided, Number, Section, Switch
from engine.config import Config
from engine.errors import UsageError
from engine.osc.receive_port import DEFAULT_HOST, DEFAULT_PORT, listen_address
from engine.types import ReceiverState


def receive_text(state: ReceiverState) -> str:
    """Return what was received, starting with a receiver's request: sent every 4 frames… · 127.0.0.1:39540: 12
    packets"""
    if state.error:
        return state.error
    odd = state.unknown + state.malformed
    text = f"{state.host}:{state.port}: {state.packets} packets"
    text += f", {odd} not understood" if odd else ""
    text += f", {state.refused} calibrations refused" if state.refused else ""
    slowed = slowed_text(state)
    return f"{slowed}  ·  {text}" if slowed else text


def slowed_text(state: ReceiverState) -> str:
    """Return how a receiver's Set/Period slows down the stream; "" for every frame."""
    slowest = max(state.periods)
    return f"sent every {slowest} frames, as a receiver asked" if slowest > 1 else ""


class ReceivePanel(Section):
    """Emits `changed` with the fields of Config that the user set."""

    changed = Signal(dict)

    def __init__(self) -> None:
        super().__init__("Receive")
        self._host = DEFAULT_HOST
        self.port = Number("Port for VMC input", 1, 65_535, "")
        self.port.setValue(DEFAULT_PORT)
        self.on = Switch("Receive VMC")
        self.on.setToolTip("Faces from an assistant are passed on to the targets; a receiver may ask for calibration")
        self.state = Elided("muted")
        self.state.hide()
        self.row("VMC port", self.port, self.on)
        self.body.addWidget(self.state)
        self.on.toggled.connect(lambda _on: self._tell())
        self.port.valueChanged.connect(lambda _port: self._tell())

    def show_config(self, config: Config) -> None:
        """Show settings without emitting."""
        self.on.set_quietly(bool(config.vmc_receive))
        if not config.vmc_receive:
            return
        try:
            self._host, port = listen_address(config.vmc_receive)
        except UsageError as error:  # an old settings file
            self.show_state(ReceiverState("", 0, 0, 0, 0, 0, str(error)))
            return
        self.port.set_quietly(port)

    def show_state(self, state: ReceiverState | None) -> None:
        """Show what was received; None: off."""
        self.state.setVisible(state is not None)
        if state is not None:
            self.state.set_whole(receive_text(state))

    def _tell(self) -> None:
        host = f"[{self._host}]" if ":" in self._host else self._host
        wanted = f"{host}:{int(self.port.value())}" if self.on.isChecked() else ""
        self.changed.emit({"vmc_receive": wanted})

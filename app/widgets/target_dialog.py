"""Add or change one OSC target: protocol, host, port; says at once why an address cannot work."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.widgets.fields import Choice, label
from engine.errors import UsageError
from engine.outputs.targets import DEFAULT_PORTS, parse_target, parse_targets

_PROTOCOLS = (
    ("VMC: avatars (VSeeFace, Warudo, VNyan, Unity, Unreal, Blender)", "vmc"),
    ("VRChat trackers", "vrchat"),
    ("Plain OSC (TouchDesigner, Max, stage tools)", "osc"),
)
_REMARKS = {
    "vmc": "Start the receiver's VMC input on the same port. The usual one is 39539.",
    "vrchat": "Body trackers only: VRChat takes head and hands from a VR headset.",
    "osc": "One numeric address per joint, contact and confidence.",
}


class TargetDialog(QDialog):
    """`url` holds the answer after exec() returned accepted."""

    def __init__(self, parent: QWidget, url: str, others: tuple[str, ...]) -> None:
        super().__init__(parent)
        self.setWindowTitle("Send the motion to")
        self.setMinimumWidth(430)
        self._others = others
        self.url = url
        self.protocol = Choice("Protocol", _PROTOCOLS)
        self.host, self.port = QLineEdit(), QLineEdit()
        self.host.setPlaceholderText("127.0.0.1, or a name in your network")
        self._remark, self._problem = label("", "muted"), label("", "error")
        for line in (self._remark, self._problem):
            line.setWordWrap(True)
        self.accept_button = QPushButton("Save" if url else "Add")
        self.accept_button.setProperty("role", "primary")
        self.accept_button.setDefault(True)
        self._lay_out()
        target = parse_target(url or "vmc://127.0.0.1:39539")
        self.protocol.choose(target.scheme)
        self.host.setText(target.host)
        self.port.setText(str(target.port))
        self._check()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setSpacing(10)
        for name, field in (("Protocol", self.protocol), ("Host", self.host), ("Port", self.port)):
            form.addRow(name, field)
        cancel = QPushButton("Cancel")
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.accept_button)
        box = QVBoxLayout(self)
        box.setContentsMargins(20, 20, 20, 16)
        box.setSpacing(12)
        box.addLayout(form)
        box.addWidget(self._remark)
        box.addWidget(self._problem)
        box.addLayout(buttons)
        self.protocol.activated.connect(self._protocol_chosen)
        self.host.textChanged.connect(self._check)
        self.port.textChanged.connect(self._check)
        cancel.clicked.connect(self.reject)
        self.accept_button.clicked.connect(self.accept)

    def _protocol_chosen(self) -> None:
        self.port.setText(str(DEFAULT_PORTS[self.protocol.value]))
        self._check()

    def _check(self) -> None:
        """Build the address and show what is wrong with it, if anything."""
        host = self.host.text().strip()
        if ":" in host and not host.startswith("["):
            host = f"[{host}]"
        self.url = f"{self.protocol.value}://{host}:{self.port.text().strip()}"
        problem = ""
        try:
            parse_targets((*self._others, self.url))
        except UsageError as error:
            problem = str(error)
        self._remark.setText(_REMARKS[self.protocol.value])
        self._problem.setText(problem)
        self.accept_button.setEnabled(not problem)

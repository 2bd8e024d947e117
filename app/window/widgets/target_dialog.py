"""Add or change one OSC target: protocol, receiver, avatar, host, port, options; shows at once why it is invalid and,
for plain OSC, the addresses sent.
"""

from __future__ import annotations

from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.commands.osc_map import lines_of
from app.window.target_words import (
    EXAMPLES,
    PROTOCOLS,
    RECEIVER_NAMES,
    free_port,
    proposal,
    settings_lines,
    usual_port,
    with_flag,
    with_fold,
)
from app.window.widgets.avatar_field import AvatarField
from app.window.widgets.fields import Choice, label
from app.window.widgets.target_url import join_url, split_query
from engine.errors import UsageError
from engine.osc.own_port import check_own_port
from engine.osc.plain import PlainOptions, address_map
from engine.osc.targets import parse_target, parse_targets
from engine.osc.vmc_options import VmcOptions

_UPPER_CHEST = "upperchest"


class TargetDialog(QDialog):
    """`url` holds the answer after exec() returned accepted."""

    def __init__(self, parent: QWidget, url: str, others: tuple[str, ...], vmc_receive: str = "") -> None:
        """url: the target to change, "" for a new one; others: the other targets; vmc_receive: as in Config."""
        super().__init__(parent)
        self._vmc_receive = vmc_receive
        self.setWindowTitle("Send the motion to")
        self.setMinimumWidth(430)
        self._others = others
        self.url = url or proposal(others, vmc_receive)
        self.protocol = Choice("Protocol", PROTOCOLS)
        self.preset = Choice("Receiver", [(title, name) for name, title in RECEIVER_NAMES.items()])
        self.avatar = AvatarField()
        self.no_upper_chest = QCheckBox("My avatar has no UpperChest")
        self.reach = QCheckBox("Hands reach its body")
        self.reach.setToolTip("A hand at your face or hip also touches the avatar there, whatever its arm length")
        self.no_upper_chest.setToolTip("Its rotation is sent with the chest. Not needed with the avatar's file")
        self.host, self.port, self.options = QLineEdit(), QLineEdit(), QLineEdit()
        self.host.setPlaceholderText("127.0.0.1, or a name in your network")
        self._remark, self._problem = label("", "muted"), label("", "error")
        for line in (self._remark, self._problem):
            line.setWordWrap(True)
        self.map = QPlainTextEdit()
        self.map.setReadOnly(True)
        self.map.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.map.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.map.setAccessibleName("Addresses sent")
        self.map.setFixedHeight(190)
        self.accept_button = QPushButton("Save" if url else "Add")
        self.accept_button.setProperty("role", "primary")
        self.accept_button.setDefault(True)
        self._lay_out()
        self._show(self.url)
        self._connect()
        self._check()

    def _show(self, url: str) -> None:
        target = parse_target(url)
        preset, avatar, options = split_query(url)
        self.protocol.choose(target.scheme)
        self.preset.choose(preset)
        self.host.setText(target.host)
        self.port.setText(str(target.port))
        self.options.setText(options)
        self.avatar.line.setText(avatar)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setSpacing(10)
        rows = (("Protocol", self.protocol), ("Receiver", self.preset), ("Host", self.host), ("Port", self.port))
        for name, field in (
            *rows,
            ("Avatar", self.avatar),
            ("", self.no_upper_chest),
            ("", self.reach),
            ("Options", self.options),
        ):
            form.addRow(name, field)
        self._form = form
        self._cancel = QPushButton("Cancel")
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self._cancel)
        buttons.addWidget(self.accept_button)
        box = QVBoxLayout(self)
        box.setContentsMargins(20, 20, 20, 16)
        box.setSpacing(12)
        box.addLayout(form)
        box.addWidget(self._remark)
        box.addWidget(self.map)
        box.addWidget(self._problem)
        box.addLayout(buttons)

    def _connect(self) -> None:
        self.protocol.activated.connect(self._protocol_chosen)
        self.preset.activated.connect(self._receiver_chosen)
        self.no_upper_chest.clicked.connect(self._upper_chest_clicked)
        self.reach.clicked.connect(self._reach_clicked)
        self.avatar.changed.connect(self._check)
        for field in (self.host, self.port, self.options):
            field.textChanged.connect(self._check)
        self._cancel.clicked.connect(self.reject)
        self.accept_button.clicked.connect(self.accept)

    def _protocol_chosen(self) -> None:
        self.options.clear()
        self._receiver_chosen()

    def _receiver_chosen(self) -> None:
        """Fill in the receiver's default port, or the next free one."""
        usual, host = usual_port(self.protocol.value, self.preset.value), self.host.text().strip()
        self.port.setText(str(free_port(usual, host or "127.0.0.1", self._others, self._vmc_receive)))
        self._check()

    def _upper_chest_clicked(self, on: bool) -> None:
        self.options.setText(with_fold(self.options.text().strip(), self.preset.value, _UPPER_CHEST, on))

    def _reach_clicked(self, on: bool) -> None:
        self.options.setText(with_flag(self.options.text().strip(), "reach", on))

    def _check(self) -> None:
        """Build the URL and show what is wrong with it, if anything."""
        protocol = self.protocol.value
        fields = (self.host.text().strip(), self.port.text().strip(), self.preset.value, self.options.text().strip())
        self.url = join_url(protocol, *fields, self.avatar.path)
        problem = self.avatar.problem if protocol == "vmc" else ""
        try:
            parse_targets((*self._others, self.url))
            check_own_port((self.url,), self._vmc_receive)
        except UsageError as error:
            problem = str(error)
        self._show_map(problem)
        for field in (self.preset, self.avatar):
            self._form.setRowVisible(field, protocol == "vmc")
        self._form.setRowVisible(self.no_upper_chest, protocol == "vmc" and not self.avatar.path)
        self._form.setRowVisible(self.reach, protocol == "vmc" and bool(self.avatar.path))
        self._show_ticks()
        self.options.setPlaceholderText(f"none; for example {EXAMPLES[protocol]}")
        self._remark.setText("\n".join(f"• {line}" for line in settings_lines(protocol, self.preset.value)))
        self._problem.setText(problem)
        self.accept_button.setEnabled(not problem)

    def _show_ticks(self) -> None:
        """Show what preset and options say about the upper chest and hands."""
        try:
            settings = parse_target(self.url).settings
        except UsageError:
            return
        if isinstance(settings, VmcOptions):
            self.no_upper_chest.setChecked(_UPPER_CHEST in settings.fold)
            self.reach.setChecked(settings.reach)

    def _show_map(self, problem: str) -> None:
        """Show the addresses of a plain OSC target, for patching in another program."""
        settings = None if problem else parse_target(self.url).settings
        self.map.setVisible(self.protocol.value == "osc")
        if isinstance(settings, PlainOptions):
            text = "\n".join(lines_of(address_map(settings)))
            if text != self.map.toPlainText():
                self.map.setPlainText(text)

"""The row above the 3D view: choice of view, whether it follows, and the lens in the camera view."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QSlider, QVBoxLayout, QWidget

from app.window.widgets.fields import label

LOOKS = (
    ("camera", "Camera", "The figure over the picture, through the camera's lens: does it cover the person?"),
    ("front", "Front", "From the front of the world"),
    ("side", "Side", "From the left side of the world"),
    ("top", "Top", "From above"),
    ("free", "Free", "Drag to orbit, scroll to zoom"),
)
_LENS_DEG = (20, 120)
_SETTLES_MS = 250
_FIT_SHARE = 0.08


class ViewBar(QWidget):
    """`looked` carries a view, `followed` whether it follows, `lens_changed` the field of view in degrees."""

    looked = Signal(str)
    followed = Signal(bool)
    lens_changed = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self._fit_px: float | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 0, 8, 4)
        column.setSpacing(4)
        line = QHBoxLayout()
        line.setSpacing(3)
        self._group = QButtonGroup(self)
        self.buttons: dict[str, QPushButton] = {}
        for index, (look, name, tip) in enumerate(LOOKS):
            button = self.buttons[look] = _small(name, tip)
            self._group.addButton(button, index)
            line.addWidget(button)
        self.buttons["free"].setChecked(True)
        self._group.idClicked.connect(lambda index: self._chosen(LOOKS[index][0]))
        line.addStretch(1)
        self.follow = _small("Follow", "The view stays with the performer")
        self.follow.setChecked(True)
        self.follow.toggled.connect(self.followed)
        line.addWidget(self.follow)
        column.addLayout(line)
        column.addWidget(self._lens_row())

    @property
    def look(self) -> str:
        """The chosen view."""
        return LOOKS[self._group.checkedId()][0]

    def show_look(self, look: str) -> None:
        """Show the current view without emitting."""
        self.buttons[look].setChecked(True)
        self._lens_line.setVisible(look == "camera")

    def show_lens(self, hfov_deg: float, *, known: bool) -> None:
        """Show the current field of view; `known`: it comes from an intrinsics file and cannot be changed."""
        if not self._settling.isActive() and not self.lens.isSliderDown():
            before = self.lens.blockSignals(True)
            self.lens.setValue(round(hfov_deg))
            self.lens.blockSignals(before)
        self.lens.setEnabled(not known)
        self.lens.setToolTip(
            "The lens is known, from the intrinsics file or the rendered clip"
            if known
            else "Field of view of the longer side"
        )
        self._name_lens()

    def show_fit(self, off_px: float | None) -> None:
        """Show the distance of the figure's joints from the detector's points, smoothed."""
        if off_px is None:
            self._fit_px = None
            self.fit.setText("off by –")
            return
        self._fit_px = off_px if self._fit_px is None else self._fit_px + _FIT_SHARE * (off_px - self._fit_px)
        self.fit.setText(f"off by {self._fit_px:.1f} px")

    def show_replay(self, words: str) -> None:
        """Show a quiet line in place of lens and distance, which are the live camera's; "": these again."""
        if words != self.replay.text():
            self.replay.setText(words)
            for widget in (self._lens_name, self.lens, self.fit):
                widget.setVisible(not words)
            self.replay.setVisible(bool(words))

    def _lens_row(self) -> QWidget:
        self._lens_line = QWidget()
        line = QHBoxLayout(self._lens_line)
        line.setContentsMargins(0, 0, 0, 0)
        self._lens_name = label("", "")
        self.lens = QSlider(Qt.Orientation.Horizontal)
        self.lens.setRange(*_LENS_DEG)
        self.lens.setAccessibleName("Field of view of the longer side")
        self._settling = QTimer(self)  # a new lens resets the world, so not at each mouse step
        self._settling.setSingleShot(True)
        self._settling.setInterval(_SETTLES_MS)
        self._settling.timeout.connect(lambda: self.lens_changed.emit(float(self.lens.value())))
        self.lens.valueChanged.connect(self._lens_moved)
        self.fit = label("off by –", "")
        self.fit.setToolTip(
            "Mean distance of the figure's limb joints from the detector's points. It changes little with the lens:"
            " also compare the grid with the floor, and near limbs with far ones"
        )
        self.replay = label("", "muted")
        self.replay.setVisible(False)
        for widget in (self._lens_name, self.lens, self.fit, self.replay):
            line.addWidget(widget, 1 if widget in (self.lens, self.replay) else 0)
        self._lens_line.setVisible(False)
        return self._lens_line

    def _lens_moved(self) -> None:
        self._name_lens()
        self._fit_px = None
        self._settling.start()

    def _name_lens(self) -> None:
        self._lens_name.setText(f"Lens {self.lens.value()}°")

    def _chosen(self, look: str) -> None:
        self._lens_line.setVisible(look == "camera")
        self.looked.emit(look)


def _small(name: str, tip: str) -> QPushButton:
    made = QPushButton(name)
    made.setCheckable(True)
    made.setToolTip(tip)
    made.setProperty("role", "small")
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return made

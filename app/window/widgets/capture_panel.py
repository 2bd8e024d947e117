"""The performer (height, calibration) and the tracking (lens, detector, back end)."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSlider

from app.window.widgets.fields import Choice, Countdown, Elided, Number, Section
from engine.config import Config
from engine.types import Calibration

_BODIES = (
    ("Automatic", "auto"),
    ("As seen", "whole"),
    ("Standing", "upper"),
    ("Seated", "seated"),
)
_STEPS = 20  # of the smoothness slider
_DETECTORS = (("Automatic", "auto"), ("RTMPose", "rtmpose"), ("BlazePose", "blazepose"))
_SIZES = (("Automatic", "auto"), ("Lite", "lite"), ("Full", "full"), ("Heavy", "heavy"))
_BACKENDS = (
    ("Automatic", "auto"),
    ("TensorRT", "tensorrt"),
    ("TensorRT for RTX", "tensorrt-rtx"),
    ("CUDA", "cuda"),
    ("OpenVINO", "openvino"),
    ("CPU", "cpu"),
)


def _name(value: str, entries: tuple[tuple[str, str], ...]) -> str:
    """The engine's name of a part as the panel calls it; another name stays as it is."""
    return next((text for text, data in entries if data == value), value)


class PerformerPanel(Section):
    """Emits `changed` with the fields of Config that the user set, and `calibrate`."""

    changed = Signal(dict)
    calibrate = Signal()

    def __init__(self) -> None:
        super().__init__("Performer")
        self.height_cm = Number("Performer's height", 50, 260, "cm")
        self.height_cm.setToolTip("Makes every length true to life")
        self.button = QPushButton("Calibrate")
        self.button.setToolTip("Stand upright and face the camera: this becomes facing forward, at the origin (C)")
        self.countdown = Countdown("Countdown before a calibration")
        self.lower_body = Choice("Lower body", _BODIES)
        self.lower_body.setToolTip("Legs that are not in the picture stand or sit still instead of being guessed")
        self.row("Height", self.height_cm)
        self.row("Lower body", self.lower_body)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.button, 1)
        line.addWidget(self.countdown)
        self.body.addLayout(line)
        self.lower_body.activated.connect(lambda _index: self.changed.emit({"body": self.lower_body.value}))
        self.height_cm.valueChanged.connect(lambda cm: self.changed.emit({"height_m": cm / 100}))
        self.button.clicked.connect(self.calibrate)
        self.countdown.activated.connect(lambda _index: self.changed.emit({"countdown_s": self.countdown.seconds}))

    def show_config(self, config: Config) -> None:
        """Show settings without emitting."""
        self.height_cm.set_quietly(round(config.height_m * 100))
        self.countdown.choose(str(config.countdown_s))
        self.lower_body.choose(config.body)

    def show_calibration(self, calibration: Calibration) -> None:
        """The button calls off what is under way."""
        text = "Cancel" if calibration.active else "Calibrate"
        if text != self.button.text():
            self.button.setText(text)


class TrackingPanel(Section):
    """Emits `changed` with the fields of Config that the user set."""

    changed = Signal(dict)

    def __init__(self) -> None:
        super().__init__("Tracking")
        self.hfov_deg = Number("Horizontal field of view", 10, 170, "°")
        self.hfov_deg.setToolTip("Of the camera: most webcams have 55 to 80 degrees")
        self.detector = Choice("Detector", _DETECTORS)
        self.detector_size = Choice("Detector size", _SIZES)
        self.detector_size.setToolTip("Of BlazePose: larger is more accurate and slower")
        self.backend = Choice("Back end", _BACKENDS)
        self.smoothness = QSlider(Qt.Orientation.Horizontal)
        self.smoothness.setAccessibleName("Smoothness")
        self.smoothness.setToolTip("Left: prompt, for dance. Right: calm, for a seat at a desk")
        self.smoothness.setRange(0, _STEPS)
        self.smoothness.setPageStep(_STEPS // 4)
        self.running = Elided("muted")
        self.row("Field of view", self.hfov_deg)
        self.row("Smoothness", self.smoothness)
        self.row("Detector", self.detector)
        self.row("Detector size", self.detector_size)
        self.row("Back end", self.backend)
        self.row("", self.running)
        self.hfov_deg.valueChanged.connect(lambda deg: self.changed.emit({"hfov_deg": deg}))
        self.smoothness.valueChanged.connect(lambda place: self.changed.emit({"smoothness": place / _STEPS}))
        self.detector.activated.connect(lambda _index: self.changed.emit({"detector": self.detector.value}))
        self.detector_size.activated.connect(
            lambda _index: self.changed.emit({"detector_size": self.detector_size.value})
        )
        self.backend.activated.connect(lambda _index: self.changed.emit({"backend": self.backend.value}))

    def show_config(self, config: Config) -> None:
        """Show settings without emitting. With an intrinsics file the field of view comes from there."""
        self.hfov_deg.set_quietly(config.hfov_deg)
        self.hfov_deg.setEnabled(config.intrinsics_file is None)
        before = self.smoothness.blockSignals(True)
        self.smoothness.setValue(round(config.smoothness * _STEPS))
        self.smoothness.blockSignals(before)
        self.detector.choose(config.detector)
        self.detector_size.choose(config.detector_size)
        self.backend.choose(config.backend)

    def show_running(self, detector: str, size: str, backend: str) -> None:
        """What "automatic" has become."""
        parts = [f"{_name(detector, _DETECTORS)} {size}".strip(), _name(backend, _BACKENDS)]
        self.running.set_whole("Running " + ", ".join(part for part in parts if part) if any(parts) else "")

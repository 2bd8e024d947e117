"""Tracking settings: lens, smoothness, detector, back end."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSlider

from app.window.widgets.fields import Choice, Elided, Number, Section
from engine.config import Config

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
    """Return the panel's name of an engine component; an unknown name is unchanged."""
    return next((text for text, data in entries if data == value), value)


class TrackingPanel(Section):
    """Emits `changed` with the fields of Config that the user set."""

    changed = Signal(dict)

    def __init__(self) -> None:
        super().__init__("Tracking")
        self.hfov_deg = Number("Horizontal field of view", 10, 170, "°")
        self.hfov_deg.setToolTip("Of the camera; most webcams have 55 to 80 degrees")
        self.detector = Choice("Detector", _DETECTORS)
        self.detector_size = Choice("Detector size", _SIZES)
        self.detector_size.setToolTip("BlazePose model: larger is more accurate and slower")
        self.backend = Choice("Back end", _BACKENDS)
        self.smoothness = QSlider(Qt.Orientation.Horizontal)
        self.smoothness.setAccessibleName("Smoothness")
        self.smoothness.setToolTip("Left: prompt, for dance. Right: calm, for sitting at a desk")
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
        """Show what "automatic" has chosen."""
        parts = [f"{_name(detector, _DETECTORS)} {size}".strip(), _name(backend, _BACKENDS)]
        self.running.set_whole("Running " + ", ".join(part for part in parts if part) if any(parts) else "")

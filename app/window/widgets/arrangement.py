"""Layout of the window: header on top, camera and motion side by side above the strip, panel on the right."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from app.window.widgets.body_pane import PaneTitle
from app.window.widgets.fields import rule


def split_pictures(video: QWidget, body: QWidget) -> QSplitter:
    """Put the two pictures side by side with a handle between them."""
    left = QWidget()
    column = QVBoxLayout(left)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(PaneTitle("Camera"))
    column.addWidget(video, 1)
    splitter = QSplitter(Qt.Orientation.Horizontal)
    splitter.setHandleWidth(1)
    splitter.setChildrenCollapsible(False)
    for pane in (left, body):
        splitter.addWidget(pane)
    splitter.setSizes([520, 580])
    splitter.setStretchFactor(0, 1)
    splitter.setStretchFactor(1, 1)
    return splitter


def camera_pane(video: QWidget) -> QWidget:
    """Return the pane that `split_pictures` made for the camera's picture, including its title."""
    pane = video.parentWidget()
    assert pane is not None
    return pane


def arranged(header: QWidget, pictures: QWidget, strip: QWidget, *sides: QWidget) -> QWidget:
    """Lay out all parts; one of the `sides` is shown at a time, initially the first."""
    root = QWidget()
    root.setObjectName("root")
    outer = QVBoxLayout(root)
    middle, column = QHBoxLayout(), QVBoxLayout()
    for layout in (outer, middle, column):
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
    for widget, stretch in ((pictures, 1), (rule(), 0), (strip, 0)):
        column.addWidget(widget, stretch)
    middle.addLayout(column, 1)
    middle.addWidget(rule(upright=True))
    for number, side in enumerate(sides):
        middle.addWidget(side)
        side.setVisible(number == 0)
    outer.addWidget(header)
    outer.addWidget(rule())
    outer.addLayout(middle, 1)
    return root

"""Walks a window and finds texts that are cut, lie over each other, or cannot be reached."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QLabel,
    QScrollArea,
    QStyle,
    QStyleOptionComboBox,
    QToolButton,
    QWidget,
)

from app.window.widgets.fields import Elided

_SLACK_PX = 1


def with_text(root: QWidget) -> Iterator[QWidget]:
    """Every visible label, button and box with words in it."""
    for widget in root.findChildren(QWidget):
        if widget.isVisibleTo(root) and _text(widget):
            yield widget


def _text(widget: QWidget) -> str:
    if isinstance(widget, QLabel | QAbstractButton):
        return widget.text()
    return widget.currentText() if isinstance(widget, QComboBox) else ""


def cut(widget: QWidget) -> str:
    """Return what is cut of a widget's own text, "" where all of it is seen."""
    text, metrics = _text(widget), widget.fontMetrics()
    if isinstance(widget, QLabel):
        room = widget.contentsRect()
        if isinstance(widget, Elided) and "…" in text:
            whole = widget.toolTip()
            named = "/" in whole or bool(Path(whole).suffix)  # a path or a file may have a name of any length
            return "" if named else f"{whole!r} is shortened to {text!r}"
        if widget.wordWrap():
            needed = QSize(room.width(), widget.heightForWidth(widget.width()))
        else:
            needed = metrics.size(int(Qt.TextFlag.TextExpandTabs), text)
    elif isinstance(widget, QComboBox):
        option = QStyleOptionComboBox()
        widget.initStyleOption(option)
        room = widget.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, widget
        )
        needed = QSize(metrics.horizontalAdvance(text), metrics.height())
    else:
        if (
            isinstance(widget, QToolButton)
            and widget.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonIconOnly
            and not widget.icon().isNull()
        ):
            return ""
        room, needed = widget.rect(), widget.minimumSizeHint()
    if needed.width() > room.width() + _SLACK_PX or needed.height() > room.height() + _SLACK_PX:
        return f"{text!r} needs {needed.width()}x{needed.height()}, has {room.width()}x{room.height()}"
    return ""


def place(widget: QWidget, root: QWidget) -> QRect:
    """Where a widget's text is, in the window's coordinates."""
    rect = widget.contentsRect() if isinstance(widget, QLabel) else widget.rect()
    if isinstance(widget, QLabel) and not widget.wordWrap():
        size = widget.fontMetrics().size(int(Qt.TextFlag.TextExpandTabs), widget.text())
        rect = QStyle.alignedRect(widget.layoutDirection(), widget.alignment(), size, rect)
    return QRect(widget.mapTo(root, rect.topLeft()), rect.size())


def overlapping(root: QWidget) -> list[str]:
    """Pairs of texts that lie over each other, one line each."""
    found = []
    widgets = [(widget, place(widget, root)) for widget in with_text(root)]
    for number, (one, here) in enumerate(widgets):
        for other, there in widgets[number + 1 :]:
            related = one.isAncestorOf(other) or other.isAncestorOf(one)
            common = here.intersected(there)
            apart = related or common.width() <= _SLACK_PX or common.height() <= _SLACK_PX
            if not apart and _same_layer(one, other):
                found.append(f"{_text(one)!r} and {_text(other)!r} lie over each other")
    return found


def _same_layer(one: QWidget, other: QWidget) -> bool:
    """Texts of two overlays, or of a scroll area and what is outside it, may share a place: only one is on top."""
    return _area(one) is _area(other)


def _area(widget: QWidget) -> QWidget | None:
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, QScrollArea):
        parent = parent.parentWidget()
    return parent


def outside(root: QWidget) -> list[str]:
    """Texts that their parents cut off, and no scrolling reaches."""
    found = []
    for widget in with_text(root):
        area = _area(widget)
        rect = place(widget, root)
        if isinstance(area, QScrollArea):
            area.ensureWidgetVisible(widget, 0, 0)
            rect, limit = place(widget, root), QRect(area.mapTo(root, QPoint(0, 0)), area.viewport().size())
        else:
            limit = root.rect()
        if not limit.adjusted(-1, -1, 1, 1).contains(rect):
            found.append(f"{_text(widget)!r} at {rect} cannot be reached within {limit}")
    return found

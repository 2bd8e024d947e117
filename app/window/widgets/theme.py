"""Colours, spacing and the style sheet: dark, calm, one accent. Left side of the body teal, right side coral."""

from __future__ import annotations

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

BACKGROUND = "#0d1014"
SURFACE = "#14181e"
RAISED = "#1d232b"
HOVER = "#262e38"
LINE = "#232a33"
TEXT = "#e7eaef"
MUTED = "#8e98a7"
FAINT = "#5d6775"
ACCENT = "#2ecfb8"
ACCENT_DARK = "#1b8676"
WARNING = "#f2b84b"
ERROR = "#f0655a"
RIGHT_SIDE = "#ff9468"
CENTRE = "#c8d0db"

LEVEL_COLOURS = {"info": ACCENT, "warning": WARNING, "error": ERROR}
STAGE_COLOURS = {"capture": "#6b8cff", "pose2d": ACCENT, "vtm": "#b78bff", "solver": "#f2b84b", "osc": RIGHT_SIDE}
FAMILIES = ("Inter", "Segoe UI", "SF Pro Text", "Helvetica Neue", "Noto Sans", "Cantarell", "Ubuntu", "DejaVu Sans")

STYLE = f"""
* {{ color: {TEXT}; font-size: 13px; }}
QMainWindow, QDialog, #root {{ background: {BACKGROUND}; }}
QWidget#header, QWidget#strip, QWidget#side, QWidget#sideBody {{ background: {SURFACE}; }}
QLabel {{ background: transparent; }}
QLabel[role="title"] {{ font-size: 15px; font-weight: 600; }}
QLabel[role="section"] {{ color: {MUTED}; font-size: 11px; font-weight: 600; letter-spacing: 1px; }}
QLabel[role="muted"] {{ color: {MUTED}; font-size: 12px; }}
QLabel[role="figure"] {{ font-size: 20px; font-weight: 600; }}
QLabel[role="error"] {{ color: {ERROR}; font-size: 12px; }}
QLabel[role="warning"] {{ color: {WARNING}; font-size: 12px; }}
QLabel[role="placeholder"] {{ color: {MUTED}; font-size: 14px; }}
QFrame[role="line"] {{ background: {LINE}; border: none; max-height: 1px; min-height: 1px; }}
QFrame[role="upright"] {{ background: {LINE}; border: none; max-width: 1px; min-width: 1px; }}
QPushButton, QToolButton {{ background: {RAISED}; border: 1px solid {LINE}; border-radius: 6px; padding: 6px 12px; }}
QPushButton:hover, QToolButton:hover {{ background: {HOVER}; }}
QPushButton:pressed, QToolButton:pressed {{ background: {LINE}; }}
QPushButton:focus, QToolButton:focus, QComboBox:focus, QAbstractSpinBox:focus, QLineEdit:focus
    {{ border: 1px solid {ACCENT_DARK}; }}
QPushButton:checked {{ background: {ACCENT_DARK}; border: 1px solid {ACCENT}; }}
QSlider::groove:horizontal {{ background: {HOVER}; height: 4px; border-radius: 2px; }}
QSlider::sub-page:horizontal {{ background: {ACCENT}; height: 4px; border-radius: 2px; }}
QSlider::handle:horizontal {{ background: {TEXT}; width: 12px; margin: -4px 0; border-radius: 6px; }}
QPushButton[role="primary"]
    {{ background: {ACCENT}; color: #06211d; border: none; font-weight: 600; padding: 7px 14px; }}
QPushButton[role="primary"]:hover {{ background: #4be0cb; }}
QPushButton:disabled, QToolButton:disabled, QPushButton[role="primary"]:disabled, QPushButton[role="record"]:disabled
    {{ background: {SURFACE}; border: 1px dashed {LINE}; color: {FAINT}; }}
QToolButton[role="icon"]:disabled {{ border: none; }}
QPushButton[role="record"] {{ font-weight: 600; padding: 9px 12px; font-size: 14px; }}
QPushButton[role="record"][on="true"] {{ background: #3a1d1c; border: 1px solid {ERROR}; color: #ffd9d5; }}
QPushButton[role="banner"] {{ background: rgba(255, 255, 255, 26); border: none; padding: 4px 12px; font-weight: 600; }}
QPushButton[role="banner"]:hover {{ background: rgba(255, 255, 255, 48); }}
QPushButton[role="small"] {{ padding: 3px 8px; font-size: 12px; }}
QLabel[role="big"] {{ font-size: 34px; font-weight: 700; }}
QLabel[role="mark"] {{ font-size: 15px; font-weight: 700; color: {BACKGROUND}; background: {WARNING};
    border-radius: 5px; padding: 3px 12px; letter-spacing: 2px; }}
QToolButton[role="icon"] {{ background: transparent; border: none; padding: 5px; border-radius: 6px; }}
QToolButton[role="icon"]:hover {{ background: {HOVER}; }}
QFileDialog QToolButton {{ padding: 4px; }}
QFileDialog QHeaderView::section {{ background: {SURFACE}; color: {MUTED}; border: none; padding: 5px 8px; }}
QToolButton::menu-indicator {{ image: none; width: 0; }}
QCheckBox::indicator
    {{ width: 15px; height: 15px; border: 1px solid {FAINT}; border-radius: 4px; background: {RAISED}; }}
QCheckBox::indicator:checked {{ background: {ACCENT}; border: 1px solid {ACCENT}; }}
QPlainTextEdit {{ background: {SURFACE}; border: 1px solid {LINE}; border-radius: 6px; padding: 4px; font-size: 11px; }}
QComboBox, QAbstractSpinBox, QLineEdit
    {{ background: {RAISED}; border: 1px solid {LINE}; border-radius: 6px; padding: 5px 9px; min-height: 20px;
       selection-background-color: {ACCENT_DARK}; }}
QComboBox:hover, QAbstractSpinBox:hover, QLineEdit:hover {{ background: {HOVER}; }}
QComboBox::drop-down {{ border: none; width: 24px; }}
QComboBox::down-arrow {{ image: none; }}
QComboBox QAbstractItemView, QMenu
    {{ background: {RAISED}; border: 1px solid {LINE}; padding: 4px; outline: none;
       selection-background-color: {HOVER}; }}
QMenu::item {{ padding: 6px 18px; border-radius: 4px; }}
QMenu::item:selected {{ background: {HOVER}; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ width: 0; border: none; }}
QScrollArea {{ background: {SURFACE}; border: none; }}
QScrollBar:vertical {{ background: transparent; width: 8px; margin: 0; }}
QScrollBar::handle:vertical {{ background: {HOVER}; border-radius: 4px; min-height: 30px; }}
QScrollBar:horizontal {{ background: transparent; height: 8px; margin: 0; }}
QScrollBar::handle:horizontal {{ background: {HOVER}; border-radius: 4px; min-width: 30px; }}
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page
    {{ background: none; height: 0; }}
QSplitter::handle {{ background: {LINE}; }}
QToolTip {{ background: {RAISED}; color: {TEXT}; border: 1px solid {LINE}; padding: 5px; }}
"""


def apply_theme(application: QApplication) -> None:
    """Style the application, with fonts that the system already has."""
    application.setStyle("Fusion")
    palette = QPalette()
    roles = QPalette.ColorRole
    for role, colour in (
        (roles.Window, BACKGROUND),
        (roles.Base, RAISED),
        (roles.Button, RAISED),
        (roles.Text, TEXT),
        (roles.WindowText, TEXT),
        (roles.ButtonText, TEXT),
        (roles.Highlight, ACCENT_DARK),
        (roles.HighlightedText, TEXT),
        (roles.PlaceholderText, FAINT),
        (roles.ToolTipBase, RAISED),
        (roles.ToolTipText, TEXT),
    ):
        palette.setColor(role, QColor(colour))
    application.setPalette(palette)
    installed = set(QFontDatabase.families())
    font = QFont([family for family in FAMILIES if family in installed] or [application.font().family()])
    font.setPixelSize(13)
    application.setFont(font)
    application.setStyleSheet(STYLE)

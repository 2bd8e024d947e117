"""The panel on the right: one section per kind of setting, one signal for every change."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from app.window.widgets.capture_panel import TrackingPanel
from app.window.widgets.details_panel import DetailsPanel
from app.window.widgets.fields import Section, rule
from app.window.widgets.performer_panel import PerformerPanel
from app.window.widgets.receive_panel import ReceivePanel
from app.window.widgets.record_panel import RecordPanel
from app.window.widgets.source_panel import SourcePanel
from app.window.widgets.targets_panel import TargetsPanel
from engine.config import Config
from engine.types import Snapshot

WIDTH = 328


class SidePanel(QScrollArea):
    """`changed` carries the fields of Config that the user set."""

    changed = Signal(dict)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("side")
        self.setFixedWidth(WIDTH)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.source, self.performer, self.tracking = SourcePanel(), PerformerPanel(), TrackingPanel()
        self.details = DetailsPanel()
        self.targets, self.record, self.receive = TargetsPanel(), RecordPanel(), ReceivePanel()
        body = QWidget()
        body.setObjectName("sideBody")
        body.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        box = QVBoxLayout(body)
        box.setContentsMargins(18, 16, 18, 16)
        box.setSpacing(13)
        sections: tuple[Section, ...] = (
            self.targets,
            self.record,
            self.source,
            self.performer,
            self.details,
            self.tracking,
            self.receive,
        )
        for index, section in enumerate(sections):
            if index:
                box.addWidget(rule())
            box.addWidget(section)
        box.addStretch(1)
        self.setWidget(body)
        for panel in (
            self.source,
            self.performer,
            self.details,
            self.tracking,
            self.targets,
            self.record,
            self.receive,
        ):
            panel.changed.connect(self.changed)

    def show_config(self, config: Config) -> None:
        """Show settings without emitting."""
        for panel in (self.source, self.performer, self.details, self.tracking, self.record, self.receive):
            panel.show_config(config)
        self.targets.show_urls(config.osc, config.vmc_receive)
        self.targets.show_rate(config.osc_rate_hz)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the live state; call a few times per second."""
        stats = snapshot.stats
        self.tracking.show_running(stats.detector, stats.detector_size, stats.backend)
        self.details.show_snapshot(snapshot)
        self.targets.show_states(snapshot.targets)
        self.receive.show_state(snapshot.receiver)
        self.record.show_state(snapshot.recording)
        self.record.button.setEnabled(
            snapshot.state == "running" or snapshot.recording is not None or self.record.counting
        )

"""Connects the Viewpoints mode to the window: feeds its measurements with the snapshots. Qt thread only.

While a rendered clip is shown, its source and lens are applied but not saved, and nothing is sent, so that the avatar
does not move. Closing the mode restores the user's settings.
"""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from app.window.session import Session
from app.window.viewpoint_picture import ring_of, save_turn
from app.window.viewpoint_rings import mm, place_words, ratio, turn_words
from app.window.widgets.viewpoint_ring import RingData
from app.window.widgets.viewpoints_panel import ViewpointsPanel
from engine.config import Config
from engine.errors import InputError, VtmError
from engine.types import Detection, Pose, Snapshot
from engine.viewpoints.carried import CarryMeter
from engine.viewpoints.rendered import RenderedViews, ViewErrors, read_views
from engine.viewpoints.turn import TurnMeter, TurnReport, own_3d

log = logging.getLogger(__name__)

_DRAWN_EVERY = 5
"""The ring is redrawn once per this many poses."""


class ViewpointsControl(QObject):
    """`shown` is the page on screen, "" when the mode is closed. Polled by the window's timer."""

    def __init__(
        self,
        panel: ViewpointsPanel,
        session: Session,
        config: Callable[[], Config],
        say: Callable[[str, str], None],
    ) -> None:
        """config: returns the window's settings; those of the rendered clip replace them only while it is shown."""
        super().__init__(panel)
        self._panel, self._session, self._config, self._say = panel, session, config, say
        self.shown = ""
        self._turn, self._carry = TurnMeter(), CarryMeter()
        self._report = TurnReport()
        self._views: RenderedViews | None = None
        self._errors: ViewErrors | None = None
        self._key: tuple[str, int] | None = None
        self._count = 0
        panel.mode_chosen.connect(self._choose)
        panel.turn.again.connect(self.start_turn)
        panel.turn.save.connect(self._save)
        panel.carry.again.connect(self.start_carry)
        panel.rendered.looked_from.connect(self._look_from)

    @property
    def lens_deg(self) -> float | None:
        """Field of view of the rendered clip while it is shown; None: the user's setting applies."""
        return self._views.hfov_deg if self.shown == "rendered" and self._views is not None else None

    def open(self, mode: str = "turn") -> None:
        """Show the mode."""
        self._panel.choose(mode)

    def close(self) -> None:
        """Restore the settings and the previous source."""
        self._leave_rendered()
        self.shown = ""

    def start_turn(self) -> None:
        """Start a new turn measurement."""
        self._turn, self._report = TurnMeter(), TurnReport()
        self._show_turn()

    def start_carry(self) -> None:
        """Start a new drift measurement."""
        self._carry = CarryMeter()
        self._panel.carry.show_drift(self._carry.drift)

    def pull(self, snapshot: Snapshot) -> None:
        """Process a snapshot; every pose is counted once."""
        pose, frame = snapshot.pose, snapshot.frame
        if not self.shown or pose is None or frame is None or not pose.tracked:
            return
        key = (snapshot.source, pose.frame_id)
        if key == self._key:
            return
        self._key = key
        self._count += 1
        if self.shown == "turn":
            self._push_turn(pose, snapshot.detection)
        elif self.shown == "carry":
            self._panel.carry.show_drift(self._carry.push(pose))
        else:
            self._push_rendered(snapshot, pose)

    def _choose(self, mode: str) -> None:
        if mode == self.shown:
            return
        if self.shown == "rendered":
            self._leave_rendered()
        self.shown = mode
        if mode == "turn":
            self.start_turn()
        elif mode == "carry":
            self.start_carry()
        else:
            self._look_from(self._panel.rendered.slider.value())

    def _push_turn(self, pose: Pose, detection: Detection | None) -> None:
        confidence = float(np.mean(pose.part_confidence))
        joints = pose.joints_cam_m.astype(np.float64)
        self._turn.push(pose.captured_at_s, joints, own_3d(detection), pose.R_world_cam[1], confidence)
        if (self._count % _DRAWN_EVERY == 0 and not self._turn.done) or (self._turn.done and self._report.turns < 2):
            self._report = self._turn.report()
            self._show_turn()

    def _show_turn(self) -> None:
        report, page = self._report, self._panel.turn
        words = turn_words(report)
        page.ring.show_data(ring_of(report))
        page.figures.show_values(mm(report.ours.mean_mm), mm(report.detector.mean_mm), mm(report.ours.floor_mean_mm))
        page.words.setText(words.sentence)
        page.saver.setEnabled(report.filled > 0)

    def _save(self) -> None:
        """Save the ring as a picture, with its results beside it as JSON."""
        name, _ = QFileDialog.getSaveFileName(self._panel, "Save the ring", "viewpoints.png", "Picture (*.png)")
        if not name:
            return
        path = Path(name).with_suffix(".png")
        try:
            save_turn(path, self._report, "Live")
            path.with_suffix(".json").write_text(json.dumps(self._report.as_json(), indent=2) + "\n")
        except (VtmError, OSError) as error:
            log.warning("saving the ring failed", exc_info=True)
            self._say("warning", f"The ring could not be saved: {error}")
        else:
            self._say("info", f"Saved {path} and {path.with_suffix('.json').name}")

    def _look_from(self, view: int) -> None:
        if self.shown != "rendered":
            return
        if self._views is None:
            try:
                self._views = read_views()
            except InputError as error:
                self._say("warning", str(error))
                return
            self._errors = ViewErrors(self._views)
        assert self._errors is not None
        self._errors.look_from(view)
        self._panel.rendered.place.setText(place_words(self._views.views_deg[view]))
        self._session.apply(self._rendered_config(self._views, view))
        self._show_rendered()

    def _rendered_config(self, views: RenderedViews, view: int) -> Config:
        return dataclasses.replace(
            self._config(),
            source=str(views.video(view)),
            hfov_deg=views.hfov_deg,
            intrinsics_file=None,
            height_m=views.height_m,
            proportions=(),
            mirror=False,
            rotate_deg=0,
            body="whole",
            hands="off",
            face="off",
            osc=(),
            loop=True,
        )

    def _leave_rendered(self) -> None:
        if self.shown == "rendered" and self._views is not None:
            self._session.apply(dataclasses.replace(self._config(), loop=True))

    def _push_rendered(self, snapshot: Snapshot, pose: Pose) -> None:
        errors, views = self._errors, self._views
        if errors is None or views is None or snapshot.source != views.video(errors.view).name:
            return  # the previous clip is still closing
        errors.push(pose.frame_id, pose.joints_cam_m.astype(np.float64), own_3d(snapshot.detection))
        if self._count % _DRAWN_EVERY == 0:
            self._panel.rendered.show_rate(snapshot.stats.fps)
            self._show_rendered()

    def _show_rendered(self) -> None:
        errors, views = self._errors, self._views
        if errors is None or views is None:
            return
        ours, theirs = errors.means()
        page = self._panel.rendered
        known, own = [v for v in ours if v is not None], ours[errors.view]
        worst = max(known) / min(known) if len(known) > 1 else None
        detector = theirs[errors.view]
        page.ring.show_data(
            RingData(
                ours,
                theirs,
                pointer_deg=views.views_deg[errors.view],
                title="true error, worst / best",
                big=ratio(worst),
                small=f"{len(known)} of {len(ours)} sides\nrendered",
            )
        )
        share = "–" if own is None or not detector else f"{own / detector:.2f}"
        page.figures.show_values(mm(own), mm(detector), share)

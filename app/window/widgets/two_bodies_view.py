"""The 3D view with two overlaid performers, each in one colour."""

from __future__ import annotations

from app.window.widgets.body_mesh import BodyMesh
from app.window.widgets.body_view import BodyItem, BodyView, PosedMesh
from app.window.widgets.comparison_paint import COLOUR_A, COLOUR_B
from engine.types import Pose

_DISTANCE_M = 5.2


def _coloured(body: BodyMesh, colour: str) -> None:
    body.colours[:, :3] = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]


class TwoBodiesView(BodyView):
    """Shows A's pose, and B's rotated into A's world. Qt thread only."""

    def __init__(self, samples: int = 4) -> None:
        super().__init__(samples)
        _coloured(self._body, COLOUR_A)
        self._second = BodyMesh()
        _coloured(self._second, COLOUR_B)
        self._second_item = BodyItem(
            meshdata=PosedMesh(self._second), shader=self._body_shader, glOptions="translucent"
        )
        self.addItem(self._second_item)
        self._second_item.setVisible(False)

    def home(self) -> None:
        """Reset the view, farther away since the pane is low."""
        super().home()
        self.setCameraPosition(distance=_DISTANCE_M)

    def show_both(self, a: Pose, b: Pose | None) -> None:
        """Draw both; without B only the first."""
        self.show_pose(a)
        self._second_item.setVisible(b is not None)
        if b is None:
            return
        self._second.pose(b.joints_world_m, b.rotations_xyzw, float(b.rest_offsets_m[0, 1]))
        if self._second.show_seen(b.part_confidence):
            self._second_item.recoloured = True
        self._second_item.moved = True

    def clear_pose(self) -> None:
        """Clear the floor."""
        super().clear_pose()
        self._second_item.setVisible(False)

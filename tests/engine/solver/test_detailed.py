"""Hands and face on a moving body: wrists, fingers, head, eyes and scores come, stay for a moment, and go softly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.solver.detailed import DetailSolver, make_detail_solver
from engine.solver.face import GAZE_GAIN
from engine.solver.hands import relaxed_hand
from engine.types import Details, FaceView, HandView, Pose
from models import face as m
from models.camera import Intrinsics
from models.fingers import MIRROR_FINGERS
from models.skeleton import JOINT, MIRROR_JOINTS, NUM_JOINTS
from tests.engine.conftest import PoseMaker
from tests.engine.solver.test_face import mesh, mirrored, scores
from tests.engine.solver.test_hands import left_hand

CAMERA = np.diag([1.0, -1.0, -1.0])
"""R_world_cam of a level camera that looks at the performer."""
MIRROR = np.diag([-1.0, 1.0, 1.0])
FIST = left_hand(np.array([[60.0, 50, 32.5]] * 4), np.zeros(4))
HANDS = (JOINT["LeftHand"], JOINT["RightHand"])
FOREARMS = (JOINT["LeftLowerArm"], JOINT["RightLowerArm"])


@pytest.fixture
def body(make_pose: PoseMaker) -> Pose:
    """A T-pose before the camera."""
    rest = np.tile(np.array([0, 0, 0, 1], np.float32), (NUM_JOINTS, 1))
    return replace(
        make_pose(),
        rotations_xyzw=rest,
        R_world_cam=CAMERA.astype(np.float32),
        intrinsics=Intrinsics(600, 600, 320, 240),
    )


def hand_view(side: int, time_s: float, turn: Rotation, *, presence: float = 0.95, size_px: float = 90) -> HandView:
    """A fist that is turned in the world."""
    points = turn.apply(FIST if side == 0 else FIST @ MIRROR) @ CAMERA
    shown = np.tile(np.array([[320, 240, 0]], np.float32), (21, 1))
    return HandView(0, time_s, shown, points.astype(np.float32), presence, float(side), size_px)


def face_view(time_s: float, turn: Rotation, look: tuple[float, float] = (0.0, 0.0)) -> FaceView:
    points = mesh(turn, look=look)
    points[:, :2] += [320, 240] - points[:, :2].mean(0)  # in the middle of the picture
    return FaceView(0, time_s, points, 0.99, scores(mouthSmileLeft=0.8), 100.0)


def angle(quaternion: np.ndarray, expected: Rotation) -> float:
    return float(np.degrees((Rotation.from_quat(quaternion).inv() * expected).magnitude()))


def run(solver: DetailSolver, pose: Pose, seconds: float, start_s: float = 0.0, **views: object) -> list[Pose]:
    """Poses at 30 Hz; `views` are functions of time that give a view."""
    answers = []
    for step in range(round(seconds * 30)):
        time_s = start_s + step / 30
        seen = {name: view(time_s) for name, view in views.items()}  # type: ignore[operator]
        answers.append(solver.solve(replace(pose, captured_at_s=time_s), Details(step, time_s, **seen)))
    return answers


@pytest.mark.parametrize("side", [0, 1])
def test_a_seen_hand_turns_the_wrist_and_bends_the_fingers_and_twists_the_forearm_by_half(
    side: int, body: Pose
) -> None:
    turn = Rotation.from_euler("x", 60, degrees=True)
    name = ("left", "right")[side]
    answers = run(DetailSolver(face=False), body, 1.0, **{name: lambda t: hand_view(side, t, turn)})
    last = answers[-1]
    still = run(DetailSolver(face=False), body, 1.0, **{name: lambda t: hand_view(side, t, Rotation.identity())})[-1]
    flat = Rotation.from_quat(still.rotations_xyzw[HANDS[side]])  # the roots of the fingers lie a little askew
    forearm = Rotation.from_quat(last.rotations_xyzw[FOREARMS[side]])
    assert (forearm * Rotation.from_quat(last.rotations_xyzw[HANDS[side]])).as_matrix() == pytest.approx(
        (turn * flat).as_matrix(), abs=0.05
    )
    assert forearm.as_rotvec(degrees=True) == pytest.approx([30, 0, 0], abs=4)
    assert last.fingers_xyzw is not None
    bent = np.degrees(Rotation.from_quat(last.fingers_xyzw[15 * side + 3 : 15 * side + 5]).magnitude())
    assert bent == pytest.approx([72, 60], abs=14)
    other = 1 - side
    assert last.rotations_xyzw[HANDS[other]] == pytest.approx([0, 0, 0, 1], abs=1e-6)
    assert last.fingers_xyzw[15 * other : 15 * other + 15] == pytest.approx(relaxed_hand(other), abs=1e-5)
    assert last.hand_points_cam_m is not None
    assert np.isnan(last.hand_points_cam_m[other]).all()
    assert last.hand_points_cam_m[side, 0] == pytest.approx(body.joints_cam_m[HANDS[side]])
    assert (last.eyes_xyzw, last.expression) == (None, None)


def test_nothing_jumps_when_a_hand_comes_and_goes(body: Pose) -> None:
    solver = DetailSolver()
    turn = Rotation.from_euler("x", 80, degrees=True)
    answers = run(solver, body, 1.0, left=lambda t: hand_view(0, t, turn))
    answers += run(solver, body, 1.5, 1.0)
    wrists = Rotation.from_quat(np.stack([answer.rotations_xyzw[HANDS[0]] for answer in answers]))
    fingers = Rotation.from_quat(np.stack([answer.fingers_xyzw[3] for answer in answers]))  # type: ignore[index]
    for track in (wrists, fingers):
        assert np.degrees((track[:-1].inv() * track[1:]).magnitude()).max() < 30
    assert angle(answers[30 + 6].rotations_xyzw[FOREARMS[0]], Rotation.from_euler("x", 40, degrees=True)) < 5  # held
    assert answers[-1].rotations_xyzw == pytest.approx(body.rotations_xyzw, abs=1e-6)
    assert answers[-1].fingers_xyzw is not None
    assert answers[-1].fingers_xyzw[:15] == pytest.approx(relaxed_hand(0), abs=0.02)


@pytest.mark.parametrize("poor", [{"presence": 0.6}, {"size_px": 35.0}])
def test_a_doubtful_hand_bends_fingers_and_leaves_the_wrist_to_the_body(poor: dict[str, float], body: Pose) -> None:
    turn = Rotation.from_euler("x", 80, degrees=True)
    last = run(DetailSolver(), body, 1.0, left=lambda t: hand_view(0, t, turn, **poor))[-1]
    assert last.rotations_xyzw == pytest.approx(body.rotations_xyzw, abs=1e-6)
    assert last.fingers_xyzw is not None
    assert angle(last.fingers_xyzw[3], Rotation.identity()) > 40


def test_the_head_follows_the_face_and_the_eyes_and_scores_do(body: Pose) -> None:
    turn = Rotation.from_euler("Z", 20, degrees=True)
    last = run(DetailSolver(hands=False), body, 1.0, face=lambda t: face_view(t, turn, (0.2, 0.0)))[-1]
    assert angle(last.rotations_xyzw[JOINT["Head"]], turn) < 1
    assert last.head_from_face
    assert last.eyes_xyzw is not None
    assert angle(last.eyes_xyzw[0], Rotation.from_euler("Y", 0.2 * GAZE_GAIN)) < 1
    assert last.expression is not None
    assert last.expression[m.EXPRESSION["mouthSmileLeft"]] == pytest.approx(0.8, abs=0.01)
    assert last.expression[m.EXPRESSION["eyeLookOutLeft"]] > 0.2
    assert last.fingers_xyzw is None
    untouched = [joint for joint in range(NUM_JOINTS) if joint != JOINT["Head"]]
    assert last.rotations_xyzw[untouched] == pytest.approx(body.rotations_xyzw[untouched], abs=1e-6)


def test_a_face_at_the_edge_of_the_picture_is_turned_with_the_ray_to_it(body: Pose) -> None:
    def at_edge(time_s: float) -> FaceView:
        view = face_view(time_s, Rotation.identity())
        return replace(view, points_px=view.points_px + np.array([300, 0, 0], np.float32))

    last = run(DetailSolver(hands=False), body, 1.0, face=at_edge)[-1]
    by = Rotation.from_euler("Y", -np.arctan(300 / 600))  # it looks into the camera, which is at its right
    assert angle(last.rotations_xyzw[JOINT["Head"]], by) < 1


def test_a_hand_at_the_edge_of_the_picture_is_turned_with_the_ray_to_it(body: Pose) -> None:
    def hand_world(y_px: float) -> Rotation:
        def view(time_s: float) -> HandView:
            seen = hand_view(0, time_s, Rotation.identity())
            return replace(seen, points_px=seen.points_px + np.array([0, y_px, 0], np.float32))

        last = run(DetailSolver(face=False), body, 1.0, left=view)[-1]
        return Rotation.from_quat(last.rotations_xyzw[FOREARMS[0]]) * Rotation.from_quat(last.rotations_xyzw[HANDS[0]])

    turned = (hand_world(200.0) * hand_world(0.0).inv()).as_rotvec(degrees=True)
    assert turned == pytest.approx([-np.degrees(np.arctan(200 / 600)), 0, 0], abs=1)  # it is seen from above


def test_a_face_that_is_gone_leaves_the_head_to_the_body_and_relaxes(body: Pose) -> None:
    solver = DetailSolver()
    run(solver, body, 1.0, face=lambda t: face_view(t, Rotation.from_euler("X", 20, degrees=True)))
    last = run(solver, body, 1.2, 1.0)[-1]
    assert last.rotations_xyzw == pytest.approx(body.rotations_xyzw, abs=1e-6)
    assert not last.head_from_face
    assert last.expression is not None
    assert last.expression.max() < 0.05


def test_one_old_view_is_taken_once_and_points_that_are_no_hand_change_nothing(body: Pose) -> None:
    solver = DetailSolver()
    old = hand_view(0, 0.0, Rotation.identity())
    answers = run(solver, body, 2.0, left=lambda _t: old)
    assert answers[-1].rotations_xyzw == pytest.approx(body.rotations_xyzw, abs=1e-6)  # held 0.3 s, then let go
    nothing = replace(old, world_m=np.zeros((21, 3), np.float32), captured_at_s=3.0)
    last = solver.solve(replace(body, captured_at_s=3.0), Details(0, 3.0, left=nothing))
    assert np.isfinite(last.rotations_xyzw).all()


def test_between_two_views_the_hand_goes_with_the_arm(body: Pose) -> None:
    solver = DetailSolver()
    run(solver, body, 1.0, left=lambda t: hand_view(0, t, Rotation.identity()))
    view = hand_view(0, 1.0, Rotation.identity())
    before = run(solver, body, 0.1, 1.0, left=lambda _t: view)[-1]
    turns = body.rotations_xyzw.copy()
    turns[JOINT["LeftUpperArm"]] = Rotation.from_euler("z", -60, degrees=True).as_quat()
    after = run(solver, replace(body, rotations_xyzw=turns), 0.15, 1.1, left=lambda _t: view)[-1]
    assert after.rotations_xyzw[HANDS[0]] == pytest.approx(before.rotations_xyzw[HANDS[0]], abs=1e-3)


def test_reset_forgets_the_hands_and_keeps_the_calibration(body: Pose) -> None:
    solver = DetailSolver()
    run(solver, body, 1.0, left=lambda t: hand_view(0, t, Rotation.identity()))
    solver.reset()
    first = solver.solve(replace(body, captured_at_s=9.0), Details(0, 9.0))
    assert first.fingers_xyzw is not None
    assert first.fingers_xyzw[:15] == pytest.approx(relaxed_hand(0), abs=1e-6)


def test_what_is_seen_has_its_presence_as_confidence_and_fades_when_lost(body: Pose) -> None:
    solver = DetailSolver()
    seen = run(solver, body, 0.5, left=lambda time_s: hand_view(0, time_s, Rotation.identity(), presence=0.8))[-1]
    assert seen.detail_confidence is not None
    assert seen.detail_confidence == pytest.approx([0.8, 0.0, 0.0])
    fading = run(solver, body, 0.5, 0.5)[-1]
    gone = run(solver, body, 0.6, 1.0)[-1]
    assert fading.detail_confidence is not None
    assert gone.detail_confidence is not None
    assert 0 < fading.detail_confidence[0] < 0.8
    assert gone.detail_confidence[0] == 0


def test_another_solver_keeps_what_was_calibrated(body: Pose) -> None:
    first = DetailSolver()
    first.rest_on([face_view(0.0, Rotation.identity())])
    assert first.resting_face is not None
    second = make_detail_solver(hands=False, face=True, before=first)
    assert second.resting_face is first.resting_face
    assert run(second, body, 0.1)[-1].fingers_xyzw is None
    second.rest_on([])
    assert second.resting_face is first.resting_face


def mirrored_turns(turns: np.ndarray, order: tuple[int, ...]) -> np.ndarray:
    """Rotations of the other side, in the mirror."""
    return turns[list(order)] * [1, -1, -1, 1]


def same_turns(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(np.abs((found * expected).sum(-1)), 1.0, atol=1e-4)


def test_a_mirrored_performer_changes_the_side_of_everything(body: Pose) -> None:
    turns = Rotation.random(NUM_JOINTS, random_state=3).as_rotvec() * 0.1
    pose = replace(body, rotations_xyzw=Rotation.from_rotvec(turns).as_quat().astype(np.float32))
    other = replace(pose, rotations_xyzw=mirrored_turns(pose.rotations_xyzw, MIRROR_JOINTS).astype(np.float32))
    turn, look = Rotation.from_euler("yxz", [20, 10, 5], degrees=True), (0.2, 0.1)
    back = Rotation.from_quat(turn.as_quat() * [1, -1, -1, 1])
    seen = scores(mouthSmileLeft=0.8, browDownRight=0.6, jawLeft=0.4)
    left = hand_view(0, 0.0, turn)
    right = hand_view(1, 0.0, back)
    points = mesh(turn, look=look)
    faces = [FaceView(0, 0.0, points, 0.99, seen, 100.0)]
    faces.append(replace(faces[0], points_px=mirrored(points), scores=seen[list(m.MIRROR_EXPRESSIONS)]))
    results = []
    for one, hands, face in ((pose, {"left": left}, faces[0]), (other, {"right": right}, faces[1])):
        answers = run(
            DetailSolver(),
            one,
            1.0,
            face=lambda t, face=face: replace(face, captured_at_s=t),
            **{side: lambda t, view=view: replace(view, captured_at_s=t) for side, view in hands.items()},
        )
        results.append(answers[-1])
    first, second = results
    same_turns(second.rotations_xyzw, mirrored_turns(first.rotations_xyzw, MIRROR_JOINTS))
    same_turns(second.fingers_xyzw, mirrored_turns(first.fingers_xyzw, MIRROR_FINGERS))
    same_turns(second.eyes_xyzw, mirrored_turns(first.eyes_xyzw, (1, 0)))
    np.testing.assert_allclose(second.expression, first.expression[list(m.MIRROR_EXPRESSIONS)], atol=1e-3)
    assert second.detail_confidence.tolist() == first.detail_confidence[[1, 0, 2]].tolist()
    assert float(first.expression[m.EXPRESSION["mouthSmileLeft"]]) > 0.5

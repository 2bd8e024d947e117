"""Finger bones, eyes and expressions over VMC, as a receiver written from the specification alone finds them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.avatar.vrm import read_avatar
from engine.osc.receivers import PRESETS
from engine.osc.targets import parse_target
from engine.osc.vmc import VmcEncoder, VmcFeed
from engine.osc.vmc_details import DetailBones
from engine.osc.vmc_options import VmcOptions
from engine.types import Pose
from models.detail_skeleton import DETAIL_NAMES, EYE_NAMES, detail_offsets_m
from models.face import EXPRESSION, EXPRESSION_NAMES
from models.fingers import FINGER_NAMES
from models.vrm_expressions import VRM0_NAMES, VRM1_NAMES, vrm_expressions
from tests.engine.detailed_poses import with_details
from tests.engine.osc.vmc_listener import VmcListener, osc_messages

PoseMaker = Callable[..., Pose]
DATA = Path(__file__).parents[1] / "avatar" / "data"
ADULT, CHILD = DATA / "adult_1.0.vrm", DATA / "child_0.0.vrm"
UNITY = np.array([1, -1, -1, 1])


def encoder_of(options: str = "") -> VmcEncoder:
    encoder = parse_target(f"vmc://127.0.0.1{options}").encoder()
    assert isinstance(encoder, VmcEncoder)
    return encoder


def heard(encoder: VmcEncoder, pose: Pose, longest: int = 1200) -> VmcListener:
    listener = VmcListener()
    for datagram in encoder.encode(pose, pose.captured_at_s):
        listener.receive(datagram, longest)
    return listener


def test_every_finger_and_eye_arrives_once_with_its_turn_and_a_place_in_the_hand(make_pose: PoseMaker):
    pose = with_details(make_pose(time_s=0.3))
    listener = heard(encoder_of(), pose)
    assert len(listener.bones) == 22 + 30 + 2
    offsets = detail_offsets_m(pose.rest_offsets_m)
    turns = np.concatenate([pose.fingers_xyzw, pose.eyes_xyzw])
    for row, name in enumerate(DETAIL_NAMES):
        place, turn = listener.bones[name][:3], np.array(listener.bones[name][3:])
        assert place == pytest.approx(offsets[row] * [-1, 1, 1], abs=1e-6)
        assert abs(float(turn @ (turns[row] * UNITY))) == pytest.approx(1.0, abs=1e-5)


def test_fingers_come_in_bundles_of_their_own_and_the_one_apply_comes_last(make_pose: PoseMaker):
    datagrams = encoder_of().encode(with_details(make_pose()), 0.0)
    contents = [[values[0] if "Bone" in at else at for at, _, values in osc_messages(data)] for data in datagrams]
    with_fingers = [set(names) for names in contents if set(names) & set(FINGER_NAMES)]
    assert all(names <= set(DETAIL_NAMES) for names in with_fingers)
    addresses = [at for data in datagrams for at, _, _ in osc_messages(data)]
    assert addresses.count("/VMC/Ext/Blend/Apply") == 1
    assert addresses[-1] == "/VMC/Ext/Blend/Apply"


def test_one_bundle_holds_everything_where_a_receiver_wants_that(make_pose: PoseMaker):
    encoder = encoder_of("?preset=vseeface")
    assert len(encoder.encode(with_details(make_pose()), 0.0)) == 1
    assert len(heard(encoder, with_details(make_pose()), 65_507).bones) == 54
    bare = heard(encoder_of("?packets=bare"), with_details(make_pose()))
    assert (len(bare.bones), bare.applies) == (54, 1)


def test_what_is_not_looked_at_is_not_sent_and_a_change_on_the_way_is_followed(make_pose: PoseMaker):
    encoder = encoder_of()
    pose = make_pose()
    for hands, face in ((False, False), (True, False), (False, True), (True, True), (False, False)):
        sent = with_details(pose, hands=hands, face=face) if hands or face else pose
        listener = heard(encoder, sent)
        assert (set(FINGER_NAMES) <= set(listener.bones)) == hands
        assert (set(EYE_NAMES) <= set(listener.bones)) == face
        assert bool(listener.blends) == face
        assert len(listener.bones) == 22 + 30 * hands + 2 * face


@pytest.mark.parametrize("options", ["?fingers=0", "?eyes=none", "?face=none"])
def test_each_can_be_switched_off_for_a_target(make_pose: PoseMaker, options: str):
    listener = heard(encoder_of(options), with_details(make_pose()))
    assert (len(listener.bones), bool(listener.blends)) == {
        "?fingers=0": (24, True),
        "?eyes=none": (52, True),
        "?face=none": (54, False),
    }[options]


@pytest.mark.parametrize(
    ("face", "names"),
    [
        ("arkit", [name[0].upper() + name[1:] for name in EXPRESSION_NAMES[1:]]),
        ("camel", list(EXPRESSION_NAMES[1:])),
        ("vrm0", list(VRM0_NAMES)),
        ("vrm1", list(VRM1_NAMES)),
    ],
)
def test_the_face_goes_out_in_one_naming_with_the_right_value_under_each_name(
    make_pose: PoseMaker, face: str, names: list[str]
):
    pose = with_details(make_pose(time_s=0.7))
    listener = heard(encoder_of(f"?face={face}"), pose)
    assert list(listener.blends) == names
    expected = pose.expression[1:] if face in ("arkit", "camel") else vrm_expressions(pose.expression)
    assert list(listener.blends.values()) == pytest.approx(expected.tolist(), abs=1e-6)
    assert not (set(VRM0_NAMES) | set(VRM1_NAMES)) & set(listener.blends) or len(listener.blends) == len(VRM0_NAMES)


def test_receivers_have_the_naming_they_know():
    """Eyes as bones wherever a face is sent; what has neither face nor fingers gets none."""
    faces = {name: options.face for name, options in PRESETS.items()}
    assert faces == {
        **dict.fromkeys(["generic", "vseeface", "evmc4u"], "vrm0"),
        **dict.fromkeys(["vmagicmirror", "unreal", "godot", "snekstudio"], "arkit"),
        **dict.fromkeys(["vnyan", "blender"], "camel"),
        **dict.fromkeys(["slimevr", "gmr"], "none"),
        "warudo": "vrm1",
    }
    for name, options in PRESETS.items():
        bodies_only = faces[name] == "none"
        assert (options.eyes, options.fingers) == ("none" if bodies_only else "bones", not bodies_only), name


def test_an_assistants_face_goes_before_our_own(make_pose: PoseMaker):
    encoder = encoder_of()
    pose = with_details(make_pose())
    own = heard(encoder, pose).blends
    encoder.feed = VmcFeed(blends=(("Joy", 0.25), ("TongueOut", 1.0)))
    assert heard(encoder, pose).blends == {"Joy": 0.25, "TongueOut": 1.0}
    encoder.feed = VmcFeed(blends=(("Joy", 0.75), ("TongueOut", 0.5)))
    assert heard(encoder, pose).blends == {"Joy": 0.75, "TongueOut": 0.5}
    encoder.feed = VmcFeed()
    assert heard(encoder, pose).blends == own


def test_the_point_looked_at_is_sent_on_request_only(make_pose: PoseMaker):
    look = Rotation.from_euler("YX", [0.2, 0.1]).as_quat().astype(np.float32)  # left and down
    pose = replace(with_details(make_pose()), eyes_xyzw=np.stack([look, look]))

    def eyes(options: str) -> list[list]:
        sent = [m for data in encoder_of(options).encode(pose, 0.0) for m in osc_messages(data)]
        return [values for address, _, values in sent if address == "/VMC/Ext/Set/Eye"]

    assert eyes("") == []
    ((on, x, y, z),) = eyes("?eyes=target")
    assert on == 1
    assert x == pytest.approx(-2 * np.sin(0.2) * np.cos(0.1), abs=0.02)  # Unity's left is at -x
    assert y < 0.06
    assert z > 1.9
    assert "LeftEye" not in heard(encoder_of("?eyes=none"), pose).bones


def test_signs_of_the_fingers_do_not_jump(make_pose: PoseMaker):
    encoder = encoder_of()
    pose = with_details(make_pose())
    first = heard(encoder, pose).bones["LeftIndexProximal"][3:]
    second = heard(encoder, replace(pose, fingers_xyzw=-pose.fingers_xyzw)).bones["LeftIndexProximal"][3:]
    assert second == pytest.approx(first)


def test_numbers_that_are_none_are_not_sent(make_pose: PoseMaker):
    pose = with_details(make_pose())
    broken = replace(
        pose, fingers_xyzw=pose.fingers_xyzw * np.float32(np.nan), expression=pose.expression * np.float32(np.inf)
    )
    listener = heard(encoder_of("?face=arkit"), broken)
    assert len(listener.bones) == 22
    assert listener.blends == {}


def test_positions_none_sends_zeros_and_upper_keeps_the_hands(make_pose: PoseMaker):
    listener = heard(encoder_of("?positions=none&bones=upper"), with_details(make_pose()))
    assert listener.bones["LeftIndexProximal"][:3] == [0, 0, 0]
    assert "LeftFoot" not in listener.bones
    assert set(FINGER_NAMES) <= set(listener.bones)


@pytest.mark.parametrize("path", [ADULT, CHILD], ids=["1.0", "0.x"])
def test_an_avatar_gets_the_finger_bones_and_expressions_that_it_has(make_pose: PoseMaker, path: Path):
    avatar = read_avatar(path)
    pose = with_details(make_pose())
    listener = heard(encoder_of(f"?avatar={quote(str(path))}"), pose, 2000)
    assert set(listener.bones) & set(DETAIL_NAMES) == set(avatar.details) == avatar.humanoid & set(DETAIL_NAMES)
    assert set(listener.blends) <= set(avatar.expressions)


def made_avatar(*names: str, turned: str = ""):
    """The adult with these finger bones and eyes; one of them has axes of its own."""
    avatar = read_avatar(ADULT)
    hand = avatar.bones["LeftHand"]
    details = {}
    for number, name in enumerate(names, start=1):
        rotation = Rotation.from_euler("x", 0.5 * (name == turned)).as_matrix()
        at = hand.position + np.array([0.03 * number, 0, 0])
        details[name] = replace(hand, position=at, rotation=rotation, above_rotation=np.eye(3), offset=at)
    return replace(avatar, details=details, expressions=("happy", "aa", "blink"))


def test_raw_rotations_are_in_the_axes_of_the_models_own_bones(make_pose: PoseMaker):
    avatar = made_avatar("LeftIndexProximal", "LeftMiddleProximal", turned="LeftIndexProximal")
    pose = with_details(make_pose())
    names, numbers = DetailBones(VmcOptions(avatar="x", rotations="raw"), avatar).of(pose)
    turns = dict(zip(names, np.array(numbers).reshape(-1, 7)[:, 3:] * UNITY, strict=True))
    for name, own in (
        ("LeftIndexProximal", Rotation.from_euler("x", 0.5)),
        ("LeftMiddleProximal", Rotation.identity()),
    ):
        expected = Rotation.from_quat(pose.fingers_xyzw[FINGER_NAMES.index(name)]) * own
        assert (Rotation.from_quat(turns[name]).inv() * expected).magnitude() < 1e-5
    _, normalised = DetailBones(VmcOptions(avatar="x", rotations="normalised"), avatar).of(pose)
    at = np.array(normalised).reshape(-1, 7)
    assert at[0, :3] == pytest.approx([-0.03, 0, 0], abs=1e-6)  # from the hand


def test_a_finger_bone_that_the_model_lacks_gives_its_turn_to_the_next(make_pose: PoseMaker):
    avatar = made_avatar("LeftIndexProximal", "LeftIndexDistal")
    pose = with_details(make_pose())
    names, numbers = DetailBones(VmcOptions(avatar="x", rotations="normalised"), avatar).of(pose)
    assert names == ("LeftIndexProximal", "LeftIndexDistal")
    first = FINGER_NAMES.index("LeftIndexIntermediate")
    expected = Rotation.from_quat(pose.fingers_xyzw[first]) * Rotation.from_quat(pose.fingers_xyzw[first + 1])
    found = Rotation.from_quat(np.array(numbers).reshape(-1, 7)[1, 3:] * UNITY)
    assert (found.inv() * expected).magnitude() < 1e-5


def test_a_model_for_perfect_sync_gets_the_51_by_its_own_names_and_one_without_the_few(make_pose: PoseMaker):
    pose = with_details(make_pose())
    few = made_avatar()
    encoder = VmcEncoder(VmcOptions(avatar="x"), few)
    assert list(heard(encoder, pose, 2000).blends) == ["aa", "blink", "happy"]
    perfect = replace(few, expressions=("Joy", *(name[0].upper() + name[1:] for name in EXPRESSION_NAMES[1:])))
    blends = heard(VmcEncoder(VmcOptions(avatar="x"), perfect), pose, 4000).blends
    assert len(blends) == 51
    assert blends["JawOpen"] == pytest.approx(float(pose.expression[EXPRESSION["jawOpen"]]))
    with_eyes = replace(perfect, details=made_avatar("LeftEye").details)
    blends = heard(VmcEncoder(VmcOptions(avatar="x"), with_eyes), pose, 4000).blends
    assert not [name for name in blends if name.startswith("EyeLook")]  # its eyes are bones
    assert "EyeBlinkLeft" in blends

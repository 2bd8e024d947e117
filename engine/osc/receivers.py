"""Receiving programs by name: default port, required stream, and the settings to make in the program.

Sources: the programs' manuals and source code; how each treats a skeleton was measured (see VmcOptions for the
settings). Programs with the same stream share one VmcOptions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.osc.vmc_options import VmcOptions

VMC_PORT = 39539


@dataclass(frozen=True, slots=True)
class Receiver:
    """A program that receives VMC."""

    title: str  # name known to its users
    options: VmcOptions
    settings: tuple[str, str, str]  # three lines: the settings to make there
    port: int = VMC_PORT


_PLAIN = VmcOptions()
_VRM1_FACE = replace(_PLAIN, face="vrm1")
_CAMEL_FACE = replace(_PLAIN, face="camel")
_ARKIT_FACE = replace(_PLAIN, face="arkit")
_ONE_BUNDLE = replace(_PLAIN, packets="one")  # VSeeFace's author asks for one bundle per frame (VSeeFaceReleases#43)
_NO_UPPER_CHEST = replace(_ARKIT_FACE, fold=frozenset({"upperchest"}))
_T_POSE_AXES = replace(_CAMEL_FACE, rotations="normalised")
_T_POSE_AXES_ARKIT = replace(_ARKIT_FACE, rotations="normalised")
_HALVED = replace(_PLAIN, trunk="halved", fingers=False, eyes="none", face="none")
_ROBOT = replace(_HALVED, trunk="own", fold=frozenset({"upperchest"}), speed_rad_s=20.0)

RECEIVERS: dict[str, Receiver] = {
    "generic": Receiver(
        "Any VMC receiver",
        _PLAIN,
        (
            "Switch on VMC (or OSC/VMC) input there, port 39539.",
            "Let it apply bone positions as well as rotations, if it asks.",
            "Switch off its own webcam tracking of the body.",
        ),
    ),
    "vseeface": Receiver(
        "VSeeFace",
        _ONE_BUNDLE,
        (
            "General settings, OSC/VMC protocol: switch the receiver on, port 39539. This ends its own tracking.",
            "Its models are VRM 0.x: a VRM 1.0 file does not load there.",
            "It smooths what it receives; lower its smoothing if the avatar lags.",
        ),
    ),
    "warudo": Receiver(
        "Warudo",
        _VRM1_FACE,
        (
            "Add a VMC Receiver asset, port 39539, and choose it in the character's motion capture setup.",
            "Calibrate the character there once while VTM Live sends the T-pose.",
            "Switch off other body tracking of that character.",
        ),
    ),
    "vnyan": Receiver(
        "VNyan",
        _CAMEL_FACE,
        (
            "Settings, VMC receiver: enable the first layer, port 39539.",
            "Switch off its webcam and phone tracking: later layers override the body.",
            "If the avatar does not walk, look for the position setting of that layer.",
        ),
    ),
    "vmagicmirror": Receiver(
        "VMagicMirror",
        _ARKIT_FACE,
        (
            "Version 4.2 or newer. Show the VMCP tab, enable receiving, port 39539.",
            "Choose Head, Hand and Lower body for this source; Facial only if VTM Live sends a face.",
            "Try 'Apply without adjust' when arms look too short or too long.",
        ),
    ),
    "evmc4u": Receiver(
        "Unity (EVMC4U)",
        _PLAIN,
        (
            "Put ExternalReceiver into the scene and set its model; port 39539.",
            "Leave 'Bone Position Synchronize' and 'Root Position Synchronize' on.",
            "VRM 1.0 with the control rig on: add rotations=normalised to the options here.",
        ),
    ),
    "unreal": Receiver(
        "Unreal Engine",
        _NO_UPPER_CHEST,
        (
            "Plug-in VMC4UE, VRM4U or VMCLiveLink: set its port to 39539.",
            "VMC4UE knows no upper chest: that turn is sent with the chest.",
            "If the mesh is crushed, take rotations only there, but for the hips.",
        ),
    ),
    "blender": Receiver(
        "Blender (VMC4B)",
        _T_POSE_AXES,
        (
            "Add-on VMC4B: choose the armature, port 39539, then connect.",
            "It takes the hips in metres as they come: give the avatar's .vrm here, so that the height fits.",
            "Only rotations move the other bones; the scene's unit is the metre.",
        ),
    ),
    "godot": Receiver(
        "Godot (XR VMC tracker)",
        _T_POSE_AXES_ARKIT,
        (
            "Add-on GodotXRVmcTracker: its port is 7004 unless you changed it in the project settings.",
            "It takes the place of the hips from the stream: give the avatar's .vrm here.",
            "Drive the skeleton with an XRBodyModifier3D that uses its body tracker.",
        ),
        port=7004,
    ),
    "snekstudio": Receiver(
        "SnekStudio",
        _T_POSE_AXES_ARKIT,
        (
            "Add the VMC receiver module, port 39570.",
            "Its setting for the hips says whether the avatar walks or stays in place.",
            "It does not scale the hips: give the avatar's .vrm here.",
        ),
        port=39570,
    ),
    "slimevr": Receiver(
        "SlimeVR Server",
        _HALVED,
        (
            "Settings, VMC: enable it, its port in is 39540.",
            "It copies the chest to the upper chest: the bend is sent in two halves.",
            "Only rotations are used; untick 'Anchor at hips' to walk.",
        ),
        port=39540,
    ),
    "gmr": Receiver(
        "Humanoid robots (GMR)",
        _ROBOT,
        (
            "Run vmc_to_robot with its usual frame trigger ('timestamp' freezes the travel), port 39539.",
            "Joints turn by at most 20 rad/s (speed= changes that); the motion starts softly from a standing pose.",
            "When you are not seen, the last pose is held. Try it in the viewer before a real robot.",
        ),
    ),
}
"""Receivers by the name in `preset=`; "generic" is the default."""
PRESETS: dict[str, VmcOptions] = {name: receiver.options for name, receiver in RECEIVERS.items()}

"""Words on an OSC target: its name, its state in three words, a proposal for a new one. No Qt."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from app.window.widgets.target_url import join_url, split_query
from engine.errors import UsageError
from engine.osc.own_port import check_own_port
from engine.osc.receivers import RECEIVERS
from engine.osc.targets import DEFAULT_PORTS, parse_target
from engine.types import TargetState

PROTOCOLS = (("VMC: avatars", "vmc"), ("VRChat trackers", "vrchat"), ("Plain OSC: stage and patching tools", "osc"))
EXAMPLES = {"vmc": "rate=60&travel=root", "vrchat": "trackers=hip,feet", "osc": "prefix=/mocap&rate=30"}
RECEIVER_NAMES = {name: receiver.title for name, receiver in RECEIVERS.items()}
_SHORT = {"vmc": "VMC", "vrchat": "VRChat", "osc": "OSC"}
_REMARKS = {
    "vrchat": (
        "With a headset: hips, chest, feet, knees and elbows follow you. Switch on OSC in VRChat's action menu, press"
        " Calibrate here facing forward, then 'Calibrate FBT' there.",
        "On desktop, without a headset, VRChat shows no body tracking: head and hands come from the headset. Its own"
        " webcam 'Selfie Expression' moves a desktop avatar's face.",
        "A face goes through OSC face tracking, and only to avatars that are built for it.",
    ),
    "osc": ("One numeric address per joint, contact and confidence.",),
}
NOBODY, SOMEBODY, UNKNOWN = "Nobody listens", "Somebody listens", "Other computer"
WAITING, ERRORS = "Not sending", "Sending with errors"
_ALONE = "127.0.0.1"
_HIGHEST_PORT = 65535


def target_name(url: str) -> str:
    """Return name and address: VSeeFace  127.0.0.1:39539."""
    scheme, _, rest = url.partition("://")
    preset, *_ = split_query(url)
    known = scheme == "vmc" and preset != "generic"
    who = RECEIVER_NAMES.get(preset, preset) if known else _SHORT.get(scheme, scheme)
    return f"{who}  {rest.partition('?')[0]}"


def settings_lines(protocol: str, preset: str) -> tuple[str, ...]:
    """Return the settings to make in the other program, one line each."""
    return RECEIVERS[preset].settings if protocol == "vmc" else _REMARKS[protocol]


@dataclass(frozen=True, slots=True)
class Card:
    """What the window shows of one target."""

    words: str  # the state in three words
    figures: str  # "120 packets/s", or why nothing is known
    problem: str = ""  # complete message
    good: bool | None = None  # None: unknown


def card(url: str, state: TargetState | None) -> Card:
    """Describe a target. Only a closed port on this computer can be detected; another computer does not answer."""
    if state is None or (not state.packets and not state.error):
        return Card(WAITING, "waiting for a pose")
    rate = round(state.packets_per_s)
    figures = f"{rate} packet{'' if rate == 1 else 's'}/s"
    if state.error and "nobody is listening" in state.error:
        return Card(NOBODY, figures, f"{state.error[0].upper()}{state.error[1:]}.", good=False)
    if state.error:
        return Card(WAITING if not state.packets_per_s else ERRORS, figures, state.error, good=False)
    if not state.packets_per_s:
        return Card(WAITING, "no pose goes out")
    if _reach(url) == SOMEBODY:
        return Card(SOMEBODY, figures, good=True)
    return Card(UNKNOWN, f"{figures}; whether it listens is unknown")


def _reach(url: str) -> str:
    """Return how a missing receiver would be noticed."""
    host = parse_target(url).host.lower()
    if host == "localhost":
        return SOMEBODY
    try:
        return SOMEBODY if ipaddress.ip_address(host.split("%")[0]).is_loopback else UNKNOWN
    except ValueError:
        return UNKNOWN


def free_port(wanted: int, host: str, others: tuple[str, ...], vmc_receive: str = "") -> int:
    """Return the port, or the next one not used by other targets or our own receiver; any host."""
    taken = {parse_target(url).address for url in others}
    for port in range(wanted, _HIGHEST_PORT + 1):
        url = join_url("vmc", host, str(port), "generic", "")
        try:
            address = parse_target(url).address
        except UsageError:  # no host; the dialog says so
            return wanted
        if address not in taken and not _listened_on(url, vmc_receive):
            return port
    return wanted


def _listened_on(url: str, vmc_receive: str) -> bool:
    try:
        check_own_port((url,), vmc_receive)
    except UsageError:
        return True
    return False


def proposal(others: tuple[str, ...], vmc_receive: str = "") -> str:
    """Return a new target: the first receiver not served yet, on a free port of this computer."""
    served = {split_query(url)[0] for url in others if url.startswith("vmc://")}
    preset = next((name for name in RECEIVERS if name not in served), "generic")
    port = free_port(RECEIVERS[preset].port, _ALONE, others, vmc_receive)
    return join_url("vmc", _ALONE, str(port), preset, "")


def usual_port(protocol: str, preset: str) -> int:
    """Return the default port of such a receiver."""
    return RECEIVERS[preset].port if protocol == "vmc" else DEFAULT_PORTS[protocol]


def with_fold(options: str, preset: str, bone: str, on: bool) -> str:
    """Return a VMC target's other options with a bone folded or not; the preset's defaults are not written."""
    pairs = [pair for pair in options.split("&") if pair]
    given = [pair.removeprefix("fold=").split(",") for pair in pairs if pair.startswith("fold=")]
    own = RECEIVERS[preset].options.fold
    before = {name for name in given[0] if name} if given else set(own)
    folded = before | {bone} if on else before - {bone}
    changed = [] if folded == own else [f"fold={','.join(sorted(folded))}"]
    return "&".join([pair for pair in pairs if not pair.startswith("fold=")] + changed)


def with_flag(options: str, name: str, on: bool) -> str:
    """Return a target's other options with a flag (default 0) switched on or off."""
    pairs = [pair for pair in options.split("&") if pair and not pair.startswith(f"{name}=")]
    return "&".join([*pairs, *([f"{name}=1"] if on else [])])

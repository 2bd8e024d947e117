"""Check each setting on its own: convert its JSON value, or say what was expected; one bad value affects no other."""

from __future__ import annotations

import base64
import dataclasses
import reprlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from app.arguments.values import HEIGHT_M, HFOV_DEG, MOTION_SUFFIXES, OSC_RATE_HZ, PICTURES_FPS, STYLES
from app.performers import Performer, checked_performers
from app.window.avatar.looks import FRAMINGS, GROUNDS
from engine.config import (
    AUTO_ROTATION,
    BACKENDS,
    BODIES,
    COUNTDOWNS_S,
    DETAILS,
    DETECTOR_SIZES,
    DETECTORS,
    LENGTH_LIMITS,
    NUM_FACE_AT_REST,
    NUM_FINGER_RANGES,
    NUM_LENGTHS,
    ROTATIONS_DEG,
    Config,
)
from engine.errors import UsageError, printable
from models.json_text import finite_number

if TYPE_CHECKING:
    from app.settings import Settings

Check = Callable[[Any], Any]
"""Convert a JSON value to the setting's type. Raises ValueError with what was expected."""
_LONGEST_TEXT = 4096
_LARGEST_PX = 100_000
_LARGEST_MEASURED = 2000.0  # degrees: above the sum of a finger's three joints
_MOST_FOLDERS = 50


def checked_settings(values: Any, defaults: Settings) -> tuple[Settings, list[str]]:
    """Return the settings with every valid value of the file, and a message for each dropped value.

    Unknown names, as from a newer version, are ignored.
    """
    if not isinstance(values, dict):
        return defaults, [f"expected a table, got {reprlib.repr(values)}: using the defaults"]
    dropped: list[str] = []
    config_values = values.get("config", {})
    if not isinstance(config_values, dict):
        dropped.append(f"config is {reprlib.repr(config_values)}, expected a table: using the defaults")
        config_values = {}
    config = dataclasses.replace(defaults.config, **_checked(CONFIG_CHECKS, config_values, defaults.config, dropped))
    config = _working_targets(config, config_values, dropped)
    settings = dataclasses.replace(defaults, config=config)
    return dataclasses.replace(settings, **_checked(SETTINGS_CHECKS, values, defaults, dropped)), dropped


def _checked(checks: Mapping[str, Check], values: dict[str, Any], defaults: Any, dropped: list[str]) -> dict[str, Any]:
    """Return the valid values by name; append a message to `dropped` for each bad one."""
    good: dict[str, Any] = {}
    for name in (field.name for field in dataclasses.fields(defaults)):
        if name not in values or name == "config":
            continue
        check = checks.get(name) or _alike(getattr(defaults, name))
        try:
            good[name] = check(values[name])
        except ValueError as error:
            fallback = reprlib.repr(getattr(defaults, name))
            dropped.append(f"{name} is {reprlib.repr(values[name])}, expected {error}: using {fallback}")
    return good


def _working_targets(config: Config, values: dict[str, Any], dropped: list[str]) -> Config:
    """Drop invalid targets, one by one, and a receive port that is also a target."""
    from engine.osc.own_port import check_own_port
    from engine.osc.targets import parse_targets

    if "osc" not in values or not isinstance(values["osc"], list):
        return config
    kept: tuple[str, ...] = ()
    for url in config.osc:
        try:
            parse_targets((*kept, url))
            kept = (*kept, url)
        except UsageError as error:
            dropped.append(f"a target is left out, {error}")
    try:
        check_own_port(kept, config.vmc_receive)
    except UsageError as error:
        dropped.append(f"receiving is off, {error}")
        config = dataclasses.replace(config, vmc_receive="")
    return dataclasses.replace(config, osc=kept)


def _alike(default: Any) -> Check:
    """Accept values of the default's type: the check of a field without its own."""

    def check(value: Any) -> Any:
        if type(value) is not type(default) or (isinstance(value, str) and not printable(value)):
            raise ValueError(f"a value like {default!r}")
        return value

    return check


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _number(low: float, high: float) -> Check:
    def check(value: Any) -> float:
        number = finite_number(value)
        if number is None or not low <= number <= high:
            raise ValueError(f"{low:g} to {high:g}")
        return number

    return check


def _one_of(words: tuple[Any, ...]) -> Check:
    def check(value: Any) -> Any:
        if type(value) is not type(words[0]) or value not in words:
            raise ValueError(f"one of {', '.join(map(str, words))}")
        return value

    return check


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT or not printable(value):
        raise ValueError("a text")
    return value


def _text_or_nothing(value: Any) -> str | None:
    return None if value is None else _text(value)


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("a list of targets like vmc://127.0.0.1:39539")
    return tuple(item if isinstance(item, str) else reprlib.repr(item) for item in value)


def _osc_rate(value: Any) -> float:
    return 0.0 if value == 0 and not isinstance(value, bool) else float(_number(*OSC_RATE_HZ)(value))


def _listen_address(value: Any) -> str:
    from engine.osc.receive_port import listen_address

    text = _text(value)
    try:
        if text:
            listen_address(text)
    except UsageError as error:
        raise ValueError("PORT or HOST:PORT") from error
    return text


def _base64(value: Any) -> str:
    text = _text(value)
    try:
        base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ValueError("base64") from error
    return text


def _folders(value: Any) -> tuple[tuple[str, str], ...]:
    good = isinstance(value, list) and len(value) <= _MOST_FOLDERS
    if not good or not all(isinstance(pair, list) and len(pair) == 2 for pair in value):
        raise ValueError("pairs of a kind of file and a folder")
    return tuple((_text(kind), _text(folder)) for kind, folder in value)


def _widths(value: Any) -> tuple[int, ...]:
    good = isinstance(value, list) and all(type(width) is int and 0 <= width <= _LARGEST_PX for width in value)
    if not good or (value and not any(value)):
        raise ValueError("widths in pixels")
    return tuple(value)


def _lengths(value: Any) -> tuple[float, ...]:
    """Convert no or four fractions of the height."""
    if not isinstance(value, list) or len(value) not in (0, NUM_LENGTHS):
        raise ValueError(f"{NUM_LENGTHS} measured lengths, or none")
    return tuple(float(_number(*LENGTH_LIMITS)(item)) for item in value)


def _measured(count: int) -> Check:
    """Return a check for no or `count` numbers of a resting face or of fingers."""

    def check(value: Any) -> tuple[float, ...]:
        if not isinstance(value, list) or len(value) not in (0, count):
            raise ValueError(f"{count} measured numbers, or none")
        return tuple(float(_number(-_LARGEST_MEASURED, _LARGEST_MEASURED)(item)) for item in value)

    return check


def _performers(value: Any) -> tuple[Performer, ...]:
    return checked_performers(value, CONFIG_CHECKS, printable)


CONFIG_CHECKS: dict[str, Check] = {
    "source": _text,
    "mirror": _flag,
    "rotate_deg": _one_of((AUTO_ROTATION, *ROTATIONS_DEG)),
    "proportions": _lengths,
    "body": _one_of(BODIES),
    "smoothness": _number(0.0, 1.0),
    "hfov_deg": _number(*HFOV_DEG),
    "intrinsics_file": _text_or_nothing,
    "height_m": _number(*HEIGHT_M),
    "face_at_rest": _measured(NUM_FACE_AT_REST),
    "finger_ranges": _measured(NUM_FINGER_RANGES),
    "hands": _one_of(DETAILS),
    "face": _one_of(DETAILS),
    "detector": _one_of(DETECTORS),
    "detector_size": _one_of(DETECTOR_SIZES),
    "backend": _one_of(BACKENDS),
    "osc": _texts,
    "osc_rate_hz": _osc_rate,
    "vmc_receive": _listen_address,
    "countdown_s": _one_of(COUNTDOWNS_S),
    "record_video": _flag,
    "take_style": _one_of(STYLES),
    "pictures_fps": _number(*PICTURES_FPS),
    "loop": _flag,
}
"""One check per field of Config; a test keeps them complete."""
SETTINGS_CHECKS: dict[str, Check] = {
    "performers": _performers,
    "performer": _text,
    "take_folder": _text,
    "take_suffix": _one_of(MOTION_SUFFIXES),
    "window_geometry": _base64,
    "splitter": _widths,
    "folders": _folders,
    "sounds": _flag,
    "performer_screen": _flag,
    "avatar": _text,
    "avatar_shown": _flag,
    "avatar_ground": _one_of(tuple(GROUNDS)),
    "avatar_framing": _one_of(tuple(FRAMINGS)),
}

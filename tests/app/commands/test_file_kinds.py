"""The table of kinds of files: every kind is one of its own, and a wrong value is found."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from app.commands.file_kinds import Found, wrong
from app.commands.file_recipes import KINDS, Kind
from engine.motion.take import MotionTake

KIND = Kind("any", "any.mp4", ())


@pytest.fixture
def clip(waving) -> Found:
    return Found((640, 480), waving(90), "")


def test_there_are_many_kinds_and_each_has_a_name_and_a_file_of_its_own() -> None:
    assert len({kind.name for kind in KINDS}) == len({kind.file for kind in KINDS}) == len(KINDS) >= 50


def test_what_is_as_in_the_clip_is_right(clip: Found) -> None:
    row, faults = wrong(KIND, clip, clip)
    assert faults == []
    assert row.startswith("| any | any.mp4 | 640x480 | 90 |")


def shorter(take: MotionTake) -> MotionTake:
    per_frame = {
        field.name: value[:60]
        for field in dataclasses.fields(take)
        if getattr(value := getattr(take, field.name), "shape", ())[:1] == (len(take),)
    }
    return dataclasses.replace(take, **per_frame)


def test_each_wrong_value_is_named(clip: Found) -> None:
    take = clip.take
    moved = take.joints_world_m.copy()
    moved[:, 5:] += 0.2
    lost = np.arange(len(take)) < 40
    changes = {
        "size": dataclasses.replace(clip, size=(480, 640)),
        "joints": dataclasses.replace(clip, take=dataclasses.replace(take, joints_world_m=moved)),
        "seen": dataclasses.replace(clip, take=dataclasses.replace(take, tracked=lost)),
        "said": dataclasses.replace(clip, said="it is cut off"),
        "rate": dataclasses.replace(clip, take=dataclasses.replace(take, fps=25.0)),
    }
    for name, found in changes.items():
        assert name in wrong(KIND, found, clip)[1]
    assert {"frames", "seconds"} <= set(wrong(KIND, dataclasses.replace(clip, take=shorter(take)), clip)[1])


def test_a_refusal_is_right_only_with_its_reason(clip: Found) -> None:
    refused = dataclasses.replace(KIND, refused="is empty")
    assert wrong(refused, f"{Path('any.mp4')} is empty (0 bytes)", clip)[1] == []
    assert wrong(refused, "something else", clip)[1] == ["refused"]
    assert "not refused" in wrong(refused, clip, clip)[1]

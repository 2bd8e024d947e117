"""Bones of a VMC target's own model: the counterpart of `vmc_bones` for a target with an avatar file."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from engine.avatar.avatar import Avatar
from engine.avatar.fit import AvatarFit, RawNodes
from engine.avatar.vrm import read_avatar
from engine.osc.pose_numbers import numbers_of
from engine.osc.vmc_bones import BoneTransforms, UnityBones, halved_trunk, placed
from engine.osc.vmc_options import VmcOptions
from engine.types import Pose

_FOLDED = {"upperchest": ("UpperChest",), "shoulders": ("LeftShoulder", "RightShoulder")}
_MOST_AVATARS = 4  # kept in memory
_MOST_STREAMS = 16


def known_avatar(file: str) -> Avatar:
    """Return the avatar in a file named by the user; read again only when the file has changed.

    Targets with the same file share the avatar, so each pose is fitted once for all of them.
    Raises InputError, one line.
    """
    try:
        path = Path(file).expanduser()
        about = path.stat()
    except (OSError, RuntimeError, ValueError):  # no such file or user, a zero byte: reported by the reader
        return read_avatar(Path(file))
    return _read(path, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=_MOST_AVATARS)
def _read(path: Path, _changed_ns: int, _size: int) -> Avatar:
    return read_avatar(path)


@lru_cache(maxsize=_MOST_AVATARS)
def _fit(avatar: Avatar, folded: frozenset[str], legs: bool, reach: bool, _halved: bool) -> tuple[AvatarFit, RawNodes]:
    fit = AvatarFit(avatar, folded=folded, legs=legs, reach=reach)
    return fit, RawNodes(fit)


def avatar_stream(options: VmcOptions, avatar: Avatar) -> UnityBones:
    """Return the bone numbers of this avatar, shared by all targets with the same settings."""
    return _stream(
        replace(options, packets="two", extras=False, avatar="", fingers=True, eyes="bones", face="none"),
        avatar,
    )


@lru_cache(maxsize=_MOST_STREAMS)
def _stream(options: VmcOptions, avatar: Avatar) -> UnityBones:
    return UnityBones(AvatarBones(options, avatar))


class AvatarBones:
    """The bones sent to one avatar, and their transforms."""

    def __init__(self, options: VmcOptions, avatar: Avatar) -> None:
        """Prepare the fit to the avatar."""
        folded = frozenset(name for fold in options.fold for name in _FOLDED[fold])
        self._options = options
        self._halved = options.trunk == "halved" and "UpperChest" in avatar.bones.keys() - folded
        self._fit, nodes = _fit(avatar, folded, options.bones == "all", options.reach, self._halved)
        self._nodes = nodes if options.rotations == "raw" else None
        offsets = self._fit.offsets() if self._nodes is None else self._nodes.offsets
        self._offsets = np.zeros_like(offsets) if options.positions == "none" else offsets

    @property
    def names(self) -> list[str]:
        """Names of the bones, in the order of the transforms; parents before children, Hips first."""
        return self._fit.names

    def transforms(self, pose: Pose) -> BoneTransforms:
        """Return the transforms of the bones and of Root."""
        numbers = numbers_of(pose)
        rotations = halved_trunk(numbers.rotations) if self._halved else numbers.rotations
        fitted = self._fit(pose, rotations, numbers.joints)
        root, hips, quaternions = placed(self._options, list(fitted.hips), fitted.quaternions)
        if self._nodes is not None:
            hips, quaternions = self._nodes.hips(hips), self._nodes.quaternions(quaternions)
        return BoneTransforms(root, hips, self._offsets, quaternions)

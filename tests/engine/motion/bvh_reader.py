"""A reader of BVH files that shares no line with the writer."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation


class BvhReader:
    """A reader of any BVH: hierarchy, channels in the order they are written, its own forward kinematics."""

    def __init__(self, text: str) -> None:
        head, motion = text.split("MOTION")
        self.names: list[str] = []
        self.parents: list[int] = []
        self.offsets: list[np.ndarray] = []
        self.channels: list[list[str]] = []
        self.end_sites: dict[str, np.ndarray] = {}
        stack: list[int] = []
        in_end_site = False
        for words in map(str.split, head.splitlines()):
            match words:
                case [("ROOT" | "JOINT"), name]:
                    self.names.append(name)
                    self.parents.append(stack[-1] if stack else -1)
                case ["End", "Site"]:
                    in_end_site = True
                case ["{"]:
                    stack.append(len(self.names) - 1)
                case ["}"]:
                    stack.pop()
                    in_end_site = False
                case ["OFFSET", *numbers] if in_end_site:
                    self.end_sites[self.names[-1]] = np.array(numbers, float)
                case ["OFFSET", *numbers]:
                    self.offsets.append(np.array(numbers, float))
                case ["CHANNELS", _, *channels]:
                    self.channels.append(channels)
        lines = motion.strip().splitlines()
        self.frames = int(lines[0].split(":")[1])
        self.frame_time_s = float(lines[1].split(":")[1])
        self.values = np.array([line.split() for line in lines[2:]], float)

    def joints(self) -> np.ndarray:
        """(frames, joints, 3) in the file's unit."""
        return self._kinematics()[0]

    def worlds(self) -> np.ndarray:
        """(frames, joints, 3, 3) axes of each joint in the world, in columns."""
        return np.stack([turn.as_matrix() for turn in self._kinematics()[1]], axis=1)

    def _kinematics(self) -> tuple[np.ndarray, list[Rotation]]:
        at, places, turns = 0, [], []
        for joint, channels in enumerate(self.channels):
            place = np.tile(self.offsets[joint], (self.frames, 1))
            turn = Rotation.identity(self.frames)
            for channel in channels:
                column = self.values[:, at]
                at += 1
                if channel.endswith("position"):
                    place[:, "XYZ".index(channel[0])] += column
                else:
                    turn = turn * Rotation.from_euler(channel[0], column[:, None], degrees=True)
            parent = self.parents[joint]
            places.append(place if parent < 0 else places[parent] + turns[parent].apply(place))
            turns.append(turn if parent < 0 else turns[parent] * turn)
        assert at == self.values.shape[1]
        return np.stack(places, axis=1), turns

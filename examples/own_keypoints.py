"""Lift keypoints of your own detector, COCO's 17 or our 23, to motion.

    python examples/own_keypoints.py keypoints.npz out.bvh

The file holds keypoints_px (N, 17, 2) or (N, 23, 2), scores (N, ...), fps and image_size; arrays in memory work the
same way.
"""

from __future__ import annotations

import sys

import numpy as np

import vtm_live


def main(source: str, target: str) -> None:
    with np.load(source) as file:
        motion = vtm_live.lift_keypoints(
            file["keypoints_px"],
            file["keypoint_scores"],
            image_size=(int(file["image_size"][0]), int(file["image_size"][1])),
            fps=float(file["fps"]),
            height_m=1.75,
        )
    print(motion)
    print("written:", motion.save(target))


if __name__ == "__main__":
    main(*sys.argv[1:])

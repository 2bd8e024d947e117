"""Compare two recordings of one performance: the angle between the cameras and the difference of the two answers.

    python examples/two_cameras.py left.mp4 right.mp4 56        (the last number: field of view of both, degrees)

Takes (.npz) of two cameras work as well, and are faster.
"""

from __future__ import annotations

import sys

import vtm_live


def main(first: str, second: str, hfov_deg: str = "60") -> None:
    config = vtm_live.Config(hfov_deg=float(hfov_deg), hands="off", face="off")
    found = vtm_live.compare((first, second), (config, config))
    print(f"the cameras are {found.fit.angle_deg:.0f} degrees apart")
    print(f"their answers differ by {found.ours.mean_mm:.0f} mm on average over {len(found.pairs.times_s)} moments")
    if found.detector is not None:
        print(f"the detector's own 3D differs by {found.detector.mean_mm:.0f} mm")


if __name__ == "__main__":
    main(*sys.argv[1:])

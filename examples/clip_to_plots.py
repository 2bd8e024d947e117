"""Plot a clip: path of the hips over the floor, height of both hands, and what was visible when.

python examples/clip_to_plots.py demo plots.png      (needs matplotlib: pip install matplotlib)
"""

from __future__ import annotations

import sys

import vtm_live


def main(source: str, picture: str) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    motion = vtm_live.lift_video(source, on_progress=lambda done, _all: print(f"\r{done} frames", end=""))
    print(f"\r{motion}")
    seconds = motion.timestamps_s
    figure, (way, hands, seen) = pyplot.subplots(3, 1, figsize=(8, 10), constrained_layout=True)
    way.plot(motion.root_m[:, 0], motion.root_m[:, 2])
    way.set(title="Hips over the floor", xlabel="x, m", ylabel="z, m", aspect="equal")
    for name in ("LeftHand", "RightHand"):
        hands.plot(seconds, motion.joints_world_m[:, vtm_live.JOINT_NAMES.index(name), 1], label=name)
    hands.set(title="Height of the hands", xlabel="s", ylabel="m")
    hands.legend()
    seen.imshow(motion.part_confidence.T, aspect="auto", vmin=0, vmax=1, interpolation="nearest")
    seen.set(title="Visibility of each part", xlabel="frame")
    seen.set_yticks(range(6), ["head", "trunk", "left arm", "right arm", "left leg", "right leg"])
    figure.savefig(picture)
    for line in motion.report().lines():
        print(line)


if __name__ == "__main__":
    main(*(sys.argv[1:] or ("demo", "plots.png")))

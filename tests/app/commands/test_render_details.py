"""`python -m app.commands.render_details`: clips beside their truth, made once; without a renderer one line."""

from __future__ import annotations

import numpy as np
import pytest

from app.commands import render_details as r
from engine.sources.open_source import open_source
from models.rendering.detail_clip import DISTANCES_M, DetailClip


def test_six_seeds_show_every_distance_at_both_sizes() -> None:
    seen = {(DISTANCES_M[seed % len(DISTANCES_M)], r.size_of(seed)) for seed in range(6)}
    assert seen == {(distance, size) for distance in DISTANCES_M for size in r.SIZES}


def test_a_clip_is_a_video_and_its_truth_and_is_not_made_again(tmp_path, monkeypatch, capsys) -> None:
    made: list[int] = []

    def render(_renderer: object, _rig: object, seed: int, frames: int) -> DetailClip:
        made.append(seed)
        grey = np.full((48, 64, 3), 90, np.uint8)
        grey[..., 0] = 180  # red
        return DetailClip([grey] * frames, {"seed": np.array(seed)})

    for name in ("open_renderer", "open_rig"):
        monkeypatch.setattr(r, name, lambda *_args: None)
    monkeypatch.setattr(r, "render_details", render)
    given = ["--out", str(tmp_path / "new"), "--renderer", "somewhere", "--clips", "2", "--frames", "4", "--seed", "7"]
    assert r.main(given) == 0
    assert r.main(given) == 0
    assert made == [7, 8]
    assert "0 new frames" in capsys.readouterr().err
    with np.load(tmp_path / "new" / "details_00008_truth.npz") as truth:
        assert int(truth["seed"]) == 8
    source = open_source(str(tmp_path / "new" / "details_00007.mkv"), paced=False)
    try:
        frame = source.read()
        assert frame is not None
        assert frame.image_size == (64, 48)
        assert frame.bgr[..., 2].mean() > frame.bgr[..., 0].mean() + 40
    finally:
        source.close()


def test_a_folder_without_the_renderer_is_one_line(tmp_path, capsys) -> None:
    assert r.main(["--out", str(tmp_path / "out"), "--renderer", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1


@pytest.mark.parametrize("wrong", [["--clips", "0"], ["--frames", "0"], ["--seed", "-1"]])
def test_wrong_numbers_are_wrong_usage(tmp_path, wrong) -> None:
    with pytest.raises(SystemExit, match="2"):
        r.main(["--out", str(tmp_path), "--renderer", str(tmp_path), *wrong])

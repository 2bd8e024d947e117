"""What `vtm convert` takes for input and output, and what it refuses before anything is written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.commands.convert_plan import Job, plan_jobs
from engine.errors import UsageError
from engine.motion.formats import MOTION_SUFFIXES


@pytest.fixture
def clips(tmp_path, monkeypatch) -> Path:
    """A working folder with a folder of clips."""
    monkeypatch.chdir(tmp_path)
    for name in ("clips/b.mp4", "clips/a.MOV", "clips/keypoints.npz", "clips/notes.txt", "clips/more/c.mp4", "d.xyz"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()
    return tmp_path


def planned(*paths: str, suffix: str | None = None) -> list[tuple[str, str]]:
    jobs, _ = plan_jobs([Path(path) for path in paths], suffix, MOTION_SUFFIXES)
    return [(job.source.as_posix(), job.target.as_posix()) for job in jobs]


@pytest.mark.usefixtures("clips")
def test_one_file_to_one_file_is_what_it_says():
    assert planned("d.xyz", "out.bvh") == [("d.xyz", "out.bvh")]
    assert planned("demo", "out.glb") == [("demo", "out.glb")]


@pytest.mark.usefixtures("clips")
def test_a_folder_gives_its_videos_and_npz_files_in_order():
    assert planned("clips", "out", suffix=".bvh") == [
        ("clips/a.MOV", "out/a.bvh"),
        ("clips/b.mp4", "out/b.bvh"),
        ("clips/keypoints.npz", "out/keypoints.bvh"),
    ]
    assert Path("out").is_dir()


@pytest.mark.usefixtures("clips")
def test_patterns_and_names_go_together_and_no_file_twice():
    assert planned("d.xyz", "clips/*.mp4", "clips/**/*.mp4", "out") == [
        ("d.xyz", "out/d.npz"),
        ("clips/b.mp4", "out/b.npz"),
        ("clips/more/c.mp4", "out/c.npz"),
    ]


def test_what_an_earlier_run_wrote_into_the_same_folder_is_no_input(clips):
    (clips / "clips/keypoints.npz").unlink()
    (clips / "clips/b.npz").touch()
    assert planned("clips", "clips") == [("clips/a.MOV", "clips/a.npz"), ("clips/b.mp4", "clips/b.npz")]


def test_a_job_is_done_when_its_target_is_newer_than_its_source(tmp_path):
    job = Job(tmp_path / "a.mp4", tmp_path / "a.npz")
    job.source.touch()
    assert not job.done()
    job.target.touch()
    os.utime(job.source, (1, 1))
    assert job.done()
    os.utime(job.target, (0, 0))
    assert not job.done()


@pytest.mark.usefixtures("clips")
@pytest.mark.parametrize(
    ("paths", "suffix", "hint"),
    [
        (["clips/b.mp4"], None, "IN and OUT"),
        (["clips/b.mp4", "out.doc"], None, ".bvh"),
        (["clips/b.mp4", "d.xyz", "out.bvh"], None, "folder"),
        (["clips", "out.bvh"], None, "folder"),
        (["none.mp4", "d.xyz", "out"], None, "no file none.mp4"),
        (["clips/*.avi", "out"], None, "pattern"),
        (["clips/more/c.mp4", "clips/c.mp4", "out"], None, "no file clips/c.mp4"),
        (["clips/b.mp4", "out.bvh"], ".glb", "contradicts"),
        (["clips/keypoints.npz", "clips"], None, "own conversion"),
        (["clips/b.mp4", "clips/b.*", "clips/more", "b/b.mp4", "out"], None, "no file b/b.mp4"),
    ],
)
def test_what_cannot_be_is_one_line_and_makes_nothing(paths, suffix, hint):
    with pytest.raises(UsageError, match=hint.replace("*", r"\*")) as caught:
        planned(*paths, suffix=suffix)
    assert "\n" not in str(caught.value)
    assert not Path("out").exists()


def test_two_inputs_of_one_name_are_refused(clips):
    (clips / "b.mp4").touch()
    with pytest.raises(UsageError, match="both be written to"):
        planned("clips/b.mp4", "b.mp4", "out")


@pytest.mark.usefixtures("clips")
def test_an_empty_folder_is_told():
    Path("empty").mkdir()
    with pytest.raises(UsageError, match="holds no video"):
        planned("empty", "out")


def pictures(folder: Path) -> None:
    folder.mkdir()
    for number in range(3):
        (folder / f"{number:04d}.png").touch()


@pytest.mark.parametrize("name", ["shots", "shots/%04d.png", "shots/*.png"])
def test_pictures_in_a_folder_or_pattern_are_one_film(name, clips):
    pictures(clips / "shots")
    assert planned(name, "out.bvh") == [(name, "out.bvh")]
    assert planned(name, "d.xyz", "out") == [(name, "out/shots.npz"), ("d.xyz", "out/d.npz")]


def test_a_folder_of_videos_with_a_picture_in_it_is_a_folder_of_videos(clips):
    (clips / "clips/cover.png").touch()
    assert [source for source, _ in planned("clips", "out")] == ["clips/a.MOV", "clips/b.mp4", "clips/keypoints.npz"]


def test_a_film_is_done_when_its_newest_picture_is_older(clips):
    pictures(clips / "shots")
    job = Job(Path("shots/%04d.png"), Path("out.npz"))
    assert not job.done()
    (clips / "out.npz").touch()
    os.utime(clips / "out.npz", (2e9, 2e9))
    assert job.done()
    os.utime(clips / "shots/0002.png", (2.1e9, 2.1e9))
    assert not job.done()

"""stats.json holds the figures of the last run, and replaces nothing but figures."""

from __future__ import annotations

import json

import pytest

from app.stats_file import write_stats
from engine.errors import OutputError


@pytest.fixture
def snapshot(fake):
    """Of a run."""
    from engine.config import Config

    return fake(Config(source="demo")).snapshot()


def test_a_run_replaces_the_figures_of_the_one_before(tmp_path, snapshot, capsys):
    path = tmp_path / "stats.json"
    write_stats(path, snapshot)
    path.write_text(path.read_text().replace('"poses"', '"older": 1, "poses"'))
    write_stats(path, snapshot)
    assert "older" not in json.loads(path.read_text())
    assert [entry.name for entry in tmp_path.iterdir()] == ["stats.json"]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("content", ["HIERARCHY", '{"poses": 1}', "[]", "", "[" * 100_000])
def test_what_holds_no_figures_is_kept_and_the_next_free_name_said(tmp_path, snapshot, capsys, content):
    path = tmp_path / "take.bvh"
    path.write_text(content)
    write_stats(path, snapshot)
    assert path.read_text() == content
    assert "frames_captured" in json.loads((tmp_path / "take-2.bvh").read_text())
    assert capsys.readouterr().err.endswith("was kept: wrote take-2.bvh\n")


def test_a_folder_that_is_gone_is_one_line(tmp_path, snapshot):
    with pytest.raises(OutputError, match="give another --stats FILE"):
        write_stats(tmp_path / "none" / "stats.json", snapshot)

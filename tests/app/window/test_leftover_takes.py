"""Unfinished takes are offered once, for a minute, and never those that are still being recorded."""

from __future__ import annotations

import time

from app.window.leftover_takes import RECOVER, LeftOver
from engine.takes.partial_file import PartialFile


def offered(left_over: LeftOver) -> str | None:
    """The text of the notice, once the search is over."""
    until_s = time.monotonic() + 5
    while left_over._search.busy:
        notice = left_over.notice()
        assert time.monotonic() < until_s
    notice = left_over.notice()
    return None if notice is None else notice.text


def test_what_is_offered_is_taken_once(tmp_path, left_over, clock):
    partial = left_over(tmp_path / "take.bvh")
    found = LeftOver(clock)
    found.look(tmp_path)
    assert offered(found) == "A take was left unfinished: take.bvh.partial"
    notice = found.notice()
    assert notice is not None
    assert notice.action == RECOVER
    assert found.take() == (partial,)
    assert found.notice() is None
    assert found.take() == ()


def test_several_are_counted(tmp_path, left_over, clock):
    for name in ("a.bvh", "b.bvh"):
        left_over(tmp_path / name)
    found = LeftOver(clock)
    found.look(tmp_path)
    text = offered(found)
    assert text is not None
    assert text.startswith("2 takes")


def test_the_offer_lapses(tmp_path, left_over, clock):
    left_over(tmp_path / "take.bvh")
    found = LeftOver(clock)
    found.look(tmp_path)
    assert offered(found)
    clock.now_s += 61
    assert found.notice() is None


def test_nothing_is_offered_of_a_running_take_or_a_folder_that_is_not_there(tmp_path, clock):
    running = PartialFile(tmp_path / "take.bvh")
    found = LeftOver(clock)
    found.look(tmp_path)
    assert offered(found) is None
    found.look(tmp_path / "nowhere")
    assert offered(found) is None
    running.close()

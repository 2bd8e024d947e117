"""The banner says the most important thing, for a while, and takes it back."""

from __future__ import annotations

import dataclasses

from app.troubles import new_messages
from app.window.notices import ENDED, NO_PERSON, Notices
from app.window.widgets.performer_bar import performer_words
from engine.types import Message


def test_a_performer_in_view_needs_no_banner(clock, at):
    assert Notices(clock).notice(at()) is None


def test_nobody_in_view_is_said_after_a_second_and_taken_back(clock, at):
    notices = Notices(clock)
    assert notices.notice(at(1, person=False)) is None
    clock.now_s += 1.2
    notice = notices.notice(at(2, person=False))
    assert notice is not None
    assert notice.text == NO_PERSON
    assert notices.notice(at(3)) is None


def test_a_message_is_shown_for_a_while(clock, at):
    notices = Notices(clock)
    message = Message("warning", "Nobody listens on 127.0.0.1:39539")
    shown = notices.notice(at(1, messages=(message,)))
    assert shown is not None
    assert shown.text == message.text
    clock.now_s += 9
    assert notices.notice(at(2, messages=(message,))) is None


def test_an_info_does_not_push_a_warning_away(clock, at):
    notices = Notices(clock)
    warning, info = Message("warning", "w"), Message("info", "i")
    notices.notice(at(1, messages=(warning,)))
    shown = notices.notice(at(2, messages=(warning, info)))
    assert shown is not None
    assert shown.text == "w"


def test_a_failure_stays_with_a_way_out(clock, at):
    notices = Notices(clock)
    failed = at(state="failed", messages=(Message("error", "no camera"),))
    for _ in range(3):
        shown = notices.notice(failed)
        assert shown is not None
        assert (shown.text, shown.action) == ("no camera", "Try again")
        clock.now_s += 60


def test_a_failure_that_is_over_is_not_shown_any_more(clock, at):
    notices = Notices(clock)
    message = Message("error", "not a video")
    notices.notice(at(state="failed", messages=(message,)))
    assert notices.notice(at(1, messages=(message,))) is None


def test_a_camera_that_stalls_is_said_with_its_seconds(clock, at):
    notices = Notices(clock)
    notices.notice(at(5))
    clock.now_s += 3
    shown = notices.notice(at(5))
    assert shown is not None
    assert "3 s" in shown.text
    assert notices.notice(at(6)) is None


def test_the_end_of_a_clip_offers_to_play_again(clock, at):
    shown = Notices(clock).notice(at(state="ended"))
    assert shown is not None
    assert (shown.text, shown.action) == (ENDED, "Play again")


def test_the_same_words_twice_are_two_messages():
    first, second = Message("info", "x"), Message("info", "x")
    assert new_messages((first,), (first, second)) == [second]


def test_a_silent_source_and_a_computer_that_is_behind_are_told_apart(clock, at):
    notices, stats = Notices(clock), at(1).stats
    notices.notice(at(1, source="demo"))
    clock.now_s += 2.5
    silent = notices.notice(at(1, source="demo"))
    assert silent.text == "No new picture for 2 s: waiting for Demo clip"
    assert not notices.too_slow
    behind = dataclasses.replace(stats, frames_captured=stats.frames_captured + 60)
    busy = notices.notice(at(1, source="demo", stats=behind))
    assert "too busy" in busy.text
    assert performer_words(at(1), None, notices.silence_s(), too_slow=notices.too_slow).state == "Too slow"
    assert notices.notice(at(2, source="demo", stats=behind)) is None
    assert not notices.too_slow

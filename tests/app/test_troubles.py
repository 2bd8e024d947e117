"""Trouble is said once when it begins and once when it is over, and is in the log."""

from __future__ import annotations

import dataclasses

from app.commands.headless import status_text
from app.troubles import NO_PICTURE_AFTER_S, OVER_AFTER_S, Troubles
from engine.types import Message, ReceiverState, RecordingState, TargetState

URL = "vmc://127.0.0.1:39539"
NOBODY = "nobody is listening on 127.0.0.1:39539: start the receiver or check its port"


def target(error: str | None, url: str = URL) -> tuple[TargetState, ...]:
    return (TargetState(url, 10, 100, 60.0, 0 if error is None else 3, error),)


def texts(messages: list[Message]) -> list[str]:
    return [message.text for message in messages]


def test_a_target_that_nobody_listens_on_is_said_once_and_taken_back(clock, at, caplog):
    caplog.set_level("INFO")
    troubles = Troubles(clock)
    assert troubles.news(at(targets=target(None))) == []
    assert texts(troubles.news(at(targets=target(NOBODY)))) == [NOBODY]
    for _ in range(5):
        clock.now_s += 0.2
        assert troubles.news(at(targets=target(NOBODY))) == []
    clock.now_s += OVER_AFTER_S / 2
    assert troubles.news(at(targets=target(None))) == []
    clock.now_s += OVER_AFTER_S
    assert texts(troubles.news(at(targets=target(None)))) == [f"{URL}: works again"]
    assert troubles.news(at(targets=target(None))) == []
    assert caplog.messages == [NOBODY, f"{URL}: works again"]


def test_trouble_that_comes_and_goes_is_said_once(clock, at):
    troubles = Troubles(clock)
    said = []
    for number in range(20):
        clock.now_s += 0.5
        said += troubles.news(at(targets=target(NOBODY if number % 2 else None)))
    assert texts(said) == [NOBODY]


def test_another_error_of_the_same_target_is_news_and_other_numbers_are_not(clock, at):
    troubles = Troubles(clock)
    said = []
    for error in ("3 packets lost", "4 packets lost", "5 packets lost", "the cable is out"):
        said += troubles.news(at(targets=target(error)))
    assert texts(said) == [f"{URL}: 3 packets lost", f"{URL}: the cable is out"]


def test_a_target_that_was_removed_takes_its_trouble_along(clock, at):
    troubles = Troubles(clock)
    troubles.news(at(targets=target(NOBODY)))
    clock.now_s += 60.0
    assert troubles.news(at(targets=())) == []
    assert texts(troubles.news(at(targets=target(NOBODY)))) == [NOBODY]


def test_trouble_of_the_take_and_of_the_receive_port_is_said(clock, at):
    recording = RecordingState("take.bvh", 3.0, 90, 1000, "cannot write to /media: disk full; 90 poses are kept")
    receiver = ReceiverState("127.0.0.1", 39540, 0, 0, 0, 0, "receiving stopped")
    said = texts(Troubles(clock).news(at(recording=recording, receiver=receiver)))
    assert said == [recording.error, receiver.error]


def test_what_the_pipeline_has_said_itself_is_not_said_again(clock, at):
    messages = (Message("warning", NOBODY),)
    assert Troubles(clock).news(at(targets=target(NOBODY), messages=messages)) == []


def test_without_a_new_picture_there_are_no_figures_in_the_status(clock, at):
    troubles = Troubles(clock)
    troubles.news(at(5))
    assert troubles.silence_s() is None
    clock.now_s += NO_PICTURE_AFTER_S + 2.0
    troubles.news(at(5))
    text = status_text(at(5), troubles.silence_s())
    assert "no picture for 3 s" in text
    assert "person" not in text
    assert "latency" not in text
    troubles.news(at(6))
    assert troubles.silence_s() is None
    assert "person yes" in status_text(at(6), troubles.silence_s())


def test_a_clip_that_is_over_is_not_waited_for(clock, at):
    troubles = Troubles(clock)
    troubles.news(at(5))
    clock.now_s += 60.0
    troubles.news(at(5, state="ended"))
    assert troubles.silence_s() is None


def test_without_a_pose_no_latency_is_claimed(at):
    stats = dataclasses.replace(at().stats, fps=0.0)
    assert "latency none" in status_text(at(stats=stats))


def test_a_receiver_that_asks_for_less_is_said_once_and_again_when_it_is_over(clock, at):
    troubles = Troubles(clock)
    slowed = ReceiverState("127.0.0.1", 39540, 1, 1, 0, 0, None, periods=(1, 1, 1000, 1))
    begun = texts(troubles.news(at(receiver=slowed)))
    assert len(begun) == 1
    assert "every 1000th frame" in begun[0]
    assert troubles.news(at(receiver=slowed)) == []
    clock.now_s += OVER_AFTER_S + 0.1
    full = dataclasses.replace(slowed, periods=(1, 1, 1, 1))
    assert texts(troubles.news(at(receiver=full))) == ["the full stream: works again"]

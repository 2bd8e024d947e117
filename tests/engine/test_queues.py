"""Hand-overs: the newest wins and drops are counted; or nothing is lost and the sender waits."""

from __future__ import annotations

import threading
import time

import pytest

from engine.queues import BoundedQueue, Latest


def in_thread(work: object) -> threading.Thread:
    assert callable(work)
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_latest_gives_the_newest_and_counts_what_it_replaced() -> None:
    latest: Latest[int] = Latest()
    for item in range(5):
        latest.put(item)
    assert latest.get(0.0) == 4
    assert latest.dropped == 4
    assert latest.get(0.0) is None


def test_latest_gives_none_after_the_time_is_over() -> None:
    started_s = time.monotonic()
    assert Latest[int]().get(0.05) is None
    assert time.monotonic() - started_s >= 0.045


def test_latest_wakes_the_one_who_waits() -> None:
    latest: Latest[str] = Latest()
    taken: list[str | None] = []
    thread = in_thread(lambda: taken.append(latest.get(5.0)))
    latest.put("here")
    thread.join(2.0)
    assert taken == ["here"]
    assert latest.dropped == 0


def test_a_closed_latest_gives_none_at_once_even_to_those_who_wait_already() -> None:
    latest: Latest[int] = Latest()
    taken: list[int | None] = []
    thread = in_thread(lambda: taken.append(latest.get(30.0)))
    latest.close()
    thread.join(2.0)
    assert taken == [None]
    latest.put(1)
    started_s = time.monotonic()
    assert latest.get(30.0) is None
    assert time.monotonic() - started_s < 1.0
    assert latest.closed


def test_what_waited_in_latest_is_gone_after_closing() -> None:
    latest: Latest[int] = Latest()
    latest.put(1)
    latest.close()
    assert latest.get(0.0) is None


def test_the_queue_keeps_the_order_and_loses_nothing_under_pressure() -> None:
    queue: BoundedQueue[int] = BoundedQueue(3)
    taken: list[int] = []

    def take() -> None:
        while (item := queue.get(2.0)) is not None:
            taken.append(item)

    thread = in_thread(take)
    assert all(queue.put(item, 2.0) for item in range(500))
    queue.close()
    thread.join(5.0)
    assert taken == list(range(500))
    assert queue.dropped == 0


def test_a_full_queue_refuses_after_the_time_is_over_and_counts_it() -> None:
    queue: BoundedQueue[int] = BoundedQueue(2)
    assert queue.put(1, 0.0)
    assert queue.put(2, 0.0)
    started_s = time.monotonic()
    assert not queue.put(3, 0.05)
    assert time.monotonic() - started_s >= 0.045
    assert (queue.dropped, len(queue)) == (1, 2)
    assert [queue.get(0.0), queue.get(0.0), queue.get(0.0)] == [1, 2, None]


def test_a_closed_queue_gives_what_it_holds_and_accepts_nothing() -> None:
    queue: BoundedQueue[int] = BoundedQueue(2)
    queue.put(1, 0.0)
    queue.close()
    assert not queue.put(2, 30.0)
    assert queue.get(30.0) == 1
    assert queue.get(30.0) is None


def test_closing_frees_a_sender_who_waits() -> None:
    queue: BoundedQueue[int] = BoundedQueue(1)
    queue.put(1, 0.0)
    results: list[bool] = []
    thread = in_thread(lambda: results.append(queue.put(2, 30.0)))
    queue.close()
    thread.join(2.0)
    assert results == [False]


def test_a_queue_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        BoundedQueue[int](0)

"""Drawing an avatar leaves the processor to the tracking."""

from __future__ import annotations

from app.window.avatar.budget import SHARE, DrawBudget


class Clock:
    """Time that stands still until it is moved."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def _draw(budget: DrawBudget, clock: Clock, cost_s: float) -> None:
    budget.begin()
    clock.now_s += cost_s
    budget.end()


def test_a_cheap_drawing_is_followed_by_the_next_at_once() -> None:
    budget = DrawBudget(clock := Clock())
    assert budget.may_draw()
    _draw(budget, clock, 0.001)
    assert budget.may_draw()


def test_a_slow_drawing_takes_its_share_of_the_time_and_no_more() -> None:
    budget = DrawBudget(clock := Clock())
    spent_s, began_s = 0.0, clock.now_s
    while clock.now_s < began_s + 10.0:
        if budget.may_draw():
            _draw(budget, clock, 0.03)
            spent_s += 0.03
        clock.now_s += 0.001
    assert 0.8 * SHARE < spent_s / 10.0 < 1.05 * SHARE


def test_however_slow_it_is_a_picture_stands_for_a_third_of_a_second_at_most() -> None:
    budget = DrawBudget(clock := Clock())
    _draw(budget, clock, 2.0)
    assert budget.pause_s <= 1 / 3


def test_an_end_without_a_beginning_counts_for_nothing() -> None:
    budget = DrawBudget(clock := Clock())
    budget.end()
    clock.now_s += 5.0
    budget.end()
    assert budget.may_draw()
    assert budget.pause_s == 0.0

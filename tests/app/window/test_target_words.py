"""What the window says of an OSC target."""

from __future__ import annotations

import pytest

from app.window.target_words import (
    NOBODY,
    SOMEBODY,
    UNKNOWN,
    WAITING,
    card,
    free_port,
    proposal,
    settings_lines,
    with_fold,
)
from engine.osc.receivers import RECEIVERS
from engine.osc.targets import parse_target, parse_targets
from engine.types import TargetState

HERE, THERE = "vmc://127.0.0.1:39539", "vmc://studio-pc:39539"
REFUSED = "nobody is listening on 127.0.0.1:39539: start the receiver or check its port"


def _state(url: str, rate: float = 120.0, error: str | None = None, packets: int = 50) -> TargetState:
    return TargetState(url, packets, 1000, rate, 1 if error else 0, error, error)


@pytest.mark.parametrize(
    ("url", "state", "words", "good"),
    [
        (HERE, None, WAITING, None),
        (HERE, _state(HERE, 0.0, packets=0), WAITING, None),
        (HERE, _state(HERE), SOMEBODY, True),
        ("vmc://[::1]:39539", _state(HERE), SOMEBODY, True),
        ("vmc://localhost", _state(HERE), SOMEBODY, True),
        (HERE, _state(HERE, error=REFUSED), NOBODY, False),
        (THERE, _state(THERE), UNKNOWN, None),
        ("vmc://10.0.0.5", _state(THERE), UNKNOWN, None),
        (HERE, _state(HERE, 0.0), WAITING, None),
        (THERE, _state(THERE, 0.0, "OSC host 'studio-pc' does not resolve"), WAITING, False),
    ],
)
def test_a_card_says_in_few_words_whether_somebody_listens(
    url: str, state: TargetState | None, words: str, good: bool | None
) -> None:
    shown = card(url, state)
    assert (shown.words, shown.good) == (words, good)
    assert len(shown.words.split()) <= 3
    assert bool(shown.problem) == (state is not None and state.error is not None)


def test_an_error_is_shown_whole() -> None:
    text = "cannot reach 10.0.0.5:39539: Network is unreachable, and a long explanation of what that means for you"
    assert card(THERE, _state(THERE, 0.0, text)).problem == text


def test_a_new_target_is_a_receiver_not_served_yet_on_a_free_port() -> None:
    urls: tuple[str, ...] = ()
    for name in RECEIVERS:
        url = proposal(urls)
        urls = (*urls, url)
        parse_targets(urls)
        assert ("preset" in url) == (name != "generic")
    assert parse_target(urls[0]).url == HERE
    assert parse_target(urls[1]).port == 39540
    assert parse_target(next(url for url in urls if "snekstudio" in url)).port == 39570
    parse_targets((*urls, proposal(urls)))
    assert parse_target(proposal((), "39539")).port == 39540, "we listen on 39539"


def test_a_port_is_free_on_one_computer_and_taken_on_another() -> None:
    assert free_port(39539, "127.0.0.1", (THERE,)) == 39539
    assert free_port(39539, "no/host at all", (HERE,)) == 39539
    assert free_port(39539, "localhost", (HERE, "osc://127.0.0.1:39540")) == 39541


def test_folding_a_bone_changes_that_option_alone() -> None:
    assert with_fold("", "generic", "upperchest", True) == "fold=upperchest"
    both = with_fold("rate=60&fold=upperchest", "generic", "shoulders", True)
    assert both == "rate=60&fold=shoulders,upperchest"
    assert with_fold(both, "generic", "upperchest", False) == "rate=60&fold=shoulders"
    assert with_fold("fold=upperchest", "generic", "upperchest", False) == ""


def test_a_fold_of_the_preset_can_be_taken_back() -> None:
    assert with_fold("", "unreal", "upperchest", False) == "fold="
    assert with_fold("fold=", "unreal", "upperchest", True) == ""


def test_what_to_set_in_the_other_program_is_told_for_each() -> None:
    assert settings_lines("vmc", "gmr") == RECEIVERS["gmr"].settings
    vrchat = " ".join(settings_lines("vrchat", "generic"))
    assert all(word in vrchat for word in ("headset", "desktop", "face tracking", "Calibrate"))

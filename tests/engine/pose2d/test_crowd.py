"""Who is who: crossings, hiding, people side by side, and a poster that never moves."""

from __future__ import annotations

import numpy as np
import pytest

from engine.networks.region import Region
from engine.pose2d.clothes import difference, mixed, trunk_colours
from engine.pose2d.crowd import Crowd, Sighting, Track

RED = np.sqrt(np.eye(64, dtype=np.float32)[3])
BLUE = np.sqrt(np.eye(64, dtype=np.float32)[48])
SIDE = 300.0


def at(x: float, clothes: np.ndarray | None = RED, size: float = SIDE, y: float = 240.0) -> Sighting:
    return Sighting(Region(x, y, size, 0.0), clothes)


def walk(crowd: Crowd, *paths: tuple, rate_hz: int = 30, hidden: tuple = ()) -> list[list[Track]]:
    """paths: (start x, speed px/s, clothes) per person; hidden: (person, first frame, last frame)."""
    seen = []
    for frame in range(90):
        sightings = [
            at(start + speed * frame / rate_hz, clothes)
            for person, (start, speed, clothes) in enumerate(paths)
            if not any(who == person and first <= frame <= last for who, first, last in hidden)
        ]
        seen.append(crowd.see(sightings, frame / rate_hz))
    return seen


@pytest.mark.parametrize("rate_hz", [15, 30, 60])
def test_two_people_who_cross_keep_their_tracks(rate_hz: int):
    seen = walk(Crowd(), (100, 150, RED), (540, -150, BLUE), rate_hz=rate_hz)
    assert all(tracks[0] is seen[0][0] and tracks[1] is seen[0][1] for tracks in seen)


def test_somebody_hidden_behind_another_is_found_again_on_the_far_side():
    crowd = Crowd()
    seen = walk(crowd, (100, 150, RED), (540, -150, BLUE), hidden=((0, 35, 52),))
    assert all(tracks[0] is seen[0][1] for tracks in seen[35:53])
    assert seen[-1][0] is seen[0][0]
    assert len(crowd.tracks) == 2


def test_people_in_the_same_clothes_are_told_apart_by_place_and_motion():
    seen = walk(Crowd(), (100, 150, RED), (540, -150, RED))
    assert seen[-1][0] is seen[0][0]
    assert seen[-1][1] is seen[0][1]


def test_whoever_stands_in_front_of_the_performer_is_not_the_performer():
    crowd = Crowd()
    performer, other = crowd.see([at(300, RED), at(600, BLUE)], 0.0)
    for frame in range(1, 30):
        crowd.see([at(300, RED), at(600 - 10 * frame, BLUE)], frame / 30)
    assert crowd.whose(at(305, BLUE), 1.0) is other
    assert crowd.whose(at(305, RED), 1.0) is performer


def test_a_jump_across_the_picture_is_nobody_we_know():
    crowd = Crowd()
    crowd.see([at(100)], 0.0)
    assert crowd.whose(at(400), 1 / 30) is None
    assert crowd.whose(at(110), 1 / 30) is crowd.tracks[0]


def test_somebody_of_another_size_is_nobody_we_know():
    crowd = Crowd()
    crowd.see([at(300)], 0.0)
    assert crowd.whose(at(300, size=SIDE * 1.8), 1 / 30) is None


def test_a_person_out_of_sight_may_be_farther_off_when_they_come_back():
    crowd = Crowd()
    crowd.see([at(300)], 0.0)
    assert crowd.whose(at(400), 0.05) is None
    assert crowd.whose(at(400), 1.0) is crowd.tracks[0]


def test_tracks_are_forgotten_after_a_while_and_when_a_file_starts_again():
    crowd = Crowd()
    kept, _ = crowd.see([at(100), at(500)], 0.0)
    crowd.forget(20.0, keep=kept)
    assert crowd.tracks == [kept]
    crowd.see([at(100)], 20.0)
    crowd.forget(0.0, keep=kept)
    assert crowd.tracks == []


def test_a_poster_is_still_and_somebody_who_walks_is_moving():
    crowd = Crowd()
    rng = np.random.default_rng(0)
    for frame in range(150):
        now_s = frame / 30
        poster, person = crowd.see([at(100 + rng.normal(0, 0.5), RED), at(400 + 60 * np.sin(now_s * 2), BLUE)], now_s)
    assert crowd.is_still(poster, now_s)
    assert not crowd.is_still(person, now_s)
    assert not crowd.is_moving(poster, now_s)
    assert person.ever_moved


def test_a_performer_who_moved_once_is_no_poster_when_they_stand_still():
    crowd = Crowd()
    for frame in range(300):
        (track,) = crowd.see([at(100 + min(frame, 60))], frame / 30)
    assert not crowd.is_still(track, 10.0)


def test_clothes_are_told_apart_and_a_darker_light_is_not_another_shirt():
    region = Region(160, 200, 300, 0.0)
    picture = np.full((400, 320, 3), 90, np.uint8)
    red, dark_red, blue = picture.copy(), picture.copy(), picture.copy()
    for shirt, colour in ((red, (30, 30, 200)), (dark_red, (26, 26, 175)), (blue, (190, 60, 30))):
        shirt[120:200, 130:190] = colour
    first, second, third = (trunk_colours(shirt, region) for shirt in (red, dark_red, blue))
    assert difference(first, second) < 0.35 < 0.7 < difference(first, third)
    assert difference(first, first) == pytest.approx(0.0, abs=1e-3)


def test_a_trunk_outside_the_picture_has_no_colours_and_objects_to_nobody():
    assert trunk_colours(np.zeros((100, 100, 3), np.uint8), Region(50, 400, 300, 0.0)) is None
    assert difference(None, RED) == 0.0
    assert mixed(None, RED, 0.5) is RED
    assert mixed(RED, None, 0.5) is RED

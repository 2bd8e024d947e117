"""Following one person among several: crossings, hiding, coming back, choosing, and a poster."""

from __future__ import annotations

import numpy as np
import pytest

from engine.networks.region import Region
from engine.pose2d.following import NEARBY, FollowingDetector
from engine.pose2d.reading import Reading
from engine.types import Detection, Frame, Keypoints2D, NoPerson, PersonChoice
from models.keypoints import NUM_KEYPOINTS

WIDTH, HEIGHT, SIDE = 960, 480, 300.0
RED, GREEN, BLUE = (30, 30, 200), (40, 190, 40), (200, 60, 30)


class People:
    """Networks that see coloured rectangles. `cast`: name -> (x, colour), later ones stand in front."""

    name = "people"
    size, size_steps = "full", 0
    details = ("detail",)

    def __init__(self) -> None:
        self.cast: dict[str, tuple[float, tuple[int, int, int]]] = {}
        self.searches = 0
        self.left_out = 0

    def picture(self) -> np.ndarray:
        bgr = np.full((HEIGHT, WIDTH, 3), 100, np.uint8)
        for x, colour in self.cast.values():
            bgr[150:260, max(0, int(x) - 30) : max(0, int(x) + 30)] = colour
        return bgr

    def visible(self) -> dict[str, float]:
        names = list(self.cast)
        return {
            name: self.cast[name][0]
            for i, name in enumerate(names)
            if not any(abs(self.cast[name][0] - self.cast[front][0]) < 25 for front in names[i + 1 :])
        }

    def find(self, frame: Frame) -> list[Region]:
        assert frame.bgr.shape == (HEIGHT, WIDTH, 3)
        self.searches += 1
        return [Region(x, 240.0, SIDE, 0.0) for x in self.visible().values()]

    def read(self, frame: Frame, region: Region) -> Reading | None:
        near = sorted(self.visible().values(), key=lambda x: abs(x - region.x_px))
        if not near or abs(near[0] - region.x_px) > 60:
            return None
        points = np.full((NUM_KEYPOINTS, 2), (near[0], 200.0), np.float32)
        points[:, 1] += np.linspace(-100, 100, NUM_KEYPOINTS)
        keypoints = Keypoints2D(
            frame.frame_id, frame.captured_at_s, frame.image_size, points, np.ones(NUM_KEYPOINTS, np.float32)
        )
        return Reading(keypoints, Region(near[0], 240.0, SIDE, 0.0))

    def size_costs_s(self, frame: Frame, region: Region) -> tuple[float, ...]:
        return (frame.captured_at_s, region.x_px)

    def leave_out(self, number: int) -> None:
        self.left_out = number

    def close(self) -> None:
        self.cast = {}


class World:
    """Time, people, a detector, and who was followed."""

    def __init__(self, rate_hz: float = 30.0) -> None:
        self.people = People()
        self.detector = FollowingDetector(self.people)
        self.frame, self.rate_hz = 0, rate_hz

    def step(self, **cast: tuple[float, tuple[int, int, int]]) -> str | None:
        """Show a cast for a frame; the name of whoever was followed."""
        return self.name_of(self.detect(**cast))

    def detect(self, **cast: tuple[float, tuple[int, int, int]]) -> Detection:
        self.people.cast = cast
        frame = Frame(self.people.picture(), self.frame, self.frame / self.rate_hz)
        found = self.detector.detect(frame)
        self.detector.look_round(frame)
        self.frame += 1
        return found

    def name_of(self, found: Detection) -> str | None:
        if isinstance(found, NoPerson):
            return None
        x = float(found.points_px[0, 0])
        return min(self.people.cast, key=lambda name: abs(self.people.cast[name][0] - x))

    def hold(self, seconds: float, **cast: tuple[float, tuple[int, int, int]]) -> list[str | None]:
        return [self.step(**cast) for _ in range(round(seconds * self.rate_hz))]


def test_the_most_prominent_person_is_followed_first():
    assert World().step(a=(480, RED), b=(900, BLUE)) == "a"


@pytest.mark.parametrize("rate_hz", [15.0, 30.0, 60.0])
def test_a_person_who_passes_in_front_does_not_take_over(rate_hz: float):
    world = World(rate_hz)
    world.step(performer=(400, RED))
    world.hold(1.0, performer=(400, RED), passer=(900, BLUE))
    followed = []
    for x in np.arange(900, 40, -240 / rate_hz):
        sways = 400 + 25 * float(np.sin(x / 50))
        followed.append(world.step(performer=(sways, RED), passer=(float(x), BLUE)))
    assert "passer" not in followed
    assert followed.count(None) < 0.4 * rate_hz
    assert followed[-1] == "performer"


def test_the_performer_walks_behind_somebody_and_is_found_again_on_the_far_side():
    world = World()
    world.step(performer=(200, RED))
    world.hold(1.0, performer=(200, RED), other=(500, BLUE))
    followed = [world.step(performer=(float(x), RED), other=(500, BLUE)) for x in np.arange(200, 800, 6)]
    assert "other" not in followed
    assert set(followed[-20:]) == {"performer"}


def test_somebody_who_walks_in_later_and_comes_nearer_to_the_middle_changes_nothing():
    world = World()
    world.hold(1.0, performer=(250, RED))
    followed = [world.step(performer=(250, RED), late=(float(x), BLUE)) for x in np.arange(950, 450, -8)]
    assert set(followed) == {"performer"}


def test_when_the_performer_leaves_the_other_one_is_refused_for_a_while_and_the_performer_taken_back():
    world = World()
    world.step(performer=(250, RED))
    world.hold(1.0, performer=(250, RED), other=(700, BLUE))
    assert set(world.hold(2.0, other=(700, BLUE))) == {None}
    assert world.hold(0.3, performer=(300, RED), other=(700, BLUE))[-1] == "performer"
    world.hold(3.2, other=(700, BLUE))
    assert world.step(other=(700, BLUE)) == "other"


def test_a_single_person_who_jumps_is_found_again_within_a_second():
    world = World()
    world.hold(1.0, alone=(150, RED))
    assert world.hold(1.0, alone=(850, RED))[-1] == "alone"


def test_a_single_person_in_another_light_stays_the_same_person():
    world = World()
    world.hold(1.0, alone=(400, RED))
    assert set(world.hold(1.0, alone=(405, GREEN))) == {"alone"}


def test_a_click_and_the_next_key_choose_whom_to_follow():
    world = World()
    world.hold(1.0, a=(480, RED), b=(800, BLUE), c=(150, GREEN))
    world.detector.choose(PersonChoice((790.0, 200.0)))
    assert set(world.hold(0.5, a=(480, RED), b=(800, BLUE), c=(150, GREEN))) == {"b"}
    world.detector.choose(PersonChoice())
    assert world.step(a=(480, RED), b=(800, BLUE), c=(150, GREEN)) == "c"
    world.detector.choose(PersonChoice())
    assert world.step(a=(480, RED), b=(800, BLUE), c=(150, GREEN)) == "a"


def test_a_poster_yields_to_somebody_who_moves_but_a_chosen_one_does_not():
    for chosen, expected in ((False, "person"), (True, "poster")):
        world = World()
        world.step(poster=(480, RED), person=(800, BLUE))
        if chosen:
            world.detector.choose(PersonChoice((480.0, 240.0)))
        followed = [world.step(poster=(480, RED), person=(800 + 60 * float(np.sin(i / 15)), BLUE)) for i in range(240)]
        assert followed[0] == "poster"
        assert followed[-1] == expected


def test_the_others_are_known_and_looked_for_less_often_where_there_is_no_time():
    world = World()
    world.hold(2.0, a=(480, RED), b=(800, BLUE))
    found = world.detect(a=(480, RED), b=(800, BLUE))
    assert [round(other.x_px) for other in found.others] == [800]
    assert [round(other.x_px) for other in world.detect(b=(800, BLUE)).others] == [800]
    world.hold(0.2, a=(480, RED), b=(800, BLUE))
    assert world.detector.details == ("detail", NEARBY)
    world.detector.leave_out(2)
    assert world.people.left_out == 1
    before = world.people.searches
    world.hold(3.0, a=(480, RED), b=(800, BLUE))
    assert 1 <= world.people.searches - before <= 3
    assert len(world.detect(a=(480, RED), b=(800, BLUE)).others) == 1


def test_a_file_that_starts_again_and_another_source_begin_afresh():
    world = World()
    world.hold(1.0, a=(480, RED))
    world.frame = 0
    assert world.hold(0.2, b=(100, BLUE))[-1] == "b"
    world.detector.reset()
    assert world.step(c=(900, GREEN)) == "c"


def test_an_empty_picture_is_nobody():
    world = World()
    assert world.step() is None
    world.hold(0.5, a=(480, RED))
    assert world.step() is None


def test_sizes_are_measured_on_the_person_who_is_followed():
    world = World()
    assert world.detector.size_costs_s(Frame(world.people.picture(), 0, 0.0)) == ()
    world.step(a=(480, RED), b=(900, BLUE))
    shown = Frame(world.people.picture(), 1, 0.5)
    assert world.detector.size_costs_s(shown) == ()  # there is only one
    world.people.size_steps = 1
    assert world.detector.size_costs_s(shown) == (0.5, 480)
    assert (world.detector.size, world.detector.size_steps) == ("full", 1)


def test_looking_for_other_people_is_apart_from_reading_the_performer():
    world = World()
    world.hold(2.0, performer=(400, RED))
    searches = world.people.searches
    picture = world.people.picture()
    for frame in range(60, 150):
        world.detector.detect(Frame(picture, frame, frame / 30))
    assert world.people.searches == searches
    world.detector.look_round(Frame(picture, 149, 149 / 30))
    assert world.people.searches == searches + 1


def test_whoever_comes_in_other_clothes_to_the_performers_place_is_looked_up_at_once():
    """The other one was never seen before: they came in between two looks."""
    world = World()
    world.hold(2.0, performer=(400, RED))
    world.detector.leave_out(2)
    world.hold(0.2, performer=(400, RED))
    followed = world.hold(1.5, performer=(380, RED), other=(415, BLUE))
    assert followed[-1] == "performer" or None in followed
    assert followed.count("other") <= round(0.3 * world.rate_hz)

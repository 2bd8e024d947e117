"""Follow one person among several with any pair of networks: one that finds people, one that reads a person.

Every frame the person is read at their predicted position. The reading must be of the same person
(engine.pose2d.crowd): if it matches another one, or none, the whole picture is searched, and without a match the person
is lost, not replaced.
"""

from __future__ import annotations

import math
from dataclasses import replace

from engine.networks.region import Region
from engine.pose2d.clothes import trunk_colours
from engine.pose2d.crowd import Crowd, Sighting, Track
from engine.pose2d.people import rank_people
from engine.pose2d.plausible import is_person
from engine.pose2d.reading import PeopleNetworks, Reading
from engine.types import Detection, Frame, NoPerson, OtherPerson, PersonChoice

REMEMBER_NEW_S, REMEMBER_S, REMEMBER_CHOSEN_S = 0.5, 3.0, 10.0
"""How long after losing a person no other is taken: a new person, a known one, after a user's choice."""
MOST_READ, MOST_READ_LOST = 2, 4
"""Number of people read per frame: beside the followed person, and while none is followed."""
_SAME, _CONTINUES, _NEAR = 0.1, 0.3, 0.8  # in sides of a region
DOUBT_S = 0.25
"""How long a person in other clothes may continue at the performer's position (an arm, a shadow). Afterwards the light
is assumed to have changed, if no other person is in the picture."""
LOOK_ROUND_S = 0.3
"""Interval of full-picture searches while others are in view."""
LOOK_ROUND_ALONE_S = 0.4
LOOK_ROUND_BUSY_S = 1.2
"""Interval under load: without any search another person could take over unnoticed."""
_SHOWN_S = 1.6  # others are shown this long after they were last seen
NEARBY = "frequent search for other people"


class FollowingDetector:
    """A Detector (engine.pose2d.base). Pose thread only."""

    def __init__(self, networks: PeopleNetworks) -> None:
        self._networks = networks
        self._crowd = Crowd()
        self._choice: PersonChoice | None = None
        self._looks_often = True
        self.reset()

    @property
    def name(self) -> str:
        """The networks' name."""
        return self._networks.name

    @property
    def details(self) -> tuple[str, ...]:
        """The networks' own, then the search for other people."""
        return (*self._networks.details, NEARBY)

    @property
    def size(self) -> str:
        """Size of the running network."""
        return self._networks.size

    @property
    def size_steps(self) -> int:
        """Number of leading `details` that are smaller networks."""
        return self._networks.size_steps

    def size_costs_s(self, frame: Frame) -> tuple[float, ...]:
        """Time each size on the followed person: seconds, largest first. () without a person or a choice."""
        if self._reading_region is None or not self.size_steps:
            return ()
        return self._networks.size_costs_s(frame, self._reading_region)

    def leave_out(self, number: int) -> None:
        """Drop the first `number` of `details`."""
        own = len(self._networks.details)
        self._networks.leave_out(min(number, own))
        self._looks_often = number <= own

    def reset(self) -> None:
        """Forget all people: another source, a jump in a file."""
        self._crowd.reset()
        self._followed: Track | None = None
        self._chosen = False  # by the user
        self._reading_region: Region | None = None  # the followed person's region in the last frame
        self._looked_at_s = -math.inf
        self._doubtful_since_s: float | None = None  # since when clothes do not match
        self._read_besides, self._company = 0, False  # people found in the last search; whether there were others

    def close(self) -> None:
        """Release the networks; the detector cannot be used afterwards."""
        self.reset()
        self._networks.close()

    def choose(self, choice: PersonChoice) -> None:
        """Follow another person from the next frame on; without a point, the next one to the right."""
        self._choice = choice

    def detect(self, frame: Frame) -> Detection:
        """Return the keypoints of the followed person, or NoPerson. Raises DetectorError."""
        now_s = frame.captured_at_s
        self._forget(now_s)
        self._take_choice(frame)
        reading = self._read_on(frame) if self._reading_region is not None else None
        if reading is None:
            reading = self._search(frame)
        self._reading_region = None if reading is None else reading.region
        if reading is None:
            return NoPerson(frame.frame_id, now_s, frame.image_size, self._others(now_s))
        others = self._others(now_s)
        return replace(reading.keypoints, others=others) if others else reading.keypoints

    def look_round(self, frame: Frame) -> None:
        """Look for other people in the frame just read, when due. Raises DetectorError.

        Keeps their tracks up to date; a followed poster is replaced by a person who moves. Separate from `detect` so
        that no stage waits for it.
        """
        now_s = frame.captured_at_s
        if self._reading_region is None or not self._due(now_s):
            return
        seen = self._see_all(frame, None, MOST_READ, besides=self._reading_region)
        self._company = self._read_besides > 0
        tracks = [track for track, _ in seen]
        if self._doubtful_since_s is not None and self._followed in tracks:
            self._follow(self._followed, chosen=self._chosen)  # another person was read; the followed one is here
            return
        if self._followed is None or self._chosen or not self._crowd.is_still(self._followed, now_s):
            return
        moving = [track for track in tracks if self._crowd.is_moving(track, now_s)]
        if moving:
            self._follow(self._ranked(moving, frame)[0], chosen=False)

    def _others(self, now_s: float) -> tuple[OtherPerson, ...]:
        """Return people seen recently who are not followed."""
        recent = (track for track in self._crowd.tracks if now_s - track.seen_at_s <= _SHOWN_S)
        regions = (track.region for track in recent if track is not self._followed)
        return tuple(OtherPerson(region.x_px, region.y_px, region.size_px) for region in regions)

    def _forget(self, now_s: float) -> None:
        """Drop people not seen for long, including the followed one; all when time runs backwards."""
        self._crowd.forget(now_s, self._followed if self._chosen else None)
        if self._followed is not None and self._followed not in self._crowd.tracks:
            self._followed, self._chosen, self._reading_region = None, False, None

    def _read_on(self, frame: Frame) -> Reading | None:
        """Read at the previous frame's position; None when another person or none is there."""
        assert self._reading_region is not None
        reading = self._read(frame, self._reading_region)
        if reading is None or self._followed is None:
            return None
        sighting = self._sighting(frame, reading.region)
        owner = self._crowd.whose(sighting, frame.captured_at_s)
        if owner is not None and owner is not self._followed:
            return None
        if owner is None and not self._is_alone_at(sighting):
            return None
        if owner is None and self._doubts(sighting, frame.captured_at_s):
            return None if len(self._crowd.tracks) > 1 or self._company else reading
        self._doubtful_since_s = None
        self._followed.see(sighting, frame.captured_at_s)
        return reading

    def _doubts(self, sighting: Sighting, now_s: float) -> bool:
        """Return whether a person who looks different may be another one: for DOUBT_S.

        Meanwhile the picture is searched, and nothing is learnt. Afterwards the light is assumed to have changed, if no
        other person is in the picture.
        """
        assert self._followed is not None
        if self._doubtful_since_s is None:
            self._doubtful_since_s, self._looked_at_s, self._company = now_s, -math.inf, False
        if self._company or 0.0 <= now_s - self._doubtful_since_s < DOUBT_S:
            return True
        self._followed.clothes = sighting.clothes
        return False

    def _read(self, frame: Frame, region: Region) -> Reading | None:
        """Read the person in a region; None for implausible points."""
        reading = self._networks.read(frame, region)
        return reading if reading is not None and is_person(reading.keypoints) else None

    def _is_alone_at(self, sighting: Sighting) -> bool:
        """Return whether a sighting is at the person's last position with no other person near.

        Then it is the same person, however different the clothes look in this light.
        """
        assert self._followed is not None
        others = (track for track in self._crowd.tracks if track is not self._followed)
        near = any(sighting.region.distance(track.region) < _NEAR for track in others)
        return not near and sighting.region.distance(self._followed.region) < _CONTINUES

    def _search(self, frame: Frame) -> Reading | None:
        """Search the whole picture for the person; without one, take the most prominent."""
        seen = self._see_all(frame, self._followed_region(frame.captured_at_s), MOST_READ_LOST)
        track = self._best([track for track, _ in seen], frame)
        if track is None:
            return None
        self._follow(track, chosen=self._chosen and track is self._followed)
        return next(reading for found, reading in seen if found is track)

    def _best(self, tracks: list[Track], frame: Frame) -> Track | None:
        """Return the track to follow. Another person only after the followed one was lost for a while."""
        if self._followed in tracks:
            return self._followed
        return next(iter(self._ranked([track for track in tracks if self._may_take(track, frame)], frame)), None)

    def _may_take(self, track: Track, frame: Frame) -> bool:
        """Return whether a track may replace the lost person: late if it is known to be another person, soon if it is
        new, since it may be the same person after a jump or in another light."""
        if self._followed is None:
            return True
        somebody_else = track.born_at_s <= self._followed.seen_at_s
        patience_s = REMEMBER_NEW_S if not somebody_else else REMEMBER_CHOSEN_S if self._chosen else REMEMBER_S
        return frame.captured_at_s - self._followed.seen_at_s > patience_s

    def _followed_region(self, now_s: float) -> Region | None:
        return None if self._followed is None else self._followed.expected(now_s)

    def _ranked(self, tracks: list[Track], frame: Frame) -> list[Track]:
        """Return tracks, best first: near the person's last position, else large and central; posters last."""
        order = rank_people([track.region for track in tracks], frame.image_size, self._last_region())
        return sorted((tracks[i] for i in order), key=lambda track: self._crowd.is_still(track, frame.captured_at_s))

    def _last_region(self) -> Region | None:
        return None if self._followed is None else self._followed.region

    def _see_all(
        self, frame: Frame, near: Region | None, most: int, besides: Region | None = None
    ) -> list[tuple[Track, Reading]]:
        """Search the picture and read at most `most` people, starting from `near` or from the most prominent.

        A finder's regions are rough, and some are empty: only readings count. `besides`: a person already read.
        """
        self._looked_at_s = frame.captured_at_s
        regions = [region for region in self._networks.find(frame) if region.is_plausible(frame.image_size)]
        if besides is not None:
            regions = [region for region in regions if not _same(region, besides)]
        readings: list[Reading] = []
        for index in rank_people(regions, frame.image_size, near)[:most]:
            reading = self._read(frame, regions[index])
            known = [other.region for other in readings] + ([] if besides is None else [besides])
            if reading is not None and not any(_same(reading.region, region) for region in known):
                readings.append(reading)
        self._read_besides = len(readings)
        sightings = [self._sighting(frame, reading.region) for reading in readings]
        tracks = self._crowd.see(sightings, frame.captured_at_s)
        return [(track, reading) for track, reading in zip(tracks, readings, strict=True) if track is not None]

    def _due(self, now_s: float) -> bool:
        usual_s = LOOK_ROUND_ALONE_S if len(self._crowd.tracks) <= 1 else LOOK_ROUND_S
        return now_s - self._looked_at_s >= (usual_s if self._looks_often else LOOK_ROUND_BUSY_S)

    def _take_choice(self, frame: Frame) -> None:
        """Follow the person that the user chose."""
        choice, self._choice = self._choice, None
        if choice is None:
            return
        self._see_all(frame, None, MOST_READ_LOST)
        tracks = self._crowd.tracks
        if not tracks:
            return
        if choice.point_px is None:
            ordered = sorted(tracks, key=lambda track: track.region.x_px)
            place = ordered.index(self._followed) if self._followed in ordered else -1
            chosen = ordered[(place + 1) % len(ordered)]
        else:
            point = Region(*choice.point_px, 1.0, 0.0)
            chosen = min(tracks, key=lambda track: point.distance(track.region))
        self._follow(chosen, chosen=True)

    def _follow(self, track: Track, *, chosen: bool) -> None:
        self._followed, self._chosen, self._reading_region = track, chosen, track.region
        self._doubtful_since_s = None

    def _sighting(self, frame: Frame, region: Region) -> Sighting:
        return Sighting(region, trunk_colours(frame.bgr, region))


def _same(a: Region, b: Region) -> bool:
    """Return whether two regions are around one person."""
    return min(a.distance(b), b.distance(a)) < _SAME

"""The details thread beside the body: poses get hands and face, and whatever becomes of it, the body goes on."""

from __future__ import annotations

import logging
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from engine.errors import DetectorError
from engine.live import details_worker
from engine.live.details_worker import (
    LONGEST_REST_S,
    LONGEST_WAIT_S,
    MANY_CORES,
    RATES,
    SHORTEST_PERIOD_S,
    SUBJECTS,
    DetailsWorker,
)
from engine.live.shared_state import SharedState
from engine.pipeline import Pipeline
from engine.queues import Latest
from engine.types import DetectedFrame, Frame, NoPerson
from tests.engine.pipeline_fakes import SIZE, WAIT_S, World
from tests.engine.test_pipeline import say_texts, until


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr("engine.pipeline.usable_cores", lambda: 2)
    return World()


def test_poses_get_hands_and_face_and_the_figures_say_how_often(world: World):
    with world.pipeline(hands="auto", face="auto") as pipeline:
        until(lambda: bool(world.hubs[0].poses) and world.hubs[0].poses[-1].detail_confidence is not None)
        until(lambda: world.hubs[0].poses[-1].detail_confidence[2] > 0)
        until(lambda: pipeline.snapshot().stats.face_per_s > 0 and pipeline.snapshot().stats.hands_per_s > 0)
        snapshot = pipeline.snapshot()
    pose = world.hubs[0].poses[-1]
    assert pose.fingers_xyzw is not None
    assert pose.fingers_xyzw.shape == (30, 4)
    assert pose.expression is not None
    assert pose.expression.shape == (52,)
    assert pose.detail_confidence is not None
    assert pose.detail_confidence[1] == 0
    assert (snapshot.details_state.hands, snapshot.details_state.face) == ("on", "on")
    assert snapshot.details is not None
    assert snapshot.details.right is None
    assert {"details", "solver"} <= set(snapshot.stats.stages)
    assert snapshot.stats.details_latency_ms.p95 > 0


@pytest.mark.parametrize(("hands", "face"), [("on", "off"), ("off", "on")])
def test_what_is_off_is_not_in_the_pose(world: World, hands: str, face: str):
    with world.pipeline(hands=hands, face=face) as pipeline:
        until(lambda: bool(world.hubs[0].poses) and world.hubs[0].poses[-1].detail_confidence is not None)
        state = pipeline.snapshot().details_state
    pose = world.hubs[0].poses[-1]
    assert (pose.fingers_xyzw is None, pose.expression is None) == (hands == "off", face == "off")
    assert (state.hands, state.face) == (hands, face)


def test_off_makes_no_network_and_poses_are_the_bodys_alone(world: World):
    world.frames = 5
    with world.pipeline() as pipeline:
        pipeline.wait(WAIT_S)
        assert pipeline.snapshot().details_state.hands == "off"
    assert world.details == []
    assert world.hubs[0].poses[-1].fingers_xyzw is None


def test_without_networks_the_body_goes_on_and_one_sentence_says_so(world: World):
    world.frames = 20
    world.hand_network = world.face_network = False
    with world.pipeline(hands="auto", face="on") as pipeline:
        assert pipeline.wait(WAIT_S) == "ended"
        until(lambda: pipeline.snapshot().details_state.hands == "missing")
        assert pipeline.snapshot().details_state.face == "missing"
        assert say_texts(pipeline).count("no hands: its network is not there") == 1
    assert len(world.hubs[0].poses) == 20


@pytest.mark.parametrize("error", [KeyError("planted"), DetectorError("the network broke")])
def test_when_looking_fails_it_is_said_and_logged_and_the_body_goes_on(
    world: World, error: Exception, caplog: pytest.LogCaptureFixture
):
    def broken(_frame: Frame) -> None:
        raise error

    world.looking = broken
    with world.pipeline(hands="on", face="on") as pipeline, caplog.at_level(logging.ERROR):
        until(lambda: pipeline.snapshot().details_state.error is not None)
        before = len(world.hubs[0].poses)
        until(lambda: len(world.hubs[0].poses) > before + 5)
        snapshot = pipeline.snapshot()
        assert snapshot.state == "running"
        assert (snapshot.details_state.hands, snapshot.details_state.face) == ("failed", "failed")
        assert sum("the body continues" in text for text in say_texts(pipeline)) == 1
        assert any(record.exc_info for record in caplog.records)
        world.looking = lambda _frame: None
        pipeline.reconfigure(pipeline._shared.config)
        until(lambda: pipeline.snapshot().details_state.hands == "on")


def test_a_hanging_network_costs_no_pose(world: World):
    gate = threading.Event()
    world.looking = lambda _frame: gate.wait(WAIT_S) and None
    world.frames = 30
    with world.pipeline(hands="on", face="on") as pipeline:
        assert pipeline.wait(WAIT_S) == "ended"
        gate.set()
    assert [pose.frame_id for pose in world.hubs[0].poses] == list(range(30))


def test_switching_live_follows_the_settings(world: World):
    with world.pipeline(hands="off", face="on") as pipeline:
        until(lambda: pipeline.snapshot().details_state.face == "on")
        config = pipeline._shared.config
        pipeline.reconfigure(type(config)(**{**_fields(config), "hands": "on", "face": "off"}))
        until(lambda: bool(world.hubs[0].poses) and world.hubs[0].poses[-1].fingers_xyzw is not None)
        until(lambda: world.hubs[0].poses[-1].expression is None)


def _fields(config: object) -> dict[str, object]:
    return {name: getattr(config, name) for name in config.__slots__}  # type: ignore[attr-defined]


def test_another_source_is_looked_at_afresh(world: World):
    with world.pipeline(hands="on", face="on") as pipeline:
        until(lambda: bool(world.details) and world.details[0].resets == 1)
        config = pipeline._shared.config
        pipeline.reconfigure(type(config)(**{**_fields(config), "source": "other"}))
        until(lambda: world.details[0].resets == 2)


class Bench:
    """The worker alone, on a clock that stands."""

    def __init__(self, cores: int, **settings: str) -> None:
        self.world = World()
        config = self.world.pipeline(**settings)._shared.config
        self.shared = SharedState(config, lambda: 0.0)
        self.worker = DetailsWorker(self.shared, self.world.factories(), lambda: 0.0, Latest(), cores)

    def served(self) -> None:
        self.worker._stop.set()
        self.worker._serve(self.worker._wanted(self.shared.config))


@pytest.mark.parametrize(("cores", "size"), [(2, "lite"), (MANY_CORES, "full")])
def test_the_hand_network_fits_the_cores(cores: int, size: str):
    bench = Bench(cores, hands="auto", face="auto")
    bench.served()
    assert bench.world.hand_size == size


def test_on_one_core_auto_is_off_and_on_is_on():
    bench = Bench(1, hands="auto", face="on")
    bench.served()
    assert (bench.world.details[0].has_hands, bench.world.details[0].has_face) == (False, True)


def test_what_the_user_asked_for_loses_its_rate_only():
    auto, on = Bench(2, hands="auto", face="auto"), Bench(2, hands="on", face="on")
    auto.served()
    on.served()
    assert auto.shared.shedding._offers["details"] == (*RATES, *SUBJECTS)
    assert on.shared.shedding._offers["details"] == RATES


def test_load_is_followed_and_said_in_a_word(world: World):
    with world.pipeline(hands="auto", face="auto") as pipeline:
        until(lambda: bool(world.details) and bool(world.details[0].load))
        assert world.details[0].load == {"hands": True, "face": True, "hands_every": 1, "face_every": 1}
        pipeline._shared.shedding._left_out = [("details", what) for what in (*RATES, SUBJECTS[0])]
        until(lambda: pipeline.snapshot().details_state.hands == "left out")
        assert pipeline.snapshot().details_state.face == "on"
        assert world.details[0].load == {"hands": False, "face": True, "hands_every": 2, "face_every": 2}


def test_while_the_body_measures_its_networks_nothing_is_looked_at(world: World):
    looked: list[int] = []
    world.looking = lambda frame: looked.append(frame.frame_id)
    with world.pipeline(hands="on", face="on") as pipeline:
        pipeline._shared.details.measuring = True
        until(lambda: len(world.hubs[0].poses) > 20)
        held = len(looked)
        until(lambda: len(world.hubs[0].poses) > 40)
        assert len(looked) <= held + 1
        pipeline._shared.details.measuring = False
        until(lambda: len(looked) > held + 1)


def test_who_left_the_picture_is_forgotten_after_a_second(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(details_worker, "lower_priority", lambda: True)
    bench = Bench(2, hands="on", face="on")
    bench.served()
    reader = bench.world.details[0]
    picture = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    body = bench.world.factories().make_detector("", size="lite", threads=1, on_message=print)

    def at(number: int, time_s: float, *, seen: bool) -> None:
        frame = Frame(picture, number, time_s)
        detection = body.detect(frame) if seen else NoPerson(number, time_s, SIZE)
        bench.worker._handle(DetectedFrame(1, frame, detection), reader)

    at(0, 10.0, seen=True)
    at(1, 10.1, seen=True)
    assert bench.shared.details.now.details is not None
    before = reader.resets
    at(2, 10.9, seen=False)
    assert bench.shared.details.now.details is not None
    at(3, 11.2, seen=False)
    assert bench.shared.details.now.details is None
    assert reader.resets == before + 1


def test_two_pipelines_share_the_cores(world: World):
    config = world.pipeline()._shared.config
    pipeline = Pipeline(config, factories=world.factories(), pipelines=2)
    (worker,) = (worker for worker in pipeline._workers if isinstance(worker, DetailsWorker))
    assert worker._cores == 1


@pytest.mark.parametrize(("cores", "rests"), [(2, [SHORTEST_PERIOD_S - 0.003, 0.03, LONGEST_REST_S]), (MANY_CORES, [])])
def test_on_few_cores_the_thread_rests_as_long_as_it_worked_and_looks_no_oftener_than_allowed(
    cores: int, rests: list[float]
):
    bench = Bench(cores, hands="on", face="on")
    bench.served()
    now, waited = [0.0], []
    worker = bench.worker
    worker._clock = lambda: now[0]
    worker._stop = SimpleNamespace(wait=waited.append)  # type: ignore[assignment]
    body = bench.world.factories().make_detector("", size="lite", threads=1, on_message=print)
    for number, took_s in enumerate((0.003, 0.03, 5.0)):
        frame = Frame(np.zeros((SIZE[1], SIZE[0], 3), np.uint8), number, 0.0)

        def look(_frame: Frame, took_s: float = took_s) -> None:
            now[0] += took_s

        bench.world.looking = look
        worker._handle(DetectedFrame(1, frame, body.detect(frame)), bench.world.details[0])
    assert waited == pytest.approx(rests)


def test_a_frame_that_came_while_the_thread_rested_is_not_looked_at():
    bench = Bench(2, hands="on", face="on")
    bench.served()
    bench.worker._stop = SimpleNamespace(wait=lambda _s: bench.worker._in.put(frame_of(1)))  # type: ignore[assignment]
    body = bench.world.factories().make_detector("", size="lite", threads=1, on_message=print)

    def frame_of(number: int) -> DetectedFrame:
        frame = Frame(np.zeros((SIZE[1], SIZE[0], 3), np.uint8), number, 0.0)
        return DetectedFrame(1, frame, body.detect(frame))

    bench.worker._handle(frame_of(0), bench.world.details[0])
    assert bench.worker._in.get(0.0) is None


def test_no_look_begins_while_the_body_is_at_work_but_one_in_a_while():
    bench = Bench(2, hands="on", face="on")
    now = [10.0]
    bench.worker._clock = lambda: now[0]
    bench.worker._began_s = 10.0
    assert not bench.worker._in_the_way()
    bench.shared.details.body_at_work = True
    assert bench.worker._in_the_way()
    now[0] += LONGEST_WAIT_S
    assert not bench.worker._in_the_way()
    bench.shared.details.measuring = True
    assert bench.worker._in_the_way()


def test_the_body_says_while_it_is_at_work(world: World):
    seen: list[bool] = []
    with world.pipeline(hands="on", face="on") as pipeline:
        share = pipeline._shared.details
        world.detecting = lambda _frame: seen.append(share.body_at_work)
        until(lambda: len(seen) > 3)
    assert all(seen[1:])
    assert not share.body_at_work


def test_with_hands_and_face_left_out_nothing_is_computed_until_there_is_time_again(world: World):
    looked: list[int] = []
    world.looking = lambda frame: looked.append(frame.frame_id)
    with world.pipeline(hands="auto", face="auto") as pipeline:
        until(lambda: bool(looked))
        pipeline._shared.shedding._left_out = [("details", what) for what in (*RATES, *SUBJECTS)]
        until(lambda: pipeline.snapshot().details_state.face == "left out")
        assert pipeline.snapshot().details is None
        held, poses = len(looked), len(world.hubs[0].poses)
        until(lambda: len(world.hubs[0].poses) > poses + 20)
        assert len(looked) <= held + 1
        assert world.hubs[0].poses[-1].fingers_xyzw is not None  # at rest
        pipeline._shared.shedding._left_out = []
        until(lambda: len(looked) > held + 1)

"""Latents: distances in units of the spread, ranks of the true window, by known answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.evaluation.checkpoint import CheckpointLifter
from models.evaluation.latents import alignment, evaluate_latents, latents, ranks_of_truth, retrieval
from models.vtm.direct import make_network

RNG = np.random.default_rng(0)
Z = RNG.normal(size=(200, 4, 16))


def test_the_same_latents_lie_on_each_other():
    found = alignment(Z, Z)
    assert found["distance_over_spread"] == pytest.approx(0, abs=1e-12)
    assert found["cosine"] == pytest.approx(1)


def test_the_distance_is_told_in_units_of_the_spread_whatever_the_scale():
    spread = np.sqrt(((Z - Z.mean((0, 1))) ** 2).sum(-1).mean())
    off = Z.copy()
    off[..., 0] += 0.3 * spread
    for scale in (1.0, 50.0):
        assert alignment(off * scale, Z * scale)["distance_over_spread"] == pytest.approx(0.3)


def test_the_mean_latent_is_one_spread_away_and_has_no_direction():
    found = alignment(np.broadcast_to(Z.mean((0, 1)), Z.shape), Z)
    assert found["distance_over_spread"] == pytest.approx(1, abs=0.05)
    assert found["cosine"] == pytest.approx(0, abs=1e-6)
    mean = Z.mean((0, 1))
    assert alignment(2 * mean - Z, Z)["cosine"] == pytest.approx(-1)


def test_the_rank_counts_the_windows_that_lie_nearer():
    keys = np.arange(5.0)[:, None]
    queries = np.array([[0.0], [0.0], [2.0], [9.0], [4.4]])
    np.testing.assert_array_equal(ranks_of_truth(queries, keys), [1, 2, 1, 2, 1])


def test_retrieval_of_the_same_is_perfect_and_of_noise_is_chance():
    flat = Z.reshape(200, -1)
    assert retrieval(flat, flat) == {"median_rank": 1.0, "top_1_percent": 100.0, "top_10_percent": 100.0, "among": 200}
    chance = retrieval(RNG.normal(size=flat.shape), flat)
    assert 60 < chance["median_rank"] < 140
    assert chance["top_10_percent"] < 15


def test_both_modalities_have_the_same_latents_of_every_window(untrained, batch, tiny):
    video, motion = latents(untrained.model, batch)
    for part in ("upper", "lower"):
        assert video[part].shape == motion[part].shape == (40, tiny.tokens, tiny.latent)


def test_the_plain_regression_has_no_latents(tiny, library):
    config = replace(tiny, network="direct")
    direct = CheckpointLifter(make_network(config).eval(), config, 0)
    assert evaluate_latents(direct, library, 4) is None


def test_an_untrained_network_finds_nothing_and_rebuilds_nothing(untrained, library):
    table = evaluate_latents(untrained, library, 40)
    assert table["tpmae_reconstruction_mm"] > 50
    assert table["windows"] <= 40
    for part in ("upper", "lower", "both"):
        assert table[part]["median_rank"] > 2
        assert table[part]["among"] == table["windows"]


def test_a_video_side_that_gives_the_motions_latents_is_aligned(untrained, library, batch, monkeypatch):
    """The same numbers from both sides."""
    from models.evaluation import latents as module

    _, motion = latents(untrained.model, batch)
    monkeypatch.setattr(module, "latents", lambda _model, _batch: (motion, motion))
    table = evaluate_latents(untrained, library, 40)
    assert table["upper"]["distance_over_spread"] == pytest.approx(0, abs=1e-9)
    assert table["both"]["top_1_percent"] == 100.0

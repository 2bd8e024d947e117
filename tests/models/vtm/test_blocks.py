"""The small pieces: shapes, who sees whom in time, and that nothing sees what comes later."""

from __future__ import annotations

import pytest
import torch

from models.vtm.blocks import (
    CausalConv,
    CrossTemporalContextAggregation,
    Embed,
    Residual,
    deinterleaved,
    interleaved,
    patches,
    set_dilation,
)

RNG = torch.Generator().manual_seed(0)
X = torch.randn(2, 16, 8, generator=RNG)  # batch, tokens, channels


def reach(block: torch.nn.Module, at: int) -> list[int]:
    """Which output tokens change when input token `at` changes."""
    block.eval()
    changed = X.clone()
    changed[:, at, :4] += 1  # not all channels alike: layer norms take that away
    with torch.no_grad():
        difference = (block(changed) - block(X)).abs().amax((0, 2))
    return torch.nonzero(difference > 1e-6)[:, 0].tolist()


@pytest.mark.parametrize(
    ("block", "channels"),
    [(CausalConv(8, 5), 5), (Residual(8), 8), (Embed(8, 5), 5), (CrossTemporalContextAggregation(8, 2), 8)],
    ids=["CausalConv", "Residual", "Embed", "CTCA"],
)
def test_shapes_are_those_of_the_docstring(block, channels):
    assert block(X).shape == (2, 16, channels)


def test_a_patch_holds_its_frames_one_after_the_other():
    tokens = patches(X, 4)
    assert tokens.shape == (2, 4, 32)
    assert torch.equal(tokens[1, 2], X[1, 8:12].flatten())


def test_convolutions_see_the_two_tokens_before_and_none_after():
    torch.manual_seed(0)
    assert reach(CausalConv(8, 8), 8) == [8, 9, 10]
    assert reach(Residual(8), 8) == [8, 9, 10]
    assert reach(Embed(8, 8), 8) == [8]


def test_ctca_sees_the_whole_past_and_no_future():
    torch.manual_seed(0)
    block = CrossTemporalContextAggregation(8, 2)
    assert reach(block, 0) == list(range(16))
    assert reach(block, 15) == [15]


def test_ctcas_local_path_tells_order_which_attention_alone_cannot():
    torch.manual_seed(0)
    block = CrossTemporalContextAggregation(8, 2).eval()
    shuffled = torch.cat([X[:, :15].flip(1), X[:, 15:]], dim=1)  # the last token sees all others, in another order
    with torch.no_grad():
        assert (block(X)[:, -1] - block(shuffled)[:, -1]).abs().max() > 1e-3
        block.local.linear.weight.zero_()
        assert (block(X)[:, -1] - block(shuffled)[:, -1]).abs().max() < 1e-5


def test_embed_keeps_what_is_linear():
    torch.manual_seed(0)
    block = Embed(8, 8)
    torch.nn.init.zeros_(block.out.weight)
    torch.nn.init.zeros_(block.out.bias)
    assert torch.allclose(block(X), block.straight(X))


BLOCKS = pytest.mark.parametrize(
    "make",
    [lambda: CausalConv(8, 8), lambda: Residual(8), lambda: CrossTemporalContextAggregation(8, 2)],
    ids=["CausalConv", "Residual", "CTCA"],
)


@BLOCKS
@pytest.mark.parametrize("last", [1, 3, 6, 7, 8, 20])
def test_the_newest_tokens_alone_are_what_they_are_among_all(make, last):
    torch.manual_seed(0)
    block = make().eval()
    tokens = X[:, :8]
    with torch.no_grad():
        every, newest = block(tokens), block(tokens, last)
    assert newest.shape[1] == min(last, 8)
    assert (newest - every[:, -last:]).abs().max() < 1e-6


@BLOCKS
@pytest.mark.parametrize("last", [0, 3, 16])
def test_woven_into_one_every_window_gives_what_it_gives_on_its_own(make, last):
    torch.manual_seed(0)
    block = make().eval()
    windows = torch.cat([X, X.flip(1)[:1]])
    with torch.no_grad():
        apart = block(windows, last)
        set_dilation(block, len(windows))
        together = block(interleaved(windows), last * len(windows))
    assert together.shape == (apart.shape[0] * apart.shape[1], 8)
    assert (deinterleaved(together, len(windows)) - apart).abs().max() < 1e-6


def test_woven_tokens_take_turns():
    rows = interleaved(X)
    assert torch.equal(rows[:4], torch.stack([X[0, 0], X[1, 0], X[0, 1], X[1, 1]]))
    assert torch.equal(deinterleaved(rows, 2), X)

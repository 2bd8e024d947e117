"""The small pieces: lengths in time, and who sees whom."""

from __future__ import annotations

import pytest
import torch

from models.vtm.blocks import CrossTemporalContextAggregation, Double, Residual, conv_in, halve

RNG = torch.Generator().manual_seed(0)
X = torch.randn(2, 8, 16, generator=RNG)


def reach(block: torch.nn.Module, at: int) -> list[int]:
    """Which output steps change when input step `at` changes."""
    block.eval()
    changed = X.clone()
    changed[:, :4, at] += 1  # not all channels alike: layer norms take that away
    with torch.no_grad():
        difference = (block(changed) - block(X)).abs().amax((0, 1))
    return torch.nonzero(difference > 1e-6)[:, 0].tolist()


@pytest.mark.parametrize(
    ("block", "shape"),
    [
        (conv_in(8, 5), (2, 5, 16)),
        (halve(8, 5), (2, 5, 8)),
        (Double(8, 5), (2, 5, 32)),
        (Residual(8), (2, 8, 16)),
        (CrossTemporalContextAggregation(8, 2), (2, 8, 16)),
    ],
    ids=["conv_in", "halve", "Double", "Residual", "CTCA"],
)
def test_lengths_in_time_are_those_of_the_docstring(block, shape):
    assert block(X).shape == shape


def test_convolutions_see_their_neighbours_and_no_further():
    torch.manual_seed(0)
    assert reach(conv_in(8, 8), 8) == [7, 8, 9]
    assert reach(Residual(8), 8) == [6, 7, 8, 9, 10]
    assert set(reach(Double(8, 8), 8)) <= set(range(15, 20))


def test_ctca_sees_the_whole_window():
    torch.manual_seed(0)
    assert reach(CrossTemporalContextAggregation(8, 2), 15) == list(range(16))


def test_ctcas_local_path_tells_order_which_attention_alone_cannot():
    torch.manual_seed(0)
    block = CrossTemporalContextAggregation(8, 2).eval()
    with torch.no_grad():
        there, back = block(X), block(X.flip(-1)).flip(-1)
        assert (there - back).abs().max() > 1e-3
        block.local = torch.nn.Identity()
        there, back = block(X), block(X.flip(-1)).flip(-1)
    assert (there - back).abs().max() < 1e-5

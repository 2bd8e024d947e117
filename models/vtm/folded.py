"""K, conv and F of a trained part as fewer matrices, for the exported network: the same numbers but for rounding.

What follows an embedding is linear (`fusion`'s first layer), and so is the end of the embedding itself: their product
is one matrix, reckoned once. Of a window of 64 frames that saves a tenth of all multiplications.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from models.vtm.backbones import LandmarkEncoder
from models.vtm.blocks import Embed, gelu, patches
from models.vtm.tpve import VisualPart

Fuse = Callable[[Tensor, Tensor, Tensor], Tensor]
"""keypoints (..., T, 23, 3), visual (..., T, V), box (..., 3) -> F (..., N, width)."""


def folded_fuse(part: VisualPart) -> Fuse:
    """`part.fuse` with as few matrices as its backbone allows."""
    return FoldedFuse(part) if isinstance(part.visual_encoder, LandmarkEncoder) else part.fuse


class FoldedFuse(nn.Module):
    """`VisualPart.fuse` of the backbone "landmarks" with the ends of both embeddings inside the fusion's matrix."""

    def __init__(self, part: VisualPart) -> None:
        super().__init__()
        first, self.residual = part.fusion
        assert isinstance(first, nn.Linear)
        assert isinstance(part.visual_encoder, LandmarkEncoder)
        embeds = (part.keypoint_encoder, part.visual_encoder.embed)
        self.part = part
        self.hidden = nn.ModuleList(embed.hidden for embed in embeds)
        width, stride = first.out_features, part.stride
        weights = first.weight.view(width, stride, len(embeds), -1).unbind(2)  # (width, stride, features) of each
        with torch.no_grad():
            folded = [_folded(embed, weight) for embed, weight in zip(embeds, weights, strict=True)]
            matrix = torch.cat([*(straight for straight, _, _ in folded), *(bent for _, bent, _ in folded)], dim=-1)
            self.linear = nn.Linear(stride * matrix.shape[-1], width)
            self.linear.weight.copy_(matrix.flatten(1))
            self.linear.bias.copy_(first.bias + sum(bias for _, _, bias in folded))

    def forward(self, keypoints: Tensor, visual: Tensor, box: Tensor) -> Tensor:
        """keypoints (..., T, 23, 3), visual (..., T, V), box (..., 3) -> F (..., N, width)."""
        given = (self.part.points(keypoints, box), visual)
        bent = [gelu(hidden(x)) for hidden, x in zip(self.hidden, given, strict=True)]
        fused: Tensor = self.residual(self.linear(patches(torch.cat([*given, *bent], dim=-1), self.part.stride)))
        return fused


def _folded(embed: Embed, weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """weight (width, stride, features) after an embedding -> of its input (width, stride, C_in), of its bent values
    (width, stride, features), bias (width,)."""
    bias = embed.straight.bias + embed.out.bias
    return weight @ embed.straight.weight, weight @ embed.out.weight, (weight @ bias).sum(-1)

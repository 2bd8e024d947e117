"""K, conv and F of a trained part with fewer matrices, for the exported network: equal except for rounding.

The layer after an embedding is linear (`fusion`'s first layer), and so is the end of the embedding itself: their
product is precomputed (folded). For a window of 64 frames this saves a tenth of all multiplications.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.vtm.backbones import LandmarkEncoder
from models.vtm.blocks import Embed, gelu, patches
from models.vtm.tpve import VisualPart


def folded(part: VisualPart) -> VisualPart | FoldedPart:
    """Return `part.embed` and `part.fusion` with as few matrices as the backbone allows."""
    return FoldedPart(part) if isinstance(part.visual_encoder, LandmarkEncoder) else part


class FoldedPart(nn.Module):
    """A part of the backbone "landmarks" with the ends of both embeddings folded into the fusion's first matrix."""

    def __init__(self, part: VisualPart) -> None:
        super().__init__()
        first, *others = part.fusion
        assert isinstance(first, nn.Linear)
        assert isinstance(part.visual_encoder, LandmarkEncoder)
        embeds = (part.keypoint_encoder, part.visual_encoder.embed)
        self.points, self.stride = part.points, part.stride
        self.hidden = nn.ModuleList(embed.hidden for embed in embeds)
        self.fusion = nn.Sequential(_folded(first, embeds, part.stride), *others)

    def embed(self, keypoints: Tensor, visual: Tensor, box: Tensor) -> Tensor:
        """Map (..., T, 23, 3), (..., T, V), (..., 3) to the input of `fusion` (..., N, 4 * C): inputs and
        activations."""
        given = (self.points(keypoints, box), visual)
        bent = [gelu(hidden(x)) for hidden, x in zip(self.hidden, given, strict=True)]
        return patches(torch.cat([*given, *bent], dim=-1), self.stride)


@torch.no_grad()
def _folded(first: nn.Linear, embeds: tuple[Embed, ...], stride: int) -> nn.Linear:
    """Return `first` after the embeddings, as one layer over their inputs and activations."""
    weights = first.weight.view(first.out_features, stride, len(embeds), -1).unbind(2)  # (width, stride, features) each
    pairs = list(zip(weights, embeds, strict=True))
    columns = [weight @ embed.straight.weight for weight, embed in pairs]
    columns += [weight @ embed.out.weight for weight, embed in pairs]
    matrix = torch.cat(columns, dim=-1).flatten(1)
    layer = nn.Linear(matrix.shape[1], matrix.shape[0])
    layer.weight.copy_(matrix)
    layer.bias.copy_(
        first.bias + sum((weight @ (embed.straight.bias + embed.out.bias)).sum(-1) for weight, embed in pairs)
    )
    return layer

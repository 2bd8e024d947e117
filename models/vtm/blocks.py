"""The small pieces, all causal in time: a token never sees a later one, so that every token is a "last frame".

Tokens are (B, N, C): a patch of 4 frames each. A causal window trains as many zero-look-ahead answers as it has tokens.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

KERNEL = 3


def gelu(x: Tensor) -> Tensor:
    """The tanh form: cheap, and equal in every runtime."""
    return F.gelu(x, approximate="tanh")


def patches(x: Tensor, frames: int) -> Tensor:
    """(B, T, C) -> (B, T / frames, frames * C): what a convolution with kernel = stride = `frames` reads."""
    B, T, C = x.shape  # batch, frames, channels
    return x.reshape(B, T // frames, frames * C)


class CausalConv(nn.Module):
    """1D convolution over this token and the two before it, as one matrix. (B, N, C_in) -> (B, N, C_out)."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.linear = nn.Linear(KERNEL * channels_in, channels_out)

    def forward(self, x: Tensor) -> Tensor:
        N = x.shape[1]  # tokens
        padded = F.pad(x, (0, 0, KERNEL - 1, 0))
        out: Tensor = self.linear(torch.cat([padded[:, i : i + N] for i in range(KERNEL)], dim=-1))
        return out


class Residual(nn.Module):
    """(B, N, C) -> (B, N, C): a causal convolution and a linear map around a skip."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.conv = CausalConv(channels, channels)
        self.out = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.out(gelu(self.conv(self.norm(x))))
        return out


class Embed(nn.Module):
    """(..., C_in) -> (..., C_out): a linear map and a bent one, added, so that nothing linear is lost."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.straight = nn.Linear(channels_in, channels_out)
        self.hidden = nn.Linear(channels_in, channels_out)
        self.out = nn.Linear(channels_out, channels_out)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.straight(x) + self.out(gelu(self.hidden(x)))
        return out


class CrossTemporalContextAggregation(nn.Module):
    """CTCA: a local temporal path (causal convolution) and a global one (causal attention), aggregated.

    (B, N, C) -> (B, N, C). The paper names the two paths; how they are joined is our choice: concatenated, one linear
    map, then a feed-forward layer, each around a skip.
    """

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(channels)
        self.local = CausalConv(channels, channels)
        self.to_qkv = nn.Linear(channels, 3 * channels)
        self.aggregate = nn.Linear(2 * channels, channels)
        self.feed = nn.Sequential(
            nn.LayerNorm(channels),
            nn.Linear(channels, 2 * channels),
            nn.GELU(approximate="tanh"),
            nn.Linear(2 * channels, channels),
        )

    def forward(self, x: Tensor, last: int = 0) -> Tensor:
        """(B, N, C) -> (B, N, C), or (B, last, C): the newest tokens alone, which see all the same."""
        B, N, C = x.shape  # batch, tokens, channels
        M = min(last, N) or N  # tokens asked for
        tokens = self.norm(x)
        local = gelu(self.local(tokens[:, -(M + KERNEL - 1) :]))[:, -M:]
        weight, bias = self.to_qkv.weight, self.to_qkv.bias
        q = F.linear(tokens[:, -M:], weight[:C], bias[:C]).view(B, M, self.heads, -1).transpose(1, 2)
        k, v = F.linear(tokens, weight[C:], bias[C:]).view(B, N, 2, self.heads, -1).permute(2, 0, 3, 1, 4)
        past = torch.ones(N, N, dtype=torch.bool, device=x.device).tril()[-M:]
        across = F.scaled_dot_product_attention(q, k, v, attn_mask=past).transpose(1, 2).reshape(B, M, C)
        x = x[:, -M:] + self.aggregate(torch.cat([local, across], dim=-1))
        out: Tensor = x + self.feed(x)
        return out

"""The small pieces: residual temporal convolutions, resampling in time, and CTCA. All on (B, C, T)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def conv_in(channels_in: int, channels_out: int, kernel: int = 3) -> nn.Sequential:
    """(B, C_in, T) -> (B, C_out, T), normalised and bent."""
    return nn.Sequential(
        nn.Conv1d(channels_in, channels_out, kernel, padding=kernel // 2, bias=False),
        nn.BatchNorm1d(channels_out),
        nn.GELU(approximate="tanh"),
    )


def halve(channels_in: int, channels_out: int) -> nn.Sequential:
    """(B, C_in, T) -> (B, C_out, T/2)."""
    return nn.Sequential(
        nn.Conv1d(channels_in, channels_out, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm1d(channels_out),
        nn.GELU(approximate="tanh"),
    )


class Double(nn.Module):
    """(B, C_in, T) -> (B, C_out, 2T)."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.mix = conv_in(channels_in, channels_out)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.mix(x.repeat_interleave(2, dim=-1))
        return out


class Residual(nn.Module):
    """(B, C, T) -> (B, C, T): two temporal convolutions around a skip."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv_in(channels, channels),
            nn.Conv1d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm1d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.gelu(x + self.body(x), approximate="tanh")


class CrossTemporalContextAggregation(nn.Module):
    """CTCA: a local temporal path (convolution) and a global one (attention over the window), aggregated.

    (B, C, T) -> (B, C, T). The paper names the two paths; how they are joined is our choice: concatenated, one linear
    map, then a feed-forward layer, each around a skip.
    """

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.local = conv_in(channels, channels)
        self.norm = nn.LayerNorm(channels)
        self.to_qkv = nn.Linear(channels, 3 * channels)
        self.aggregate = nn.Linear(2 * channels, channels)
        self.feed = nn.Sequential(
            nn.LayerNorm(channels),
            nn.Linear(channels, 2 * channels),
            nn.GELU(approximate="tanh"),
            nn.Linear(2 * channels, channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        B, C, T = x.shape  # batch, channels, tokens
        local = self.local(x).transpose(1, 2)  # (B, T, C)
        tokens = x.transpose(1, 2)
        qkv = self.to_qkv(self.norm(tokens)).view(B, T, 3, self.heads, C // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (B, heads, T, C / heads)
        across = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(B, T, C)
        tokens = tokens + self.aggregate(torch.cat([local, across], dim=-1))
        tokens = tokens + self.feed(tokens)
        out: Tensor = tokens.transpose(1, 2)
        return out

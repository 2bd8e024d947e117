"""Building blocks, all causal in time: a token never sees a later one, so that every token is a "last frame".

Tokens are (..., N, C), each a patch of 4 frames. A causal window trains one zero-look-ahead answer per token. `last`:
number of newest tokens to compute, 0 for all; they still see the earlier ones.

Several windows can be interleaved into one sequence (`interleaved`): the dilation of every block keeps them separate.
The exported network does so, since ONNX Runtime adds two reshapes around each matrix product with a batch.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

KERNEL = 3


def gelu(x: Tensor) -> Tensor:
    """GELU in its tanh form: cheap, and equal in every runtime.

    Written out during export, in the order that ONNX Runtime recognises as one operator: opset 17 has no Gelu.
    """
    if not torch._C._get_tracing_state():
        return F.gelu(x, approximate="tanh")
    inner = (x * 0.7978845608028654) * (x * 0.044715 * x + 1.0)
    return (x * 0.5) * (inner.tanh() + 1.0)


class Gelu(nn.Module):
    """`gelu` as a layer."""

    def forward(self, x: Tensor) -> Tensor:
        return gelu(x)


def patches(x: Tensor, frames: int) -> Tensor:
    """Reshape (..., T, C) to (..., T / frames, frames * C), the input of a convolution with kernel = stride =
    `frames`."""
    *batch, T, C = x.shape  # frames, channels
    return x.reshape(*batch, T // frames, frames * C)


def interleaved(x: Tensor) -> Tensor:
    """Interleave (B, N, C) to (N * B, C): the first token of every window, then the second, and so on."""
    return x.transpose(0, 1).flatten(0, 1)


def deinterleaved(x: Tensor, windows: int) -> Tensor:
    """Undo `interleaved`: (N * B, C) -> (B, N, C)."""
    return x.reshape(-1, windows, x.shape[-1]).transpose(0, 1)


def set_dilation(network: nn.Module, windows: int) -> None:
    """Let the blocks of `network` process this many windows interleaved into one sequence."""
    for module in network.modules():
        if isinstance(module, CausalConv):
            module.dilation = windows


def newest(x: Tensor, last: int) -> int:
    """Return how many of x's (..., N, C) tokens are requested."""
    return min(last, x.shape[-2]) or x.shape[-2]


def latest(x: Tensor, count: int) -> Tensor:
    """Return the newest `count` tokens of x (..., N, C), or all without slicing if there are no more."""
    return x if count >= x.shape[-2] else x[..., -count:, :]


class CausalConv(nn.Module):
    """1D convolution over a token and the two before it, as one matrix. (..., N, C_in) -> (..., N, C_out)."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.linear = nn.Linear(KERNEL * channels_in, channels_out)
        self.dilation = 1

    @property
    def reach(self) -> int:
        """Number of earlier tokens read by a token."""
        return (KERNEL - 1) * self.dilation

    def forward(self, x: Tensor, last: int = 0) -> Tensor:
        M = newest(x, last)
        read = latest(x, M + self.reach)
        before = M + self.reach - read.shape[-2]  # zeros before the start of the window
        if before:
            read = F.pad(read, (0, 0, before, 0))
        taps = torch.arange(KERNEL, device=x.device) * self.dilation
        tokens = torch.arange(M, device=x.device)[:, None] + taps  # (M, KERNEL)
        *batch, _, C = read.shape  # channels
        out: Tensor = self.linear(read.index_select(-2, tokens.flatten()).reshape(*batch, M, KERNEL * C))
        return out


class Residual(nn.Module):
    """(..., N, C) -> (..., N, C): a causal convolution and a linear layer with a skip connection."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.conv = CausalConv(channels, channels)
        self.out = nn.Linear(channels, channels)

    def forward(self, x: Tensor, last: int = 0) -> Tensor:
        M = newest(x, last)
        read = latest(x, M + self.conv.reach)
        out: Tensor = latest(x, M) + self.out(gelu(self.conv(self.norm(read), M)))
        return out


class Embed(nn.Module):
    """(..., C_in) -> (..., C_out): a linear layer plus an MLP (residual), so that nothing linear is lost."""

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

    (..., N, C) -> (..., N, C). The paper names the two paths; how they are combined is our choice: concatenated, one
    linear layer, then a feed-forward layer, each with a skip connection.
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
            Gelu(),
            nn.Linear(2 * channels, channels),
        )

    def forward(self, x: Tensor, last: int = 0) -> Tensor:
        M = newest(x, last)
        tokens = self.norm(x)
        local = gelu(self.local(tokens, M))
        x = latest(x, M) + self.aggregate(torch.cat([local, self._across(tokens, M)], dim=-1))
        out: Tensor = x + self.feed(x)
        return out

    def _across(self, tokens: Tensor, M: int) -> Tensor:
        """The global path: (..., N, C) -> (..., M, C), each token a weighted mean over itself and earlier ones."""
        N, C = tokens.shape[-2:]  # tokens, channels
        q, k, v = self._queries_keys_values(tokens, M)  # (..., heads, M or N, C / heads)
        ago = torch.arange(N, device=tokens.device)[-M:, None] - torch.arange(N, device=tokens.device)
        others = (ago < 0) | (ago % self.local.dilation != 0)  # later tokens, and tokens of other windows
        unseen = torch.zeros(M, N, device=tokens.device, dtype=q.dtype).masked_fill(others, -torch.inf)
        weights = (q @ k.transpose(-1, -2) * (C // self.heads) ** -0.5 + unseen).softmax(-1)
        out: Tensor = (weights @ v).transpose(-2, -3).flatten(-2)
        return out

    def _queries_keys_values(self, tokens: Tensor, M: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return queries of the newest M tokens, keys and values of all."""
        N, C = tokens.shape[-2:]  # tokens, channels

        def by_head(x: Tensor) -> Tensor:
            return x.reshape(*x.shape[:-1], -1, C // self.heads).transpose(-2, -3)

        if M == N:
            q, k, v = torch.split(by_head(self.to_qkv(tokens)), self.heads, dim=-3)
            return q, k, v
        weight, bias = self.to_qkv.weight, self.to_qkv.bias
        k, v = torch.split(by_head(F.linear(tokens, weight[C:], bias[C:])), self.heads, dim=-3)
        return by_head(F.linear(tokens[..., -M:, :], weight[:C], bias[:C])), k, v

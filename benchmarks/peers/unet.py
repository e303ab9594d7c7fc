"""The U-Net of Improved DDPM in PyTorch, with the structure and weight names of openai/improved-diffusion."""

import math

import torch
from torch import nn


def timestep_embedding(t, size, dtype, max_period=10000):
    """Sinusoids of t [N]: cosines, then sines, with geometric frequencies from 1 to 1/max_period."""
    half = size // 2
    frequencies = torch.exp(-math.log(max_period) / half * torch.arange(half, dtype=dtype, device=t.device))
    angles = t[:, None].to(dtype) * frequencies[None]
    return torch.cat([angles.cos(), angles.sin()], dim=-1)


class ResBlock(nn.Module):
    """Two normalised convolutions; the time embedding scales and shifts the second normalisation."""

    def __init__(self, channels, out_channels, embedding):
        super().__init__()
        self.in_layers = nn.Sequential(
            nn.GroupNorm(32, channels), nn.SiLU(), nn.Conv2d(channels, out_channels, 3, padding=1)
        )
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(embedding, 2 * out_channels))
        self.out_layers = nn.Sequential(
            nn.GroupNorm(32, out_channels),
            nn.SiLU(),
            nn.Identity(),  # where improved-diffusion has its dropout, so that the next layer keeps its name
            nn.Conv2d(out_channels, out_channels, 3, padding=1),
        )
        same = channels == out_channels
        self.skip_connection = nn.Identity() if same else nn.Conv2d(channels, out_channels, 1)

    def forward(self, x, emb):
        h = self.in_layers(x)
        scale, shift = self.emb_layers(emb)[..., None, None].chunk(2, dim=1)
        norm, *rest = self.out_layers
        h = norm(h) * (1 + scale) + shift
        for layer in rest:
            h = layer(h)
        return self.skip_connection(x) + h


class Attention(nn.Module):
    """Self-attention over all positions; the channels of qkv are grouped by head, then q, k, v."""

    def __init__(self, channels, heads):
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(32, channels)
        self.qkv = nn.Conv1d(channels, 3 * channels, 1)
        self.proj_out = nn.Conv1d(channels, channels, 1)

    def forward(self, x, emb):
        n, c, height, width = x.shape
        flat = x.reshape(n, c, -1)
        q, k, v = self.qkv(self.norm(flat)).reshape(n * self.heads, 3 * c // self.heads, -1).chunk(3, dim=1)
        scale = (c // self.heads) ** -0.25
        weight = torch.einsum("bct,bcs->bts", q * scale, k * scale).softmax(dim=-1)
        h = torch.einsum("bts,bcs->bct", weight, v).reshape(n, c, -1)
        return (flat + self.proj_out(h)).reshape(n, c, height, width)


class Downsample(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.op = nn.Conv2d(channels, channels, 3, stride=2, padding=1)

    def forward(self, x, emb):
        return self.op(x)


class Upsample(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x, emb):
        return self.conv(nn.functional.interpolate(x, scale_factor=2, mode="nearest"))


class Stem(nn.Conv2d):
    def forward(self, x, emb):
        return super().forward(x)


class Block(nn.ModuleList):
    def forward(self, x, emb):
        for layer in self:
            x = layer(x, emb)
        return x


class UNet(nn.Module):
    """x [N, C, H, W] and time steps t [N] to [N, out_channels, H, W]; attention at the given down-sampling rates."""

    def __init__(self, in_channels, out_channels, base, multipliers, blocks, attention, heads):
        super().__init__()
        self.base = base
        embedding = 4 * base
        self.time_embed = nn.Sequential(nn.Linear(base, embedding), nn.SiLU(), nn.Linear(embedding, embedding))

        self.input_blocks = nn.ModuleList([Block([Stem(in_channels, base, 3, padding=1)])])
        ch, rate, skips = base, 1, [base]
        for level, multiplier in enumerate(multipliers):
            for _ in range(blocks):
                layers = [ResBlock(ch, multiplier * base, embedding)]
                ch = multiplier * base
                if rate in attention:
                    layers.append(Attention(ch, heads))
                self.input_blocks.append(Block(layers))
                skips.append(ch)
            if level < len(multipliers) - 1:
                self.input_blocks.append(Block([Downsample(ch)]))
                skips.append(ch)
                rate *= 2

        self.middle_block = Block([ResBlock(ch, ch, embedding), Attention(ch, heads), ResBlock(ch, ch, embedding)])

        self.output_blocks = nn.ModuleList()
        for level, multiplier in reversed(list(enumerate(multipliers))):
            for i in range(blocks + 1):
                layers = [ResBlock(ch + skips.pop(), multiplier * base, embedding)]
                ch = multiplier * base
                if rate in attention:
                    layers.append(Attention(ch, heads))
                if level > 0 and i == blocks:
                    layers.append(Upsample(ch))
                    rate //= 2
                self.output_blocks.append(Block(layers))

        self.out = nn.Sequential(nn.GroupNorm(32, ch), nn.SiLU(), nn.Conv2d(ch, out_channels, 3, padding=1))

    def forward(self, x, t):
        emb = self.time_embed(timestep_embedding(t, self.base, x.dtype))
        h, skips = x, []
        for block in self.input_blocks:
            h = block(h, emb)
            skips.append(h)
        h = self.middle_block(h, emb)
        for block in self.output_blocks:
            h = block(torch.cat([h, skips.pop()], dim=1), emb)
        return self.out(h)

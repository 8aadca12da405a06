"""The network: a plain ReLU backbone, a small path-aggregation neck and one head per stride.

Everything is a dense 3x3 or 1x1 convolution followed by BatchNorm and ReLU. Depthwise
layers have fewer multiplications but lose on a CPU, most of all in int8. BatchNorm is
folded into the convolutions at export.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F

CLASSES = ("person", "face", "two_wheeler", "car", "bus", "truck", "fire", "smoke")
INPUT_W, INPUT_H = 416, 256
STRIDES = (8, 16, 32)

# Multiples of 16: CPU kernels pad narrower layers to that anyway (24 costs what 32 costs).
WIDTHS = (16, 32, 48, 96, 160)
# Of the neck at strides 8, 16 and 32. Stride 8 has most of the cells and is half of the cost.
NECK = (48, 64, 64)


class ConvBnRelu(nn.Sequential):
    """Convolution, BatchNorm and (unless `relu=False`) ReLU."""

    def __init__(self, c_in, c_out, kernel=3, stride=1, relu=True):
        layers = [
            nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(c_out, eps=1e-3, momentum=0.03),
        ]
        if relu:
            layers.append(nn.ReLU(inplace=True))
        super().__init__(*layers)


class Residual(nn.Module):
    """`relu(x + f(x))` with one or two 3x3 convolutions in `f`."""

    def __init__(self, channels, depth=2):
        super().__init__()
        body = [ConvBnRelu(channels, channels) for _ in range(depth - 1)]
        body.append(ConvBnRelu(channels, channels, relu=False))
        self.body = nn.Sequential(*body)

    def forward(self, x):
        return F.relu(x + self.body(x))


class Context(nn.Module):
    """Three chained 5x5 max-pools: wide context for big, shapeless things such as smoke."""

    def __init__(self, c_in, c_out):
        super().__init__()
        self.reduce = ConvBnRelu(c_in, c_out, 1)
        self.merge = ConvBnRelu(4 * c_out, c_out, 1)

    def forward(self, x):
        x = self.reduce(x)
        a = F.max_pool2d(x, 5, 1, 2)
        b = F.max_pool2d(a, 5, 1, 2)
        c = F.max_pool2d(b, 5, 1, 2)
        return self.merge(torch.cat((x, a, b, c), 1))


class Fuse(nn.Sequential):
    """Mixes a concatenation of two maps: 1x1 to the neck's width, then 3x3."""

    def __init__(self, c_in, c_out):
        super().__init__(ConvBnRelu(c_in, c_out, 1), ConvBnRelu(c_out, c_out))


class Detector(nn.Module):
    """Images in 0..1 to raw maps.

    `forward` takes `[B, 3, H, W]` (RGB, H and W multiples of 32) and returns one map per
    stride, `[B, 4 + classes, H/stride, W/stride]`: four side distances before softplus
    (left, top, right, bottom, in strides) and the class logits.
    """

    def __init__(self, widths=WIDTHS, neck=NECK):
        super().__init__()
        w1, w2, w3, w4, w5 = widths
        n3, n4, n5 = neck
        self.stem = ConvBnRelu(3, w1, 3, 2)
        self.stage2 = ConvBnRelu(w1, w2, 3, 2)
        self.stage3 = nn.Sequential(ConvBnRelu(w2, w3, 3, 2), Residual(w3), Residual(w3, 1))
        self.stage4 = nn.Sequential(ConvBnRelu(w3, w4, 3, 2), Residual(w4))
        self.stage5 = nn.Sequential(ConvBnRelu(w4, w5, 3, 2), Residual(w5, 1))
        self.context = Context(w5, n5)
        self.top_down4 = Fuse(w4 + n5, n4)
        self.top_down3 = Fuse(w3 + n4, n3)
        self.down3 = ConvBnRelu(n3, n3, 3, 2)
        self.bottom_up4 = Fuse(n3 + n4, n4)
        self.down4 = ConvBnRelu(n4, n4, 3, 2)
        self.bottom_up5 = Fuse(n4 + n5, n5)
        outputs = 4 + len(CLASSES)
        self.heads = nn.ModuleList(
            nn.Sequential(ConvBnRelu(width, width), nn.Conv2d(width, outputs, 1)) for width in neck
        )
        self._initialise()

    def _initialise(self):
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        for head in self.heads:
            last = head[-1]
            nn.init.normal_(last.weight, std=0.01)
            # Start with boxes about four strides wide and every class unlikely (1 %).
            nn.init.constant_(last.bias[:4], 1.9)
            nn.init.constant_(last.bias[4:], -4.6)

    def forward(self, x):
        c3 = self.stage3(self.stage2(self.stem(x)))
        c4 = self.stage4(c3)
        p5 = self.context(self.stage5(c4))
        p4 = self.top_down4(torch.cat((c4, F.interpolate(p5, scale_factor=2.0)), 1))
        p3 = self.top_down3(torch.cat((c3, F.interpolate(p4, scale_factor=2.0)), 1))
        m4 = self.bottom_up4(torch.cat((self.down3(p3), p4), 1))
        m5 = self.bottom_up5(torch.cat((self.down4(m4), p5), 1))
        return [head(level) for head, level in zip(self.heads, (p3, m4, m5))]


def grid(width, height):
    """Centres `[N, 2]` in pixels and strides `[N, 1]` of all output cells, in output order."""
    centres, strides = [], []
    for stride in STRIDES:
        ys, xs = torch.meshgrid(
            torch.arange(height // stride), torch.arange(width // stride), indexing="ij"
        )
        centres.append((torch.stack((xs, ys), -1).reshape(-1, 2).float() + 0.5) * stride)
        strides.append(torch.full((centres[-1].shape[0], 1), float(stride)))
    return torch.cat(centres), torch.cat(strides)


def flatten(maps):
    """Raw maps to `[B, N, 4 + classes]` in the order of `grid`."""
    return torch.cat([m.flatten(2) for m in maps], 2).transpose(1, 2)


def boxes_from_raw(raw, centres, strides):
    """Raw side distances `[..., N, 4]` to boxes x0, y0, x1, y1 in input pixels."""
    sides = F.softplus(raw) * strides
    return torch.cat((centres - sides[..., :2], centres + sides[..., 2:]), -1)

"""The app's two icons, drawn here: a check mark, as PNG files whose bytes never differ.

https://learn.microsoft.com/en-us/microsoftteams/platform/concepts/build-and-test/apps-package
"""

import struct
import zlib
from collections.abc import Callable
from itertools import pairwise
from math import hypot
from typing import Final

Pixel = tuple[int, int, int, int]
"""Red, green, blue and opacity, each from 0 to 255."""
Point = tuple[float, float]

COLOR_SIDE: Final = 192
OUTLINE_SIDE: Final = 32
ACCENT: Final = "#1f6f54"
"""The colour behind the mark, which is also the manifest's accent colour."""

_GREEN: Final = (0x1F, 0x6F, 0x54)
_CHECK: Final = ((0.30, 0.53), (0.44, 0.67), (0.71, 0.35))
"""Corners of the mark in parts of a side. It keeps to the middle, which Teams never cuts off."""
_LINE: Final = 0.075


def color() -> bytes:
    """192 by 192 pixels: white on a full green square; Teams rounds the corners."""

    def pixel(x: float, y: float) -> Pixel:
        white = _cover(_away(x, y), _LINE, COLOR_SIDE)
        red, green, blue = (round(part + (255 - part) * white) for part in _GREEN)
        return red, green, blue, 255

    return _png(COLOR_SIDE, pixel)


def outline() -> bytes:
    """32 by 32 pixels: a white mark in a white ring, transparent elsewhere."""

    def pixel(x: float, y: float) -> Pixel:
        ring = abs(hypot(x - 0.5, y - 0.5) - 0.44)
        away = min(ring, _away(x, y))
        return 255, 255, 255, round(255 * _cover(away, _LINE, OUTLINE_SIDE))

    return _png(OUTLINE_SIDE, pixel)


def _away(x: float, y: float) -> float:
    """How far a point is from the middle of the mark's lines."""
    return min(_from_line(x, y, a, b) for a, b in pairwise(_CHECK))


def _from_line(x: float, y: float, a: Point, b: Point) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    along = ((x - a[0]) * dx + (y - a[1]) * dy) / (dx * dx + dy * dy)
    along = min(1.0, max(0.0, along))
    return hypot(x - a[0] - along * dx, y - a[1] - along * dy)


def _cover(away: float, line: float, side: int) -> float:
    """How much of a pixel lies on a line of that width: its edge is one pixel wide."""
    return min(1.0, max(0.0, (line / 2 - away) * side + 0.5))


def _png(side: int, pixel: Callable[[float, float], Pixel]) -> bytes:
    """A square picture with eight bits for each of red, green, blue and opacity.

    https://www.w3.org/TR/png-3/
    """
    middles = [(n + 0.5) / side for n in range(side)]
    lines = (bytes([0, *(part for x in middles for part in pixel(x, y))]) for y in middles)
    head = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    parts = (b"IHDR", head), (b"IDAT", zlib.compress(b"".join(lines), 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_part(*part) for part in parts)


def _part(name: bytes, body: bytes) -> bytes:
    check = zlib.crc32(name + body)
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", check)

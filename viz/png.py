"""PNG images of few colours, by the standard library alone."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence

Color = tuple[int, int, int, int]
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png(rows: Sequence[bytes], palette: Sequence[Color]) -> bytes:
    """An image whose pixels are numbers of colours (PNG specification, 1.2, color type 3).

    Parameters
    ----------
    rows:
        From the top; a byte a pixel.
    palette:
        At most 256 colours: red, green, blue and opacity, each from 0 to 255.

    >>> png([bytes([0, 1])], [(0, 0, 0, 255), (255, 0, 0, 128)])[:8] == SIGNATURE
    True
    """
    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 3, 0, 0, 0)
    colors = b"".join(bytes(color[:3]) for color in palette)
    opacities = bytes(color[3] for color in palette)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 9)  # 0: a row without a filter
    parts = {b"IHDR": header, b"PLTE": colors, b"tRNS": opacities, b"IDAT": pixels, b"IEND": b""}
    return SIGNATURE + b"".join(_chunk(kind, data) for kind, data in parts.items())


def data_uri(image: bytes) -> str:
    """The image as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(image).decode()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

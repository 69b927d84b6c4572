"""One image made anew: read from the standard input, written to the standard output, in a process of its own.

Run by :mod:`qinzheng.cases.attachments_images`; the process has little memory and little time, opens three formats only,
and keeps nothing but the pixels: no place, no camera, no thumbnail, nothing behind the end of the picture.
"""

from __future__ import annotations

import io
import resource
import sys

from PIL import Image, ImageOps

MEMORY = 1_500 * 1024 * 1024
SECONDS = 10
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 3_000
"""Pixels of what is given out: enough to read a page of small print."""


def main() -> int:
    """0: made. 3: not an image that is taken."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2  # Pillow refuses at twice this
    try:
        made = remade(sys.stdin.buffer.read())
    except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError):
        return 3
    sys.stdout.buffer.write(made)
    return 0


def remade(content: bytes) -> bytes:
    """The picture upright, at most :data:`LONGEST_SIDE` long, in its own format, without any metadata."""
    with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as read:
        format = str(read.format)
        if read.width * read.height > MOST_PIXELS:
            raise ValueError("too many pixels")
        upright = ImageOps.exif_transpose(read)
        upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        bare = upright.convert("RGB" if format == "JPEG" or "A" not in upright.getbands() else "RGBA")
        clean = Image.frombytes(bare.mode, bare.size, bare.tobytes())
        out = io.BytesIO()
        clean.save(out, format, **({"quality": 85} if format != "PNG" else {}))
        return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())

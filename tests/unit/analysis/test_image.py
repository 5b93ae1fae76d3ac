"""Every kind of JPEG and PNG that clients send, and every kind that should cost nothing."""

import hashlib
import io
import json
import resource
import struct
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest
from PIL import Image as Pillow

from beholden.analysis.image import ImageDecoder
from beholden.domain.errors import (
    ClientError,
    ImageTooLarge,
    InvalidImageFormat,
    InvalidParameter,
)

MAX_BYTES = 15 * 2**20
DECODER = ImageDecoder()
# A picture no turn or mirror of which is itself: red, green, blue and white quarters.
QUARTERS = np.zeros((96, 128, 3), np.uint8)
QUARTERS[:48, :64, 0] = QUARTERS[:48, 64:, 1] = QUARTERS[48:, :64, 2] = 255
QUARTERS[48:, 64:] = 255


def decode(data, **limits):
    return DECODER.decode(data, **{"max_bytes": MAX_BYTES, **limits})


def encoded(picture, kind="PNG", **options):
    stream = io.BytesIO()
    if isinstance(picture, np.ndarray):
        picture = Pillow.fromarray(picture)
    picture.save(stream, kind, **options)
    return stream.getvalue()


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_with(*chunks, width=100, height=100):
    rows = zlib.compress(b"".join(b"\0" + bytes(3 * width) for _ in range(min(height, 100))))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = [chunk(b"IHDR", header), *chunks, chunk(b"IDAT", rows), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def close(pixels, expected, within=12):
    """Apart from the borders between the quarters, where JPEG blurs."""
    assert pixels.shape == expected.shape
    difference = np.abs(pixels.astype(int) - expected.astype(int)).max(axis=2)
    return np.percentile(difference, 90) <= within


def test_the_digest_is_of_the_bytes_and_pixels_are_rgb():
    data = encoded(QUARTERS)
    image = decode(data)
    assert image.digest == hashlib.sha256(data).digest()
    assert (image.pixels == QUARTERS).all()
    assert image.pixels.flags.c_contiguous


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize(
    ("orientation", "stored"),
    [
        (1, QUARTERS),
        (2, QUARTERS[:, ::-1]),
        (3, QUARTERS[::-1, ::-1]),
        (4, QUARTERS[::-1]),
        (5, QUARTERS.transpose(1, 0, 2)),
        (6, np.rot90(QUARTERS)),
        (7, QUARTERS[::-1, ::-1].transpose(1, 0, 2)),
        (8, np.rot90(QUARTERS, -1)),
        (99, QUARTERS),
    ],
)
def test_exif_orientation_is_applied(kind, orientation, stored):
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    data = encoded(np.ascontiguousarray(stored), kind, exif=exif)
    assert close(decode(data).pixels, QUARTERS)


@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"subsampling": 2}, {"optimize": True}]
)
def test_jpeg_of_every_kind(options):
    assert close(decode(encoded(QUARTERS, "JPEG", quality=95, **options)).pixels, QUARTERS)


def test_cmyk_jpeg_as_adobe_writes_it():
    data = encoded(Pillow.fromarray(QUARTERS).convert("CMYK"), "JPEG", quality=95)
    assert close(decode(data).pixels, QUARTERS)


def test_gray_becomes_three_equal_channels():
    for kind in ("JPEG", "PNG"):
        pixels = decode(encoded(np.full((90, 90), 77, np.uint8), kind)).pixels
        assert (pixels == 77).all()


def test_sixteen_bit_gray_is_scaled_not_clipped():
    ramp = np.linspace(0, 65535, 100 * 100).reshape(100, 100).astype(np.uint16)
    pixels = decode(encoded(ramp)).pixels
    assert np.abs(pixels[..., 0] - ramp / 257).max() <= 0.5
    assert len(np.unique(pixels)) == 256


def test_sixteen_bit_colour_is_scaled():
    rows = np.zeros((90, 90, 3), ">u2")
    rows[:] = (65535, 32768, 257)
    scanlines = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 90, 90, 16, 2, 0, 0, 0))
    parts = (header, chunk(b"IDAT", scanlines), chunk(b"IEND", b""))
    pixels = decode(b"\x89PNG\r\n\x1a\n" + b"".join(parts)).pixels
    assert np.abs(pixels[0, 0].astype(int) - (255, 128, 1)).max() <= 1


def test_palette_and_bilevel():
    assert (decode(encoded(Pillow.fromarray(QUARTERS).quantize(8))).pixels == QUARTERS).all()
    bilevel = Pillow.fromarray(QUARTERS[..., 0]).convert("1")
    assert (decode(encoded(bilevel)).pixels == QUARTERS[..., :1]).all()


def test_transparent_parts_stand_over_white():
    rgba = np.dstack([QUARTERS, np.full(QUARTERS.shape[:2], 255, np.uint8)])
    rgba[:48, :64] = 0
    pixels = decode(encoded(rgba)).pixels
    assert (pixels[:48, :64] == 255).all()
    assert (pixels[:48, 64:] == QUARTERS[:48, 64:]).all()
    palette = Pillow.fromarray(QUARTERS).quantize(8)
    data = encoded(palette, transparency=palette.getpixel((0, 0)))
    assert (decode(data).pixels[:48, :64] == 255).all()


@pytest.mark.slow
def test_a_large_jpeg_is_decoded_at_reduced_scale():
    big = np.kron(QUARTERS, np.ones((40, 40, 1), np.uint8))
    pixels = decode(encoded(big, "JPEG")).pixels
    assert pixels.shape == (1920, 2560, 3)
    assert close(pixels, np.kron(QUARTERS, np.ones((20, 20, 1), np.uint8)))


def test_what_is_not_jpeg_or_png_is_refused():
    for data in (b"", b"x", b"<svg/>", encoded(QUARTERS, "GIF"), encoded(QUARTERS, "WEBP")):
        with pytest.raises(InvalidImageFormat):
            decode(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_a_truncated_image_is_refused(kind, share):
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    data = encoded(noise, kind)
    with pytest.raises(InvalidImageFormat):
        decode(data[: int(len(data) * share)])


def test_limits_of_bytes_and_sides():
    data = encoded(QUARTERS)
    with pytest.raises(ImageTooLarge):
        decode(data, max_bytes=len(data) - 1)
    assert decode(data, max_bytes=len(data), min_side_px=96).height_px == 96
    with pytest.raises(InvalidParameter, match=r"Request has invalid parameters\..*128 x 96.*97"):
        decode(data, min_side_px=97)


def many_scans(scans):
    """A progressive JPEG whose last scan is there over and over: 10 bytes each."""
    data = encoded(np.full((2000, 2000, 3), 120, np.uint8), "JPEG", progressive=True)
    last = data[data.rfind(b"\xff\xda") : -2]
    return data[:-2] + last * scans + data[-2:]


def peak_kb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@cache
def zeros(megabytes):
    """Compressed, and made without ever holding them."""
    stream = zlib.compressobj()
    return b"".join(stream.compress(bytes(2**20)) for _ in range(megabytes)) + stream.flush()


BOMBS = {
    "12000 x 12000": lambda: png_with(width=12000, height=12000),
    "60000 x 60000": lambda: png_with(width=60000, height=60000),
    "6000 x 6000": lambda: png_with(width=6000, height=6000),
    "profile": lambda: png_with(chunk(b"iCCP", b"x\0\0" + zeros(200))),
    "compressed text": lambda: png_with(chunk(b"zTXt", b"x\0\0" + zeros(200))),
    "much text": lambda: png_with(
        *[chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(1_000_000)))] * 200
    ),
    "scans": lambda: many_scans(20_000),
}


@pytest.mark.slow
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_costs_neither_memory_nor_time(bomb):
    data = BOMBS[bomb]()
    start, held_kb = time.process_time(), peak_kb()
    with pytest.raises((ImageTooLarge, InvalidImageFormat)):
        decode(data)
    assert time.process_time() - start < 1
    assert peak_kb() - held_kb < 50_000


def test_threads_decode_side_by_side():
    data = encoded(QUARTERS, "JPEG")
    expected = decode(data).pixels
    with ThreadPoolExecutor(4) as pool:
        assert all((p.pixels == expected).all() for p in pool.map(decode, [data] * 64))


def test_broken_files_are_client_errors_or_pictures(shared_data):
    folder = shared_data / "malformed"
    verdicts = json.loads((folder / "manifest.json").read_text())
    slowest = 0.0
    for entry in verdicts:
        data = (folder / entry["file"]).read_bytes()
        start = time.process_time()
        try:
            image = decode(data, min_side_px=1)
        except ClientError:
            image = None
        slowest = max(slowest, time.process_time() - start)
        verdict = entry["pillow13_result"].split()
        if verdict[0] == "err":
            assert image is None, entry["file"]
        elif verdict[:2] in (["ok", "JPEG"], ["ok", "PNG"]):
            size = [image.width_px, image.height_px]
            assert sorted(size) == sorted(map(int, verdict[2:4])), entry["file"]
    assert slowest < 2


def test_tricky_files_are_the_right_pictures(shared_data):
    folder = shared_data / "malformed/valid_tricky"
    pictures = {
        path.name: decode(path.read_bytes(), min_side_px=1).pixels
        for path in folder.iterdir()
        if path.suffix in (".jpg", ".png")
    }
    upright = pictures["hopper_orientation_2.jpg"].astype(int)
    for n in range(3, 9):
        assert np.abs(pictures[f"hopper_orientation_{n}.jpg"] - upright).mean() < 12
    gray = pictures["gen_L.jpg"].astype(int)
    assert np.abs(pictures["gen_I16.png"] - gray).mean() < 12
    for name in ("gen_CMYK.jpg", "gen_progressive.jpg", "gen_P.png"):
        assert np.abs(pictures[name].mean(axis=2) - gray.mean(axis=2)).mean() < 20

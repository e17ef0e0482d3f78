"""Marks in files that PyAV can't mark: XMP and a plain tag in GIF, WebP and PNG, written and read back.

Sources: GIF89a specification sections 24 and 26; XMP specification part 3, sections 1.1.2 (GIF), 1.1.5 (PNG)
and WebP container specification (RFC 9649), sections 2.7 and 2.7.1.
"""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

Found = dict[str, bytes]
"""What was read: "xmp" (the packet) and "tag" (the plain words), where they are there."""

GIF_APPLICATION = b"XMP DataXMP"
GIF_TRAILER = b"\x01" + bytes(range(255, -1, -1)) + b"\x00"
"""Ends an XMP packet, which isn't cut in sub-blocks, for readers that skip it as if it were."""
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
XMP_FLAG, EXIF_FLAG = 0x04, 0x08
DESCRIPTION = 0x010E
"""The TIFF tag ImageDescription, where WebP's plain words stand."""


# --- GIF ------------------------------------------------------------------------------------------


def mark_gif(path: Path, packet: bytes, words: str) -> None:
    """A comment extension and an XMP application extension, before the first picture."""
    text = words.encode("ascii")
    blocks = b"".join(bytes([len(part)]) + part for part in _parts(text, 255))
    comment = b"!\xfe" + blocks + b"\x00"
    with path.open("r+b") as file:
        head = file.read(13)
        if head[:6] != b"GIF89a":
            raise ValueError(f"{path.name} is not a GIF")
        _skip_colors(file, head[10])
        _insert(file, file.tell(), comment + b"!\xff\x0b" + GIF_APPLICATION + packet + GIF_TRAILER)


def _insert(file: IO[bytes], at: int, data: bytes) -> None:
    """Put `data` in at byte `at`; what follows is moved block by block, from the end on."""
    end = file.seek(0, 2)
    while end > at:
        start = max(at, end - (1 << 20))
        file.seek(start)
        block = file.read(end - start)
        file.seek(start + len(data))
        file.write(block)
        end = start
    file.seek(at)
    file.write(data)


def read_gif(path: Path) -> Found:
    """The XMP packet and the last comment."""
    found: Found = {}
    with path.open("rb") as file:
        head = file.read(13)
        _skip_colors(file, head[10])
        while (kind := file.read(1)) in (b"!", b","):
            if kind == b",":
                _skip_colors(file, file.read(9)[8])
                file.read(1)
                _sub_blocks(file)
                continue
            label = file.read(1)
            if label == b"\xff" and file.read(12)[1:] == GIF_APPLICATION:
                found["xmp"] = _until_trailer(file)
            else:
                data = _sub_blocks(file)
                if label == b"\xfe":
                    found["tag"] = data
    return found


def _skip_colors(file: IO[bytes], packed: int) -> None:
    if packed & 0x80:
        file.seek(3 << ((packed & 7) + 1), 1)


def _sub_blocks(file: IO[bytes]) -> bytes:
    parts = []
    while size := (file.read(1) or b"\0")[0]:
        parts.append(file.read(size))
    return b"".join(parts)


def _until_trailer(file: IO[bytes]) -> bytes:
    here = file.tell()
    rest = file.read()
    packet, _, _ = rest.partition(GIF_TRAILER)
    file.seek(here + len(packet) + len(GIF_TRAILER))
    return packet


# --- WebP -----------------------------------------------------------------------------------------


def mark_webp(path: Path, packet: bytes, words: str) -> None:
    """The chunks EXIF (ImageDescription) and XMP at the end, and the flags that announce them."""
    text = words.encode("ascii") + b"\0"
    exif = b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHII", DESCRIPTION, 2, len(text), 26) + b"\0\0\0\0" + text
    with path.open("r+b") as file:
        head = file.read(21)
        if head[:4] != b"RIFF" or head[8:16] != b"WEBPVP8X":
            raise ValueError(f"{path.name} is not an extended WebP")
        file.seek(0, 2)
        for name, data in ((b"EXIF", exif), (b"XMP ", packet)):
            file.write(name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2))
        size = file.tell() - 8
        file.seek(4)
        file.write(struct.pack("<I", size))
        file.seek(20)
        file.write(bytes([head[20] | XMP_FLAG | EXIF_FLAG]))


def read_webp(path: Path) -> Found:
    found: Found = {}
    for name, data in webp_chunks(path, (b"EXIF", b"XMP ")):
        if name == b"XMP ":
            found["xmp"] = data
        elif data[:4] == b"II*\0":
            tag, _, count, at = struct.unpack("<HHII", data[10:22])
            if tag == DESCRIPTION:
                found["tag"] = data[at : at + count].rstrip(b"\0")
    return found


def webp_chunks(path: Path, wanted: tuple[bytes, ...]) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of the chunks of a WebP that are wanted, in order; the others are passed over."""
    with path.open("rb") as file:
        file.seek(12)
        while len(head := file.read(8)) == 8:
            name, size = struct.unpack("<4sI", head)
            here = file.tell()
            if name in wanted:
                yield name, file.read(size)
            file.seek(here + size + size % 2)


# --- PNG ------------------------------------------------------------------------------------------


def marked_png(picture: bytes, packet: bytes, tags: dict[str, str]) -> bytes:
    """The PNG with an iTXt chunk that holds the packet and a tEXt chunk for each tag, behind its header."""
    at = len(PNG_SIGNATURE) + 25  # the header chunk has 13 bytes and 12 around them
    chunks = [_png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet)]
    chunks += [_png_chunk(b"tEXt", f"{key}\0{words}".encode("latin-1")) for key, words in tags.items()]
    return picture[:at] + b"".join(chunks) + picture[at:]


def read_png(path: Path, key: str) -> Found:
    """The XMP packet, and the words of the tag `key`."""
    found: Found = {}
    with path.open("rb") as file:
        file.seek(len(PNG_SIGNATURE))
        while len(head := file.read(8)) == 8:
            size, kind = struct.unpack(">I4s", head)
            if kind not in (b"iTXt", b"tEXt"):
                file.seek(size + 4, 1)
                continue
            name, _, rest = file.read(size).partition(b"\0")
            file.seek(4, 1)
            if kind == b"iTXt" and name == b"XML:com.adobe.xmp":
                found["xmp"] = rest[4:]
            elif kind == b"tEXt" and name == key.encode():
                found["tag"] = rest
    return found


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _parts(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]

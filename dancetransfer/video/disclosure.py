"""What tells people and machines that a clip was made with AI: the IPTC mark and the visible label."""

import struct
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import av

from dancetransfer.video import marks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""IPTC DigitalSourceType: a real recording composed with media made by a trained model."""

TAG = "DigitalSourceType"

XMP_BOX = bytes.fromhex("BE7ACFCB97A942E89C71999491E3AFAC")
"""The UUID of the MP4/MOV box that holds XMP (XMP specification part 3, section 1.2.7)."""

PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
   xmlns:xmp="http://ns.adobe.com/xap/1.0/"
   Iptc4xmpExt:DigitalSourceType="{source}"
   xmp:CreatorTool="DanceTransfer"/>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


def xmp_packet() -> bytes:
    """The mark as an XMP packet, for any file format that carries XMP."""
    return PACKET.format(source=SOURCE_TYPE).encode()


def tags() -> dict[str, str]:
    """The mark as plain metadata, for containers that carry keys and values."""
    return {TAG: SOURCE_TYPE, "comment": "Made with AI (DanceTransfer)"}


def carried_tags() -> dict[str, str]:
    """The mark for containers whose only place for XMP is a tag (WebM): `tags` and the packet."""
    return {**tags(), "XMP": xmp_packet().decode()}


def mark_ai(path: str | PathLike[str]) -> None:
    """Put the mark into a finished MP4, MOV, GIF or WebP (once; a marked file stays as it is).

    It goes at the end, where nothing else has to move. Call it before the file gets its name. In MP4
    and MOV that is the XMP; their plain tag is metadata. WebM and PNG are marked while they are written.
    """
    path = Path(path)
    if read_mark(path)["xmp"] is not None:
        return
    packet, words = xmp_packet(), f"{TAG}: {SOURCE_TYPE}"
    kind = _kind(path)
    if kind == "gif":
        marks.mark_gif(path, packet, words)
    elif kind == "webp":
        marks.mark_webp(path, packet, words)
    elif kind == "boxes":
        with path.open("ab") as file:
            file.write(struct.pack(">I4s16s", 24 + len(packet), b"uuid", XMP_BOX) + packet)
    else:
        raise ValueError(f"{path.name} can't be marked once it is written")


def read_mark(path: str | PathLike[str]) -> dict[str, str | None]:
    """{"xmp": ..., "tag": ...}: the source type in the XMP and in the plain metadata, or None.

    Of a folder of PNG pictures: what all of them carry.
    """
    path = Path(path)
    if path.is_dir():
        read = [read_mark(file) for file in sorted(path.glob("*.png"))] or [{"xmp": None, "tag": None}]
        return {where: read[0][where] if len({one[where] for one in read}) == 1 else None for where in ("xmp", "tag")}
    xmp, tag = _packet_and_tag(path)
    tag = tag.removeprefix(f"{TAG}: ") if tag else None
    return {"xmp": SOURCE_TYPE if SOURCE_TYPE.encode() in (xmp or b"") else None, "tag": tag}


def _packet_and_tag(path: Path) -> tuple[bytes | None, str | None]:
    kind = _kind(path)
    if kind in ("gif", "webp", "png"):
        found = {"gif": marks.read_gif, "webp": marks.read_webp, "png": lambda p: marks.read_png(p, TAG)}[kind](path)
        return found.get("xmp"), found["tag"].decode("latin-1") if "tag" in found else None
    with av.open(str(path.absolute()), "r", metadata_errors="replace") as container:
        lower = {key.lower(): value for key, value in container.metadata.items()}
    xmp = _xmp_box(path) if kind == "boxes" else lower.get("xmp", "").encode()
    return xmp, lower.get(TAG.lower())


def _kind(path: Path) -> str:
    """ "gif", "webp", "png", "boxes" (MP4, MOV) or "" by the first bytes of a file."""
    with path.open("rb") as file:
        head = file.read(12)
    if head[:4] == b"GIF8":
        return "gif"
    if head[:4] == b"RIFF" and head[8:] == b"WEBP":
        return "webp"
    if head[:8] == marks.PNG_SIGNATURE:
        return "png"
    return "boxes" if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip") else ""


def _xmp_box(path: Path) -> bytes | None:
    """The XMP packet among the top boxes of an MP4 or MOV; None where there is none."""
    end = path.stat().st_size
    with path.open("rb") as file:
        at = 0
        while at + 8 <= end:
            file.seek(at)
            size, kind = struct.unpack(">I4s", file.read(8))
            if size == 1:
                size = struct.unpack(">Q", file.read(8))[0]
            elif size == 0:
                size = end - at
            if size < 8:
                return None
            if kind == b"uuid" and file.read(16) == XMP_BOX:
                return file.read(size - 24)
            at += size
    return None


def draw_label(image: "NDArray[np.uint8]", text: str = "AI-generated") -> "NDArray[np.uint8]":
    """A copy of RGB uint8 [H,W,3] with `text` on a soft dark plate at the lower left.

    About a 28th of the shorter side high (12 pixels at least), never wider than the picture.
    """
    import cv2  # not at the top: the window's process reads this module and must not load cv2

    height, width = image.shape[:2]
    side = min(height, width)
    font, line = cv2.FONT_HERSHEY_SIMPLEX, 22  # that font's capitals are 22 pixels high at scale 1
    scale = max(12.0, side / 28) / line
    thick = max(1, round(scale * 1.6))
    (wide, high), _ = cv2.getTextSize(text, font, scale, thick)
    room = width - high * 2
    if wide > room > 0:
        scale, wide, high = scale * room / wide, room, max(1, round(high * room / wide))
    gap = max(2, high // 2)
    left, bottom = gap, height - gap
    plate = [left, max(0, bottom - high - 2 * gap), min(width, left + wide + 2 * gap), bottom]
    out = image.copy()
    inside = out[plate[1] : plate[3], plate[0] : plate[2]]
    inside[:] = (inside * 0.35).astype(inside.dtype)
    place = (left + gap, bottom - gap)
    cv2.putText(out, text, place, font, scale, (255, 255, 255), thick, cv2.LINE_AA)
    return out


def label_place(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the label that `draw_label` draws in a picture of `size` (width, height)."""
    import numpy as np

    white = np.full((size[1], size[0], 3), 255, np.uint8)
    rows, columns = np.nonzero((draw_label(white) < 255).any(-1))
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1

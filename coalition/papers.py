"""Files that people bring to be kept and read: JPEG, PNG and PDF, told by what is in them. Pure."""

from typing import NamedTuple

from tenants.runtime.errors import Refusal

MEGABYTES_MAX, NAME_MAX = 5, 100
MEDIA = {"jpeg": "image/jpeg", "png": "image/png", "pdf": "application/pdf"}
_PNG_END = b"IEND\xaeB`\x82"


class Brought(NamedTuple):
    """A file as somebody sends it."""

    name: str
    content: bytes


class Kept(NamedTuple):
    """A file as it is given back."""

    name: str
    media: str
    content: bytes


def fitting(file: Brought) -> str:
    """Its kind; Refusal("attachment_large") or "attachment_type", each with the `name` that was sent."""
    if len(file.content) > MEGABYTES_MAX << 20:
        raise Refusal("attachment_large", name=shown_name(file.name), most=MEGABYTES_MAX)
    kind = kind_of(file.content)
    if kind is None:
        raise Refusal("attachment_type", name=shown_name(file.name))
    return kind


def kind_of(content: bytes) -> str | None:
    """What a file is by its own bytes, from its first to its last; nothing for what is not taken."""
    end = content[-1024:].rstrip(b"\0\r\n \t")
    if content.startswith(b"\xff\xd8\xff") and end.endswith(b"\xff\xd9"):
        return "jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR") and end.endswith(_PNG_END):
        return "png"
    if content.startswith((b"%PDF-1.", b"%PDF-2.")):
        return "pdf" if end.endswith(b"%%EOF") else None
    return None


def shown_name(name: str) -> str:
    """The name alone, without its folders and without what no page shows."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in last if letter.isprintable()).strip()[-NAME_MAX:] or "file"

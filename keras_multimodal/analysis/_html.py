"""HTML from Python values, escaped by construction."""

import base64
import html

_VOID = ("br", "img", "meta")

# The first bytes of the picture formats that browsers show.
_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"BM": "image/bmp",
}


class Html(str):
    """Text that is HTML already; `element` escapes every other."""

    __slots__ = ()


def element(name: str, /, *children: object, **attributes: object) -> Html:
    """Make one element.

    Args:
        name: The tag's name.
        *children: Elements, and values that are shown as text.
        **attributes: Attributes; `class_` stands for `class`.
    """
    pairs = "".join(
        f' {key.rstrip("_")}="{html.escape(str(value))}"' for key, value in attributes.items()
    )
    if name in _VOID:
        return Html(f"<{name}{pairs}>")
    return Html(f"<{name}{pairs}>{join(*children)}</{name}>")


def join(*children: object) -> Html:
    """Join elements and texts, one after the other."""
    return Html(
        "".join(child if isinstance(child, Html) else html.escape(str(child)) for child in children)
    )


def data_uri(content: bytes, mime_type: str) -> str:
    """Return the content as an address of its own."""
    return f"data:{mime_type};base64,{base64.b64encode(content).decode('ascii')}"


def picture_uri(content: bytes) -> str:
    """Return the address of an encoded picture.

    Raises:
        ValueError: If the bytes are no PNG, JPEG, GIF or BMP.
    """
    for signature, mime_type in _SIGNATURES.items():
        if content.startswith(signature):
            return data_uri(content, mime_type)
    raise ValueError(
        "`pictures` must hold the bytes of PNG, JPEG, GIF or BMP files, or None. "
        f"Received: bytes that begin with {content[:8]!r}"
    )

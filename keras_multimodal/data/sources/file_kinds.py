"""Kinds of files, known by their first bytes."""


def file_ending(content: bytes) -> str | None:
    """Return the ending for a file of these bytes, or None if they are no picture or recording.

    What begins like a file and may yet be text ("BMW", "ID3 tags") has no zero byte.

    Args:
        content: The bytes of a whole file, or of a text.

    Returns:
        One of `schema.file_endings.ENDINGS` of pictures or recordings, or None.
    """
    if content.startswith(b"\xff\xd8\xff"):
        return ".jpg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return ".png"
    if content.startswith((b"RIFF", b"RF64", b"BW64")):
        return {b"WAVE": ".wav", b"WEBP": ".webp"}.get(content[8:12])
    if content.startswith(b"FORM") and content[8:12] in (b"AIFF", b"AIFC"):
        return ".aiff"
    if _is_mp3_frame(content):
        return ".mp3"
    if content.startswith((b"GIF87a", b"GIF89a", b"fLaC", b"OggS", b"ID3")) and b"\0" in content:
        return {b"GIF": ".gif", b"fLa": ".flac", b"Ogg": ".ogg", b"ID3": ".mp3"}[content[:3]]
    if content.startswith(b"BM") and content[6:10] == b"\0\0\0\0":
        return ".bmp"
    return None


def _is_mp3_frame(content: bytes) -> bool:
    """Return whether it begins with the header of a frame of MPEG audio, layer III."""
    if len(content) < 4 or content[0] != 0xFF or content[1] & 0xE6 != 0xE2:
        return False
    version, rate, bits = content[1] & 0x18, content[2] & 0x0C, content[2] & 0xF0
    return version != 0x08 and rate != 0x0C and bits != 0xF0

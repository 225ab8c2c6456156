"""A file of text, in whatever encoding it is."""

import codecs
import dataclasses
import gzip
import io
import os
import pathlib
import zlib
from typing import IO, cast

from keras_multimodal.data.column.encoding_looks import candidates
from keras_multimodal.errors import ArgumentError

_CHUNK = 2**20  # bytes
_GZIP = ".gz"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),  # begins with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_FEW_ZEROS = 0.02  # the share of bytes that may be 0 in UTF-8; in UTF-16, each space has one
# What reading a file that is no gzip, or that is cut, raises.
SPOILED = (gzip.BadGzipFile, EOFError, zlib.error)


@dataclasses.dataclass(frozen=True)
class TextFile:
    """A file of text, and the encoding that it is in.

    Args:
        path: The file; what ends in `.gz` is compressed.
        encoding: The codec, as Python has it.
        note: A sentence on the encoding, empty where it is UTF-8 or was given.
        guessed: Whether the encoding was told by what the bytes decode to, and not by a mark.

    Example:

    >>> _ = pathlib.Path("latin.txt").write_bytes(b"Caf\\xe9")
    >>> TextFile.find("latin.txt").encoding
    'cp1252'
    """

    path: pathlib.Path
    encoding: str
    note: str = ""
    guessed: bool = False

    @classmethod
    def find(
        cls,
        path: str | os.PathLike[str],
        encoding: str | None = None,
        otherwise: str | None = None,
    ) -> "TextFile":
        """Return a file with the encoding that it is in.

        In this order: what the mark at its beginning says; UTF-8; UTF-16 without a mark, by its
        zero bytes; the one other encoding in which its bytes are plausible letters.

        Args:
            path: The file.
            encoding: Its encoding. Default `None`: as its bytes show.
            otherwise: Its encoding if it has no mark and is no UTF-8. Default `None`: as its bytes
                show.

        Raises:
            ArgumentError: If its encoding cannot be told, or there is none of that name.
            FileNotFoundError: If there is no such file.
        """
        file = pathlib.Path(path)
        if encoding is not None:
            return cls(file, _known(encoding))
        with _opened(file) as content:
            start = content.read(4)
        for mark, codec, name in _MARKS:
            if start.startswith(mark):
                note = "" if name == "UTF-8" else f"{str(path)!r} is in {name}, as its mark says"
                return cls(file, codec, note)
        if _is_utf8(file):
            return cls(file, "utf-8")
        if otherwise is not None:
            return cls(file, _known(otherwise))
        with _opened(file) as content:
            return cls(file, *_guess(content.read(), str(path)), True)

    def open(self) -> IO[str]:
        """Return the file, opened as text; the ends of its lines are as they are."""
        return io.TextIOWrapper(_opened(self.path), encoding=self.encoding, newline="")

    def read(self) -> str:
        """Return its text.

        Raises:
            ValueError: If it is not in the encoding. The message names the line.
        """
        with _opened(self.path) as file:
            content = file.read()
        try:
            return content.decode(self.encoding)
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise ValueError(
                f"{str(self.path)!r} cannot be read: line {line} is not {self.encoding} "
                f"({error.reason}). Give its `encoding`, or save it as UTF-8."
            ) from error


def plain_suffix(path: str | os.PathLike[str]) -> str:
    """Return a file's ending in small letters, that of what is compressed if it is.

    Args:
        path: The file, such as `pets.csv.gz`.
    """
    file = pathlib.Path(path)
    return pathlib.Path(file.stem if file.suffix.lower() == _GZIP else file).suffix.lower()


def _opened(path: pathlib.Path) -> IO[bytes]:
    """Return a file, opened as bytes, decompressed if it is compressed."""
    if path.suffix.lower() == _GZIP:
        return cast(IO[bytes], gzip.open(path))
    return path.open("rb")


def _known(encoding: str) -> str:
    try:
        codec = codecs.lookup(encoding).name
        b"a".decode(codec)  # there are codecs from bytes to bytes
    except LookupError:
        raise ArgumentError(
            "encoding",
            f"must be one that Python knows, such as 'gb18030' or 'cp1252'. Received: {encoding!r}",
        ) from None
    except UnicodeDecodeError:
        pass  # UTF-16 has two bytes
    return "utf-8-sig" if codec == "utf-8" else codec


def _is_utf8(path: pathlib.Path) -> bool:
    """Return whether a file is UTF-8, and has not the zero bytes of UTF-16."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    length = zeros = 0
    with _opened(path) as file:
        while chunk := file.read(_CHUNK):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return False
            length += len(chunk)
            zeros += chunk.count(0)
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return zeros <= _FEW_ZEROS * length


def _guess(content: bytes, path: str) -> tuple[str, str]:
    """Return the encoding of what is no UTF-8, and a sentence that says so."""
    if b"\0" in content:
        # Signs of ASCII, the ends of lines among them, have one zero byte.
        little = content[1::2].count(0) > content[::2].count(0)
        codec, name = ("utf-16-le", "UTF-16") if little else ("utf-16-be", "UTF-16")
        try:
            text = content.decode(codec)
        except UnicodeDecodeError:
            text = "\0"
        if "\0" not in text:
            return codec, f"{path!r} is read as {name}, which its zero bytes show"
        raise ArgumentError(
            "encoding",
            f"must be given for {path!r}, which has zero bytes and is no UTF-16: is it text?",
        )
    found = candidates(content)
    if len(found) == 1:
        sample = f"where it has {found[0].sample!r}; `encoding` says another"
        return found[0].codec, f"{path!r} is no UTF-8 and is read as {found[0].name}, {sample}"
    if not found:
        try:
            content.decode("utf-8")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise ArgumentError(
                "encoding",
                f"must be given for {path!r}, which is no UTF-8 in line {line} ({error.reason}), "
                "and of which no other encoding makes words",
            ) from error
    may_be = " or ".join(f"{each.name} ({each.sample!r})" for each in found)
    raise ArgumentError(
        "encoding", f"must be given for {path!r}, which is no UTF-8 and may be {may_be}"
    )

"""The tensors of a file that PyTorch has written, read without PyTorch."""

import os
import struct
import warnings
import zipfile
from typing import BinaryIO

import numpy as np

from keras_multimodal.encoders.loading.torch_pickle import TorchPickle

# What a file of PyTorch before 1.6 begins with, as a pickle of its own.
_MAGIC = 0x1950A86A20F9469CFC6C
# What a broken file brings about, here and in the modules that take it apart.
_ERRORS = (
    ArithmeticError,
    EOFError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
)


def read_torch_file(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Return the tensors of a `state_dict` that `torch.save` has written, by name.

    Nothing in the file is run, and nothing beside it is read: of what a file may ask for, only
    dicts and tensors within their storages are given. That holds where PyTorch is installed too:
    its own reader, `torch.load(weights_only=True)`, looks at no checksum, and of a file from before
    the zip format with a storage that is nowhere in it, it returns what memory happens to hold.

    Args:
        path: The file, of PyTorch's zip format or of the one before it.

    Raises:
        ValueError: If the file is cut off, is of another kind, or holds something else.
    """
    try:
        with open(path, "rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of strange strings; what is broken is told below
            zipped = zipfile.is_zipfile(file)
            found = _read_zip(file) if zipped else _read_legacy(file)
    except _ERRORS as error:
        raise ValueError(
            f"{os.fspath(path)} must be a whole file of tensors written by torch.save. It could "
            f"not be read: {str(error) or type(error).__name__}. Fetch it again if it was cut off"
        ) from error
    if not isinstance(found, dict) or not all(isinstance(x, np.ndarray) for x in found.values()):
        raise ValueError(
            f"{os.fspath(path)} must hold a dict of tensors (a `state_dict`). "
            f"Received: a {type(found).__name__}"
        )
    return dict(found)


def _read_zip(file: BinaryIO) -> object:
    size = file.seek(0, os.SEEK_END)
    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
        # PyTorch compresses nothing, and lets no two parts share bytes: none unpacks to more.
        if any(part.compress_type != zipfile.ZIP_STORED for part in parts):
            raise ValueError("its parts are compressed, which PyTorch does not do")
        if sum(part.file_size for part in parts) > size:
            raise ValueError("its parts are larger than the file")
        (index,) = (name for name in archive.namelist() if name.endswith("/data.pkl"))
        folder = index.removesuffix("data.pkl")
        storages: dict[tuple[str, str, int], np.ndarray] = {}

        def storage(key: str, dtype: str, count: int) -> np.ndarray:
            place = (key, dtype, count)
            if place not in storages:
                storages[place] = _numbers(archive.read(f"{folder}data/{key}"), dtype, count)
            return storages[place]

        with archive.open(index) as part:
            return TorchPickle(storage).load(part)


def _read_legacy(file: BinaryIO) -> object:
    """Read three pickles of what wrote it, one of the dict, one of the storages' keys, and these.

    The dict comes before the numbers, so that it is read twice.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if TorchPickle(_no_storage).load(file) != _MAGIC:
        raise ValueError("it has another beginning")
    for _ in range(2):  # the version of the format, and the machine's sizes
        TorchPickle(_no_storage).load(file)
    start = file.tell()
    zeros: dict[str, np.ndarray] = {}

    def note(key: str, dtype: str, count: int) -> np.ndarray:
        if key not in zeros:
            noted = sum(numbers.nbytes for numbers in zeros.values())
            if noted + count * np.dtype(dtype).itemsize > size:
                raise ValueError(f"it ends before the {count} numbers of a tensor do")
            zeros[key] = np.zeros(count, dtype)
        return _same(zeros[key], key, dtype, count)

    TorchPickle(note).load(file)
    keys = TorchPickle(_no_storage).load(file)
    if not isinstance(keys, list):
        raise ValueError("it does not say which storages it has")
    storages = {}
    for key in keys:
        numbers = zeros[key]
        length = int.from_bytes(file.read(8), "little")
        if length != len(numbers):
            raise ValueError(f"storage {key} has {length} numbers instead of {len(numbers)}")
        storages[key] = _numbers(file.read(numbers.nbytes), numbers.dtype.name, length)
    file.seek(start)
    return TorchPickle(lambda key, *kind: _same(storages[key], key, *kind)).load(file)


def _same(numbers: np.ndarray, key: str, dtype: str, count: int) -> np.ndarray:
    if numbers.dtype != dtype or len(numbers) != count:
        raise ValueError(f"storage {key} is described in two ways")
    return numbers


def _numbers(content: bytes, dtype: str, count: int) -> np.ndarray:
    if len(content) != count * np.dtype(dtype).itemsize:
        raise ValueError(f"it ends after {len(content)} bytes of a tensor of {count} numbers")
    return np.frombuffer(content, np.dtype(dtype).newbyteorder("<"))


def _no_storage(key: str, dtype: str, count: int) -> np.ndarray:
    raise ValueError("it has tensors where there should be none")

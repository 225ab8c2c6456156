"""The tensors of a file that PyTorch has written, read without PyTorch."""

import collections
import os
import pickle
import zipfile
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np

# What a file of PyTorch before 1.6 begins with, as a pickle of its own.
_MAGIC = 0x1950A86A20F9469CFC6C
_DTYPES = {
    "DoubleStorage": "float64",
    "FloatStorage": "float32",
    "HalfStorage": "float16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
}


def read_torch_file(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Return the tensors of a `state_dict` that `torch.save` has written, by name.

    Nothing in the file is run: of what a pickle may ask for, only tensors and dicts are given.

    Args:
        path: The file, of PyTorch's zip format or of the one before it.

    Raises:
        ValueError: If the file is cut off, is of another kind, or holds something else.
    """
    try:
        if zipfile.is_zipfile(path):
            found = _read_zip(path)
        else:
            with open(path, "rb") as file:
                found = _read_legacy(file)
    except (
        EOFError,
        IndexError,
        KeyError,
        TypeError,
        ValueError,
        pickle.UnpicklingError,
        zipfile.BadZipFile,
    ) as error:
        raise ValueError(
            f"{os.fspath(path)} must be a whole file of tensors written by torch.save. It could "
            f"not be read: {error or type(error).__name__}. Fetch it again if it was cut off"
        ) from error
    if not isinstance(found, dict) or not all(isinstance(x, np.ndarray) for x in found.values()):
        raise ValueError(
            f"{os.fspath(path)} must hold a dict of tensors (a `state_dict`). "
            f"Received: a {type(found).__name__}"
        )
    return dict(found)


def _read_zip(path: str | os.PathLike[str]) -> Any:
    with zipfile.ZipFile(path) as archive:
        (index,) = (name for name in archive.namelist() if name.endswith("/data.pkl"))
        folder = index.removesuffix("data.pkl")

        def storage(key: str, dtype: str, count: int) -> np.ndarray:
            return _numbers(archive.read(f"{folder}data/{key}"), dtype, count)

        with archive.open(index) as file:
            return _Tensors(file, storage).load()


def _read_legacy(file: BinaryIO) -> Any:
    """Read three pickles of what wrote it, one of the dict, one of the storages' keys, and these.

    The dict comes before the numbers, so that it is read twice.
    """
    if _Tensors(file, _no_storage).load() != _MAGIC:
        raise ValueError("it has another beginning")
    for _ in range(2):  # the version of the format, and the machine's sizes
        _Tensors(file, _no_storage).load()
    start = file.tell()
    wanted: dict[str, tuple[str, int]] = {}

    def note(key: str, dtype: str, count: int) -> np.ndarray:
        wanted[key] = (dtype, count)
        return np.zeros(count, dtype)

    _Tensors(file, note).load()
    keys = _Tensors(file, _no_storage).load()
    storages = {}
    for key in keys:
        dtype, count = wanted[key]
        size = int.from_bytes(file.read(8), "little")
        if size != count:
            raise ValueError(f"storage {key} has {size} numbers instead of {count}")
        storages[key] = _numbers(file.read(count * np.dtype(dtype).itemsize), dtype, count)
    file.seek(start)
    return _Tensors(file, lambda key, dtype, count: storages[key]).load()


def _numbers(content: bytes, dtype: str, count: int) -> np.ndarray:
    if len(content) != count * np.dtype(dtype).itemsize:
        raise ValueError(f"it ends after {len(content)} bytes of a tensor of {count} numbers")
    return np.frombuffer(content, np.dtype(dtype).newbyteorder("<"))


def _no_storage(key: str, dtype: str, count: int) -> np.ndarray:
    raise ValueError("it has tensors where there should be none")


class _Tensors(pickle.Unpickler):
    """Reads dicts and tensors, and refuses all else."""

    def __init__(self, file: Any, storage: Callable[[str, str, int], np.ndarray]) -> None:
        super().__init__(file)
        self._storage = storage

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is not part of a tensor")

    def persistent_load(self, pid: Any) -> np.ndarray:
        _, dtype, key, _, count, *_ = pid
        return self._storage(key, dtype, count)


def _rebuild(
    storage: np.ndarray, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any
) -> np.ndarray:
    """Return the tensor that a part of a storage is."""
    last = offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
    if 0 not in shape and not 0 <= last < len(storage):
        raise ValueError("a tensor reaches beyond its storage")
    steps = [step * storage.itemsize for step in strides]
    return np.lib.stride_tricks.as_strided(storage[offset:], shape, steps).copy()

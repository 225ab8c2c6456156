"""The pickles in a file of PyTorch, read without `pickle`: nothing that they hold is called."""

import dataclasses
import pickletools
from collections.abc import Callable
from typing import IO, TypeVar

import numpy as np

_Kind = TypeVar("_Kind")

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
_DICT, _TENSOR = "collections.OrderedDict", "torch._utils._rebuild_tensor_v2"
# Opcodes that put their argument on the stack as it is.
_CONSTANTS = frozenset(
    [
        "BINFLOAT",
        "BININT",
        "BININT1",
        "BININT2",
        "BINSTRING",
        "BINUNICODE",
        "INT",
        "LONG",
        "LONG1",
        "SHORT_BINSTRING",
        "SHORT_BINUNICODE",
        "UNICODE",
    ]
)
_FIXED = {"NEWFALSE": False, "NEWTRUE": True, "NONE": None}
_TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_PUTS = ("BINPUT", "LONG_BINPUT", "PUT")
_GETS = ("BINGET", "LONG_BINGET", "GET")

# From a storage's key, its dtype and how many numbers it has, to these.
Storage = Callable[[str, str, int], np.ndarray]


@dataclasses.dataclass(frozen=True)
class _Name:
    """What the file asks for by its module and name."""

    path: str


class TorchPickle:
    """A machine for the few opcodes that a dict of tensors takes; all others are refused.

    `pickle.Unpickler` would let a file change what it is given, fill the memory with one opcode,
    and end the process over a key that is nested deeply enough.

    Args:
        storage: Returns a storage's numbers.

    Example:

    >>> import io, pickle
    >>> def no_storage(key, dtype, count):
    ...     raise ValueError("it has tensors where there should be none")
    >>> TorchPickle(no_storage).load(io.BytesIO(pickle.dumps({"a": 1}, protocol=2)))
    {'a': 1}
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._stack: list[object] = []
        self._marks: list[int] = []
        self._memo: dict[int, object] = {}

    def load(self, file: IO[bytes]) -> object:
        """Return what one pickle holds; the file is then behind it.

        Args:
            file: The file, at the pickle's beginning.

        Raises:
            ValueError: If it holds something else than dicts, lists, tuples, strings, numbers and
                tensors, or a tensor that is not within its storage.
            IndexError, KeyError: If an opcode finds nothing where it looks.
        """
        self._stack, self._marks, self._memo = [], [], {}
        for opcode, argument, _ in pickletools.genops(file):
            name = opcode.name
            if name == "STOP":
                return self._stack.pop()
            if name in _CONSTANTS:
                self._stack.append(argument)
            elif name in _FIXED:
                self._stack.append(_FIXED[name])
            elif name in _PUTS:
                self._memo[int(argument or 0)] = self._stack[-1]
            elif name in _GETS:
                self._stack.append(self._memo[int(argument or 0)])
            elif name == "MEMOIZE":
                self._memo[len(self._memo)] = self._stack[-1]
            elif name == "GLOBAL":
                self._stack.append(_named(str(argument).replace(" ", ".")))
            elif name in _TUPLES:
                count = _TUPLES[name]
                parts = self._stack[len(self._stack) - count :]
                if len(parts) != count:
                    raise IndexError("a tuple lacks its parts")
                del self._stack[len(self._stack) - count :]
                self._stack.append(tuple(parts))
            else:
                self._build(name)
        raise EOFError("it ends before its first part does")

    def _build(self, name: str) -> None:
        """Do what an opcode of containers and tensors says."""
        stack = self._stack
        if name == "MARK":
            self._marks.append(len(stack))
        elif name == "TUPLE":
            stack.append(tuple(self._since_mark()))
        elif name == "EMPTY_DICT":
            stack.append({})
        elif name == "EMPTY_LIST":
            stack.append([])
        elif name in ("SETITEM", "SETITEMS"):
            items = self._since_mark() if name == "SETITEMS" else [stack.pop(-2), stack.pop()]
            self._set_items(items)
        elif name in ("APPEND", "APPENDS"):
            values = self._since_mark() if name == "APPENDS" else [stack.pop()]
            _expect(stack[-1], list).extend(values)
        elif name == "BINPERSID":
            _, dtype, key, _, count, *_ = _expect(stack.pop(), tuple)
            if not isinstance(dtype, _Name) or not dtype.path.startswith("torch."):
                raise ValueError("a storage has no dtype")
            kind = _DTYPES[dtype.path.removeprefix("torch.")]
            stack.append(self._storage(_expect(key, str), kind, _whole(count)))
        elif name == "REDUCE":
            arguments = _expect(stack.pop(), tuple)
            stack.append(_made(stack.pop(), arguments))
        elif name == "BUILD":
            stack.pop()  # what PyTorch notes of its versions
            _expect(stack[-1], dict)
        elif name == "STACK_GLOBAL":
            last = _expect(stack.pop(), str)
            stack.append(_named(f"{_expect(stack.pop(), str)}.{last}"))
        elif name not in ("PROTO", "FRAME"):
            raise ValueError(f"it has a {name}, which is not part of a dict of tensors")

    def _since_mark(self) -> list[object]:
        mark = self._marks.pop()
        values = self._stack[mark:]
        del self._stack[mark:]
        return values

    def _set_items(self, items: list[object]) -> None:
        target = _expect(self._stack[-1], dict)
        for key, value in zip(items[::2], items[1::2], strict=True):
            # A key is a name, or a number among what PyTorch notes.
            target[key if isinstance(key, int) else _expect(key, str)] = value


def _named(path: str) -> _Name:
    known = path.startswith("torch.") and path.removeprefix("torch.") in _DTYPES
    if not known and path not in (_DICT, _TENSOR):
        raise ValueError(f"it asks for {path}, which is not part of a tensor")
    return _Name(path)


def _made(name: object, arguments: tuple[object, ...]) -> object:
    """Return the dict or the tensor that a name makes of its arguments."""
    if name == _Name(_DICT) and not arguments:
        return {}
    if name != _Name(_TENSOR):
        raise ValueError("it calls what is neither a dict nor a tensor")
    storage, offset, shape, strides, *_ = arguments
    return strided(
        _expect(storage, np.ndarray),
        _whole(offset),
        tuple(map(_whole, _expect(shape, tuple))),
        tuple(map(_whole, _expect(strides, tuple))),
    )


def strided(
    storage: np.ndarray, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
) -> np.ndarray:
    """Return the tensor that a part of a storage is, as a view.

    Args:
        storage: Its numbers, `(count,)`.
        offset: The place of the tensor's first number.
        shape: The tensor's shape.
        strides: For each axis how many places of the storage lie between two numbers.

    Raises:
        ValueError: If the tensor is not within the storage, or has a number of it twice.
    """
    if len(strides) != len(shape):
        raise ValueError(f"a tensor of {len(shape)} axes has {len(strides)} strides")
    # One by one: in a sum, negative ones would make up for those that reach too far.
    if min((offset, *shape, *strides)) < 0:
        raise ValueError("a tensor has a negative place, size or stride")
    if 0 in shape:
        return np.zeros(shape, storage.dtype)
    if offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True)) >= len(storage):
        raise ValueError("a tensor reaches beyond its storage")
    # From the closest numbers on, each axis must step over all that the axes before it reach.
    reached = 0
    for step, n in sorted((step, n) for step, n in zip(strides, shape, strict=True) if n > 1):
        if step <= reached:
            raise ValueError("a tensor has a number of its storage twice")
        reached += (n - 1) * step
    steps = [step * storage.itemsize for step in strides]
    return np.lib.stride_tricks.as_strided(storage[offset:], shape, steps, writeable=False)


def _whole(value: object) -> int:
    """Return a number that counts something; larger ones are no place in any file."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**62:
        raise ValueError("a tensor has a place, size or stride that is no whole number")
    return value


def _expect(value: object, kind: type[_Kind]) -> _Kind:
    if not isinstance(value, kind):
        raise ValueError(f"it has a {type(value).__name__} where a {kind.__name__} should be")
    return value

"""A file of PyTorch is read without PyTorch: nothing in it is run, nothing beside it read."""

import collections
import contextlib
import io
import itertools
import pickle
import re
import tracemalloc
import zipfile

import numpy as np
import pytest
import torch

from keras_multimodal.encoders.loading.torch_file import read_torch_file
from keras_multimodal.encoders.loading.torch_pickle import strided

TENSORS = {
    "float": torch.arange(24, dtype=torch.float32).reshape(2, 3, 4),
    "turned": torch.arange(6, dtype=torch.float64).reshape(2, 3).T,
    "part": torch.arange(10, dtype=torch.int64)[3:7],
    "half": torch.tensor([0.5, -2.0], dtype=torch.float16),
    "bool": torch.tensor([True, False]),
    "number": torch.tensor(7, dtype=torch.int64),
    "none": torch.zeros(0, 3),
}

ZIPPED = pytest.mark.parametrize("zipped", [True, False], ids=["zip", "before the zip"])


def save(path, content, zipped):
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    return path


@ZIPPED
def test_every_tensor_is_what_pytorch_says(tmp_path, zipped):
    path = save(tmp_path / "file.pth", collections.OrderedDict(TENSORS), zipped)
    found = read_torch_file(path)
    assert list(found) == list(TENSORS)
    for name, tensor in TENSORS.items():
        expected = tensor.numpy()
        assert found[name].dtype == expected.dtype
        np.testing.assert_array_equal(found[name], expected, strict=True)


@ZIPPED
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.95])
def test_a_file_that_is_cut_off_is_refused(tmp_path, zipped, share):
    content = save(tmp_path / "whole.pth", {"x": torch.zeros(500)}, zipped).read_bytes()
    path = tmp_path / "cut.pth"
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match=r"cut\.pth must be a whole file"):
        read_torch_file(path)


class Evil:
    def __reduce__(self):
        return print, ("run",)


@ZIPPED
def test_nothing_in_it_is_run(tmp_path, zipped, capsys):
    path = save(tmp_path / "evil.pth", {"x": Evil()}, zipped)
    with pytest.raises(
        ValueError, match=r"evil\.pth must be.*\bprint\W+(was not|which is not)"
    ) as caught:
        read_torch_file(path)
    assert "weights_only" not in str(caught.value)  # no advice to read it unsafely
    assert capsys.readouterr().out == ""


def test_a_byte_that_has_changed_is_refused(tmp_path):
    path = save(tmp_path / "changed.pth", {"x": torch.full((500,), 3.0)}, True)
    content = bytearray(path.read_bytes())
    place = content.index(torch.full((2,), 3.0).numpy().tobytes())
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"changed\.pth must be a whole file.*Bad CRC-32"):
        read_torch_file(path)


def test_another_number_of_numbers_is_refused(tmp_path):
    path = save(tmp_path / "fewer.pth", {"x": torch.zeros(500)}, False)
    content = bytearray(path.read_bytes())
    start = len(content) - 2000 - 8
    assert int.from_bytes(content[start : start + 8], "little") == 500
    content[start : start + 8] = (499).to_bytes(8, "little")
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"storage \w+ has 499 numbers instead of 500"):
        read_torch_file(path)


class StoragePickler(pickle.Pickler):
    """Writes what it is given as the numbers of a tensor."""

    def persistent_id(self, value):
        return value if isinstance(value, tuple) else None


def test_a_tensor_where_the_beginning_should_be_is_refused(tmp_path):
    path = tmp_path / "file.pth"
    with path.open("wb") as file:
        StoragePickler(file).dump(("storage", torch.FloatStorage, "0", "cpu", 1))
    with pytest.raises(ValueError, match="it has tensors where there should be none"):
        read_torch_file(path)


class Crafted:
    """A tensor of seven numbers, of which a file says what it likes."""

    def __init__(self, offset, shape, strides):
        self.arguments = (offset, shape, strides)

    def __reduce__(self):
        numbers = torch.storage.TypedStorage(
            wrap_storage=torch.arange(7.0).untyped_storage(), dtype=torch.float32, _internal=True
        )
        return torch._utils._rebuild_tensor_v2, (numbers, *self.arguments, False, {})


@ZIPPED
@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [
        (0, (8,), (1,)),  # more than there are
        (6, (2,), (1,)),
        (0, (2, 2), (-6, 6)),  # the sum of which is a place within
        (6, (2,), (-1,)),
        (-100, (2,), (1,)),
        (-1, (), ()),
        (0, (2,), (2_000_000_000,)),
        (0, (-1,), (1,)),
        (0, (2**40, 2**40), (0, 0)),  # one number, many times
        (0, (3,), (0,)),
        (0, (2, 3), (1, 1)),
        (10**30, (1,), (1,)),
        (0, (2,), (1, 1)),
        (0, (2,), (0.5,)),
    ],
)
def test_a_tensor_that_is_not_within_its_storage_is_refused(
    tmp_path, zipped, offset, shape, strides
):
    path = save(tmp_path / "crafted.pth", {"x": Crafted(offset, shape, strides)}, zipped)
    with pytest.raises(ValueError, match=r"crafted\.pth must be a whole file of tensors"):
        read_torch_file(path)


def test_every_view_is_what_its_places_say(tmp_path, rng):
    """Strides and offsets at random: refused, or the numbers that they lead to, each once."""
    stored = save(tmp_path / "stored.pth", {"x": Crafted(0, (7,), (1,))}, True)
    storage, found = read_torch_file(stored)["x"], 0
    for _ in range(400):
        shape = tuple(rng.integers(1, 4, rng.integers(0, 4)).tolist())
        strides = tuple(rng.integers(-2, 7, len(shape)).tolist())
        offset = int(rng.integers(-2, 8))
        steps = itertools.product(*map(range, shape))
        places = [offset + sum(np.multiply(each, strides).tolist()) for each in steps]
        try:
            view = strided(storage, offset, shape, strides)
        except ValueError:
            continue
        assert len(set(places)) == len(places)
        assert set(places) <= set(range(7))
        np.testing.assert_array_equal(view.ravel(), storage[places])
        found += 1
    assert found > 20


def changed_files(path, rng):
    """Yield files of which one bit or two of the pickles have changed."""
    content = path.read_bytes()
    parts, index = {}, None
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        (index,) = (name for name in parts if name.endswith("data.pkl"))
        content = parts[index]
    for _ in range(200):
        changed = bytearray(content)
        for place in rng.integers(0, len(content), rng.integers(1, 3)):
            changed[place] ^= 1 << rng.integers(8)
        if index is not None:
            file = io.BytesIO()
            with zipfile.ZipFile(file, "w") as archive:  # with right checksums
                for name, part in {**parts, index: bytes(changed)}.items():
                    archive.writestr(name, part)
            changed = file.getvalue()
        yield bytes(changed)


@ZIPPED
def test_changed_bytes_are_refused_or_read_within_the_file(tmp_path, zipped, rng):
    """Storages hold 3s alone, so that any other byte would be from beside them."""
    threes = torch.full((40,), 3, dtype=torch.uint8)
    tensors = {"a": threes.reshape(5, 8).T, "b": threes[8:], "c": threes[3]}
    whole = save(tmp_path / "whole.pth", tensors, zipped)
    path, found = tmp_path / "changed.pth", 0
    for content in changed_files(whole, rng):
        path.write_bytes(content)
        with contextlib.suppress(ValueError):  # any other error, or the process's end, is a fault
            arrays = read_torch_file(path)
            stored = {3} if zipped else set(content[-40:])  # one bit of which may have changed
            assert all(set(array.tobytes()) <= stored for array in arrays.values())
            found += 1
    assert found


@pytest.mark.parametrize(
    ("opcodes", "reason"),
    [
        (b"}" + b")" + b"\x85" * 200_000 + b"K\1s.", "a tuple where a str should be"),
        (b"}X\xff\xff\xff\x7fa.", "whole file"),  # a string of 2 GB
        (b"ctorch._utils\n_rebuild_tensor_v2\n}b.", "a _Name where a dict should be"),
        (b"\x85.", "a tuple lacks its parts"),
        (b"0.", "POP, which is not part"),
        (b"cos\nsystem\n.", "it asks for os.system"),
    ],
)
def test_what_a_pickle_could_do_is_not_done(tmp_path, opcodes, reason):
    path = tmp_path / "file.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("file/data.pkl", b"\x80\2" + opcodes)
    with pytest.raises(ValueError, match=reason):
        read_torch_file(path)


def test_a_place_far_off_fills_no_memory(tmp_path):
    path = tmp_path / "file.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("file/data.pkl", b"\x80\2}r\xff\xff\xff\x7f.")
    tracemalloc.start()
    assert read_torch_file(path) == {}
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10**7


def test_a_storage_that_the_file_lacks_is_refused(tmp_path):
    """PyTorch's own reader returns whatever memory holds."""
    path = save(tmp_path / "lacking.pth", {"x": torch.zeros(500)}, False)
    content = path.read_bytes()
    key = re.search(rb"\d{8,}", content)[0]
    # In the dict, and not in the list of keys.
    path.write_bytes(content.replace(key, b"1" * len(key), 1))
    with pytest.raises(ValueError, match=r"lacking\.pth must be a whole file"):
        read_torch_file(path)


def test_a_zip_that_unpacks_to_more_than_it_is_is_refused(tmp_path):
    path = tmp_path / "bomb.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("file/data.pkl", b"\0" * 10**6)
    with pytest.raises(ValueError, match="its parts are compressed, which PyTorch does not do"):
        read_torch_file(path)


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "other.pth"
    path.write_bytes(pickle.dumps({"x": 1}))
    with pytest.raises(ValueError, match="it has another beginning"):
        read_torch_file(path)
    with pytest.raises(ValueError, match=r"must hold a dict of tensors.*Received: a list"):
        read_torch_file(save(tmp_path / "list.pth", [torch.zeros(2)], True))
    with pytest.raises(FileNotFoundError):
        read_torch_file(tmp_path / "absent.pth")

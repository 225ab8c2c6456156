"""A file of PyTorch is read without PyTorch, and nothing in it is run."""

import collections
import pickle

import numpy as np
import pytest
import torch

from keras_multimodal.encoders.loading.torch_file import read_torch_file

TENSORS = {
    "float": torch.arange(24, dtype=torch.float32).reshape(2, 3, 4),
    "turned": torch.arange(6, dtype=torch.float64).reshape(2, 3).T,
    "part": torch.arange(10, dtype=torch.int64)[3:7],
    "half": torch.tensor([0.5, -2.0], dtype=torch.float16),
    "bool": torch.tensor([True, False]),
    "number": torch.tensor(7, dtype=torch.int64),
    "none": torch.zeros(0, 3),
}


def save(path, content, zipped):
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    return path


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "before the zip"])
def test_every_tensor_is_what_pytorch_says(tmp_path, zipped):
    path = save(tmp_path / "file.pth", collections.OrderedDict(TENSORS), zipped)
    found = read_torch_file(path)
    assert list(found) == list(TENSORS)
    for name, tensor in TENSORS.items():
        expected = tensor.numpy()
        assert found[name].dtype == expected.dtype
        np.testing.assert_array_equal(found[name], expected, strict=True)


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "before the zip"])
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


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "before the zip"])
def test_nothing_in_it_is_run(tmp_path, zipped, capsys):
    path = save(tmp_path / "evil.pth", {"x": Evil()}, zipped)
    with pytest.raises(ValueError, match=r"it asks for \w+\.print, which is not part of a tensor"):
        read_torch_file(path)
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
        StoragePickler(file).dump(("storage", "FloatStorage", "0", "cpu", 1))
    with pytest.raises(ValueError, match="it has tensors where there should be none"):
        read_torch_file(path)


class Beyond:
    """A tensor of four numbers, of which the file has two."""

    def __reduce__(self):
        numbers = torch.storage.TypedStorage(
            wrap_storage=torch.zeros(2).untyped_storage(), dtype=torch.float32, _internal=True
        )
        return torch._utils._rebuild_tensor_v2, (numbers, 0, (4,), (1,), False, {})


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "before the zip"])
def test_a_tensor_larger_than_its_numbers_is_refused(tmp_path, zipped):
    path = save(tmp_path / "beyond.pth", {"x": Beyond()}, zipped)
    with pytest.raises(ValueError, match=r"beyond\.pth must.*a tensor reaches beyond its storage"):
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

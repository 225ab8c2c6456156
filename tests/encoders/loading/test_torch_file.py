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


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "other.pth"
    path.write_bytes(pickle.dumps({"x": 1}))
    with pytest.raises(ValueError, match="it has another beginning"):
        read_torch_file(path)
    with pytest.raises(ValueError, match=r"must hold a dict of tensors.*Received: a list"):
        read_torch_file(save(tmp_path / "list.pth", [torch.zeros(2)], True))
    with pytest.raises(FileNotFoundError):
        read_torch_file(tmp_path / "absent.pth")

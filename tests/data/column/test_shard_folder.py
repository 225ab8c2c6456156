"""What is made of cells is kept whole or not at all, whoever else writes or is killed."""

import os

import pytest

from keras_multimodal.data.column.shard_folder import ShardFolder


def writer(text):
    """What writes a shard of one file."""
    return lambda folder: (folder / "made.txt").write_text(text)


def test_shards_are_found_with_the_fingerprints_of_their_cells(tmp_path):
    shards = ShardFolder(tmp_path / "new" / "folder")
    assert list(shards.shards()) == []
    made = [shards.add(cells, writer("".join(cells))) for cells in (["a", "b"], ["c"])]
    found = dict(ShardFolder(tmp_path / "new" / "folder").shards())
    assert found == {made[0]: ["a", "b"], made[1]: ["c"]}
    assert (made[0] / "made.txt").read_text() == "ab"
    assert sorted(path.name for path in shards.directory.iterdir()) == sorted(
        path.name for path in made
    )


def test_the_folder_says_of_what_and_how(tmp_path):
    one, same, other = (
        ShardFolder.of(tmp_path, "image", recipe, "`cache`").directory
        for recipe in ({"size": 3, "grey": True}, {"grey": True, "size": 3}, {"size": 4})
    )
    assert one == same != other
    assert one.name.startswith("image-")
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match=r"`cache` must be a folder.*file'"):
        ShardFolder.of(tmp_path / "file", "image", {}, "`cache`")


def test_nothing_is_left_where_writing_fails(tmp_path):
    def fail(folder):
        (folder / "made.txt").write_text("half")
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="full"):
        ShardFolder(tmp_path).add(["a"], fail)
    assert list(tmp_path.iterdir()) == []


def test_of_two_that_write_the_same_the_first_stays(tmp_path):
    def write_behind_another(folder):
        ShardFolder(tmp_path).add(["a"], writer("first"))
        writer("second")(folder)

    shard = ShardFolder(tmp_path).add(["a"], write_behind_another)
    assert (shard / "made.txt").read_text() == "first"
    assert list(tmp_path.iterdir()) == [shard]


def test_what_is_in_the_way_is_an_error(tmp_path):
    shard = ShardFolder(tmp_path).add(["a"], writer("made"))
    for path in shard.iterdir():
        path.unlink()
    shard.rmdir()
    shard.write_text("mine")
    with pytest.raises(OSError, match=shard.name):
        ShardFolder(tmp_path).add(["a"], writer("made"))
    assert shard.read_text() == "mine"


def test_what_a_killed_process_left_is_removed_once_it_is_old(tmp_path):
    old, new, gone = (tmp_path / f".shard-{name}" for name in ("old", "new", "gone"))
    for left in (old, new):
        left.mkdir()
        (left / "tokens.npy").write_bytes(b"cut off")
    os.utime(old, times=(0, 0))
    gone.symlink_to(tmp_path / "nothing")  # as a folder that its process has just renamed
    assert list(ShardFolder(tmp_path).shards()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == [gone.name, new.name]


def test_a_shard_that_was_cut_off_is_named(tmp_path):
    shard = ShardFolder(tmp_path).add(["a"], writer("made"))
    (shard / "digests.npy").write_bytes(b"")
    with pytest.raises(ValueError, match=rf"{shard.name} must be a whole shard.*Remove it, and"):
        list(ShardFolder(tmp_path).shards())

"""One broken cell in a batch costs nobody else an answer, and is told by a code."""

import io
import json
import pickle
import struct
import zlib

import keras
import numpy as np
import PIL.Image

from keras_multimodal import tasks
from keras_multimodal.data.column.status import Status
from keras_multimodal.export import saved_model
from keras_multimodal.schema import (
    Audio,
    ClassTarget,
    Features,
    Image,
    Schema,
    Sensor,
    Tabular,
    Text,
)

ROWS, BROKEN = 33, 11
NAN, HUGE = float("nan"), 3.4e38

SCHEMA = Schema(
    [
        Image(height=8, width=8, rescale=1 / 255),
        Audio(sample_rate=8_000, num_samples=400, optional=True),
        Text(length=4, vocabulary=("a", "b"), optional=True),
        Tabular(
            numeric=("age", "size"),
            categorical=("town",),
            mean=(2.0, 0.0),
            std=(1.0, 2.0),
            categories=(("U", "V"),),
        ),
        Sensor(channels=("x", "y"), length=4, mean=(0.0,) * 2, std=(1.0,) * 2, optional=True),
        Features(length=2, dim=3, optional=True),
    ],
    ClassTarget(classes=("x", "y")),
)
REQUIRED = {"image", "table"}

# Serves each batch where this package cannot be imported; says how much memory and time it took.
SERVER = """
import pickle, sys, time

sys.modules["keras_multimodal"] = None
import tensorflow as tf

def memory(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name))

folder, batches, answers = sys.argv[1:]
serve = tf.saved_model.load(folder).signatures["serving_default"]
with open(batches, "rb") as file:
    batches = pickle.load(file)
results = []
for batch in batches:
    with open("/proc/self/clear_refs", "w") as peak:
        peak.write("5")  # the highest so far is forgotten
    before = memory("VmRSS")
    start = time.perf_counter()
    outputs = serve(**{name: tf.constant(cells) for name, cells in batch.items()})
    outputs = {name: tensor.numpy() for name, tensor in outputs.items()}
    seconds = time.perf_counter() - start
    results.append((outputs, seconds, (memory("VmHWM") - before) / 2**20))
with open(answers, "wb") as file:
    pickle.dump(results, file)
"""


def picture(form: str, mode: str = "RGB") -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (24, 20, 3), "uint8")
    file = io.BytesIO()
    PIL.Image.fromarray(pixels).convert(mode).save(file, form)
    return file.getvalue()


def wav(
    samples: np.ndarray, rate: int = 8000, kind: int = 1, channels: int = 1, before: bytes = b""
) -> bytes:
    bits = samples.dtype.itemsize * 8
    form = struct.pack("<HHIIHH", kind, channels, rate, 0, channels * bits // 8, bits)
    body = b"WAVE" + before + b"fmt " + struct.pack("<I", 16) + form
    body += b"data" + struct.pack("<I", samples.nbytes) + samples.tobytes()
    return b"RIFF" + struct.pack("<I", len(body)) + body


def claiming(content: bytes, at: int, number: bytes) -> bytes:
    """The file with other bytes at a place."""
    return content[:at] + number + content[at + len(number) :]


def png(width: int, height: int, colors: int) -> bytes:
    """A PNG of zeros, some thousand times smaller than its pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        size, check = len(content), zlib.crc32(name + content)
        return struct.pack(">I", size) + name + content + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 8, colors, 0, 0, 0)
    packed = zlib.compressobj(1)
    row = bytes(1 + width * {2: 3, 6: 4}[colors])
    pixels = b"".join(packed.compress(row) for _ in range(height)) + packed.flush()
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def attacks() -> dict[str, list[tuple[str, object, Status]]]:
    """By modality: what is wrong, the cell or the columns' cells, and what is said."""
    tone = (np.sin(np.arange(400) / 5) * 9000).astype("int16")
    floats = tone.astype("float32") / 2**15
    jpeg, whole, gif = picture("JPEG"), picture("PNG"), picture("GIF")
    bmp, webp = picture("BMP"), picture("WEBP")
    sound = wav(tone)
    frame = jpeg.index(b"\xff\xc0") + 5

    def spoiled(number: float) -> np.ndarray:
        values = floats.copy()
        values[7] = number
        return values

    def series(*values: object) -> np.ndarray:
        found = np.ones((5, 2), "float32")
        for step, value in values:
            found[step] = value
        return found

    def numbers(**cells: object) -> dict[str, object]:
        return {"age": 1.0, "size": 2.0, "town": "V"} | cells

    return {
        "image": [
            ("empty", b"", Status.ABSENT),
            ("no picture", b"<html>no such picture</html>", Status.UNKNOWN_FORMAT),
            ("another's format", b"II*\0" + bytes(90), Status.UNKNOWN_FORMAT),
            ("a recording", sound, Status.UNKNOWN_FORMAT),
            ("zero bytes", bytes(500), Status.UNKNOWN_FORMAT),
            ("one byte", b"\x89", Status.UNKNOWN_FORMAT),
            ("a magic number alone", b"\xff\xd8\xff", Status.DAMAGED),
            ("a JPEG cut off", jpeg[: len(jpeg) // 2], Status.DAMAGED),
            ("a PNG cut off", whole[: len(whole) // 2], Status.DAMAGED),
            ("a GIF cut off", gif[: len(gif) // 2], Status.DAMAGED),
            ("a BMP cut off", bmp[: len(bmp) // 2], Status.DAMAGED),
            ("a WebP cut off", webp[: len(webp) // 2], Status.DAMAGED),
            ("a JPEG's head alone", jpeg[:20], Status.DAMAGED),
            ("a PNG of zeros", whole[:60] + bytes(len(whole) - 60), Status.DAMAGED),
            ("a PNG's lie", claiming(whole, 16, b"\0\0\0\x63"), Status.DAMAGED),
            ("a JPEG's lie", claiming(jpeg, frame, b"\x40\0\x20\0"), Status.DAMAGED),
            ("a PNG's great lie", claiming(whole, 16, b"\x7f\xff\xff\xff" * 2), Status.REFUSED),
            ("a JPEG's great lie", claiming(jpeg, frame, b"\xff" * 4), Status.DAMAGED),
            (
                "a JPEG's great lie in a large file",
                claiming(jpeg, frame, b"\xff" * 4) + bytes(200_000),
                Status.REFUSED,
            ),
            ("a BMP's great lie", claiming(bmp, 18, b"\xff\xff\xff\x7f" * 2), Status.REFUSED),
            ("a bomb", png(9000, 9000, 6), Status.REFUSED),
            ("many scans", jpeg[:-2] + jpeg[jpeg.index(b"\xff\xda") :] * 300, Status.REFUSED),
        ],
        "audio": [
            ("empty", b"", Status.ABSENT),
            ("no recording", b"once upon a time", Status.UNKNOWN_FORMAT),
            ("zero bytes", bytes(500), Status.UNKNOWN_FORMAT),
            ("another encoding", claiming(sound, 20, b"\x55\0"), Status.UNKNOWN_FORMAT),
            ("cut off", sound[: len(sound) // 2], Status.DAMAGED),
            ("its head alone", sound[:12], Status.DAMAGED),
            ("no samples", wav(tone[:0]), Status.DAMAGED),
            ("a lie of its length", claiming(sound, 40, b"\0\0\0\x10"), Status.DAMAGED),
            ("no rate", wav(tone, rate=0), Status.REFUSED),
            ("a rate of 4 GHz", wav(tone, rate=2**32 - 1), Status.REFUSED),
            ("20,000 channels", wav(tone, channels=20_000), Status.REFUSED),
            ("a bomb of 3 Hz", wav(np.zeros(500_000, "int16"), rate=3), Status.LOW_RATE),
            ("empty chunks", wav(tone, before=b"LIST\0\0\0\0" * 100_000), Status.REFUSED),
            ("NaN", wav(spoiled(NAN), kind=3), Status.SPOILED),
            ("infinite", wav(spoiled(-np.inf), kind=3), Status.SPOILED),
            ("huge", wav(spoiled(HUGE), kind=3), Status.SPOILED),
        ],
        "text": [
            ("empty", b"", Status.ABSENT),
            ("space", " \u3000\t".encode(), Status.ABSENT),
            ("zero bytes", bytes(500), Status.UNSEEN),
            ("no known word", b"zebras", Status.UNSEEN),
            ("no UTF-8", b"a \xff\xfe b", Status.PARTLY_ABSENT),
            ("huge", b"x" * 5_000_000, Status.UNSEEN),
        ],
        "table": [
            ("empty", numbers(age=NAN, size=NAN, town=""), Status.ABSENT),
            ("NaN", numbers(age=NAN), Status.PARTLY_ABSENT),
            ("no category", numbers(town=""), Status.PARTLY_ABSENT),
            ("unseen", numbers(town="W"), Status.UNSEEN),
            ("zero bytes", numbers(town=bytes(9)), Status.UNSEEN),
            ("huge", numbers(size=-HUGE), Status.HUGE),
            ("infinite", numbers(age=np.inf), Status.NOT_FINITE),
            ("infinite and else empty", numbers(age=np.inf, size=NAN, town=""), Status.NOT_FINITE),
        ],
        "sensor": [
            ("empty", series((slice(0, 5), NAN)), Status.ABSENT),
            ("NaN", series((1, (NAN, 3.0))), Status.PARTLY_ABSENT),
            ("huge", series((2, HUGE)), Status.HUGE),
            ("infinite", series((3, -np.inf)), Status.NOT_FINITE),
            ("short", series((slice(2, 5), NAN)), Status.FINE),
            ("infinite behind what is used", series((4, np.inf)), Status.FINE),
        ],
        "features": [
            ("empty", np.full((2, 3), NAN, "float32"), Status.ABSENT),
            ("NaN", np.array([[1, NAN, 2], [1, 2, 3]], "float32"), Status.PARTLY_ABSENT),
            ("huge", np.array([[1, HUGE, 2], [1, 2, 3]], "float32"), Status.HUGE),
            ("infinite", np.array([[1, np.inf, 2], [1, 2, 3]], "float32"), Status.NOT_FINITE),
        ],
    }


def fine_rows() -> dict[str, np.ndarray]:
    generator = np.random.default_rng(0)
    tones = [
        wav((np.sin(np.arange(400) / (3 + row)) * 9000).astype("int16")) for row in range(ROWS)
    ]
    pictures = [picture(form) for form in ("PNG", "JPEG", "GIF", "BMP", "WEBP")] * ROWS
    return {
        "image": np.array(pictures[:ROWS], object),
        "audio": np.array(tones, object),
        "text": np.array([b"a", b"b a", b"b"] * 11, object),
        "age": generator.normal(2, 1, ROWS).astype("float32"),
        "size": generator.normal(0, 2, ROWS).astype("float32"),
        "town": np.array([b"U", b"V", b"U"] * 11, object),
        "sensor": generator.normal(size=(ROWS, 5, 2)).astype("float32"),
        "features": generator.normal(size=(ROWS, 2, 3)).astype("float32"),
    }


def model_of(schema: Schema) -> keras.Model:
    """A model in which each number of a row counts, and no other row does."""
    inputs = tasks.inputs(schema)
    parts = []
    for tensor in inputs.values():
        numbers = keras.ops.cast(tensor, "float32")
        numbers = keras.ops.reshape(numbers, (-1, int(np.prod(tensor.shape[1:], initial=1))))
        parts.append(keras.layers.Dense(2)(numbers))
    return keras.Model(inputs, keras.layers.Softmax()(keras.layers.Add()(parts)))


def test_32_rows_are_answered_as_without_the_broken_one(tmp_path, run_forked):
    keras.utils.set_random_seed(0)
    saved_model(model_of(SCHEMA), tmp_path / "model", SCHEMA)
    fine = fine_rows()
    cases = [(modality, *case) for modality, found in attacks().items() for case in found]
    batches = [fine]
    for modality, _, cell, _ in cases:
        batch = {name: column.copy() for name, column in fine.items()}
        for name, value in (cell if isinstance(cell, dict) else {modality: cell}).items():
            batch[name][BROKEN] = value
        batches.append(batch)
    # Bytes in an object array lose no zero at their end.
    sent = [{n: list(c) if c.dtype == object else c for n, c in batch.items()} for batch in batches]
    (tmp_path / "batches").write_bytes(pickle.dumps(sent))
    process = run_forked(
        ["-c", SERVER, tmp_path / "model", tmp_path / "batches", tmp_path / "answers"]
    )
    assert process.returncode == 0, process.stderr[-3000:]
    (reference, *_), *answers = pickle.loads((tmp_path / "answers").read_bytes())

    described = json.loads((tmp_path / "model" / "signature.json").read_text(encoding="utf-8"))
    assert set(described["status"]) == {str(status.value) for status in Status}
    (signature,) = described["signatures"].values()
    assert signature["inputs"]["age"] == {
        **{"name": "age", "dtype": "float32", "shape": [None]},
        **{"modality": "table", "optional": False},
    }
    assert set(signature["inputs"]) == set(fine)
    assert set(signature["outputs"]) == set(reference)
    assert signature["outputs"]["audio_status"]["status_of"] == "audio"

    others = np.arange(ROWS) != BROKEN
    assert np.ptp(reference["probabilities"][:, 0]) > 0.05
    for name in SCHEMA.names:
        assert reference[f"{name}_status"].tolist() == [0] * ROWS
    absent = {  # what is said of a row without the modality
        modality: answer["probabilities"][BROKEN]
        for (modality, what, *_), (answer, *_) in zip(cases, answers, strict=True)
        if what == "empty"
    }
    for (modality, what, _, status), (answer, _, gigabytes) in zip(cases, answers, strict=True):
        case = f"{modality}: {what}"
        found = {name: answer.pop(f"{name}_status") for name in SCHEMA.names}
        expected = {name: np.zeros(ROWS, "int32") for name in SCHEMA.names}
        expected[modality][BROKEN] = status
        for name, codes in expected.items():
            np.testing.assert_array_equal(found[name], codes, f"{case}: {name}_status")
            assert found[name].dtype == np.int32
        for name, output in answer.items():
            if name == "label":
                assert output[others].tolist() == reference[name][others].tolist(), case
            else:
                np.testing.assert_allclose(output[others], reference[name][others], atol=1e-5)
        unused = status == Status.ABSENT or status >= Status.UNKNOWN_FORMAT
        row = answer["probabilities"][BROKEN]
        if modality in REQUIRED and (unused or "else empty" in what):
            assert np.isnan(row).all(), case
            assert answer["label"][BROKEN] == b"", case
        else:
            assert np.isfinite(row).all(), case
            assert answer["label"][BROKEN] in (b"x", b"y"), case
            if modality not in REQUIRED:  # what is not used is as if it were not there
                assert unused == np.allclose(row, absent[modality], atol=1e-6), case
        assert gigabytes < 1, case

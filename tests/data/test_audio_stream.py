"""Recordings from files: read, paired, changed and served alike; what is broken is named."""

import pathlib
import wave
import zipfile

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from keras_multimodal import tasks
from keras_multimodal.data import AudioStream, Preprocessor, TextProcessor, pair
from keras_multimodal.export import saved_model, serve_in_fresh_process

RATE = 8_000


def write_wav(path, samples, rate=RATE):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.asarray(samples) * 32767).astype("<i2").tobytes())


@pytest.fixture
def tones(tmp_path):
    """Ten tones of different length and rate, and the frame that names them."""
    for row in range(10):
        rate = RATE * (1 + row % 2)
        seconds = np.arange(int(rate * (0.05 + 0.01 * row))) / rate
        write_wav(tmp_path / f"{row}.wav", 0.5 * np.sin(2 * np.pi * 440 * seconds), rate)
    files = [f"{row}.wav" for row in range(10)]
    words = [f"tone {row}" for row in range(10)]
    return pd.DataFrame({"file": files, "word": words}, index=[f"k{row}" for row in range(10)])


def flow_of(tones, folder, **options):
    stream = AudioStream(RATE, 800, **options)
    return stream.flow_from_dataframe(tones, folder, "file")


def test_recordings_are_resampled_padded_and_masked(tones, tmp_path):
    batch = pair(flow_of(tones, tmp_path)).batch(10).get_single_element()
    assert batch["audio"].shape == batch["audio_mask"].shape == (10, 800)
    for row in range(10):
        count = min(int(np.ceil(RATE * (0.05 + 0.01 * row) - 1e-6)), 800)
        assert abs(int(batch["audio_mask"][row].numpy().sum()) - count) <= 1
        seconds = np.arange(count)[40 : count - 40] / RATE
        wanted = 0.5 * np.sin(2 * np.pi * 440 * seconds)
        np.testing.assert_allclose(batch["audio"][row, 40 : count - 40], wanted, atol=2e-3)


def test_they_are_paired_by_key_with_other_modalities(tones, tmp_path):
    texts = TextProcessor(length=2).load_data(tones[::-1], "word")
    records = pair(flow_of(tones, tmp_path), texts).adapt()
    frame = records.to_frame()
    assert [pathlib.Path(path).stem for path in frame["audio"]] == [
        text.split()[1] for text in frame["text"]
    ]


@pytest.mark.parametrize("ending", ["flac", "ogg", "mp3"])
def test_other_formats_are_read_by_soundfile(tones, tmp_path, ending):
    soundfile = pytest.importorskip("soundfile")
    seconds = np.arange(4000) / RATE
    tone = 0.5 * np.sin(2 * np.pi * 440 * seconds)
    soundfile.write(tmp_path / f"tone.{ending}", tone, RATE)
    tones.loc["k0", "file"] = f"tone.{ending}"
    records = pair(flow_of(tones, tmp_path))
    heard = records.select(["k0"]).batch(1).get_single_element()["audio"][0].numpy()
    # The lossy ones differ a little, and MP3 is moved by its decoder's delay.
    spectrum = np.abs(np.fft.rfft(heard))
    assert spectrum.argmax() == 440 * 800 // RATE
    assert abs(heard[200:600].std() - tone.std()) < 0.02


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "has 0 bytes"),
        (b"a cat", "cannot be decoded"),
        ("cut", "cannot be decoded"),
        (None, "is not there"),
    ],
)
def test_what_cannot_be_read_is_named_or_left_out(tones, tmp_path, content, reason):
    whole = (tmp_path / "3.wav").read_bytes()
    if content is None:
        (tmp_path / "3.wav").unlink()
    else:
        (tmp_path / "3.wav").write_bytes(whole[:300] if content == "cut" else content)
    stream = AudioStream(RATE, 800)
    flow = stream.flow_from_dataframe(tones, tmp_path, "file", validate_filenames=False)
    with pytest.raises(ValueError, match=rf"row 'k3'.*3\.wav' {reason}"):
        pair(flow).verify()
    records = pair(flow, on_error="drop")
    assert list(records.report.unreadable["audio"]) == ["k3"]
    assert len(records) == 9
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Row k3 .*3\.wav"):
        list(pair(flow).batch(4))


def test_a_broken_flac_is_named_too(tones, tmp_path):
    pytest.importorskip("soundfile")
    (tmp_path / "x.flac").write_bytes(b"fLaC and no more")
    tones.loc["k2", "file"] = "x.flac"
    with pytest.raises(ValueError, match=r"row 'k2'.*x\.flac' cannot be decoded.*soundfile"):
        pair(flow_of(tones, tmp_path)).verify()


def test_nan_is_refused_whatever_reads_the_file(tones, tmp_path):
    soundfile = pytest.importorskip("soundfile")
    samples = np.full(800, np.nan, "float32")
    with soundfile.SoundFile(
        tmp_path / "x.wav", "w", RATE, 1, subtype="FLOAT", format="WAV"
    ) as file:
        file.write(samples)
    (tmp_path / "x.wav").rename(tmp_path / "x.ogg")  # the name says who reads it
    tones.loc["k2", "file"] = "x.ogg"
    records = pair(flow_of(tones, tmp_path), on_error="drop")
    assert "NaN or infinite" in records.report.unreadable["audio"]["k2"]


def changed(tones, folder, **options):
    """An epoch's samples and masks as they are and as training changes them, in one order."""
    records = pair(flow_of(tones, folder, **options))
    plain = records.batch(10).get_single_element()
    return plain, next(iter(records.batch(10, training=True, shuffle=False)))


def test_gain_is_what_it_says(tones, tmp_path):
    plain, louder = changed(tones, tmp_path, gain=(-6.0, -6.0))
    factor = 10 ** (-6 / 20)
    np.testing.assert_allclose(louder["audio"], plain["audio"].numpy() * factor, atol=1e-6)


def test_noise_has_the_ratio_asked_for_and_leaves_padding_alone(tones, tmp_path):
    plain, noisy = changed(tones, tmp_path, noise_snr=(20.0, 20.0))
    mask = plain["audio_mask"].numpy()
    noise = noisy["audio"].numpy() - plain["audio"].numpy()
    assert not noise[~mask].any()
    for row in range(10):
        power = (plain["audio"].numpy()[row, mask[row]] ** 2).mean()
        ratio = 10 * np.log10(power / (noise[row, mask[row]] ** 2).mean())
        assert abs(ratio - 20) < 1


def test_shifts_move_the_mask_along(tones, tmp_path):
    plain, moved = changed(tones, tmp_path, time_shift=0.02)
    for row in range(10):
        samples, mask = (moved[name][row].numpy() for name in ("audio", "audio_mask"))
        assert not samples[~mask].any()
        before = plain["audio"][row].numpy()[plain["audio_mask"][row].numpy()]
        after = samples[mask]
        start = int(np.argmax(mask))
        cut = 0 if start else len(before) - len(after)
        np.testing.assert_array_equal(after, before[cut : cut + len(after)])
    assert len({int(np.argmax(mask)) for mask in moved["audio_mask"].numpy()}) > 3


def test_a_stretch_is_silenced_and_stays_real(tones, tmp_path):
    plain, masked = changed(tones, tmp_path, time_mask=0.02)
    np.testing.assert_array_equal(plain["audio_mask"], masked["audio_mask"])
    lost = (plain["audio"].numpy() != masked["audio"].numpy()).sum(1)
    assert lost.max() <= 0.02 * RATE + 1
    assert lost.max() > 20


def test_changes_repeat_for_any_number_of_threads(tones, tmp_path):
    options = {"gain": (-9.0, 0.0), "noise_snr": (5.0, 20.0), "time_shift": 0.01, "time_mask": 0.01}
    records = pair(flow_of(tones, tmp_path, **options))
    epochs = [
        list(records.batch(4, training=True, seed=5, num_parallel_calls=threads))
        for threads in (1, 3)
    ]
    tf.nest.map_structure(np.testing.assert_array_equal, *epochs)


def test_folders_give_classes_and_keys(tones, tmp_path):
    for row in range(10):
        target = tmp_path / "sorted" / ("even" if row % 2 == 0 else "odd")
        target.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{row}.wav").rename(target / f"{row}.wav")
    flow = AudioStream(RATE, 800).flow_from_directory(tmp_path / "sorted", key="stem")
    assert flow.labels.to_dict() == {str(r): "odd" if r % 2 else "even" for r in range(10)}
    flat = AudioStream(RATE, 800).flow_from_directory(tmp_path / "sorted" / "odd")
    assert flat.keys == ["1.wav", "3.wav", "5.wav", "7.wav", "9.wav"]
    assert flat.labels is None
    (tmp_path / "none").mkdir()
    with pytest.raises(ValueError, match="must have recordings"):
        AudioStream(RATE, 800).flow_from_directory(tmp_path / "none")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gain": (1.0,)}, "`gain` must be the lowest and the highest"),
        ({"noise_snr": (9.0, 1.0)}, "`noise_snr` must be the lowest"),
        ({"time_shift": -1.0}, "`time_shift` must be at least 0"),
        ({"crop": "end"}, "`crop` must be one of"),
    ],
)
def test_what_makes_no_sense_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        AudioStream(RATE, 800, **options)


def test_the_exported_model_hears_what_the_pipeline_hears(tones, tmp_path):
    flow = AudioStream(RATE, 800).flow_from_dataframe(tones, tmp_path, "file", optional=True)
    texts = TextProcessor(length=2).load_data(tones, "word")
    records = pair(flow, texts, labels=[0, 1] * 5).adapt().withhold("audio", 0.2)
    schema = records.schema
    inputs = tasks.inputs(schema)
    parts = [keras.ops.cast(inputs[name], "float32") for name in ("audio", "audio_mask")]
    head = keras.layers.Dense(2, activation="softmax")
    model = keras.Model(inputs, head(keras.layers.Concatenate()(parts)))
    saved_model(model, tmp_path / "model", schema)
    frame = records.to_frame()
    raw = {
        "audio": [pathlib.Path(path).read_bytes() if path else b"" for path in frame["audio"]],
        "text": frame["text"].tolist(),
    }
    batch, _ = records.batch(10).get_single_element()
    prepared = Preprocessor(schema)(raw)
    for name in ("audio", "audio_mask", "audio_present"):
        np.testing.assert_array_equal(prepared[name], batch[name])
    served = serve_in_fresh_process(tmp_path / "model", raw)["probabilities"]
    np.testing.assert_allclose(served, model(batch), atol=1e-5)


def test_real_recordings(shared_data, tmp_path):
    with zipfile.ZipFile(shared_data / "fsdd.zip") as archive:
        names = [name for name in archive.namelist() if name.endswith(".wav")]
        archive.extractall(tmp_path, names[::30])
    folder = next(path for path in tmp_path.rglob("*.wav")).parent
    flow = AudioStream(RATE, 4_000, crop="center").flow_from_directory(folder, key="stem")
    records = pair(flow, labels={key: key.split("_")[0] for key in flow.keys}).verify()
    assert len(records) == len(names[::30])
    for inputs, _ in records.batch(16):
        assert np.isfinite(inputs["audio"]).all()
        assert (np.abs(inputs["audio"]).max(1) > 0.01).all()

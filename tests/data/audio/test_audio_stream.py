"""Recordings from files: read, paired, changed and served alike; what is broken is named."""

import pathlib
import sys
import wave
import zipfile

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from scipy.io import wavfile

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


EVERYTHING = {
    "time_stretch": (0.8, 1.25),
    "time_shift": 0.01,
    "gain": (-9.0, 0.0),
    "noise_snr": (5.0, 20.0),
    "frequency_mask": 900.0,
    "time_mask": 0.01,
}


def flow_of(tones, folder, **options):
    column = AudioStream(RATE, 800, **options)
    return column.from_dataframe(tones, "file", folder)


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
    texts = TextProcessor(length=2).from_dataframe(tones[::-1], "word")
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
    column = AudioStream(RATE, 800)
    flow = column.from_dataframe(tones, "file", tmp_path, validate_filenames=False)
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


def test_a_rate_that_no_recording_has_is_named_too(tones, tmp_path):
    soundfile = pytest.importorskip("soundfile")
    soundfile.write(tmp_path / "x.caf", np.ones(800), 2_000_000)
    tones.loc["k2", "file"] = "x.caf"
    with pytest.raises(ValueError, match=r"row 'k2'.*x\.caf' cannot be decoded.*above 1 MHz"):
        pair(flow_of(tones, tmp_path)).verify()


def test_without_soundfile_the_remedy_is_named(tones, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "soundfile", None)
    assert len(flow_of(tones, tmp_path)) == 10
    (tmp_path / "x.flac").write_bytes(b"fLaC")
    tones.loc["k2", "file"] = "x.flac"
    with pytest.raises(
        ImportError, match=r"read by soundfile.*\[audio\].*convert the files to WAV"
    ):
        flow_of(tones, tmp_path)


def write_odd_wavs(folder, tone):
    """Write WAV files that players read; the last two need soundfile."""
    soundfile = pytest.importorskip("soundfile")
    for encoding in ("PCM_16", "PCM_24", "FLOAT", "DOUBLE", "ULAW", "ALAW"):
        soundfile.write(folder / f"{encoding}.wav", tone, RATE, encoding)
    soundfile.write(folder / "rf64.wav", tone, RATE, format="RF64")
    content = (folder / "PCM_16.wav").read_bytes()
    at = content.index(b"data")
    for name, size in (("ffmpeg", b"\xff" * 4), ("sox", b"\xff\xff\xff\x7f"), ("zero", bytes(4))):
        piped = content[:4] + size + content[8 : at + 4] + size + content[at + 8 :]
        (folder / f"{name}_pipe.wav").write_bytes(piped)
    soundfile.write(folder / "IMA_ADPCM.wav", tone, RATE, "IMA_ADPCM")
    soundfile.write(folder / "flac_named.wav", tone, RATE, format="FLAC")
    return sorted(path.name for path in folder.glob("[!0-9]*.wav"))


def test_what_a_recording_is_is_told_by_its_bytes(tones, tmp_path):
    soundfile = pytest.importorskip("soundfile")
    tone = 0.5 * np.sin(np.arange(RATE) / 9)
    names = write_odd_wavs(tmp_path, tone)
    assert len(names) == 12
    soundfile.write(tmp_path / "wav_named.flac", tone, RATE, format="WAV")
    names.append("wav_named.flac")
    frame = pd.DataFrame({"file": names}, index=names)
    column = AudioStream(RATE, RATE).from_dataframe(frame, "file", tmp_path)
    batch = pair(column).batch(len(names)).get_single_element()
    tolerance = {"ULAW.wav": 0.02, "ALAW.wav": 0.02, "IMA_ADPCM.wav": 0.3}
    for name, heard, mask in zip(names, batch["audio"], batch["audio_mask"], strict=True):
        assert np.all(mask)
        np.testing.assert_allclose(heard, tone, atol=tolerance.get(name, 1e-4), err_msg=name)
        read, _ = soundfile.read(tmp_path / name, dtype="float32")
        if name != "zero_pipe.wav":  # of which soundfile reads nothing
            np.testing.assert_allclose(heard, read[:RATE], atol=1e-6, err_msg=name)


def test_without_soundfile_a_recording_that_needs_it_is_told_and_others_are_read(
    tones, tmp_path, monkeypatch
):
    names = write_odd_wavs(tmp_path, 0.5 * np.sin(np.arange(RATE) / 9))
    monkeypatch.setitem(sys.modules, "soundfile", None)
    frame = pd.DataFrame({"file": names}, index=names)
    records = pair(AudioStream(RATE, RATE).from_dataframe(frame, "file", tmp_path), on_error="drop")
    reasons = records.report.unreadable["audio"]
    assert list(reasons) == ["IMA_ADPCM.wav", "flac_named.wav"]
    for reason in reasons.values():
        assert "are read by soundfile, which is not installed" in reason
        assert "Traceback" not in reason


def test_the_exported_preprocessing_names_an_encoding_that_it_cannot_read(tones, tmp_path):
    write_odd_wavs(tmp_path, np.zeros(RATE))
    preprocess = Preprocessor(pair(flow_of(tones, tmp_path)).schema)
    for name, message in (
        ("IMA_ADPCM.wav", r"Unknown WAV encoding.*convert it to one of them"),
        ("flac_named.wav", "no WAV file"),
    ):
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            preprocess({"audio": tf.constant([(tmp_path / name).read_bytes()])})


@pytest.mark.parametrize("ending", ["wav", "caf"])  # which soundfile reads
@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        (np.full(800, np.nan), "NaN or infinite samples"),
        (np.r_[np.zeros(799), np.inf], "NaN or infinite samples"),
        (np.full((800, 2), 3e38), "some above 1e12"),
        (np.zeros(0), "has no samples"),
    ],
    ids=["nan", "inf", "huge", "empty"],
)
def test_samples_that_are_none_are_refused_whatever_reads_them(
    tones, tmp_path, samples, reason, ending
):
    if ending == "wav":
        wavfile.write(tmp_path / "x.wav", 2 * RATE, samples.astype("float32"))
    else:
        soundfile = pytest.importorskip("soundfile")
        soundfile.write(tmp_path / "x.caf", samples.astype("float32"), 2 * RATE, "FLOAT")
    tones.loc["k2", "file"] = f"x.{ending}"
    flow = flow_of(tones, tmp_path)
    with pytest.raises(ValueError, match=rf"row 'k2'.*x\.{ending}' cannot be decoded \(The .*file"):
        pair(flow).verify()
    with pytest.raises(tf.errors.InvalidArgumentError, match=rf"Row k2 .*x\.{ending}"):
        list(pair(flow).batch(4))
    records = pair(flow, on_error="drop")
    assert reason in records.report.unreadable["audio"]["k2"]
    assert len(records) == 9
    masked = pair(flow, on_error="mask")
    batch = masked.batch(10).get_single_element()
    assert batch["audio_present"].numpy().tolist() == [key != "k2" for key in masked.keys]


def test_files_that_are_missing_or_empty_are_recordings(tones, tmp_path):
    (tmp_path / "3.wav").write_bytes(b"")
    with pytest.raises(ValueError, match=r"must name recordings\. .*'k3'"):
        flow_of(tones, tmp_path)
    (tmp_path / "3.wav").unlink()
    with pytest.raises(FileNotFoundError, match="rows that have no recording"):
        flow_of(tones, tmp_path)


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
    records = pair(flow_of(tones, tmp_path, **EVERYTHING))
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
    flow = AudioStream(RATE, 800).from_directory(tmp_path / "sorted", key="stem")
    assert flow.labels.to_dict() == {str(r): "odd" if r % 2 else "even" for r in range(10)}
    flat = AudioStream(RATE, 800).from_directory(tmp_path / "sorted" / "odd")
    assert flat.keys == ["1.wav", "3.wav", "5.wav", "7.wav", "9.wav"]
    assert flat.labels is None
    # A link that leads back, and one to a folder elsewhere.
    (tmp_path / "sorted" / "odd" / "again").symlink_to(tmp_path / "sorted" / "odd")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "sorted" / "even" / "0.wav").rename(tmp_path / "elsewhere" / "0.wav")
    (tmp_path / "sorted" / "even" / "linked").symlink_to(tmp_path / "elsewhere")
    for follow, count in ((False, 9), (True, 10)):
        flow = AudioStream(RATE, 800).from_directory(tmp_path / "sorted", follow_links=follow)
        assert len(set(flow.keys)) == len(flow) == count
        assert ("even/linked/0.wav" in flow.keys) == follow
    some = AudioStream(RATE, 800).from_directory(tmp_path / "sorted", ["odd"], key="stem")
    assert set(some.labels) == {"odd"}
    assert set(some.keys) == {"1", "3", "5", "7", "9"}
    with pytest.raises(ValueError, match=r"`key` must be 'path' or 'stem'.*key='name'"):
        AudioStream(RATE, 800).from_directory(tmp_path / "sorted", key="name")
    (tmp_path / "none").mkdir()
    with pytest.raises(ValueError, match="must have recordings"):
        AudioStream(RATE, 800).from_directory(tmp_path / "none")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gain": (1.0,)}, "`gain` must be the lowest and the highest"),
        ({"noise_snr": (9.0, 1.0)}, "`noise_snr` must be the lowest"),
        ({"time_shift": -1.0}, "`time_shift` must be a number of at least 0 seconds"),
        ({"gain": (-np.inf, 0.0)}, "`gain` must be the lowest"),
        ({"time_mask": np.inf}, "`time_mask` must be a number of at least 0 seconds"),
        ({"time_stretch": (0.8,)}, "`time_stretch` must be the lowest and the highest tempo"),
        ({"time_stretch": 0.8}, "`time_stretch` must be the lowest and the highest tempo"),
        ({"time_stretch": (1.25, 0.8)}, "`time_stretch` must be the lowest"),
        ({"time_stretch": (0.0, 1.0)}, r"within \[0.1, 10\]"),
        ({"frequency_mask": -1.0}, "`frequency_mask` must be a number of at least 0 Hz"),
        ({"frequency_mask": 4_001.0}, "at most half of sample_rate=8000"),
        ({"crop": "end"}, "`crop` must be one of"),
        ({"num_samples": None}, "Exactly one of `num_samples` and `duration`"),
        ({"duration": 0.1}, "Exactly one of `num_samples` and `duration`"),
        ({"num_samples": None, "duration": 0.0}, "`duration` must be seconds of at least one"),
        ({"num_samples": None, "duration": 1e-5}, "`duration` must be seconds of at least one"),
        ({"num_samples": None, "duration": np.nan}, "`duration` must be seconds of at least one"),
    ],
)
def test_what_makes_no_sense_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        AudioStream(**{"sample_rate": RATE, "num_samples": 800, **options})


@pytest.mark.parametrize("name", ["sample_rate", "num_samples", "duration"])
@pytest.mark.parametrize("value", [True, "1"])
def test_numbers_of_another_type_are_named(name, value):
    options = {"num_samples": 800} if name == "sample_rate" else {"sample_rate": RATE}
    with pytest.raises(TypeError, match=f"`{name}` must be"):
        AudioStream(**{"sample_rate": RATE, **options, name: value})


def test_a_duration_is_so_many_samples(tones, tmp_path):
    flow = AudioStream(RATE, duration=0.1).from_dataframe(tones, "file", tmp_path)
    assert flow.spec == flow_of(tones, tmp_path).spec
    assert AudioStream(11_025, duration=1 / 3).from_dataframe(
        tones, "file", tmp_path
    ).spec.shape == (3_675,)


def test_the_exported_model_hears_what_the_pipeline_hears(tones, tmp_path):
    column = AudioStream(
        RATE, duration=0.1, crop="center", normalize="rms", target_level=-23.0, **EVERYTHING
    )
    flow = column.from_dataframe(tones, "file", tmp_path, optional=True)
    texts = TextProcessor(length=2).from_dataframe(tones, "word")
    records = pair(flow, texts, labels=[0, 1] * 5).adapt().mask_modality("audio", 0.2)
    schema = records.schema
    inputs = tasks.inputs(schema)
    parts = [keras.ops.cast(inputs[name], "float32") for name in ("audio", "audio_mask")]
    # Of a fixed seed: one that happens to take two rows for the same would show nothing.
    head = keras.layers.Dense(2, "softmax", kernel_initializer=keras.initializers.GlorotUniform(1))
    model = keras.Model(inputs, head(keras.layers.Concatenate()(parts)))
    saved_model(model, tmp_path / "model", schema)
    frame = records.to_frame()
    raw = {
        "audio": [pathlib.Path(path).read_bytes() if path else b"" for path in frame["audio"]],
        "text": frame["text"].tolist(),
    }
    batch, _ = records.batch(10).get_single_element()
    prepared = Preprocessor(schema)(raw)
    for row in np.flatnonzero(batch["audio_present"]):
        heard = batch["audio"][row].numpy()[batch["audio_mask"][row].numpy()]
        assert abs(10 * np.log10(np.mean(heard**2)) + 23) < 0.1
    for name in ("audio_mask", "audio_present"):
        np.testing.assert_array_equal(prepared[name], batch[name])
    # Within a rounding of float32: a mean's parts are summed in any order.
    np.testing.assert_allclose(prepared["audio"], batch["audio"], rtol=1e-6, atol=0)
    served = serve_in_fresh_process(tmp_path / "model", raw)["probabilities"]
    np.testing.assert_allclose(served, model(batch), atol=1e-5)
    assert not np.allclose(served[0], served[-1], atol=1e-3)


def test_real_recordings(shared_data, tmp_path):
    with zipfile.ZipFile(shared_data / "fsdd.zip") as archive:
        names = [name for name in archive.namelist() if name.endswith(".wav")]
        archive.extractall(tmp_path, names[::30])
    folder = next(path for path in tmp_path.rglob("*.wav")).parent
    column = AudioStream(RATE, duration=0.5, crop="center", normalize="rms", **EVERYTHING)
    flow = column.from_directory(folder, key="stem")
    records = pair(flow, labels={key: key.split("_")[0] for key in flow.keys}).verify()
    assert len(records) == len(names[::30])
    for training in (False, True):
        for inputs, _ in records.batch(16, training=training):
            samples, mask = inputs["audio"].numpy(), inputs["audio_mask"].numpy()
            assert np.isfinite(samples).all()
            assert (np.abs(samples).max(1) > 0.01).all()
            assert not samples[~mask].any()

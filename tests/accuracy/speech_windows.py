"""Real inputs of a speech embedding, for sparsity.mjs: windows of 76 mel frames, as openWakeWord makes them.

Usage: speech_windows.py MANIFEST.csv MEL_FRONTEND.edgy EDGY FOLDER
MEL_FRONTEND.edgy is openWakeWord's mel spectrogram, converted with --precision f32; EDGY the converter. FOLDER/cal gets a window
of each of 128 recordings of split train, FOLDER/test six of each recording of the splits that nothing is trained on.
"""
import csv
import pathlib
import subprocess
import sys
import tempfile

import numpy
import soundfile

FRAMES, HOP = 76, 8
CALIBRATION = 128
TEST_SPLITS = ("attack-train", "attack-test")
WINDOWS = {"cal": 1, "test": 6}


def mel_of(recording, front_end, edgy, scratch):
    """[frames, 32] of a recording, scaled as openWakeWord scales them."""
    samples, _ = soundfile.read(recording, dtype="int16")
    pcm = scratch / "pcm.npy"
    numpy.save(pcm, samples.astype(numpy.float32)[None])
    subprocess.run([edgy, "run", front_end, "--input", f"input={pcm}", "-o", scratch / "out"],
                   check=True, stdout=subprocess.DEVNULL)
    return numpy.load(scratch / "out" / "output.npy")[0, 0] / 10 + 2


def main():
    manifest, front_end, edgy, folder = map(pathlib.Path, sys.argv[1:])
    rows = [row for row in csv.DictReader(open(manifest)) if float(row["seconds"]) > 2]
    train = [row for row in rows if row["split"] == "train"]
    chosen = {
        "cal": [train[i * len(train) // CALIBRATION] for i in range(CALIBRATION)],
        "test": [row for row in rows if row["split"] in TEST_SPLITS],
    }
    draw = numpy.random.RandomState(1)
    with tempfile.TemporaryDirectory() as scratch:
        for kind, recordings in chosen.items():
            (folder / kind).mkdir(parents=True, exist_ok=True)
            number = 0
            for row in recordings:
                mel = mel_of(manifest.parent / row["file"], front_end, edgy, pathlib.Path(scratch))
                for first in draw.permutation((len(mel) - FRAMES) // HOP)[:WINDOWS[kind]] * HOP:
                    window = mel[first:first + FRAMES].astype(numpy.float32)
                    numpy.save(folder / kind / f"{number}.in.input_1.npy", window[None, :, :, None])
                    number += 1


if __name__ == "__main__":
    main()

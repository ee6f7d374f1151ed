#!/usr/bin/env python3
"""Makes tests/data/{speech,models} from a full corpus: the small part of it that Edgy's own demo and tests need.

Usage: prepare.py CORPUS_DIR MODELS_DIR     (needs numpy)

CORPUS_DIR holds manifest.csv (file, speaker, sex, label, split, seconds) and the recordings; MODELS_DIR holds edgy-256/
with the ONNX file and reference.npz. The choice is a rule, not a taste:
  train: for each of the ten digits and each FSDD speaker the first training recording; the 12 shortest LibriSpeech ones
  test:  for each digit and speaker the first test recording; the 8 shortest of split attack-test
"""
import csv
import pathlib
import shutil
import sys

import numpy as np

HERE = pathlib.Path(__file__).parent


def first_of_each(rows):
    """The first recording of every (digit, speaker), in the manifest's order of names."""
    seen = {}
    for row in sorted(rows, key=lambda r: r["file"]):
        seen.setdefault((row["label"], row["speaker"]), row)
    return list(seen.values())


def shortest(rows, count):
    return sorted(rows, key=lambda r: (float(r["seconds"]), r["file"]))[:count]


def prepare_speech(corpus):
    with open(corpus / "manifest.csv", newline="") as handle:
        rows = list(csv.DictReader(handle))

    def part(folder, split):
        return [r for r in rows if r["file"].startswith(folder + "/") and r["split"] == split]

    chosen = (first_of_each(part("fsdd", "train")) + shortest(part("librispeech", "train"), 12) +
              first_of_each(part("fsdd", "test")) + shortest(part("librispeech-test-other", "attack-test"), 8))
    target = HERE / "speech"
    for row in chosen:
        destination = target / row["file"]
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(corpus / row["file"], destination)
    with open(target / "manifest.csv", "w", newline="") as handle:
        writer = csv.DictWriter(handle, fieldnames=rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(chosen)


def prepare_model(models):
    target = HERE / "models"
    target.mkdir(exist_ok=True)
    shutil.copyfile(models / "edgy-256" / "edgy-256.onnx", target / "edgy-256.onnx")
    reference = np.load(models / "edgy-256" / "reference.npz")
    kept = {}
    for index, source in enumerate(("0", "10", "15", "19")):
        kept[f"{index}.mel"] = reference[f"{source}.mel"].astype(np.float32)
        kept[f"{index}.z"] = reference[f"{source}.z"]
        kept[f"{index}.indices"] = reference[f"{source}.indices"]
        kept[f"{index}.file"] = reference[f"{source}.file"]
    np.savez_compressed(target / "edgy-256-reference.npz", **kept)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    prepare_speech(pathlib.Path(sys.argv[1]))
    prepare_model(pathlib.Path(sys.argv[2]))

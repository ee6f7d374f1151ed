#!/usr/bin/env python3
"""onnxruntime's own static quantizer on a folder of public models (see zoo.mjs): QDQ, per channel, at its defaults, calibrated on cal/.

Prints and writes, model by model, the largest difference of an output to the reference, over the reference's largest magnitude, of all
samples of test/ and alt/ the worst; and bytes. Needs the Python packages onnx and onnxruntime, which the toolchain does not install.
Usage: peer_static_int8.py ZOO OUT.json [NAME...]
"""
import json
import math
import os
import re
import sys
import tempfile

# In this order: where both packages share the library of schemas, onnxruntime adds to them what this cannot read.
import onnx
import onnx.reference.ops  # noqa: F401
import onnx.version_converter
import numpy as np
import onnxruntime as ort
from onnxruntime import quantization as q
from onnxruntime.quantization.shape_inference import quant_pre_process


def samples(folder):
    """The samples of a folder: (inputs, outputs) each, arrays by the name that files have."""
    found = {}
    for file in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        match = re.fullmatch(r"(\d+)\.(in|out)\.(.+)\.npy", file)
        if match:
            number, kind, name = match.groups()
            found.setdefault(number, ({}, {}))[kind == "out"][name] = np.load(os.path.join(folder, file))
    return [found[number] for number in sorted(found, key=int)]


def file_safe(name):
    return name.replace("/", "_").replace(":", "_")


def feeds(session, inputs):
    given = {file_safe(name): array for name, array in inputs.items()}
    return {i.name: given[file_safe(i.name)] for i in session.get_inputs() if file_safe(i.name) in given}


class Reader(q.CalibrationDataReader):
    def __init__(self, session, all_samples):
        self.left = iter([feeds(session, inputs) for inputs, _ in all_samples])

    def get_next(self):
        return next(self.left, None)


def worst_error(model, judged):
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    worst = 0.0
    for inputs, outputs in judged:
        got = dict(zip(map(file_safe, names), session.run(None, feeds(session, inputs))))
        for name, right in outputs.items():
            right = right.astype(np.float64)
            y = got[file_safe(name)].astype(np.float64)
            difference, magnitude = float(np.abs(y - right).max()), float(np.abs(right).max())
            worst = max(worst, difference / magnitude if magnitude > 0 else math.inf if difference > 0 else 0.0)
    return worst if math.isfinite(worst) else "infinite"  # where the reference is zeros alone


def quantized(source, made, calibration, per_channel, opset):
    """The file `source` quantized into `made`, in operator set `opset` at least."""
    model = onnx.load(source)
    if max((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), default=1) < opset:
        model = onnx.version_converter.convert_version(model, opset)
    prepared = made + ".prepared.onnx"
    onnx.save(model, prepared)
    try:
        quant_pre_process(prepared, prepared, skip_symbolic_shape=True)
    except Exception:  # what it cannot prepare is quantized as it is
        pass
    session = ort.InferenceSession(prepared, providers=["CPUExecutionProvider"])
    reader = Reader(session, calibration)
    q.quantize_static(prepared, made, reader, quant_format=q.QuantFormat.QDQ, per_channel=per_channel)


def measure(zoo, name, scratch):
    at = os.path.join(zoo, name)
    source, made = os.path.join(at, name + ".onnx"), os.path.join(scratch, "int8.onnx")
    judged = [sample for kind in ("test", "alt") for sample in samples(os.path.join(at, kind))]
    calibration = samples(os.path.join(at, "cal"))
    # Scales per channel came with operator set 13; what cannot be had so is quantized with one scale a tensor.
    problems = []
    for per_channel, opset in ((True, 13), (False, 13), (False, 1)):
        try:
            quantized(source, made, calibration, per_channel, opset)
            error = worst_error(made, judged)
            return {"bytes": os.path.getsize(made), "error": error, "per_channel": per_channel}
        except Exception as problem:
            problems.append(str(problem).strip().splitlines()[0][:200])
    return {"refused": problems[0]}


def main(zoo, out, *wanted):
    ort.set_default_logger_severity(3)
    rows = {}
    for name in sorted(wanted or os.listdir(zoo)):
        if not os.path.exists(os.path.join(zoo, name, name + ".onnx")):
            continue
        with tempfile.TemporaryDirectory() as scratch:
            rows[name] = measure(zoo, name, scratch)
        print(f"{name:22} {rows[name]}", flush=True)
        with open(out, "w", encoding="utf-8") as file:
            json.dump({"onnxruntime": ort.__version__, "models": rows}, file, indent=2)
            file.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

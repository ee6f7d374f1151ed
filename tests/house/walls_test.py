#!/usr/bin/env python3
"""The walls of the house hold: a room that misses an operator of the catalog does not compile, and an include against the direction
of DESIGN, a cycle between rooms or files and a room of too many files are found.

Each case takes one thing away from a copy and asks the compiler (or the check) for an error that names it; the untouched copy passes,
so that a case cannot succeed for another reason. Which operators are taken out is drawn by a seed that is printed (EDGY_SEED).
Usage: walls_test.py BUILD_TREE, whose compile_commands.json has the compiler's words."""
import json
import os
import pathlib
import random
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(sys.argv.pop() if len(sys.argv) > 1 else ROOT / "build/native").resolve()
SEED = int(os.environ.get("EDGY_SEED", random.SystemRandom().randrange(1 << 32)))
CATALOG = "wasm/format/catalog/operators.inc"
OPERATORS = re.findall(r"^EDGY_OPERATOR\((\w+), *(\w+),.*, *(\w+)\)", (ROOT / CATALOG).read_text(), re.M)


def compile_with(source, changed):
    """Checks `source` with the files `changed` (path: text) in place of the repository's; the compiler's messages, or ''."""
    commands = json.loads((BUILD / "compile_commands.json").read_text())
    entry = next((c for c in commands if pathlib.Path(c["file"]) == ROOT / source), None)
    if entry is None:
        raise unittest.SkipTest(f"{source} is not part of this build")
    with tempfile.TemporaryDirectory() as folder:
        for path, text in changed.items():
            copy = pathlib.Path(folder, path)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(text)
        words = [w for w in shlex.split(entry["command"]) if not w.endswith("ccache")]
        words = [w for i, w in enumerate(words) if w not in ("-o", "-c") and words[i - 1] != "-o" and w != entry["file"]]
        main = pathlib.Path(folder, source) if source in changed else ROOT / source
        words[1:1] = ["-I", folder, "-fsyntax-only", "-x", "c++"]
        run = subprocess.run([*words, str(main)], cwd=entry["directory"], capture_output=True, text=True)
        return run.stderr if run.returncode else ""


def without(pattern, path):
    """The text of `path` without what `pattern` finds, which has to be there once."""
    text, count = re.subn(pattern, "", (ROOT / path).read_text(), flags=re.M)
    assert count == 1, f"{pattern} is {count} times in {path}"
    return text


class Rooms(unittest.TestCase):
    def setUp(self):
        self.random = random.Random(SEED)

    def missing(self, source, path, pattern, named):
        self.assertEqual(compile_with(source, {path: (ROOT / path).read_text()}), "")
        self.assertIn(named, compile_with(source, {path: without(pattern, path)}))

    def test_catalog_misses_an_operator_of_the_schema(self):
        name, *_ = self.random.choice(OPERATORS)
        self.missing("wasm/format/verify_operators.cpp", CATALOG, rf"^EDGY_OPERATOR\({name},.*\n", "catalog")

    def test_verifier_misses_an_operator(self):
        path = "wasm/format/verify_operators.cpp"
        checked = re.findall(r"^  Result<void> check\(const fb::(\w+)&", (ROOT / path).read_text(), re.M)
        name = self.random.choice([n for n in checked if n in {o[0] for o in OPERATORS}])
        # Renamed, not removed: the rest of the function may be long.
        text = (ROOT / path).read_text().replace(f"check(const fb::{name}&", f"forgotten(const fb::{name}&", 1)
        self.assertEqual(compile_with(path, {path: (ROOT / path).read_text()}), "")
        self.assertIn(f"fb::{name}", compile_with(path, {path: text}))

    def test_runtime_misses_a_family(self):
        name, family, _ = self.random.choice(OPERATORS)
        path = "wasm/runtime/operators/registry.h"
        text = (ROOT / path).read_text().replace(
            "#define EDGY_OPERATOR(type, family, ...)", f"#define make_{family} forgotten_family\n#define EDGY_OPERATOR(type, family, ...)", 1)
        text += f"\n#undef make_{family}\n"
        source = "wasm/runtime/operators/registry.cpp"
        self.assertEqual(compile_with(source, {path: (ROOT / path).read_text()}), "")
        self.assertIn(f"make_{family}", compile_with(source, {path: text}))

    def test_trainer_misses_an_operator(self):
        path = "converter/finetune/network/operators.cpp"
        name, *_ = self.random.choice([o for o in OPERATORS if o[2] == "Plain"])
        text = (ROOT / path).read_text()
        self.assertEqual(text.count(f"Tensor apply(const fb::{name}T&"), 1)
        changed = text.replace(f"Tensor apply(const fb::{name}T&", f"[[maybe_unused]] Tensor forgotten(const fb::{name}T&", 1)
        self.assertIn(f"{name}", compile_with(path, {path: changed}))


class Includes(unittest.TestCase):
    def problems(self, files):
        with tempfile.TemporaryDirectory() as folder:
            for path, text in files.items():
                file = pathlib.Path(folder, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
            run = subprocess.run([sys.executable, ROOT / "toolchain/check_includes.py"], cwd=folder, capture_output=True, text=True)
            self.assertEqual(run.stderr, "")
            self.assertEqual(run.returncode == 0, not run.stdout.strip())
            return run.stdout

    def test_a_house_in_order_passes(self):
        self.assertEqual(self.problems({"converter/a/x.h": '#include "kernels/k.h"\n', "kernels/k.h": ""}).strip(), "")

    def test_against_the_direction(self):
        self.assertIn("kernels/ must not include", self.problems({"kernels/k.h": '#include "converter/x.h"\n', "converter/x.h": ""}))

    def test_a_cycle_of_files(self):
        self.assertIn("include cycle", self.problems({"kernels/a.h": '#include "kernels/b.h"\n', "kernels/b.h": '#include "kernels/a.h"\n'}))

    def test_a_cycle_of_rooms(self):
        files = {"converter/a/x.h": '#include "converter/b/y.h"\n', "converter/b/y.h": "", "converter/b/z.h": '#include "converter/a/w.h"\n', "converter/a/w.h": ""}
        self.assertIn("cycle of rooms", self.problems(files))

    def test_a_room_too_full(self):
        self.assertIn("part it by concern", self.problems({f"kernels/k{i}.h": "" for i in range(29)}))


if __name__ == "__main__":
    print(f"EDGY_SEED={SEED}")
    unittest.main()

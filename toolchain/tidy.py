#!/usr/bin/env python3
"""Runs clang-tidy on our sources, skipping those that were clean the last time in the same preprocessed form.

clang-tidy takes seconds a file; a full run on two cores takes minutes. A file's key is the hash of its preprocessed
text (in which the clone's own path does not count), of .clang-tidy and of the tool's version. Keys are kept in the user's
cache, so that clones share them. With names of files as arguments, these alone.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys

BUILD = pathlib.Path("build/native")
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
STAMPS = CACHE / "edgy" / "tidy"
# Debian's clang 14 does not compile libtorch's headers as C++20: sources that read them are left out, as are those with the precompiled
# header, which holds them.
TORCH = b"/ATen/core/ivalue.h"


def preprocessed(command, directory):
    """What the compiler sees of a file; None if it does not compile (clang-tidy then says why)."""
    words = shlex.split(command)
    if pathlib.Path(words[0]).name == "ccache":
        words = words[1:]
    output = words.index("-o")
    words = words[:output] + words[output + 2:]
    words[words.index("-c")] = "-E"
    # gcc names a header by the shorter of two paths, and how long the clone's is should not matter.
    words.append("-fno-canonical-system-headers")
    done = subprocess.run(words, cwd=directory, capture_output=True)
    return done.stdout.replace(os.getcwd().encode(), b".") if done.returncode == 0 else None


def check(entry, salt):
    text = preprocessed(entry["command"], entry["directory"])
    stamp = None
    if text is not None and TORCH in text:
        return True, ""
    if text is not None:
        stamp = STAMPS / hashlib.sha256(salt + text).hexdigest()
        if stamp.exists():
            return True, ""
    done = subprocess.run(["clang-tidy", "--quiet", "-p", str(BUILD), entry["file"]], capture_output=True, text=True)
    if done.returncode == 0 and stamp is not None:
        stamp.touch()
    return done.returncode == 0, done.stdout


def main():
    root = os.getcwd()
    named = {os.path.abspath(name) for name in sys.argv[1:]}
    entries = [e for e in json.loads((BUILD / "compile_commands.json").read_text())
               if e["file"].startswith(root) and not e["file"].startswith(root + "/build/")
               and "edgy_converter_finetune.dir/cmake_pch" not in e["command"] and (not named or e["file"] in named)]
    STAMPS.mkdir(parents=True, exist_ok=True)
    version = subprocess.run(["clang-tidy", "--version"], check=True, capture_output=True).stdout
    salt = pathlib.Path(".clang-tidy").read_bytes() + version
    clean = True
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for ok, output in pool.map(lambda e: check(e, salt), entries):
            if not ok:
                clean = False
                print(output)
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())

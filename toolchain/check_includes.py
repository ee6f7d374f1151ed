#!/usr/bin/env python3
"""Checks that includes run only in the direction that docs/architecture.md allows, between the top rooms and between the rooms
within them, that no file and no room includes itself in a circle, and that no room has grown past what one looks over."""
import collections
import pathlib
import re
import subprocess
import sys

# room -> rooms it may include; every room may include itself and the rooms within it.
ALLOWED = {
    "kernels": set(),
    "wasm/format": set(),
    "wasm/runtime": {"wasm/format", "kernels"},
    "wasm/bindings": {"wasm/runtime", "wasm/format", "kernels"},
    "converter": {"wasm/runtime", "wasm/format", "kernels"},
}
MOST_FILES = 28  # of our sources in one folder, not counting the folders within it
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def room_of(path):
    return next((room for room in ALLOWED if path.startswith(room + "/")), None)


def folder_of(path):
    """The room within the room. convert.h is the front of the whole converter: a room of its own, above the others."""
    return "converter/convert" if path.startswith("converter/convert.") else path.rsplit("/", 1)[0]


def find_cycle(graph):
    """A list of nodes that lead from one to itself, or None."""
    done = set()
    for start in sorted(graph):
        if start in done:
            continue
        trail, on_trail, stack = [], set(), [(start, iter(sorted(graph[start])))]
        trail.append(start)
        on_trail.add(start)
        while stack:
            node, targets = stack[-1]
            target = next(targets, None)
            if target is None:
                stack.pop()
                trail.pop()
                on_trail.discard(node)
                done.add(node)
            elif target in on_trail:
                return trail[trail.index(target):] + [target]
            elif target not in done:
                stack.append((target, iter(sorted(graph.get(target, ())))))
                trail.append(target)
                on_trail.add(target)
    return None


def main():
    files = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.h", "*.cpp", "*.inc", "*.ts"],
                           check=True, capture_output=True, text=True).stdout.split()
    problems, graph = [], {}
    rooms, because, sizes = collections.defaultdict(set), {}, collections.Counter()
    for name in files:
        if not pathlib.Path(name).exists():
            continue
        if name.endswith(".ts"):  # their imports are Biome's to check
            sizes[folder_of(name)] += 1
            continue
        room = room_of(name)
        targets = INCLUDE.findall(pathlib.Path(name).read_text())
        graph[name] = {t for t in targets if pathlib.Path(t).exists()}
        if room and name.endswith((".h", ".cpp")):
            sizes[folder_of(name)] += 1
        for target in targets:
            other = room_of(target)
            if target.startswith("."):
                problems.append(f'{name}: includes "{target}"; write it from the root of the repository')
            elif room and other and other != room and other not in ALLOWED[room]:
                problems.append(f'{name}: {room}/ must not include "{target}" (of {other}/)')
            elif room and other and folder_of(target) != folder_of(name):
                rooms[folder_of(name)].add(folder_of(target))
                because.setdefault((folder_of(name), folder_of(target)), f"{name} includes {target}")
    cycle = find_cycle(graph)
    if cycle:
        problems.append("include cycle: " + " -> ".join(cycle))
    cycle = find_cycle(rooms)
    if cycle:
        steps = [because[step] for step in zip(cycle, cycle[1:])]
        problems.append("cycle of rooms: " + " -> ".join(cycle) + "\n    " + "\n    ".join(steps))
    for folder, size in sorted(sizes.items()):
        if size > MOST_FILES:
            problems.append(f"{folder}/ has {size} sources; at most {MOST_FILES} are in one room: part it by concern")
    print("\n".join(problems))
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())

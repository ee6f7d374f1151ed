#!/usr/bin/env python3
"""Checks that includes and imports run only in the direction that docs/architecture.md allows, and that there are no cycles."""
import pathlib
import re
import subprocess
import sys

# room -> rooms it may include; every room may include itself.
ALLOWED = {
    "kernels": set(),
    "wasm/format": set(),
    "wasm/runtime": {"wasm/format", "kernels"},
    "wasm/bindings": {"wasm/runtime", "wasm/format", "kernels"},
    "converter": {"wasm/runtime", "wasm/format", "kernels"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def room_of(path):
    return next((room for room in ALLOWED if path.startswith(room + "/")), None)


def find_cycle(graph):
    state = {}

    def visit(node, trail):
        state[node] = "open"
        for target in sorted(graph.get(node, ())):
            if state.get(target) == "open":
                return trail[trail.index(target):] + [target] if target in trail else [node, target]
            if target not in state:
                cycle = visit(target, trail + [target])
                if cycle:
                    return cycle
        state[node] = "done"
        return None

    for start in sorted(graph):
        if start not in state:
            cycle = visit(start, [start])
            if cycle:
                return cycle
    return None


def main():
    files = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.h", "*.cpp"],
                           check=True, capture_output=True, text=True).stdout.split()
    problems, graph = [], {}
    for name in files:
        if not pathlib.Path(name).exists():
            continue
        room = room_of(name)
        targets = INCLUDE.findall(pathlib.Path(name).read_text())
        graph[name] = {t for t in targets if pathlib.Path(t).exists()}
        for target in targets:
            other = room_of(target)
            if target.startswith("."):
                problems.append(f'{name}: includes "{target}"; write it from the root of the repository')
            elif room and other and other != room and other not in ALLOWED[room]:
                problems.append(f'{name}: {room}/ must not include "{target}" (of {other}/)')
    cycle = find_cycle(graph)
    if cycle:
        problems.append("include cycle: " + " -> ".join(cycle))
    print("\n".join(problems))
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())

"""Pairs of texts from Debian's packages: the short description asks, the long one is to be found.

Usage: package_descriptions.py FOLDER

apt fetches the descriptions into FOLDER/apt, a state of its own: nothing about the machine changes. FOLDER/pairs.jsonl gets a line for each
source package, {split, package, short, long}; the split is a hash of the source's name, so that it stays when packages come and go.
"""
import collections
import hashlib
import json
import pathlib
import re
import subprocess
import sys

# Of 100 sources: 80 to train on, 8 to choose by, 12 to judge by.
SPLITS = [(80, "train"), (88, "dev"), (100, "test")]
# Shorter ones say next to nothing of their package, as "documentation".
FEWEST_WORDS = {"short": 3, "long": 12}
# One source has many packages that differ in a sentence; these are about the others and not about what the software does.
ASIDE = re.compile(r"-(dev|doc|docs|dbg|dbgsym|data|common|examples|tests?)$")
TRANSITIONAL = re.compile(r"transitional|dummy package|metapackage|meta-package", re.IGNORECASE)


def apt(folder, tool, *arguments):
    """What an apt tool prints, with English descriptions, about lists of its own."""
    options = ["-o", f"Dir::State::lists={folder}/", "-o", "Acquire::Languages=en", "-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache="]
    done = subprocess.run([tool, *options, *arguments], stdout=subprocess.PIPE, encoding="utf-8", check=False)
    if done.returncode != 0:
        raise SystemExit(f"package_descriptions: {tool} {arguments[0]} ended with status {done.returncode}")
    return done.stdout


def stanzas(text):
    """Fields of each stanza of a control file, by name; further lines of a field are kept with it."""
    for stanza in text.split("\n\n"):
        fields, name = {}, None
        for line in stanza.splitlines():
            if line[:1] in (" ", "\t"):
                fields[name] += f"\n{line}"
            elif ":" in line:
                name, value = line.split(":", 1)
                fields[name] = value.strip()
        if fields:
            yield fields


def plain(long):
    """The long description in one line. Debian Policy 5.6.13: a line of " ." is an empty one."""
    lines = [line.strip() for line in long.splitlines()]
    return " ".join(" ".join("" if line == "." else line for line in lines).split())


def descriptions(lists):
    """{package: (short, long)} of the newest suite that describes it: apt's order is that of its sources."""
    found = {}
    files = apt(lists, "apt-get", "indextargets", "--format", "$(FILENAME)", "Created-By: Translations").split()
    for file in files:
        for fields in stanzas(apt(lists, "/usr/lib/apt/apt-helper", "cat-file", file)):
            short, _, long = fields.get("Description-en", "").partition("\n")
            if short and long:
                found.setdefault(fields["Package"], (short.strip(), plain(long)))
    if not found:
        raise SystemExit("package_descriptions: apt has no English descriptions; do its sources serve them?")
    return found


def sources(lists):
    """{source: [package, ...]} of all packages that apt knows."""
    packages = collections.defaultdict(set)
    for fields in stanzas(apt(lists, "apt-cache", "dumpavail")):
        source = fields.get("Source", fields["Package"]).split(" ")[0]
        packages[source].add(fields["Package"])
    return packages


def chosen(source, packages):
    """The one package of a source that says best what it is: of its own name, else the first that is about the software itself."""
    return min(packages, key=lambda name: (name != source, bool(ASIDE.search(name)), name))


def split_of(source):
    place = int(hashlib.sha256(source.encode()).hexdigest(), 16) % 100
    return next(name for end, name in SPLITS if place < end)


def key(text):
    """Texts of one key count as the same text."""
    return " ".join(re.findall(r"\w+", text.lower()))


def pairs(lists):
    described = descriptions(lists)
    seen = set()
    for source, packages in sorted(sources(lists).items()):
        known = {name for name in packages if name in described and not TRANSITIONAL.search(described[name][0])}
        if not known:
            continue
        package = chosen(source, known)
        short, long = described[package]
        keys = {key(short), key(long)}
        # A text that two sources share would be in two splits, or be right twice.
        enough = all(len(text.split()) >= FEWEST_WORDS[kind] for kind, text in (("short", short), ("long", long)))
        if enough and not keys & seen:
            yield {"split": split_of(source), "package": package, "short": short, "long": long}
        seen |= keys


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    lists = folder.resolve() / "apt"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    apt(lists, "apt-get", "update", "-qq")
    counts = collections.Counter()
    lines = []
    for pair in pairs(lists):
        counts[pair["split"]] += 1
        lines.append(json.dumps(pair, ensure_ascii=False) + "\n")
    (folder / "pairs.jsonl").write_text("".join(lines), encoding="utf-8")
    print(f"{folder}/pairs.jsonl: " + ", ".join(f"{counts[name]} {name}" for _, name in SPLITS))


if __name__ == "__main__":
    main()

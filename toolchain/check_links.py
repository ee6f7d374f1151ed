#!/usr/bin/env python3
"""Checks that what documents link to is there: files, folders, and headings of Markdown files."""
import pathlib
import re
import subprocess
import sys

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)|<(?:a|img)[^>]*\s(?:href|src)=\"([^\"]+)\"")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.M | re.S)
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$", re.M)
ANCHOR = re.compile(r"<a\s+(?:id|name)=\"([^\"]+)\"")
# Addresses of other hosts.
ELSEWHERE = re.compile(r"^[a-z][a-z0-9+.-]*:|^//")


def slugs(text):
    """Anchors of a document's headings, as GitHub makes them."""
    seen, result = {}, set(ANCHOR.findall(text))
    for heading in HEADING.findall(FENCE.sub("", text)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").replace("*", "")
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        count = seen.get(slug, 0)
        seen[slug] = count + 1
        result.add(f"{slug}-{count}" if count else slug)
    return result


def main():
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
                            check=True, capture_output=True, text=True).stdout.split("\n")
    problems = []
    for name in filter(None, listed):
        page = pathlib.Path(name)
        if not page.exists():
            continue
        for first, second in LINK.findall(FENCE.sub("", page.read_text())):
            link = first or second
            if ELSEWHERE.match(link):
                continue
            target, _, anchor = link.partition("#")
            path = page.parent / target if target else page
            if not path.exists():
                problems.append(f"{name}: there is no {link}")
            elif anchor and path.suffix == ".md" and anchor not in slugs(path.read_text()):
                problems.append(f"{name}: {target or name} has no heading #{anchor}")
    print("\n".join(problems))
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())

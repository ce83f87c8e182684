#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every header has its guard, and those that are quick to read compile by themselves."""
import concurrent.futures
import json
import re
import shlex
import shutil
import subprocess

import tree

# What takes seconds to read, or exists only once it was generated.
SLOW = re.compile(r"\.pb\.h$|^grpc|^google/|^absl/status/statusor|^spdlog/|^gtest/|^gmock/|^CLI/")
WORKERS = 2


def flags_of(build):
    """Include paths and definitions of the whole build, from its compilation database."""
    flags, defined = {}, set()
    for entry in json.loads((build / "compile_commands.json").read_text()):
        words = shlex.split(entry["command"])
        for i, word in enumerate(words):
            if word in ("-isystem", "-include"):
                flags[(word, words[i + 1])] = None
            elif word.startswith(("-I", "-m")):
                flags[(word,)] = None
            elif word.startswith("-D") and word.partition("=")[0] not in defined:
                defined.add(word.partition("=")[0])
                flags[(word,)] = None
    return [word for flag in flags for word in flag]


def reaches_slow(header, texts, seen):
    """True if the header includes something slow, itself or through headers of the tree."""
    if SLOW.search(header):
        return True
    if header not in texts or header in seen:
        return False
    seen.add(header)
    return any(reaches_slow(h, texts, seen) for h in tree.includes(texts[header]))


def compile_alone(build, flags, header):
    # A file of its own, so that the compiler cache can answer the next time.
    folder = build / "rules"
    unit = folder / (header.replace("/", "_") + ".cc")
    folder.mkdir(exist_ok=True)
    unit.write_text(f'#include "{header}"\n')
    cache = [shutil.which("ccache")] if shutil.which("ccache") else []
    command = [*cache, "g++", "-std=c++20", "-O0", "-w", *flags, "-c", str(unit),
               "-o", str(unit.with_suffix(".o"))]
    done = subprocess.run(command, text=True, capture_output=True, cwd=build, check=False)
    if done.returncode == 0:
        return []
    lines = [line for line in done.stderr.splitlines() if "error" in line]
    return [f"{header}: does not compile by itself: {lines[0] if lines else done.stderr[:200]}"]


def guard_problems(header, text):
    guard = "VSW_" + re.sub(r"[/.]", "_", header).upper() + "_"
    if f"#ifndef {guard}\n#define {guard}\n" in text and text.rstrip().endswith(f"// {guard}"):
        return []
    return [f"{header}: its include guard is not {guard}"]


def main():
    arguments = tree.arguments()
    build = arguments.build.resolve()
    texts = {p.as_posix(): (arguments.source / p).read_text()
             for p in tree.files(arguments.source, ".h")}
    problems = [p for header, text in texts.items() for p in guard_problems(header, text)]
    quick = [header for header in texts if not reaches_slow(header, texts, set())]
    flags = flags_of(build)
    with concurrent.futures.ThreadPoolExecutor(max_workers=WORKERS) as pool:
        for found in pool.map(lambda header: compile_alone(build, flags, header), quick):
            problems += found
    print(f"{len(quick)} of {len(texts)} headers compiled by themselves")
    tree.finish("headers", len(quick), problems)


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every header has its guard and compiles by itself.
"""
import concurrent.futures
import json
import os
import re
import shlex
import subprocess
import sys

import tree


def flags_of(build):
    """Include paths and definitions of the whole build, from its compilation database."""
    flags = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        words = shlex.split(entry["command"])
        for i, word in enumerate(words):
            if word == "-isystem" or word == "-include":
                flags[(word, words[i + 1])] = None
            elif word.startswith(("-I", "-m", "-std=")):
                flags[(word,)] = None
    return [word for flag in flags for word in flag]


def compile_alone(source, build, flags, header):
    command = ["g++", "-std=c++20", "-fsyntax-only", "-O0", "-w", *flags, "-x", "c++", "-"]
    done = subprocess.run(command, input=f'#include "{header}"\n', text=True,
                          capture_output=True, cwd=build, check=False)
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
    source, build = arguments.source, arguments.build
    headers = [p.as_posix() for p in tree.files(source, ".h")]
    problems = [p for h in headers for p in guard_problems(h, (source / h).read_text())]
    # Generated protobuf headers take seconds each, and exist only once they are built.
    quick = [h for h in headers if not re.search(r'pb\.h"|<grpc', (source / h).read_text())]
    flags = flags_of(build)
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for found in pool.map(lambda h: compile_alone(source, build, flags, h), quick):
            problems += found
    print(f"{len(headers) - len(quick)} headers over gRPC or protobuf have their guard checked only")
    sys.stdout.flush()
    tree.finish("headers", len(headers), problems)


main()

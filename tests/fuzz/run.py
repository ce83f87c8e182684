#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the fuzz targets, each for a while, from a corpus that corpus.py makes.

  run.py [--build FOLDER] [--seconds N] [--seed N] [--keep] [TARGET...]

Two run at a time. Prints a line for each and, for one that finds something, its report and the
command that repeats it; the last line is "PASSED FAILED SKIPPED". By itself it tries as many
inputs of each target as take about a minute, the same ones each time. `--seconds` tries what
fits in that time instead, `--seed 0` draws a seed. `--keep` goes on from what an earlier run with
it has found interesting, for long runs by hand.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
AT_ONCE = 2
INPUT_SECONDS = 25  # one input that takes longer hangs
MEMORY_MIB = 2048
REPORT_LINES = 60
INPUTS = {"flow_text_fuzz": 600_000, "openflow_fuzz": 1_500_000, "packet_fuzz": 500_000,
          "vhost_message_fuzz": 25_000, "vhost_ring_fuzz": 250_000, "config_fuzz": 20_000}
MOST_SECONDS = 180  # for those inputs, on a slow machine


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parents[1] / "build/fuzz")
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("targets", nargs="*")
    return parser.parse_args()


class Target:
    def __init__(self, program, work):
        self.program = program
        self.name = program.name
        self.seeds = work / "seeds" / self.name
        self.corpus = work / "corpus" / self.name
        self.artifacts = work / "artifacts" / self.name
        self.log = work / f"{self.name}.log"

    def run(self, seconds, seed):
        """True if nothing was found."""
        start = time.monotonic()
        for folder in (self.seeds, self.corpus, self.artifacts):
            folder.mkdir(parents=True, exist_ok=True)
        # LeakSanitizer does not see what DPDK keeps in memory of its own; the targets count mbufs.
        runs = -1 if seconds else INPUTS[self.name]
        seconds = seconds or MOST_SECONDS
        command = [self.program, f"-seed={seed}", f"-runs={runs}", f"-max_total_time={seconds}",
                   f"-timeout={INPUT_SECONDS}",
                   f"-rss_limit_mb={MEMORY_MIB}", f"-artifact_prefix={self.artifacts}/",
                   "-detect_leaks=0", "-print_final_stats=1", self.corpus, self.seeds]
        with self.log.open("wb") as log:
            try:
                status = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT,
                                        stdin=subprocess.DEVNULL, env=environment(),
                                        timeout=seconds + 120, check=False).returncode
            except subprocess.TimeoutExpired:
                status = -1
        self.report(status, time.monotonic() - start)
        return status == 0

    def report(self, status, seconds):
        text = self.log.read_text(errors="replace")
        runs = re.findall(r"number_of_executed_units: (\d+)", text)
        covered = re.findall(r"cov: (\d+)", text)
        what = f"{runs[-1] if runs else '?'} inputs, {covered[-1] if covered else '?'} edges"
        lines = [f"{'passed' if status == 0 else 'FAILED':8} {self.name} ({seconds:.0f} s, {what})"]
        if status != 0:
            lines += text.splitlines()[-REPORT_LINES:]
            for artifact in sorted(self.artifacts.iterdir(), key=lambda path: path.stat().st_mtime):
                lines.append(f"again: {self.program} {artifact}")
        print("\n".join(lines), flush=True)


def environment():
    options = "abort_on_error=1:symbolize=1:detect_stack_use_after_return=1"
    return {**os.environ, "ASAN_OPTIONS": options,
            "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}


def main():
    args = arguments()
    work = args.build.resolve() / "work"
    for folder in ("seeds", "artifacts") if args.keep else ("seeds", "artifacts", "corpus"):
        shutil.rmtree(work / folder, ignore_errors=True)
    subprocess.run([sys.executable, "-B", HERE / "corpus.py", work / "seeds"], check=True)
    programs = sorted((args.build.resolve() / "targets").glob("*_fuzz"))
    known = {program.name for program in programs}
    unknown = [name for name in args.targets if name not in known]
    if unknown or not programs:
        sys.exit(f"run.py: no such target: {' '.join(unknown) or args.build / 'targets'}")
    targets = [Target(p, work) for p in programs if not args.targets or p.name in args.targets]
    with concurrent.futures.ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        good = sum(pool.map(lambda target: target.run(args.seconds, args.seed), targets))
    print(f"{good} {len(targets) - good} 0")
    sys.exit(0 if good == len(targets) else 1)


if __name__ == "__main__":
    main()

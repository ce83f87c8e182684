#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The include rules between rooms."""
import include_rules
import tree


def main():
    source = tree.arguments().source
    problems, paths = [], tree.files(source, ".h", ".cc")
    for path in paths:
        problems += include_rules.problems_of(path.as_posix(), (source / path).read_text())
    tree.finish("include rules", len(paths), problems)


main()

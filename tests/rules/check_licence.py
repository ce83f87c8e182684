#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every source file says its licence in its first lines."""
import tree

WANTED = "SPDX-License-Identifier: Apache-2.0"


def main():
    source = tree.arguments().source
    paths = tree.files(source, ".h", ".cc", ".py", ".sh", ".txt", ".cmake", ".sql")
    for folder, pattern in ((source / "proto", "*.proto"), (source / "deploy", "*.sh"),
                            (source / "deploy", "*.py"), (source / "deploy", "*.service")):
        paths += [path.relative_to(source) for path in sorted(folder.rglob(pattern))]
    paths = [p for p in paths if p.suffix != ".txt" or p.name == "CMakeLists.txt"]
    problems = []
    for path in paths:
        head = (source / path).read_text(errors="replace").splitlines()[:3]
        if not any(WANTED in line for line in head):
            problems.append(f"{path}: no '{WANTED}' in its first three lines")
    tree.finish("licence", len(paths), problems)


main()

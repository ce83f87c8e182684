#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every drop reason is explained in docs/drops.md, under ingress or egress as it is counted."""
import re

import tree

REASON = re.compile(r'X\(k\w+,\s*"([a-z0-9-]+)",\s*(true|false),')
SECTION = re.compile(r"^## (Ingress|Egress)$(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| `([a-z0-9-]+)` \| (.+) \| (.+) \|$", re.MULTILINE)


def main():
    source = tree.arguments().source
    reasons = {name: "Egress" if egress == "true" else "Ingress"
               for name, egress in REASON.findall((source / "base/drop_reason.h").read_text())}
    text = (source / "docs/drops.md").read_text()
    documented = {row[0]: section for section, body in SECTION.findall(text)
                  for row in ROW.findall(body)}
    problems = []
    for name, section in reasons.items():
        if documented.get(name) != section:
            problems.append(f"docs/drops.md: '{name}' is not explained under {section}")
    for name in documented.keys() - reasons.keys():
        problems.append(f"docs/drops.md: '{name}' is no drop reason of base/drop_reason.h")
    tree.finish("drop reasons", len(reasons), problems)


main()

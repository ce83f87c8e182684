# SPDX-License-Identifier: Apache-2.0
"""Side-by-side measurements of software switches; see bench/run.sh."""

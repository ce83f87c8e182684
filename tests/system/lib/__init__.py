# SPDX-License-Identifier: Apache-2.0
"""What the system tests share: cases, the switch under test, hosts in namespaces, guests, frames."""

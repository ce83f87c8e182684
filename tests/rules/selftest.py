#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The include rules find what they forbid and let pass what they allow."""
import sys

import include_rules

FORBIDDEN = [
    ("base/log.h", "datapath/flow/action.h"),
    ("base/log.h", "rte_mbuf.h"),
    ("datapath/worker/worker.cc", "ofproto/pipeline.h"),
    ("datapath/flow/slow_path.h", "vsw/v1/config.pb.h"),
    ("vhost/guest.h", "datapath/flow/megaflow.h"),
    ("ofproto/translate.cc", "datapath/worker/worker_set.h"),
    ("ofproto/translate.cc", "rte_mbuf.h"),
    ("control/reconciler.cc", "datapath/flow/action.h"),
    ("cli/main.cc", "db/store.h"),
    ("db/store.cc", "vsw/v1/config.pb.h"),
    ("datapath/some_new_folder/port.cc", "vsw/v1/config.pb.h"),
    ("datapath/worker/worker.cc", "datapath/apply/convert.h"),
    ("control/validate.cc", "vsw/v1/config.pb.h"),
    ("ofproto/connection/session.cc", "grpcpp/grpcpp.h"),
]
ALLOWED = [
    ("datapath/main.cc", "ofproto/pipeline.h"),
    ("datapath/worker/worker.cc", "rte_mbuf.h"),
    ("datapath/apply/convert.cc", "vsw/datapath/v1/datapath.pb.h"),
    ("ofproto/translate.cc", "datapath/flow/slow_path.h"),
    ("vhost/guest.cc", "rte_vhost.h"),
    ("vhost/guest.cc", "datapath/packet/offload.h"),
    ("cli/main.cc", "vsw/v1/config.grpc.pb.h"),
    ("control/reconciler.cc", "db/store.h"),
    ("control/port_service.h", "vsw/v1/config.grpc.pb.h"),
    ("control/rules/rule_message.h", "vsw/v1/openflow.pb.h"),
]


def main():
    wrong = [f"not found: {p} includes {i}" for p, i in FORBIDDEN
             if not include_rules.problems_of(p, f'#include "{i}"\n')]
    wrong += [f"found: {p} includes {i}" for p, i in ALLOWED
              if include_rules.problems_of(p, f"#include <{i}>\n")]
    print("\n".join(wrong) or f"{len(FORBIDDEN) + len(ALLOWED)} cases as expected")
    sys.exit(1 if wrong else 0)


main()

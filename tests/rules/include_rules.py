# SPDX-License-Identifier: Apache-2.0
"""Who may include whom: one line for each rule, and why."""
import re

import tree

# (files that it binds, files that it leaves out, includes that it forbids, why)
RULES = [
    (r"^base/", None, r"^(datapath|vhost|ofproto|db|control|cli|proto|tests)/|^rte_|\.pb\.h$",
     "base is a leaf: no DPDK, no protobuf, no other room"),
    (r"^datapath/", r"^datapath/main\.cc$", r"^ofproto/",
     "datapath knows the slow path only as the interface that it declares"),
    (r"^datapath/", r"^datapath/(port|process|main\.cc|apply)", r"^vhost/",
     "only the vhost port and the process around it know guests"),
    (r"^datapath/", None, r"^(db|control|cli)/", "datapath is below the control daemon"),
    (r"^vhost/", None, r"^(datapath/flow|ofproto|db|control|cli)/|^datapath/packet/(flow_key|parser)",
     "vhost knows bursts of mbufs and nothing of flows"),
    (r"^ofproto/", r"^ofproto/service/",
     r"^(vhost|db|control|cli)/|^datapath/(?!flow/(action|slow_path|translation|datapath_control|select_hash|tunnel_facts)\.h|packet/(flow_key|tunnel_set)\.h)",
     "ofproto speaks flow key, mask and actions only"),
    (r"^(db|control|cli)/", None,
     r"^(datapath|vhost)/|^ofproto/(?!(error|match/|action/|text/|message/messages))",
     "the control daemon and the command line reach the switch through gRPC; of OpenFlow they know "
     "what rules are and how they are written"),
    (r"^ofproto/(error|match/|action/|message/|text/)", None,
     r"^datapath/(?!packet/flow_key\.h)|^ofproto/(?!(error|match|action|message|text|bridge_control))",
     "rules as values know nothing of the switch that runs them"),
    (r"^db/", None, r"^(control|cli)/", "the store is below its user"),
    (r"^cli/", None, r"^(db|control)/", "vswctl is a pure gRPC client"),
    (r"^(base|ofproto|db|control|cli)/", None, r"^rte_", "DPDK only in datapath and vhost"),
    (r"^ofproto/service/", None,
     r"^(vhost|db|control|cli)/|^datapath/(?!flow/(action|slow_path|translation|cache_view|datapath_control|tunnel_facts)\.h|packet/(flow_key|tunnel_set)\.h|apply/openflow_side\.h)",
     "the private gRPC service for rules: as ofproto, and what the datapath's service asks of it"),
    (r"^ofproto/(?!service/)", None, r"^ofproto/service/",
     "the gRPC service is above all of ofproto; only main puts it in place"),
    (r"^(base|vhost|ofproto|db)/", r"^ofproto/service/", r"\.pb\.h$|^grpc",
     "generated messages only at the edges"),
    (r"^control/",
     r"_service\.|_reactor\.|^control/(convert|daemon|main|reconciler|relay|rpc_status|service_context|"
     r"switch_client|switch_view|rules/rule_message|rules/stored_rules)\.",
     r"\.pb\.h$|^grpc", "generated messages only in services, the reconciler and conversion"),
    (r"^datapath/", r"^datapath/(apply/|main\.cc$)", r"\.pb\.h$|^grpc|^datapath/apply/",
     "no generated messages in what a worker runs, nor what is above it"),
]


def problems_of(path, text):
    """What is wrong with the includes of the file `path` (relative, with slashes)."""
    found = []
    for binds, leaves_out, forbids, why in RULES:
        if not re.search(binds, path) or (leaves_out and re.search(leaves_out, path)):
            continue
        for include in tree.includes(text):
            if re.search(forbids, include):
                found.append(f"{path}: includes {include}: {why}")
    return found

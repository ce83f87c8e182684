# SPDX-License-Identifier: Apache-2.0
"""The public API serves clients that know nothing of it: reflection, health, batches, field masks."""

from lib.case import main
from lib.generic_grpc import GenericClient, import_grpc

BRIDGES = "vsw.v1.BridgeService"
PORTS = "vsw.v1.PortService"
BATCH = "vsw.v1.BatchService"
STATUS = "vsw.v1.StatusService"
FDB = "vsw.v1.FdbService"


grpc = import_grpc()


def tap(name, bridge="br0", **more):
    """Returns the change that creates a TAP port."""
    return {"create_port": {"port": {"name": name, "bridge": bridge, "type": "PORT_TYPE_TAP",
                                     **more}}}


def batches(api):
    """All changes of a batch are made, or none; the error names the one at fault."""
    revision = api.call(BATCH, "ApplyBatch", changes=[
        {"create_bridge": {"bridge": {"name": "br0"}}}, tap("one"),
        tap("two", vlan={"tag": 5}, labels={"owner": "a", "rack": "7"})])["revision"]
    applied = api.call(STATUS, "WaitApplied", revision=revision)
    assert applied["failures"] == [] and int(applied["applied_revision"]) >= int(revision), applied
    code, said = api.refused(BATCH, "ApplyBatch", changes=[
        {"create_bridge": {"bridge": {"name": "br9"}}}, tap("t9", "br9", vlan={"tag": 4096})])
    print(f"  {code}: {said}")
    assert code == "INVALID_ARGUMENT" and "changes[1]" in said and "4096" in said, said
    assert api.refused(BRIDGES, "GetBridge", name="br9")[0] == "NOT_FOUND"
    # A name moves from one port to another within one batch.
    api.call(BATCH, "ApplyBatch", changes=[{"delete_port": {"name": "one"}}, tap("one")])


def field_masks(api):
    """An update changes what its mask names, and nothing else."""
    api.call(PORTS, "UpdatePort", port={"name": "two", "vlan": {"tag": 9, "trunks": [1]},
                                        "options": {"mtu": "1400"}, "labels": {"owner": "b"}},
             update_mask="vlan.tag,labels.owner,labels.rack,options.mtu")
    port = api.call(PORTS, "GetPort", name="two")
    assert port["vlan"]["tag"] == 9 and port["vlan"]["trunks"] == [], port
    assert port["labels"] == {"owner": "b"} and port["options"] == {"mtu": "1400"}, port
    code, said = api.refused(PORTS, "UpdatePort", port={"name": "two"}, update_mask="nosuch")
    assert code == "INVALID_ARGUMENT" and "nosuch" in said, said
    code, said = api.refused(PORTS, "UpdatePort", port={"name": "two"}, update_mask="name")
    print(f"  {code}: {said}")
    assert code == "INVALID_ARGUMENT", code


def health_of(socket_path):
    """Asks the standard health service for the whole server; returns the answer's octets."""
    return grpc.insecure_channel(f"unix:{socket_path}").unary_unary(
        "/grpc.health.v1.Health/Check")(b"", timeout=15)


def body(case):
    """See the module's text."""
    if grpc is None:
        case.skip("python3-grpcio is not installed")
    switch = case.switch()
    api = GenericClient(grpc, switch.run_dir / "mgmt.sock")
    case.step("reflection and health")
    services = api.services()
    print(f"  {services}")
    wanted = {BRIDGES, PORTS, BATCH, STATUS, FDB, "vsw.v1.OpenFlowService",
              "grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}
    assert wanted <= set(services), wanted - set(services)
    # The health service is the library's own and has no description to reflect.
    health = health_of(switch.run_dir / "mgmt.sock")
    assert health == b"\x08\x01", f"not SERVING: {health}"

    case.step("batches")
    batches(api)
    case.step("field masks")
    field_masks(api)
    case.step("addresses, status, counters")
    api.call(FDB, "AddFdbEntry", entry={"bridge": "br0", "mac": "02:00:00:00:00:01", "port": "one"})
    entries = api.call(FDB, "ListFdb", bridge="br0")["entries"]
    assert [entry["mac"] for entry in entries] == ["02:00:00:00:00:01"], entries
    api.call(FDB, "DeleteFdbEntry", bridge="br0", mac="02:00:00:00:00:01")
    assert api.call(STATUS, "GetStatus")["switch_status"]["connected"], "no status"
    names = {entry["port"] for entry in api.call(STATUS, "GetCounters")["ports"]}
    assert names == {"br0", "one", "two"}, names


main(body)

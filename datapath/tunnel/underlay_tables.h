// SPDX-License-Identifier: Apache-2.0
//
// What workers and the underlay's thread share; one object for the life of vswitchd.
#ifndef VSW_DATAPATH_TUNNEL_UNDERLAY_TABLES_H_
#define VSW_DATAPATH_TUNNEL_UNDERLAY_TABLES_H_

#include "datapath/tunnel/ingress_roles.h"
#include "datapath/tunnel/next_hop.h"
#include "datapath/tunnel/underlay_events.h"

namespace vsw {

struct UnderlayTables {
  UnderlayEvents events;
  NextHopTable next_hops{&events};
  IngressRoles ingress;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_TUNNEL_UNDERLAY_TABLES_H_

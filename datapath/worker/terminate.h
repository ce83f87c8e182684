// SPDX-License-Identifier: Apache-2.0
//
// The stage for packets that came in by a port with addresses of ours: the switch answers as the
// host that it is there, and takes the outer headers off what is for one of its tunnels.
//
// Thread safety: none; one worker owns it.
#ifndef VSW_DATAPATH_WORKER_TERMINATE_H_
#define VSW_DATAPATH_WORKER_TERMINATE_H_

#include "datapath/flow/flow_table.h"
#include "datapath/tunnel/ingress_roles.h"
#include "datapath/tunnel/known_outers.h"
#include "datapath/worker/pipeline_environment.h"
#include "datapath/worker/transmit.h"

namespace vsw {

class Terminator {
 public:
  /// Both outlive it; answers are sent by `batches`.
  Terminator(const PipelineEnvironment& environment, TransmitBatches* batches)
      : env_(environment), batches_(batches) {}

  /// A burst begins.
  void Begin() {
    if (env_.tunnels != nullptr) {
      known_.Begin(env_.tunnels->generation() + env_.underlay->ingress.generation());
    }
  }
  /// The quick way, for a packet behind outer headers that were seen before: takes them off. The
  /// tunnel that it was for, whose port it was received by; nullptr: Run() has to look.
  [[gnu::always_inline]] const KnownOuters::Known* Peel(rte_mbuf* packet, PortNo in_port,
                                                        PlainOuter* outer) const {
    return known_.Peel(packet, in_port, outer);
  }
  /// False: the packet ends here. Else it goes to a bridge, and its key is that of what was inside
  /// if it was a tunnel's. REQUIRES: its key is what the parser says, from a port of this role.
  bool Run(const IngressRole& role, FlowLookup* work);

 private:
  const PipelineEnvironment& env_;
  TransmitBatches* const batches_;
  KnownOuters known_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_TERMINATE_H_

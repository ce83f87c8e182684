// SPDX-License-Identifier: Apache-2.0
//
// Counters and states for Prometheus, over HTTP in its text format. Each scrape asks the switch
// anew, for a second at most; when it is away, `vsw_switch_up` is 0 and its counters are left out,
// rather than shown as they were.
//
// Thread safety: scrapes come on threads of the HTTP server; the class has no state of its own.
#ifndef VSW_CONTROL_METRICS_H_
#define VSW_CONTROL_METRICS_H_

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>

#include <memory>
#include <string>
#include <vector>

#include "control/configurator.h"
#include "control/switch_client.h"
#include "control/switch_view.h"

namespace vsw::control {

class Metrics : public prometheus::Collectable {
 public:
  Metrics(const Configurator* configurator, const SwitchClient* client, const SwitchView* view)
      : configurator_(configurator), client_(client), view_(view) {}

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const Configurator* const configurator_;
  const SwitchClient* const client_;
  const SwitchView* const view_;
};

/// Serves `metrics` at http://<address>/metrics until destroyed. `address` is HOST:PORT.
/// Errors: InvalidArgument, or Unavailable if the address cannot be listened on.
absl::StatusOr<std::unique_ptr<prometheus::Exposer>> ServeMetrics(const std::string& address,
                                                                  std::shared_ptr<Metrics> metrics);

}  // namespace vsw::control

#endif  // VSW_CONTROL_METRICS_H_

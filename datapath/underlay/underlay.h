// SPDX-License-Identifier: Apache-2.0
//
// The underlay of the switch's tunnels: one thread that follows the kernel's network as far as the
// tunnels need it, opens and closes the ports that carry their packets, and publishes next hops to
// the workers. What it does, without the thread, is in engine.h.
//
// Thread safety: Configure() and report() from any thread but a worker; the callback runs on the
// underlay's thread and must not block.
#ifndef VSW_DATAPATH_UNDERLAY_UNDERLAY_H_
#define VSW_DATAPATH_UNDERLAY_UNDERLAY_H_

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "datapath/tunnel/underlay_tables.h"
#include "datapath/underlay/engine.h"
#include "datapath/underlay/kernel_view.h"
#include "datapath/underlay/quiet_sockets.h"
#include "datapath/underlay/underlay_port.h"
#include "datapath/worker/worker_set.h"

namespace vsw {

class Underlay {
 public:
  /// All of them outlive it. `report_changed` says that report() would answer otherwise.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Underlay>> Start(
      UnderlayTables* tables, WorkerSet* workers, rte_mempool* pool,
      std::function<void()> report_changed);
  /// Withdraws what it published and closes its ports.
  ~Underlay();

  /// Makes it carry the tunnels of `config`. Returns when their packets can come in, which takes a
  /// moment (and after a second at the latest).
  void Configure(const UnderlayConfig& config);
  UnderlayReport report() const;
  /// Its ports by number ("underlay-eth0"), also those that are closed: what they counted stays.
  std::map<PortNo, std::string> port_names() const;

 private:
  Underlay(UnderlayTables* tables, WorkerSet* workers, rte_mempool* pool,
           std::function<void()> report_changed, std::unique_ptr<KernelView> kernel);

  void Run();
  void TakeWork();
  void Wait(uint64_t until_ns);
  void ConfigureEngine(const UnderlayConfig& config);
  absl::StatusOr<PortNo> OpenPort(const KernelDevice& device);
  /// The number that the port had before, or a new one, or that of a closed port; kNoPort: none.
  PortNo ChooseNumber(const std::string& name);
  void ClosePort(PortNo port);
  void Publish(UnderlayPublication publication);
  /// Returns those that were replaced, to be freed after a grace period.
  std::vector<std::unique_ptr<const IngressRole>> PublishRoles(std::map<PortNo, IngressRole> roles);
  void Send(PortNo port, const std::vector<uint8_t>& frame);

  UnderlayTables* const tables_;
  WorkerSet* const workers_;
  rte_mempool* const pool_;
  const std::function<void()> report_changed_;

  // The thread's own.
  const std::unique_ptr<KernelView> kernel_;
  QuietSockets quiet_;
  std::vector<sock_filter> filter_;
  std::map<PortNo, std::unique_ptr<UnderlayPort>> ports_;
  std::vector<UnderlayPort*> opened_;    // of these, those that are not polled yet
  std::map<PortNo, IngressRole> roles_;  // as published
  std::unique_ptr<UnderlayEngine> engine_;

  mutable std::mutex mutex_;              // guards what follows
  UnderlayConfig given_;                  // the last one
  std::optional<UnderlayConfig> wanted_;  // the same, until the thread has taken it
  bool configured_ = true;                // and it has taken effect
  std::condition_variable configured_changed_;
  UnderlayReport report_;
  std::map<PortNo, std::string> names_;  // also of closed ports
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_UNDERLAY_UNDERLAY_H_

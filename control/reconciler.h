// SPDX-License-Identifier: Apache-2.0
//
// Makes the switch run what is stored. A thread of its own drives the ReconcileMachine: it feeds it
// with what gRPC, the configurator and the run directory report, and carries out its steps. What
// the switch says goes to the SwitchView. Changes of rules go
// ahead of the state of their revision: who has applied a revision runs its rules. If vswitchd
// stays away, nothing else is disturbed.
//
// Thread safety: Wake may be called from any thread; Start and Stop by the owner.
#ifndef VSW_CONTROL_RECONCILER_H_
#define VSW_CONTROL_RECONCILER_H_

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "control/configurator.h"
#include "control/folder_watch.h"
#include "control/reconcile_machine.h"
#include "control/switch_client.h"
#include "control/switch_view.h"

namespace vsw::control {

class Reconciler {
 public:
  Reconciler(Configurator* configurator, SwitchClient* client, SwitchView* view);
  ~Reconciler();

  /// Errors: what the system says to watching the socket's folder.
  absl::Status Start();
  /// Cancels what is under way and waits for it to end.
  void Stop();
  /// The configuration has changed.
  void Wake();

 private:
  using Event = std::function<void()>;
  class Watch;
  struct ApplyCall;

  void Run();
  void RunEvents();
  void RunSteps();
  void Post(Event event);

  void StartWatch();
  void OnWatchState(const datapath::v1::ActualState& state);
  void OnWatchEnded(const grpc::Status& status);
  void StartApply();
  void PrepareApply(ApplyCall* call);
  static void AddWhole(const std::string& bridge, const Configurator::RuleBooks& books,
                       ApplyCall* call);
  void AddOwed(ApplyCall* call);
  void SendWanted(const std::shared_ptr<ApplyCall>& call);
  void OnApplyDone(const ApplyCall& call, const grpc::Status& status);
  void AskWhyRefused();
  void Raise(uint64_t above);
  void NoteRefusedRules(const datapath::v1::ModifyRulesResponse& refused);
  void NoteApplyError(const std::string& error);

  Configurator* const configurator_;
  SwitchClient* const client_;
  SwitchView* const view_;
  std::mt19937_64 random_;
  ReconcileMachine machine_;
  FolderWatch folder_watch_;

  std::mutex mutex_;
  std::vector<Event> events_;  // run on our thread, in order
  std::atomic<bool> stopping_ = false;
  std::thread thread_;

  // Owned by our thread.
  std::unique_ptr<Watch> watch_;
  std::shared_ptr<ApplyCall> apply_;
  std::shared_ptr<grpc::ClientContext> question_;
  std::set<std::string> owed_;  // bridges whose rules have to be sent as a whole
  bool was_connected_ = false;
  std::string last_error_;
};

}  // namespace vsw::control

#endif  // VSW_CONTROL_RECONCILER_H_

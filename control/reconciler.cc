// SPDX-License-Identifier: Apache-2.0
#include "control/reconciler.h"

#include <utility>

#include "base/log.h"
#include "control/convert.h"
#include "control/field_error.h"
#include "control/rules/rule_message.h"

namespace vsw::control {
namespace {

// Devices take their time to start; a switch that has not answered by then gets the state again.
constexpr std::chrono::seconds kApplyTimeout(60);
constexpr std::chrono::seconds kStateTimeout(5);

}  // namespace

// The stream of states. Its callbacks only hand over to the reconciler's thread.
class Reconciler::Watch : public grpc::ClientReadReactor<datapath::v1::ActualState> {
 public:
  explicit Watch(Reconciler* owner) : owner_(owner), stub_(owner->client_->Renew()) {
    stub_->async()->WatchState(&context_, &request_, this);
    StartRead(&state_);
    StartCall();
  }
  void Cancel() { context_.TryCancel(); }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    owner_->Post([owner = owner_, state = state_] { owner->OnWatchState(state); });
    StartRead(&state_);
  }
  void OnDone(const grpc::Status& status) override {
    owner_->Post([owner = owner_, status] { owner->OnWatchEnded(status); });
  }

 private:
  Reconciler* const owner_;
  const std::shared_ptr<SwitchClient::Stub> stub_;
  grpc::ClientContext context_;
  datapath::v1::GetStateRequest request_;
  datapath::v1::ActualState state_;
};

struct Reconciler::ApplyCall {
  std::shared_ptr<SwitchClient::Stub> stub;
  std::unique_ptr<datapath::v1::OpenFlow::Stub> openflow;
  std::string boot_id;  // of the switch that it was prepared for
  grpc::ClientContext rules_context;
  datapath::v1::ModifyRulesRequest rules;
  datapath::v1::ModifyRulesResponse refused;
  grpc::ClientContext context;
  datapath::v1::WantedState wanted;
  std::set<std::string> whole;  // bridges whose rules are in it
  datapath::v1::ActualState actual;
};

Reconciler::Reconciler(Configurator* configurator, SwitchClient* client, SwitchView* view)
    : configurator_(configurator),
      client_(client),
      view_(view),
      random_(std::random_device{}()),
      machine_([this] { return std::uniform_real_distribution<double>(-1, 1)(random_); }),
      folder_watch_(client->socket_path()) {}

Reconciler::~Reconciler() { Stop(); }

absl::Status Reconciler::Start() {
  VSW_RETURN_IF_ERROR(folder_watch_.Start());
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

void Reconciler::Stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  folder_watch_.Interrupt();
  thread_.join();
}

void Reconciler::Wake() { folder_watch_.Interrupt(); }

void Reconciler::Post(Event event) {
  // Interrupt under the lock: the last event ends the thread, and with it maybe ourselves.
  const std::lock_guard<std::mutex> lock(mutex_);
  events_.push_back(std::move(event));
  folder_watch_.Interrupt();
}

void Reconciler::Run() {
  while (!stopping_) {
    RunEvents();
    RunSteps();
    if (folder_watch_.Wait(machine_.WakeAt())) machine_.OnSocketAppeared();
  }
  if (watch_ != nullptr) watch_->Cancel();
  if (apply_ != nullptr) {
    apply_->rules_context.TryCancel();
    apply_->context.TryCancel();
  }
  if (question_ != nullptr) question_->TryCancel();
  while (true) {
    RunEvents();
    if (watch_ == nullptr && apply_ == nullptr && question_ == nullptr) return;
    folder_watch_.Wait(std::nullopt);
  }
}

void Reconciler::RunEvents() {
  std::vector<Event> events;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    events.swap(events_);
  }
  for (const Event& event : events) event();
}

void Reconciler::RunSteps() {
  machine_.OnWanted(configurator_->Current()->revision);
  ReconcileMachine::Steps steps = machine_.Next(std::chrono::steady_clock::now());
  if (steps.raise_above.has_value()) {
    Raise(*steps.raise_above);
    steps.apply = machine_.Next(std::chrono::steady_clock::now()).apply;
  }
  if (steps.watch) StartWatch();
  if (steps.apply) StartApply();
}

void Reconciler::StartWatch() { watch_ = std::make_unique<Watch>(this); }

void Reconciler::OnWatchState(const datapath::v1::ActualState& state) {
  if (!was_connected_) {
    VSW_LOG_INFO("connected to vswitchd on {}: boot {}, revision {} applied",
                 client_->socket_path(), state.boot_id(), state.applied_revision());
  }
  was_connected_ = true;
  machine_.OnState(state.boot_id(), state.applied_revision());
  view_->OnState(state, machine_.served());
}

void Reconciler::OnWatchEnded(const grpc::Status& status) {
  const absl::Status reason = client_->Explain(
      status.ok() ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "it closed the connection")
                  : status);
  const std::string message(reason.message());
  if (!stopping_ && (was_connected_ || message != last_error_)) VSW_LOG_WARN("{}", message);
  last_error_ = message;
  was_connected_ = false;
  watch_.reset();
  machine_.OnWatchEnded(std::chrono::steady_clock::now());
  view_->OnDisconnected(message);
}

void Reconciler::StartApply() {
  apply_ = std::make_shared<ApplyCall>();
  apply_->stub = client_->stub();
  apply_->boot_id = machine_.boot_id();
  PrepareApply(apply_.get());
  if (apply_->rules.deltas().empty()) {
    SendWanted(apply_);
    return;
  }
  const std::shared_ptr<ApplyCall> call = apply_;
  call->openflow = datapath::v1::OpenFlow::NewStub(client_->channel());
  call->rules_context.set_deadline(std::chrono::system_clock::now() + kApplyTimeout);
  call->openflow->async()->ModifyRules(&call->rules_context, &call->rules, &call->refused,
                                       [this, call](grpc::Status status) {
                                         Post([this, call, status] {
                                           if (status.ok() && !stopping_) {
                                             AddOwed(call.get());
                                             // Before the switch can tell that it runs the
                                             // revision, for which clients wait.
                                             NoteRefusedRules(call->refused);
                                             SendWanted(call);
                                           } else {
                                             OnApplyDone(*call, status);
                                           }
                                         });
                                       });
}

// A switch that runs a revision from which on all changes are known gets those, also if another
// start of this daemon brought it there; any other, and any bridge that is new to it, gets all
// rules.
void Reconciler::PrepareApply(ApplyCall* call) {
  configurator_->ReadRules([&](const Config& config, const Configurator::RuleBooks& books) {
    call->wanted = ToWantedState(config);
    const auto news = configurator_->rule_log().Between(machine_.applied(), config.revision);
    if (!news.has_value()) {
      for (const auto& [bridge, book] : books) AddWhole(bridge, books, call);
      return;
    }
    std::set<std::string> whole = owed_;
    for (const RuleLog::DeltaPtr& delta : *news) {
      if (delta->kind == RuleDelta::Kind::kWhole) whole.insert(delta->bridge);
    }
    for (const std::string& bridge : whole) AddWhole(bridge, books, call);
    for (const RuleLog::DeltaPtr& delta : *news) {
      if (whole.contains(delta->bridge) || config.FindBridge(delta->bridge) == nullptr) continue;
      *call->rules.add_deltas() = ToMessage(*delta);
    }
  });
}

void Reconciler::AddWhole(const std::string& bridge, const Configurator::RuleBooks& books,
                          ApplyCall* call) {
  call->whole.insert(bridge);
  const auto book = books.find(bridge);
  if (book != books.end()) *call->wanted.add_rules() = ToMessage(bridge, book->second);
}

// A bridge that refused a change did nothing of it. It gets its rules as a whole: what can be in
// force then is, and it says what cannot.
void Reconciler::AddOwed(ApplyCall* call) {
  for (const datapath::v1::RuleFailure& failure : call->refused.failures()) {
    owed_.insert(failure.bridge());
  }
  if (owed_.empty()) return;
  configurator_->ReadRules([&](const Config& config, const Configurator::RuleBooks& books) {
    // Rules of a newer revision go with the apply that brings it.
    if (config.revision != call->wanted.revision()) return;
    for (const std::string& bridge : owed_) AddWhole(bridge, books, call);
  });
}

void Reconciler::SendWanted(const std::shared_ptr<ApplyCall>& call) {
  call->context.set_deadline(std::chrono::system_clock::now() + kApplyTimeout);
  call->stub->async()->Apply(&call->context, &call->wanted, &call->actual,
                             [this, call](grpc::Status status) {
                               Post([this, call, status] { OnApplyDone(*call, status); });
                             });
}

void Reconciler::OnApplyDone(const ApplyCall& call, const grpc::Status& status) {
  apply_.reset();
  if (stopping_) return;
  const uint64_t revision = call.wanted.revision();
  if (status.ok()) {
    VSW_LOG_INFO("revision {} applied", revision);
    for (const std::string& bridge : call.whole) owed_.erase(bridge);
    // A new start of the switch has none of what an older one was told.
    if (call.actual.boot_id() == call.boot_id) configurator_->rule_log().Forget(revision);
    machine_.OnApplied(call.actual.boot_id(), revision);
    view_->OnApplied(call.actual);
    return;
  }
  machine_.OnApplyFailed(std::chrono::steady_clock::now());
  NoteApplyError(fmt::format("revision {} could not be applied: {}", revision,
                             std::string(client_->Explain(status).message())));
  if (status.error_code() == grpc::StatusCode::FAILED_PRECONDITION) AskWhyRefused();
}

// Refused as older than what it runs: its newer revision is what the machine has to know.
void Reconciler::AskWhyRefused() {
  if (question_ != nullptr) return;
  struct Question {
    std::shared_ptr<SwitchClient::Stub> stub;
    datapath::v1::GetStateRequest request;
    datapath::v1::ActualState state;
  };
  auto question = std::make_shared<Question>();
  question->stub = client_->stub();
  question_ = std::make_shared<grpc::ClientContext>();
  question_->set_deadline(std::chrono::system_clock::now() + kStateTimeout);
  question->stub->async()->GetState(question_.get(), &question->request, &question->state,
                                    [this, question, context = question_](grpc::Status status) {
                                      Post([this, question, status] {
                                        question_.reset();
                                        if (!status.ok() || stopping_ || !machine_.connected())
                                          return;
                                        machine_.OnState(question->state.boot_id(),
                                                         question->state.applied_revision());
                                      });
                                    });
}

void Reconciler::Raise(uint64_t above) {
  const uint64_t ours = configurator_->Current()->revision;
  VSW_LOG_WARN(
      "vswitchd runs revision {}, newer than the stored {}: the database was replaced by an older "
      "one; raising its revision and sending it",
      above, ours);
  const absl::StatusOr<uint64_t> raised = configurator_->RaiseRevisionAbove(above);
  if (raised.ok()) {
    machine_.OnWanted(*raised);
    return;
  }
  machine_.OnRaiseFailed(std::chrono::steady_clock::now());
  NoteApplyError(std::string(raised.status().message()));
}

void Reconciler::NoteRefusedRules(const datapath::v1::ModifyRulesResponse& refused) {
  for (const datapath::v1::RuleFailure& failure : refused.failures()) {
    VSW_LOG_WARN("revision {}, bridge {}: vswitchd refused {}: {}", failure.revision(),
                 failure.bridge(), Quote(failure.rule()), failure.reason());
    v1::Failure told;
    told.set_bridge(failure.bridge());
    told.set_rule(failure.rule().empty() ? "the whole change" : failure.rule());
    told.set_reason(failure.reason());
    view_->OnRuleRefused(failure.revision(), std::move(told));
  }
}

void Reconciler::NoteApplyError(const std::string& error) {
  if (view_->Get()->apply_error != error) VSW_LOG_WARN("{}", error);
  view_->OnApplyError(error);
}

}  // namespace vsw::control

// SPDX-License-Identifier: Apache-2.0
#include "datapath/underlay/underlay.h"

#include <poll.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/log.h"
#include "base/status.h"
#include "datapath/underlay/netlink_view.h"
#include "datapath/underlay/packet_filter.h"

namespace vsw {
namespace {

constexpr size_t kEventsAtOnce = 1024;
constexpr auto kConfigurePatience = std::chrono::seconds(1);

}  // namespace

absl::StatusOr<std::unique_ptr<Underlay>> Underlay::Start(UnderlayTables* tables,
                                                          WorkerSet* workers, rte_mempool* pool,
                                                          std::function<void()> report_changed) {
  VSW_ASSIGN_OR_RETURN(std::unique_ptr<KernelView> kernel, MakeNetlinkView());
  std::unique_ptr<Underlay> underlay(
      new Underlay(tables, workers, pool, std::move(report_changed), std::move(kernel)));
  underlay->thread_ = std::thread([raw = underlay.get()] { raw->Run(); });
  pthread_setname_np(underlay->thread_.native_handle(), "vsw-underlay");
  return underlay;
}

Underlay::Underlay(UnderlayTables* tables, WorkerSet* workers, rte_mempool* pool,
                   std::function<void()> report_changed, std::unique_ptr<KernelView> kernel)
    : tables_(tables),
      workers_(workers),
      pool_(pool),
      report_changed_(std::move(report_changed)),
      kernel_(std::move(kernel)),
      engine_(std::make_unique<UnderlayEngine>(UnderlayEngine::Environment{
          .kernel = kernel_.get(),
          .open_port = [this](const KernelDevice& device) { return OpenPort(device); },
          .close_port = [this](PortNo port) { ClosePort(port); },
          .publish = [this](UnderlayPublication p) { Publish(std::move(p)); },
          .send = [this](PortNo port, const std::vector<uint8_t>& frame) { Send(port, frame); }})) {
}

Underlay::~Underlay() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  tables_->events.Wake();
  thread_.join();
  engine_.reset();
}

void Underlay::Configure(const UnderlayConfig& config) {
  std::unique_lock lock(mutex_);
  if (given_ == config) return;
  given_ = config;
  wanted_ = config;
  configured_ = false;
  tables_->events.Wake();
  configured_changed_.wait_for(lock, kConfigurePatience, [this] { return configured_; });
}

UnderlayReport Underlay::report() const {
  const std::lock_guard lock(mutex_);
  return report_;
}

std::map<PortNo, std::string> Underlay::port_names() const {
  const std::lock_guard lock(mutex_);
  return names_;
}

void Underlay::Run() {
  for (;;) {
    Wait(engine_->next_ns());
    {
      const std::lock_guard lock(mutex_);
      if (stop_) return;
    }
    TakeWork();
    engine_->Settle();
    bool changed;
    {
      const std::lock_guard lock(mutex_);
      changed = !(report_ == engine_->report());
      report_ = engine_->report();
      configured_ = !wanted_;
    }
    configured_changed_.notify_all();
    if (changed) report_changed_();
  }
}

void Underlay::Wait(uint64_t until_ns) {
  const uint64_t now = workers_->NowNs();
  const bool sleep = tables_->events.BeginSleep();
  const uint64_t ms = !sleep || until_ns <= now ? 0 : (until_ns - now) / 1'000'000 + 1;
  std::array<pollfd, 2> fds = {{{kernel_->fd(), POLLIN, 0}, {tables_->events.fd(), POLLIN, 0}}};
  poll(fds.data(), fds.size(), static_cast<int>(std::min<uint64_t>(ms, INT32_MAX)));
  tables_->events.EndSleep();
}

void Underlay::TakeWork() {
  std::optional<UnderlayConfig> config;
  {
    const std::lock_guard lock(mutex_);
    config.swap(wanted_);
  }
  const uint64_t now = workers_->NowNs();
  if (const KernelChanges changes = kernel_->TakeChanges(); changes.any()) {
    engine_->OnChanges(changes, now);
  }
  if (config) ConfigureEngine(*config);
  UnderlayEvent event;
  for (size_t i = 0; i < kEventsAtOnce && tables_->events.Pop(&event); ++i) {
    engine_->OnEvent(event, now);
  }
  if (engine_->next_ns() <= now) {
    tables_->next_hops.map().TakeUsed([&](const TunnelEnds& ends) { engine_->OnUsed(ends, now); });
    engine_->OnTimer(now);
  }
}

// The kernel is kept quiet before the first tunnel packet can come in.
void Underlay::ConfigureEngine(const UnderlayConfig& config) {
  if (const absl::Status status = quiet_.Set(config.udp_ports, config.gre); !status.ok()) {
    VSW_LOG_WARN("tunnels: {}", std::string(status.message()));
  }
  filter_ = MakeTunnelFilter(config.udp_ports, config.gre);
  for (const auto& [number, port] : ports_) {
    if (const absl::Status status = port->SetFilter(filter_); !status.ok()) {
      VSW_LOG_WARN("{}: {}", port->name(), std::string(status.message()));
    }
  }
  engine_->Configure(config, workers_->NowNs());
}

absl::StatusOr<PortNo> Underlay::OpenPort(const KernelDevice& device) {
  const std::string name = UnderlayPort::NameOn(device);
  const PortNo number = ChooseNumber(name);
  if (number == kNoPort) {
    return ResourceExhausted("tunnels go over {} devices already", ports_.size());
  }
  VSW_ASSIGN_OR_RETURN(std::unique_ptr<UnderlayPort> port,
                       UnderlayPort::Make(number, device, filter_, pool_));
  VSW_LOG_INFO("tunnel packets go over {} now", device.name);
  const std::lock_guard lock(mutex_);
  if (std::string& known = names_[number]; known != name) {
    if (!known.empty()) workers_->ForgetCounters(number);
    known = name;
  }
  opened_.push_back(port.get());
  ports_[number] = std::move(port);
  return number;
}

PortNo Underlay::ChooseNumber(const std::string& name) {
  PortNo fresh = kNoPort, closed = kNoPort;
  for (uint32_t i = kFirstUnderlayPort; i < kMaxPorts; ++i) {
    const PortNo number{i};
    if (ports_.contains(number)) continue;
    const auto known = names_.find(number);
    if (known == names_.end()) {
      if (fresh == kNoPort) fresh = number;
    } else if (known->second == name) {
      return number;
    } else if (closed == kNoPort) {
      closed = number;
    }
  }
  return fresh != kNoPort ? fresh : closed;
}

void Underlay::ClosePort(PortNo port) {
  workers_->RemovePort(port);
  ports_.erase(port);
}

// A new port is polled once it has a role, and sent by once it is polled.
void Underlay::Publish(UnderlayPublication publication) {
  const auto former_roles = PublishRoles(std::move(publication.roles));
  for (UnderlayPort* port : std::exchange(opened_, {})) workers_->AddPort(port);
  const std::unique_ptr<const NextHopMap> former_map =
      tables_->next_hops.Publish(std::make_unique<NextHopMap>(publication.next_hops));
  // Wakes the workers as well, some of which have packets that wait for this.
  workers_->Synchronize();
}

std::vector<std::unique_ptr<const IngressRole>> Underlay::PublishRoles(
    std::map<PortNo, IngressRole> roles) {
  std::vector<std::unique_ptr<const IngressRole>> former;
  for (const auto& [port, role] : roles) {
    const auto known = roles_.find(port);
    if (known != roles_.end() && known->second == role) continue;
    former.push_back(tables_->ingress.Publish(port, std::make_unique<IngressRole>(role)));
  }
  for (const auto& [port, role] : roles_) {
    if (!roles.contains(port)) former.push_back(tables_->ingress.Publish(port, nullptr));
  }
  roles_ = std::move(roles);
  return former;
}

void Underlay::Send(PortNo port, const std::vector<uint8_t>& frame) {
  const auto translation = std::make_unique<Translation>();
  translation->Clear();
  translation->actions.push_back(Action::Output(port));
  workers_->RunOnSlowThread([&] { workers_->Inject(frame, kNoPort, *translation); });
}

}  // namespace vsw

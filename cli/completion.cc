// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include <algorithm>
#include <memory>
#include <set>

#include "base/status.h"
#include "cli/completion_scripts.h"
#include "cli/handlers.h"
#include "cli/options.h"
#include "cli/target.h"
#include "vsw/v1/config.grpc.pb.h"

namespace vsw::cli {
namespace {

constexpr std::chrono::milliseconds kPatience{800};

// Names from vswmgrd. A socket that is not there is not waited for: nobody may notice a keystroke.
class Names {
 public:
  explicit Names(const std::string& target) : target_(target) {}

  std::vector<std::string> Bridges() {
    std::vector<std::string> names;
    const auto response =
        Ask<v1::BridgeService>(&v1::BridgeService::Stub::ListBridges, v1::ListBridgesRequest());
    if (!response.ok()) return names;
    for (const v1::Bridge& bridge : response->bridges()) names.push_back(bridge.name());
    return names;
  }
  std::vector<std::string> Ports() {
    std::vector<std::string> names;
    const auto response =
        Ask<v1::PortService>(&v1::PortService::Stub::ListPorts, v1::ListPortsRequest());
    if (!response.ok()) return names;
    for (const v1::Port& port : response->ports()) names.push_back(port.name());
    return names;
  }

 private:
  template <typename Service, typename Request, typename Response>
  absl::StatusOr<Response> Ask(grpc::Status (Service::Stub::*method)(grpc::ClientContext*,
                                                                     const Request&, Response*),
                               const Request& request) {
    VSW_ASSIGN_OR_RETURN(const std::string socket, ParseTarget(target_));
    if (!client_)
      client_ = std::make_unique<Client>(socket, kPatience, std::chrono::milliseconds(0));
    return client_->Read<Service>(method, request);
  }

  const std::string target_;
  std::unique_ptr<Client> client_;  // one for all questions, so that they share its time
};

struct Line {
  std::vector<std::string> words;  // of the command under the cursor, without options
  std::string option;              // that the word under the cursor is the value of
  std::string current;
  std::string target;
};

const OptionInfo* FindOption(const std::string& name) {
  for (const OptionInfo& option : Options()) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

Line Analyse(const std::vector<std::string>& words, const std::string& target) {
  Line line;
  line.target = target;
  if (!words.empty()) line.current = words.back();
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    const OptionInfo* option = FindOption(word);
    if (word == "--") {
      line.words.clear();
    } else if (option != nullptr && !option->value.empty()) {
      if (i + 2 == words.size()) {
        line.option = word;
      } else if (word == "--target") {
        line.target = words[i + 1];
      }
      ++i;
    } else if (word.starts_with("--target=")) {
      line.target = word.substr(word.find('=') + 1);
    } else if (!word.starts_with("-")) {
      line.words.push_back(word);
    }
  }
  return line;
}

using Candidates = std::vector<std::string>;

// Keys with "=", or the values of the key that is typed already.
Candidates PairCandidates(Noun noun, const Line& line, Names& names) {
  const size_t equals = line.current.find('=');
  Candidates candidates;
  if (equals == std::string::npos) {
    for (const Key& key : KeysOf(noun)) {
      candidates.push_back(std::string(key.name) + (key.name.ends_with('.') ? "" : "="));
    }
    if (noun == Noun::kPort) {
      for (const OptionHint& hint : OptionHints()) {
        candidates.push_back(std::string(hint.name) + "=");
      }
    }
    return candidates;
  }
  const std::string key = line.current.substr(0, equals);
  const bool is_port =
      (noun == Noun::kFdbFlush && key == "port") || (noun == Noun::kPort && key == "peer");
  for (const std::string& value : is_port ? names.Ports() : ChoicesOf(noun, key)) {
    candidates.push_back(key + "=" + value);
  }
  return candidates;
}

Candidates KeyCandidates(Noun noun) {
  Candidates candidates = {"status"};
  for (const Key& key : KeysOf(noun)) candidates.emplace_back(key.name);
  return candidates;
}

Candidates FirstWords() {
  std::set<std::string> words;
  for (const Command& command : Commands()) {
    words.insert(std::string(command.name.substr(0, command.name.find(' '))));
  }
  return {words.begin(), words.end()};
}

Candidates SecondWords(const std::string& first) {
  Candidates candidates;
  for (const Command& command : Commands()) {
    if (command.name.starts_with(first + " ")) {
      candidates.emplace_back(command.name.substr(first.size() + 1));
    }
  }
  return candidates;
}

void Append(Candidates more, Candidates* candidates) {
  candidates->insert(candidates->end(), more.begin(), more.end());
}

Candidates WordCandidates(Word word, Noun noun, Names& names) {
  Candidates candidates;
  switch (word) {
    case Word::kNone:
      return {};
    case Word::kBridge:
      return names.Bridges();
    case Word::kPort:
      return names.Ports();
    case Word::kBridgeOrPort:
      Append(names.Bridges(), &candidates);
      Append(names.Ports(), &candidates);
      return candidates;
    case Word::kNoun:
      return {"bridge", "port"};
    case Word::kNamed:
      return noun == Noun::kBridge ? names.Bridges() : names.Ports();
    case Word::kKey:
      return KeyCandidates(noun);
    case Word::kShell:
      return {"bash", "zsh", "fish"};
    case Word::kCommand:
      return FirstWords();
  }
  return {};
}

Candidates CommandCandidates(const Command& command, const Line& line, Names& names) {
  std::vector<std::string> positional;
  for (size_t i = NameWords(command); i < line.words.size(); ++i) {
    if (line.words[i].find('=') == std::string::npos) positional.push_back(line.words[i]);
  }
  Noun noun = command.pairs;
  if (!positional.empty() && command.words[0] == Word::kNoun) {
    noun = ParseNoun(positional[0]).value_or(Noun::kNone);
  }
  Candidates candidates;
  if (positional.size() < command.max_words) {
    const size_t last = std::size(command.words) - 1;
    Append(WordCandidates(command.words[std::min(positional.size(), last)], noun, names),
           &candidates);
  }
  const bool pairs = command.pairs != Noun::kNone || command.pairs_by_noun;
  if (pairs && positional.size() >= command.min_words) {
    Append(PairCandidates(noun, line, names), &candidates);
  }
  return candidates;
}

Candidates AllCandidates(const Line& line, Names& names) {
  if (line.option == "--format") return {"table", "json"};
  if (!line.option.empty()) return {};
  if (line.current.starts_with("-")) {
    Candidates options;
    for (const OptionInfo& option : Options()) options.emplace_back(option.name);
    return options;
  }
  if (line.words.empty()) return FirstWords();
  if (const Command* command = FindCommand(line.words)) {
    return CommandCandidates(*command, line, names);
  }
  return line.words.size() == 1 ? SecondWords(line.words[0]) : Candidates();
}

}  // namespace

std::vector<std::string> Complete(const std::vector<std::string>& words,
                                  const std::string& target) {
  const Line line = Analyse(words, target);
  Names names(line.target);
  std::set<std::string> matching;
  for (const std::string& candidate : AllCandidates(line, names)) {
    if (candidate.starts_with(line.current)) matching.insert(candidate);
  }
  return {matching.begin(), matching.end()};
}

absl::StatusOr<ExitStatus> RunCompletion(const Invocation& invocation, Context& context) {
  const std::string shell = invocation.Word(0);
  for (const CompletionScript& script : CompletionScripts()) {
    if (script.shell != shell) continue;
    context.printer.Print(std::string(script.text));
    return ExitStatus::kOk;
  }
  return InvalidArgument("'{}' is none of bash, zsh, fish", shell);
}

}  // namespace vsw::cli

// SPDX-License-Identifier: Apache-2.0
//
// Serves the private service on a unix socket that only the owner may open. Stops cleanly: streams
// are ended, calls under way get a moment, and the socket goes.
#ifndef VSW_DATAPATH_APPLY_DATAPATH_SERVER_H_
#define VSW_DATAPATH_APPLY_DATAPATH_SERVER_H_

#include <initializer_list>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "datapath/apply/datapath_service.h"

namespace vsw {

class DatapathServer {
 public:
  /// Listens when it returns. `service` and the `others` beside it outlive the server. A socket
  /// file that a dead process left is replaced: whoever calls holds the run directory's lock.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<DatapathServer>> Start(
      const std::string& socket_path, DatapathService* service,
      std::initializer_list<grpc::Service*> others = {});
  ~DatapathServer();

 private:
  DatapathServer(std::string path, DatapathService* service) : path_(path), service_(service) {}
  const std::string path_;
  DatapathService* const service_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_APPLY_DATAPATH_SERVER_H_

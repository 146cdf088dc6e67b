// Where things are in the data folder of an installation.
#pragma once

#include <string>
#include <vector>

#include "base/id.h"
#include "base/status.h"

namespace ns::host {

class Layout {
 public:
  explicit Layout(std::string data) : data_(std::move(data)) {}

  const std::string& data() const { return data_; }
  std::string key() const { return data_ + "/key"; }
  std::string place() const { return data_ + "/place"; }  // names this folder
  std::string run() const { return data_ + "/run"; }
  std::string helpers() const { return run() + "/helpers"; }  // records and logs of helpers
  std::string links() const { return run() + "/link"; }  // sockets of hosts, for this account alone
  std::string link(const HostId& host) const { return links() + "/" + host.str() + ".sock"; }
  // Which host ran these roles here last, of several at once the n-th from 0.
  std::string last_host(const std::vector<std::string>& roles, int n) const;
  std::string postgres() const { return data_ + "/postgres"; }
  std::string postgres_socket() const { return run() + "/postgres"; }
  std::string registry() const { return data_ + "/registry"; }
  std::string pages() const { return data_ + "/pages"; }  // address of the page server
  std::string git() const { return data_ + "/git"; }      // mirrors, known hosts
  std::string repositories() const { return data_ + "/repositories"; }  // that were pushed here
  std::string sources() const { return data_ + "/sources"; }            // checkouts of builds
  std::string sites() const { return data_ + "/sites"; }                // static ones, unpacked
  std::string site_servers() const { return data_ + "/site-servers"; }
  std::string site_server(const std::string& instance) const {  // its configuration
    return site_servers() + "/" + instance;
  }
  std::string plugins() const { return data_ + "/plugins"; }      // checked copies of plugins
  std::string instances() const { return data_ + "/instances"; }  // one folder a plugin instance

 private:
  std::string data_;
};

// Makes the folders of `layout` that must be there before anything else, with the rights they need:
// accounts of helpers may pass through the data folder, nobody else may read it.
Status MakeFolders(const Layout& layout);

}  // namespace ns::host

// The tables of an instance as ports.
#pragma once

#include <memory>
#include <string>

#include "plugin/instance.h"
#include "plugin/service.h"
#include "ports/backend.h"
#include "ports/build.h"
#include "ports/site.h"
#include "ports/storage.h"

namespace ns::plugin {

// Each borrows the instance, whose interface is of that kind and at least as long as its first
// version.
std::unique_ptr<ports::Backend> MakeBackend(Instance& instance, Clock& clock);
// `schema`: of the settings, checked before the plugin sees them; empty: none.
std::unique_ptr<ports::BuildMethod> MakeBuildMethod(Instance& instance, std::string schema);
std::unique_ptr<ports::BuildEngine> MakeEngine(Instance& instance);
std::unique_ptr<ports::Storage> MakeStorage(Instance& instance);
std::unique_ptr<ports::SiteServer> MakeSiteServer(Instance& instance);
std::unique_ptr<Service> MakeService(Instance& instance);

// Whether the table behind the instance has all members of the first version of `kind`.
bool HasWholeTable(const Instance& instance, const std::string& kind);

}  // namespace ns::plugin

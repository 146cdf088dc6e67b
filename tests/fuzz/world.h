// An installation in memory, new for each input.
#pragma once

#include "api/api_world.h"

namespace ns::fuzz {

struct World : api::ApiWorld {
  using ApiWorld::dispatcher;
  using ApiWorld::Named;
  using ApiWorld::Root;

  World() { app = MakeApp(Root()).id(); }
  void TestBody() override {}

  std::string app;
};

}  // namespace ns::fuzz

// Rules about values and between them.
#pragma once

#include "config/config.h"
#include "config/reader.h"

namespace ns::config {

void CheckDomain(Reader& reader, const Value& where, const model::Domain& domain);
void CheckPlugin(Reader& reader, Section& section, const PluginInstance& plugin);
// What is taken where engines, backend and the like are not named: what the plugins offer.
void ChooseInstances(Config& config);
void CheckConfig(Reader& reader, Section& top, const Config& config);

}  // namespace ns::config

// Rules about values and between them.
#pragma once

#include "config/config.h"
#include "config/reader.h"

namespace ns::config {

void CheckDomain(Reader& reader, const Value& where, const model::Domain& domain);
void CheckPlugin(Reader& reader, Section& section, const PluginInstance& plugin);
bool IsHost(const std::string& host);
// "host:port"; `any`: the host may be absent.
bool IsHostPort(const std::string& text, bool any, int64_t lowest_port);
// "unix:/path" or "address:port".
bool IsListen(const std::string& text);
// The keys under `link`, and the rules between them.
void ReadLink(Section section, LinkSettings& out);
void CheckLink(Reader& reader, Section& top, const Config& config);
// What is taken where engines, backend and the like are not named: what the plugins offer.
void ChooseInstances(Config& config);
// Where no storage is named and none is configured: one of files in the data folder, "local". A
// machine that only builds has none of its own.
void AddLocalStorage(Config& config);
void CheckConfig(Reader& reader, Section& top, const Config& config);

}  // namespace ns::config

// Between the Engine's JSON and our values. Text in, values out; throws sdk::Error when the text is
// not what the Engine says.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "docker/types.h"

namespace ns::docker {

Container ParseContainer(std::string_view json);             // /containers/{id}/json
std::vector<Listed> ParseContainers(std::string_view json);  // /containers/json
Network ParseNetwork(std::string_view json);                 // /networks/{id}
std::vector<Network> ParseNetworks(std::string_view json);   // /networks
std::vector<Image> ParseImages(std::string_view json);       // /images/json
// When the image of /images/{id}/json got its last name here; nullopt: it says nothing of that.
std::optional<UtcTime> ParseTagTime(std::string_view json);
std::string ParseId(std::string_view json);  // {"Id": ...}
std::string ParseMessage(
    std::string_view json);  // {"message": ...}; the text itself when it is something else
// /containers/{id}/stats; nullopt: it does not run, and the Engine has only zeros.
std::optional<Usage> ParseStats(std::string_view json);
Event ParseEvent(std::string_view line);
// The error of one line of a pull's progress; empty: none.
std::string ParsePullError(std::string_view line);

// The value of X-Docker-Container-Path-Stat.
PathStat ParsePathStat(std::string_view header);

std::string RenderUnstarted(const UnstartedSpec& spec);
std::string RenderContainer(const ContainerSpec& spec);
std::string RenderNetwork(const std::string& name, const std::string& subnet, const Labels& labels);
std::string RenderFilters(
    const std::vector<std::pair<std::string, std::vector<std::string>>>& filters);
// The value of X-Registry-Auth; empty without a user name.
std::string RenderAuth(const std::string& username, const std::string& password,
                       const std::string& server);

// "2026-11-25T02:41:16.123456789Z"; nullopt: something else.
std::optional<UtcTime> ParseTime(std::string_view text);

}  // namespace ns::docker

// Routes in container labels, for Traefik's docker provider. Labels cannot change after a container
// was made: other routes are another key, so that a change of URLs is a rolling replacement.
// Traefik leads to a container once Docker counts it as healthy, and the newest of an application's
// containers ranks highest. The page of a stopped application goes by the file provider.
#pragma once

#include <string>

#include "docker/types.h"
#include "ns/sdk/app.h"
#include "traefik/routing.h"

namespace ns::backend_docker {

// Between equal rules the higher rank wins: the newer generation, then the newer container;
// kPageNumber is the page's.
inline constexpr int kPageNumber = 99;
int64_t RankOf(int64_t generation, int number);

// The routes that a container of that name and address bears. Throws RouteUnsupported for what
// labels cannot say.
traefik::Config LabelledRoutes(const sdk::App& app, const traefik::Entries& entries,
                               const std::string& name, const std::string& address);

// Adds labels and Docker's health check to what the container is made of. `api`: 141 for 1.41; from
// 144 on the Engine looks more often while a container starts.
void AddLabels(docker::ContainerSpec& spec, const sdk::App& app, const traefik::Entries& entries,
               int api);

// A tar archive with the program that the health check runs.
std::string HealthArchive();

}  // namespace ns::backend_docker

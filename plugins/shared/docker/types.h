// What the Docker Engine is told and tells, as far as it is used here.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ns::docker {

using Labels = std::map<std::string, std::string>;
using UtcTime = std::chrono::sys_time<std::chrono::microseconds>;

// An attachment of a container to a network.
struct Endpoint {
  std::string network_id;
  std::string address;     // now; empty while the container does not run
  std::string configured;  // the fixed address that was asked for, if any
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

struct PublishedPort {
  bool udp = false;
  int host = 0, container = 0;
  friend auto operator<=>(const PublishedPort&, const PublishedPort&) = default;
};

struct Container {
  std::string id, name, image;  // image: the reference it was made with
  std::string image_id, state;  // created, running, paused, restarting, removing, exited, dead
  std::string error;            // why it did not start
  std::string health;           // "", starting, healthy, unhealthy
  std::string restart_policy, stop_signal;
  Labels labels;
  UtcTime created{}, started{};
  int64_t memory = 0, nano_cpus = 0, pids = 0, pid = 0;
  int exit_code = 0, restarts = 0;
  bool out_of_memory = false;
  std::map<std::string, Endpoint> networks;  // by name
  std::vector<PublishedPort> ports;          // sorted
  friend bool operator==(const Container&, const Container&) = default;
};

// What a list of containers tells of one.
struct Listed {
  std::string id, name, state;
  Labels labels;
  // All that shows that it was changed, started or ended since: equal outlines, nothing of that.
  // Its limits are not in it: the Engine's list does not tell them.
  std::string outline;
  friend bool operator==(const Listed&, const Listed&) = default;
};

// When Docker itself counts a container as healthy.
struct HealthCheck {
  std::vector<std::string> command;  // in the container; empty: none
  std::chrono::nanoseconds interval{}, timeout{}, start_period{}, start_interval{};
  int retries = 1;
  friend bool operator==(const HealthCheck&, const HealthCheck&) = default;
};

struct ContainerSpec {
  std::string name, image;
  Labels labels;
  std::vector<std::string> env;                  // "KEY=value"
  std::vector<std::string> entrypoint, command;  // none: the image's
  std::string network, address;                  // a fixed address in that network
  int64_t memory = 0, nano_cpus = 0, pids = 0;   // 0: no limit
  std::string restart_policy = "no";
  std::vector<PublishedPort> ports;
  HealthCheck health;
  int64_t log_bytes = 10 << 20;  // of one file of output; two are kept
};

// A container that is never started: a view into its image.
struct UnstartedSpec {
  std::string name, image;
  Labels labels;
};

// What lies at a path of a container; a link by itself.
struct PathStat {
  bool folder = false, link = false;
  std::string target;  // of a link: the absolute path in the container that it leads to in the end,
                       // there or not
  friend bool operator==(const PathStat&, const PathStat&) = default;
};

struct Network {
  std::string id, name, subnet, gateway;
  Labels labels;
  friend bool operator==(const Network&, const Network&) = default;
};

struct Image {
  std::string id;
  std::vector<std::string> tags, digests;
};

// Something that happened to a container or network.
struct Event {
  std::string type;    // container, network
  std::string action;  // start, die, oom, destroy, rename, update, disconnect...
  std::string id;      // of the container or network
  Labels attributes;   // of a container: its labels too
};

// What a running container has used; -1: not known.
struct Usage {
  int64_t cpu_ns = -1;                           // processor time since it was started
  int64_t memory_bytes = -1;                     // now, without files that the kernel can drop
  int64_t received_bytes = -1, sent_bytes = -1;  // since it was started
  friend bool operator==(const Usage&, const Usage&) = default;
};

struct LogLine {
  UtcTime at{};
  bool is_stderr = false;
  std::string text;
  friend bool operator==(const LogLine&, const LogLine&) = default;
};

struct LogQuery {
  UtcTime since{}, until{};  // 0: none
  int tail = 0;              // newest records of all there are; 0: all
};

}  // namespace ns::docker

// What a builder and a controller say to each other, as values; a message that breaks the protocol
// is kInvalid.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/build.h"
#include "model/host.h"
#include "neoshowcase/link/v1/builders.pb.h"
#include "ports/build_desk.h"

namespace ns::link {

namespace wire = neoshowcase::link::v1;

// Versions of the protocol that this program speaks, both inclusive.
inline constexpr uint32_t kMinVersion = 1, kMaxVersion = 2;
// Since when a builder is asked which build methods fit a source.
inline constexpr uint32_t kDetectionVersion = 2;
inline constexpr size_t kMaxLogBytes = 2 << 20;
inline constexpr int kMaxClaims = 256, kMaxPlugins = 64;
inline constexpr uint32_t kMaxSlots = 1024;
inline constexpr size_t kMaxPhase = 64, kMaxPhaseMessage = 4096;
// Of one build, over all its attempts: several times what a builder of ours sends.
inline constexpr int64_t kLongestLog = 64 << 20;  // bytes
inline constexpr int kMostPhases = 100;
// Of an answer which build methods fit a source.
inline constexpr int kMostFindings = 256;
inline constexpr size_t kLongestAnswer = 1 << 20;  // bytes of all its texts

void ToWire(const Status& status, wire::Outcome& out);
// `out` becomes what was told.
Status FromWire(const wire::Outcome& outcome, Status& out);

void ToWire(const ports::Claim& claim, wire::Claim& out);
Result<ports::Claim> FromWire(const wire::Claim& claim);

// Slots and plugins; who it is says the stream.
void ToWire(const model::Host& host, wire::HostState& out);
Result<model::Host> FromWire(const wire::HostState& state);

// Of a claimed build: what its builder must know.
void ToWire(const std::vector<model::Build>& builds, wire::Claims& out);
Result<std::vector<model::Build>> FromWire(const wire::Claims& claims);

void ToWire(const ports::BuildOrder& order, wire::Order& out);
Result<ports::BuildOrder> FromWire(const wire::Order& order);

void ToWire(const model::BuildResult& result, wire::Settle& out);
Result<model::BuildResult> FromWire(const wire::Settle& settle);

// Without an id: nobody asks.
void ToWire(const std::optional<ports::DetectionOrder>& order, wire::Detection& out);
Result<std::optional<ports::DetectionOrder>> FromWire(const wire::Detection& detection);

void ToWire(const ports::DetectionClaim& claim, const ports::DetectionAnswer& answer,
            wire::AnswerDetection& out);
Status FromWire(const wire::AnswerDetection& told, ports::DetectionClaim& claim,
                ports::DetectionAnswer& answer);

}  // namespace ns::link

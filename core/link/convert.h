// Log lines and queries on the wire, both ways.
#pragma once

#include "base/clock.h"
#include "neoshowcase/link/v1/link.pb.h"
#include "ports/backend.h"

namespace ns::link {

namespace wire = neoshowcase::link::v1;

google::protobuf::Timestamp ToWire(Time time);
Time FromWire(const google::protobuf::Timestamp& time);
wire::GetOutputRequest ToWire(const std::string& backend, const ports::LogQuery& query);
ports::LogQuery FromWire(const wire::GetOutputRequest& request);
wire::GetOutputResponse ToWire(const std::vector<model::LogLine>& lines);
std::vector<model::LogLine> FromWire(const wire::GetOutputResponse& response);

}  // namespace ns::link

#include "status_text.h"

#include <boost/json.hpp>

#include "text.h"

namespace ns::cli {
namespace {

using neoshowcase::platform::v1::ApplicationStatus;
using neoshowcase::platform::v1::BuildSummary;
using neoshowcase::platform::v1::Deploy;
using neoshowcase::platform::v1::Explanation;

std::string Line(const std::string& name, const std::string& value) {
  return "  " + name + std::string(name.size() < 10 ? 10 - name.size() : 1, ' ') + Plain(value) +
         "\n";
}

std::string Replicas(const ApplicationStatus& status) {
  std::string text =
      std::to_string(status.ready()) + " of " + std::to_string(status.wanted()) + " ready";
  if (status.restarts() > 0) text += ", " + std::to_string(status.restarts()) + " restarts";
  return text;
}

std::string BuildLine(const BuildSummary& build) {
  std::string text = build.status() + " " + ShortCommit(build.commit()) + " " + build.build_id();
  if (build.attempt() > 1) text += ", attempt " + std::to_string(build.attempt());
  if (!build.reason().empty()) text += ", " + build.reason();
  if (!build.message().empty()) text += ": " + build.message();
  return Line("build", text);
}

std::string Conditions(const ApplicationStatus& status, int64_t now) {
  std::vector<std::vector<std::string>> rows = {{"", "CONDITION", "REASON", "SINCE", "MESSAGE"}};
  for (const auto& one : status.conditions())
    rows.push_back({one.ok() ? "ok" : "NOT", one.type(), one.reason(), Ago(one.since(), now),
                    Plain(one.message())});
  return rows.size() == 1 ? "" : "\n" + Table(rows);
}

std::string Timeline(const Deploy& deploy) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& phase : deploy.phases())
    rows.push_back({"  " + phase.name(), Span(phase.seconds()), phase.finished() ? "" : "so far"});
  return "\nLast deploy: " + ShortCommit(deploy.commit()) + ", generation " +
         std::to_string(deploy.generation()) + ", " + Span(deploy.seconds()) +
         (deploy.finished() ? "" : " so far") +
         (deploy.build_id().empty() ? ", without a build" : "") + "\n" + Table(rows);
}

}  // namespace

std::string StateWord(ApplicationStatus::State state) {
  return state == ApplicationStatus::STATE_UNKNOWN ? "unknown"
                                                   : Lowered(ApplicationStatus::State_Name(state));
}

std::string StatusText(const ApplicationStatus& status, int64_t now) {
  std::string text = Plain(status.name()) + "  " + ApplicationStatus::State_Name(status.state()) +
                     "\n" + Line("why", status.summary());
  for (const std::string& url : status.urls()) text += Line("url", url);
  text += Line("commit", ShortCommit(status.live_commit()) +
                             (status.live_commit() == status.wanted_commit()
                                  ? ""
                                  : ", wanted: " + ShortCommit(status.wanted_commit())));
  if (status.has_latest_build()) text += BuildLine(status.latest_build());
  if (status.has_pin())
    text += Line("pinned", "to release " + status.pin().release_id() +
                               (status.pin().holds_back()
                                    ? "; what was pushed or set since waits for `ns unpin " +
                                          status.name() + "`"
                                    : "; nothing waits"));
  text += Line("replicas", Replicas(status)) + Line("id", status.application_id());
  text += Conditions(status, now);
  if (status.has_last_deploy()) text += Timeline(status.last_deploy());
  return text;
}

std::string ExplanationText(const std::string& name, const Explanation& why, int64_t now) {
  std::vector<std::vector<std::string>> rows = {{"", "LINK", "WANTED", "IS", "REASON", "SINCE"}};
  std::string cause;
  for (const auto& link : why.links()) {
    rows.push_back({link.cause() ? "->"
                    : link.ok()  ? "ok"
                                 : "NOT",
                    link.name(), Plain(link.wanted()), Plain(link.is()), link.reason(),
                    link.has_since() ? Ago(link.since(), now) : "-"});
    if (link.cause())
      cause = link.name() + ": " + Plain(link.message()) + " (" + link.reason() + ")";
  }
  return Table(rows) + "\n" +
         (cause.empty() ? Plain(name) + " is as its owner wants it.\n"
                        : "The cause is at " + cause + "\n");
}

std::string StatusJson(const ApplicationStatus& status) {
  boost::json::error_code error;
  boost::json::value json = boost::json::parse(Json(status), error);
  if (error || !json.is_object()) return Json(status);
  boost::json::value phases = boost::json::array();
  if (const auto* deploy = json.get_object().if_contains("lastDeploy");
      deploy && deploy->is_object()) {
    if (const auto* found = deploy->get_object().if_contains("phases")) phases = *found;
  }
  json.get_object()["timeline"] = std::move(phases);
  return boost::json::serialize(json) + "\n";
}

}  // namespace ns::cli

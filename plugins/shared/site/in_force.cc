// How a configuration of a server of sites comes into force, and the one before again.
#include <set>
#include <sstream>

#include "site/files.h"
#include "site/served_site.h"

namespace ns::site {
namespace {

using namespace std::chrono_literals;
using sdk::Error;
using sdk::SiteSettings;
using std::chrono::steady_clock;

constexpr auto kTakeUp = 15s;  // until a configuration is in force
// Answers in a row: one that is about to end may still answer with the configuration before.
constexpr int kSeen = 4;
constexpr auto kAnswer = 5s;  // until one that has just been started answers
// Until the configuration before is in force again; it must then be seen for so long, since one
// that was told of another may still be reading that.
constexpr auto kBack = 5s;
constexpr auto kSteady = 1s;
constexpr std::string_view kSocket = "unix:";

std::string SocketText(const std::string& listen) {
  return listen.starts_with(kSocket) ? listen.substr(kSocket.size()) + "\n" : "\n";
}

std::set<std::string> Addresses(const SiteSettings& settings) {
  std::set<std::string> all = {OwnAddress(settings)};
  std::istringstream lines(ReadWhole(settings.data + "/addresses"));
  for (std::string line; std::getline(lines, line);)
    if (sdk::IsSiteAddress(line) || sdk::IsOwnAddress(line)) all.insert(line);
  return all;
}

void WriteAddresses(const SiteSettings& settings, const std::set<std::string>& all) {
  std::string text;
  for (const std::string& address : all) text += address + "\n";
  WriteWhole(settings.data + "/addresses", text);
}

// The one that stands in a configuration of ours.
std::string MarkIn(const std::string& text, const SiteSettings& settings) {
  const std::string start = Fingerprint(settings.data) + "-";
  const size_t at = text.find(start);
  return at == std::string::npos ? "" : text.substr(at, start.size() + 16);
}

}  // namespace

// Whoever ends on the way, this process too, leaves what finds the server: `addresses` names the
// old and the new one until the new one is in force.
void ServedSite::PutInForce(const sdk::Call& call, const SiteSettings& settings) {
  const Paths paths = PathsOf(settings);
  const Before before = {ReadWhole(paths.file), ReadWhole(settings.data + "/socket"),
                         ReadWhole(settings.data + "/handed")};
  try {
    WriteAddresses(settings, Addresses(settings));
    WriteWhole(settings.data + "/socket", SocketText(settings.listen));
    WriteWhole(paths.file, Text(settings, MarkOf(settings)));
    // One that runs takes it up before it is looked at where it will be; but one that was started
    // with another socket is started anew.
    if (before.handed == Handed(settings)) Tell(call, settings);
    Ensure(call, settings);
    WriteWhole(settings.data + "/handed", Handed(settings));
    if (!Await(call, settings, 1s)) {
      Tell(call, settings);
      if (!Await(call, settings, kTakeUp)) throw Away("does not take up its new configuration");
    }
    WriteAddresses(settings, {OwnAddress(settings)});
  } catch (...) {
    PutBack(call, settings, before);
    throw;
  }
}

void ServedSite::Tell(const sdk::Call& call, const SiteSettings& settings) {
  const auto until = steady_clock::now() + kAnswer;
  for (; steady_clock::now() < until; call.Wait(20ms)) {
    const int64_t pid = host_.spawn().StateOf(traits_.name).pid;
    if (pid == 0 || MarkAt(call, OwnAddress(settings)) == MarkOf(settings)) return;
    if (!OwnMark(call, settings).empty()) return TakeUp(call, PathsOf(settings), pid);
  }
}

void ServedSite::PutBack(const sdk::Call& over, const SiteSettings& settings,
                         const Before& before) {
  if (!before.file.empty()) WriteWhole(PathsOf(settings).file, before.file);
  WriteWhole(settings.data + "/socket", before.socket);
  if (before.file.empty()) return;
  try {
    // The call itself may be what has ended.
    ns_call own{};
    own.struct_size = sizeof(own);
    own.cancel_fd = -1;
    own.deadline_ns = (over.timing().Monotonic() + kBack).count();
    const sdk::Call call(&own, over.timing());
    if (before.handed != Handed(settings)) {
      SiteSettings old = settings;
      old.listen = before.handed;
      WriteWhole(settings.data + "/handed", before.handed);
      Ensure(call, old);
    }
    TellBack(call, settings, MarkIn(before.file, settings));
  } catch (const Error&) {
    // What has gone wrong first is told; the next start brings what is wanted then.
  }
}

void ServedSite::TellBack(const sdk::Call& call, const SiteSettings& settings,
                          const std::string& mark) {
  std::optional<steady_clock::time_point> told;
  for (auto since = steady_clock::now();; call.Wait(20ms)) {
    const int64_t pid = host_.spawn().StateOf(traits_.name).pid;
    if (pid == 0) return;
    const std::string seen = OwnMark(call, settings);
    const auto now = steady_clock::now();
    if (!seen.empty() && (!told || (seen != mark && now > *told + 1s))) {
      TakeUp(call, PathsOf(settings), pid);
      told = since = now;
    }
    if (seen != mark) since = now;
    if (told && now > since + kSteady) return;
  }
}

bool ServedSite::IsOurs(const SiteSettings& settings, const std::string& mark) const {
  return mark.starts_with(Fingerprint(settings.data) + "-");
}

std::string ServedSite::OwnMark(const sdk::Call& call, const SiteSettings& settings) {
  for (const std::string& address : Addresses(settings))
    if (const std::string mark = MarkAt(call, address); IsOurs(settings, mark)) return mark;
  return "";
}

std::string ServedSite::MarkAt(const sdk::Call& call, const std::string& listen) {
  http::Request request;
  const bool socket = listen.starts_with(kSocket);
  request.url = socket ? "http://site/" : "http://" + listen + "/";
  if (socket) request.unix_socket = listen.substr(kSocket.size());
  request.headers = {{"X-Controller-Probe", "1"}, {"Connection", "close"}};
  request.timeout = 2000ms;
  request.max_body = 1024;
  try {
    const http::Response response = http_.Do(call, request);
    const auto mark = response.headers.find("x-site-mark");
    return mark == response.headers.end() ? "" : mark->second;
  } catch (const Error&) {
    call.Check();
    return "";
  }
}

bool ServedSite::Await(const sdk::Call& call, const SiteSettings& settings,
                       std::chrono::nanoseconds most) {
  const auto until = std::chrono::steady_clock::now() + most;
  for (int in_a_row = 0; in_a_row < kSeen;) {
    if (MarkAt(call, OwnAddress(settings)) == MarkOf(settings)) {
      ++in_a_row;
      continue;
    }
    in_a_row = 0;
    if (std::chrono::steady_clock::now() > until) return false;
    call.Wait(10ms);
  }
  return true;
}

}  // namespace ns::site

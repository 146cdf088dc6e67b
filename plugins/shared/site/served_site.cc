#include "site/served_site.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "child/child.h"
#include "site/address.h"
#include "site/files.h"

namespace ns::site {
namespace {

using namespace std::chrono_literals;
using sdk::Error;
using sdk::Fault;
using sdk::SiteSettings;

constexpr auto kCheck = 20s;  // for the server to judge one
constexpr std::string_view kSocket = "unix:";

// Starts what follows, without the socket file that a killed one has left. $0 names the file that
// names the socket.
constexpr const char* kLauncher =
    "read -r socket <\"$0\" && [ -S \"$socket\" ] && rm -f -- \"$socket\"; exec \"$@\"";

// The last words of a program that failed.
std::string LastWords(const std::string& output) {
  const size_t end = output.find_last_not_of(" \r\n");
  if (end == std::string::npos) return "it said nothing";
  const std::string text = output.substr(0, end + 1);
  return text.size() > 600 ? text.substr(text.size() - 600) : text;
}

std::vector<std::string> Environment(const std::string& run) {
  return {"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
          "LANG=C",
          "HOME=" + run,
          "XDG_DATA_HOME=" + run,
          "XDG_CONFIG_HOME=" + run,
          "TMPDIR=" + run};
}

}  // namespace

std::string Fingerprint(const std::string& text) {
  uint64_t hash = 14695981039346656037ull;
  for (const unsigned char c : text) hash = (hash ^ c) * 1099511628211ull;
  char hex[17];
  std::snprintf(hex, sizeof(hex), "%016llx", static_cast<unsigned long long>(hash));
  return hex;
}

const std::string& OwnAddress(const SiteSettings& settings) {
  return settings.own.empty() ? settings.listen : settings.own;
}

std::vector<std::string> ListenAddresses(const SiteSettings& settings) {
  std::vector<std::string> all;
  for (const std::string& address : {settings.listen, settings.own})
    if (!address.empty()) all.push_back(address);
  return all;
}

ServedSite::ServedSite(const sdk::Setup& setup, Traits traits)
    : host_(setup.host), traits_(std::move(traits)), config_(ParseConfig(setup.config)) {}

ServedSite::Paths ServedSite::PathsOf(const SiteSettings& settings) {
  return {settings.data, settings.data + "/run", settings.data + "/server.conf"};
}

std::string ServedSite::MarkOf(const SiteSettings& settings) const {
  return Fingerprint(settings.data) + "-" + Fingerprint(Text(settings, ""));
}

std::string ServedSite::Render(const SiteSettings& settings) {
  CheckAddress(settings);
  return Text(settings, MarkOf(settings));
}

Error ServedSite::Away(const std::string& what) const {
  return Error(NS_E_UNAVAILABLE, NS_REASON_SITE_SERVER_UNAVAILABLE, traits_.name + " " + what + ".",
               Fault::kPlatform);
}

void ServedSite::Prepare(const SiteSettings& settings) const {
  const std::optional<Account> account = AccountOf(config_);
  const Paths paths = PathsOf(settings);
  MakeFolder(paths.run, 0755);
  if (account && ::lchown(paths.run.c_str(), account->uid, account->gid) != 0)
    throw Away("cannot be given the folder " + paths.run);
  CheckReachable(account, paths.run);
  CheckReachable(account, settings.root);
  CheckReachable(account, FindProgram(config_.binary, traits_.program, traits_.package));
  if (settings.listen.starts_with(kSocket) &&
      !settings.listen.starts_with("unix:" + paths.run + "/"))
    throw Error(NS_E_INVALID, NS_REASON_CONFIG_INVALID,
                "The address of the server is \"" + settings.listen + "\"; its socket must be in " +
                    paths.run + ".",
                Fault::kOperator);
}

void ServedSite::Try(const sdk::Call& call, const SiteSettings& settings) const {
  CheckAddress(settings);
  Prepare(settings);
  Paths paths = PathsOf(settings);
  paths.file = paths.folder + "/candidate.conf";
  for (const auto& [name, content] : Files()) WriteWhole(paths.folder + "/" + name, content);
  WriteWhole(paths.file, Text(settings, MarkOf(settings)));
  child::ChildSpec spec;
  spec.argv = AsAccount(AccountOf(config_));
  const std::string binary = FindProgram(config_.binary, traits_.program, traits_.package);
  for (const std::string& word : CheckCommand(binary, paths)) spec.argv.push_back(word);
  spec.env = Environment(paths.run);
  spec.reason = NS_REASON_SITE_SERVER_UNAVAILABLE;
  spec.deadline = std::chrono::steady_clock::now() + kCheck;
  std::string output;
  spec.output = [&output](std::string_view bytes) { output += bytes; };
  spec.tick = [] { return true; };
  const child::ChildResult result = child::RunChild(call, spec);
  ::unlink(paths.file.c_str());
  call.Check();
  if (result.ending != child::Ending::kExited)
    throw Away("did not judge its configuration in time");
  if (result.exit_code != 0)
    throw Error(NS_E_INVALID, NS_REASON_CONFIG_INVALID,
                traits_.name + " refuses its configuration: " + LastWords(output) + ".",
                Fault::kOperator);
}

void ServedSite::Check(const sdk::Call& call, const SiteSettings& settings) { Try(call, settings); }

std::string ServedSite::Handed(const SiteSettings& settings) {
  return settings.own.empty() ? "" : settings.listen;
}

// Somebody else at the address would answer in our place. Of a socket of the host, the host knows.
void ServedSite::CheckFree(const sdk::Call& call, const SiteSettings& settings) {
  const std::string& address = OwnAddress(settings);
  RemoveStale(call, address);
  if (!IsTaken(call, address)) return;
  if (IsOurs(settings, MarkAt(call, address))) return;
  throw Error(NS_E_UNAVAILABLE, NS_REASON_PORT_TAKEN,
              address + " is taken by another program; choose another address.", Fault::kOperator);
}

void ServedSite::Ensure(const sdk::Call& call, const SiteSettings& settings) const {
  const Paths paths = PathsOf(settings);
  sdk::Helper helper;
  helper.name = traits_.name;
  helper.argv = {"/bin/sh", "-c", kLauncher, settings.data + "/socket"};
  for (const std::string& word : AsAccount(AccountOf(config_))) helper.argv.push_back(word);
  const std::string binary = FindProgram(config_.binary, traits_.program, traits_.package);
  for (const std::string& word : RunCommand(binary, paths)) helper.argv.push_back(word);
  helper.env = Environment(paths.run);
  if (const std::string handed = Handed(settings); !handed.empty()) {
    helper.listen = {handed};
    for (const std::string& line : HandedOver(paths)) helper.env.push_back(line);
  }
  const std::string& own = OwnAddress(settings);
  helper.health_address = own.starts_with(kSocket) ? own : "tcp:" + own;
  helper.stop_signal = traits_.stop_signal;
  helper.stop_grace = settings.drain + 1s;
  host_.spawn().Ensure(call, helper);
}

void ServedSite::Start(const sdk::Call& call, const SiteSettings& settings) {
  Try(call, settings);
  CheckFree(call, settings);
  PutInForce(call, settings);
}

void ServedSite::Reload(const sdk::Call& call, const SiteSettings& settings) {
  if (host_.spawn().StateOf(traits_.name).pid == 0) throw Away("does not run; start it first");
  Start(call, settings);
}

void ServedSite::Stop(const sdk::Call& call, const SiteSettings&) {
  host_.spawn().Stop(call, traits_.name);
}

void ServedSite::Probe(const sdk::Call& call, const SiteSettings& settings) {
  const std::string mark = MarkAt(call, OwnAddress(settings));
  if (mark.empty()) throw Away("does not answer at " + OwnAddress(settings));
  if (mark != MarkOf(settings)) throw Away("answers with another configuration");
  // Another one may answer here, while one takes over from it.
  if (const std::string shared = Handed(settings); !shared.empty() && MarkAt(call, shared).empty())
    throw Away("does not answer at " + shared);
}

}  // namespace ns::site

// `ns app create`: from flags, or from a talk with who sits at the terminal.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>

#include "app_flags.h"
#include "detect.h"
#include "failure.h"
#include "follow.h"
#include "form/own.h"
#include "form/settings.h"
#include "terminal.h"
#include "text.h"

namespace ns::cli {
namespace {

constexpr char kNone[] = "none";  // the answer for "no URL"

class Maker {
 public:
  Maker(Context& context, const AppFlags& flags)
      : context_(context), flags_(flags), talks_(IsInteractive() && !flags.yes) {}

  void Run() {
    if (!talks_) RefuseGaps();
    if (!flags_.env_file.empty()) variables_ = VariablesOf(flags_.env_file);
    repo_ = TakeRepository();
    if (flags_.ref.empty()) flags_.ref = talks_ ? Ask("Branch or tag", "HEAD") : "HEAD";
    Look();
    TakeName();
    TakeMethod();
    TakeHost();
    const bool start = TakeStart();
    const auto made = context_.Own<platform::CreateApplicationResponse>(
        "ApplicationService/CreateApplication", Request(start));
    Tell(made.application(), start);
  }

 private:
  // All that is missing at once.
  void RefuseGaps() const {
    std::string gaps;
    const auto need = [&](bool given, const char* flag) {
      if (!given) gaps += std::string(gaps.empty() ? "" : ", ") + flag;
    };
    need(!flags_.repo.empty(), "--repo");
    need(flags_.yes || !flags_.name.empty(), "--name");
    need(flags_.yes || !flags_.method.empty(), "--method");
    if (gaps.empty()) return;
    throw Failure(Exit::kUsage, "This is missing: " + gaps +
                                    ".\nOn a terminal it is asked for; --yes takes what the source "
                                    "suggests for name, host, port and method.");
  }

  api::Repository TakeRepository() {
    if (!flags_.repo.empty()) return FindRepository(context_, flags_.repo);
    const auto all = AllRepositories(context_);
    if (all.repositories().empty())
      throw Failure(Exit::kNotFound, "No repository is registered yet; `ns repo add URL` does it.");
    for (const auto& one : all.repositories())
      context_.Progress("  " + Plain(one.name()) + "  " + Plain(one.url()));
    const std::string usual = all.repositories_size() == 1 ? all.repositories(0).name() : "";
    return FindRepository(context_, Ask("Repository (name, id or URL)", usual));
  }

  // Nobody looks at the source where nothing is left to be found out.
  void Look() {
    const bool open = flags_.method.empty() || flags_.name.empty() || flags_.hosts.empty();
    if (!open || !(talks_ || flags_.yes)) return;
    wanted_ = Suggest(context_, repo_.id(), flags_.ref, flags_.name, flags_.method.empty());
  }

  void TakeName() {
    if (!flags_.name.empty()) return;
    flags_.name = talks_ ? Ask("Name", wanted_.name()) : wanted_.name();
  }

  const platform::Suggestion::Method* Fit(const std::string& method) const {
    const auto found = std::ranges::find_if(
        wanted_.methods(), [&](const auto& one) { return MethodName(one.name()) == method; });
    return found == wanted_.methods().end() ? nullptr : &*found;
  }

  void TakeMethod() {
    const auto* best = BestOf(wanted_);
    if (flags_.method.empty()) flags_.method = talks_ ? AskMethod(best) : MethodOrRefuse(best);
    const auto* fit = Fit(flags_.method);
    build_ = WantedBuild(flags_, fit ? form::BuildOf(*fit) : form::EmptyBuild(flags_.method));
    if (fit) context_.Progress(flags_.method + ": " + Plain(fit->reason()));
    if (!talks_ || !flags_.settings.empty()) return;
    for (const form::Setting& setting : form::SettingsOf(build_))
      form::SetSetting(build_, setting.name, Ask("  " + setting.name, setting.value));
  }

  std::string MethodOrRefuse(const platform::Suggestion::Method* best) const {
    if (best) return MethodName(best->name());
    throw Failure(Exit::kFailed, "Nothing that a build method knows is in " + repo_.url() + ":\n" +
                                     WhyNot(wanted_) + "Say how with --method and --set.");
  }

  std::string AskMethod(const platform::Suggestion::Method* best) {
    for (const auto& method : wanted_.methods())
      context_.Progress("  " + MethodName(method.name()) + "  fits: " + Plain(method.reason()));
    std::string not_fitting = WhyNot(wanted_);
    if (!wanted_.misfits().empty() || !wanted_.failures().empty())
      context_.Progress(not_fitting.substr(0, not_fitting.size() - 1));
    auto all = form::Methods();
    const auto add = [&](const auto& tried) {
      for (const auto& one : tried) {
        const std::string name = MethodName(one.name());
        if (std::ranges::find(all, name) == all.end()) all.push_back(name);
      }
    };
    add(wanted_.methods()), add(wanted_.misfits()), add(wanted_.failures());
    for (;;) {
      const std::string method = Ask("Build method", best ? MethodName(best->name()) : "");
      if (std::ranges::find(all, method) != all.end()) return method;
      std::string names;
      for (const std::string& name : all) names += (names.empty() ? "" : ", ") + name;
      context_.Progress("There is no method \"" + method + "\"; one of " + names + ".");
    }
  }

  void TakeHost() {
    if (flags_.hosts.empty() && (talks_ || flags_.yes)) {
      const std::string usual = wanted_.fqdn().empty() ? kNone : wanted_.fqdn();
      const std::string host = talks_ ? Ask("Host that it answers at, or none", usual) : usual;
      if (host != kNone) flags_.hosts.push_back(host);
    }
    if (flags_.hosts.empty() || flags_.port != 0) return;
    const auto* fit = Fit(flags_.method);
    const bool site = form::IsSite(build_);
    const int found = fit ? PortOf(*fit) : site ? 80 : 0;
    if (site || (!talks_ && (found != 0 || flags_.yes)))
      flags_.port = found == 0 ? kUsualPort : found;
    else if (talks_)
      flags_.port = AskPort(found == 0 ? kUsualPort : found);
    else
      throw Failure(Exit::kUsage, "--host needs --port: the port that the application listens on.");
  }

  int AskPort(int usual) {
    for (;;) {
      const std::string port = Ask("Port that it listens on", std::to_string(usual));
      const bool number =
          port.size() < 6 && port.find_first_not_of("0123456789") == std::string::npos;
      if (number && std::stoi(port) >= 1 && std::stoi(port) <= 65535) return std::stoi(port);
      context_.Progress("A port is a number from 1 to 65535.");
    }
  }

  bool TakeStart() const {
    if (flags_.start || flags_.wait || flags_.no_start) return !flags_.no_start;
    return talks_ ? AskYes("Start it at once?", true) : flags_.yes;
  }

  platform::CreateApplicationRequest Request(bool start) const {
    platform::CreateApplicationRequest request;
    request.set_repository_id(repo_.id());
    request.set_start(start);
    auto& form = *request.mutable_form();
    form.set_name(flags_.name);
    form.set_ref_name(flags_.ref);
    form::TakeBuild(build_, {}, form);
    form.set_strategy(form::StrategyOf(flags_.strategy));
    form.set_backend(flags_.backend);
    for (const std::string& host : flags_.hosts)
      *form.add_websites() = WebsiteOf(host, flags_.port);
    for (const auto& [key, value] : variables_) {
      auto& variable = *form.add_env();
      variable.set_key(key);
      variable.set_value(value);
    }
    return request;
  }

  // What was made, how to reach it, and how far it is.
  void Tell(const platform::Application& made, bool start) {
    const std::string& name = made.form().name();
    context_.Progress("application " + name + " of " + repo_.name() + " at " + flags_.ref +
                      ", built by " + flags_.method);
    for (const auto& one : made.form().websites())
      context_.Progress("  " + UrlOf(one.fqdn(), one.path_prefix(), one.https()));
    if (!start) context_.Progress("`ns app start " + name + "` starts it.");
    const bool follow =
        flags_.wait || (start && talks_ && AskYes("Follow the first deploy?", true));
    if (follow) {
      Following following;
      following.app_id = made.id();
      following.log = talks_;
      FollowToSuccess(context_, following);
    }
    context_.Print(made, made.id() + "\n");
  }

  Context& context_;
  AppFlags flags_;
  const bool talks_;
  api::Repository repo_;
  platform::Suggestion wanted_;
  form::Build build_;
  std::vector<std::pair<std::string, std::string>> variables_;
};

}  // namespace

void AddAppCreate(CLI::App& noun, Context& context) {
  auto flags = std::make_shared<AppFlags>();
  auto* command = noun.add_subcommand(
      "create", "make an application of a repository; asks for what is missing; prints its id");
  command->add_option("REPO,--repo", flags->repo, "name, id or URL of a registered repository");
  AddAppFlags(*command, *flags);
  command->add_option("--backend", flags->backend,
                      "instance that runs it, for good; default: the installation's");
  command->add_option("--env-file", flags->env_file,
                      "variables that it begins with, lines KEY=VALUE; - reads standard input");
  auto* start = command->add_flag("--start", flags->start, "start it at once");
  command->add_flag("--no-start", flags->no_start, "do not start it")->excludes(start);
  command->add_flag("-y,--yes", flags->yes,
                    "ask nothing: what is not given is as the source suggests, and it starts");
  command->callback([&context, flags] { Maker(context, *flags).Run(); });
}

}  // namespace ns::cli

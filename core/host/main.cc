// nsd: the reconciler host of NeoShowcase.
#include <CLI/CLI.hpp>

#include <cstdio>

#include "host/commands.h"
#include "host/environment.h"
#include "host/version.h"

int main(int argc, char** argv) {
  using namespace ns::host;
  CLI::App app(
      "nsd keeps applications as their owners last asked for them: the reconciler host of "
      "NeoShowcase.",
      "nsd");
  std::string config = EnvironmentValue("NS_CONFIG", "/etc/neoshowcase/config.yaml");
  std::vector<std::string> roles;
  bool json = false, dry_run = false, check = false, all = false, prepare = false;
  std::string listen, folder;

  app.add_option("--config", config, "configuration file")->capture_default_str();
  app.add_option("--roles", roles,
                 "roles of this process, instead of those of the configuration: controller, "
                 "builder, ssgen, services")
      ->delimiter(',');
  app.set_version_flag("--version", VersionLine());
  app.require_subcommand(0, 1);
  app.fallthrough();

  const CLI::App* check_config = app.add_subcommand(
      "check-config", "print the effective configuration, or every mistake in it");
  CLI::App* migrate = app.add_subcommand(
      "migrate", "bring the database's schema up to this version; drops nothing");
  migrate->add_flag("--dry-run", dry_run, "print the SQL, change nothing");
  migrate->add_flag("--check", check, "exit 2 when something would change");
  CLI::App* doctor = app.add_subcommand(
      "doctor", "check this machine and the installation on it, with the remedy for what is wrong");
  doctor->add_flag("--json", json, "for programs");
  CLI::App* stop = app.add_subcommand(
      "stop",
      "end the helpers that outlive nsd: PostgreSQL, Traefik, the registry, the page server");
  stop->add_flag("--all", all, "all of them")->required();
  CLI::App* admin = app.add_subcommand("admin", "what only the operator of this machine may do");
  admin->require_subcommand(1);
  CLI::App* rotate_key = admin->add_subcommand(
      "rotate-key", "make a new sealing key and seal every secret of the database under it");
  rotate_key->add_flag("--prepare", prepare,
                       "make the key alone, to be copied to the other machines first");
  const CLI::App* version = app.add_subcommand("version", "print the version");
  const CLI::App* git_worker = app.add_subcommand("git-worker", "")->group("");
  CLI::App* page_server = app.add_subcommand("page-server", "")->group("");
  page_server->add_option("--listen", listen)->required();
  page_server->add_option("--folder", folder)->required();

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (*check_config) return CheckConfig(config);
  if (*migrate) return Migrate(config, dry_run, check);
  if (*rotate_key) return RotateKey(config, prepare);
  if (*doctor) return RunDoctor(config, json);
  if (*stop) return StopAll(config);
  if (*git_worker) return ServeGit();
  if (*page_server) return ServePages(listen, folder);
  if (*version) {
    std::puts(VersionLine().c_str());
    return 0;
  }
  return RunRoles(config, roles);
}

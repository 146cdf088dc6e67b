// Node.js, Python, Ruby, PHP.
#include "build/file_facts.h"
#include "build/node_package.h"
#include "programs.h"

namespace ns::build_runtime_cmd {
namespace {

using build::FirstOf;
using sdk::SourceListing;

constexpr int kStarts = 75;   // it is known how to start it
constexpr int kUnknown = 50;  // it is not

void Rate(Program& program) {
  program.fit = program.command.empty() ? kUnknown : kStarts;
  if (program.command.empty()) program.why += " How it is started is not known; give a command.";
}

std::string NodeScript(const build::NodePackage& package) {
  return package.install + (package.scripts.contains("build") ? "\n" + package.run + " build" : "");
}

std::string PythonInstall(const SourceListing& source) {
  if (source.Has("requirements.txt")) return "pip install -r requirements.txt";
  if (source.Has("Pipfile")) return "pip install pipenv\npipenv install --system --deploy";
  return "pip install .";
}

// The folder of "shop/wsgi.py".
std::string WsgiPackage(const SourceListing& source) {
  for (const sdk::SourceFile& file : source.files) {
    if (build::DepthOf(file.path) == 1 && build::NameOf(file.path) == "wsgi.py")
      return file.path.substr(0, file.path.find('/'));
  }
  return "";
}

std::string PythonCommand(const SourceListing& source, const std::string& needs) {
  const auto uses = [&](const char* name) { return needs.find(name) != std::string::npos; };
  if (source.Has("manage.py") && uses("gunicorn") && !WsgiPackage(source).empty())
    return "gunicorn --bind 0.0.0.0:8000 " + WsgiPackage(source) + ".wsgi";
  if (source.Has("manage.py")) return "python manage.py runserver 0.0.0.0:8000";
  const std::string main = FirstOf(source, {"main.py", "app.py", "server.py"});
  if (main.empty()) return "";
  const std::string module = main.substr(0, main.size() - 3);
  if (uses("uvicorn") || uses("fastapi"))
    return "uvicorn " + module + ":app --host 0.0.0.0 --port 8000";
  if (uses("gunicorn")) return "gunicorn --bind 0.0.0.0:8000 " + module + ":app";
  return "python " + main;
}

std::string RubyCommand(const SourceListing& source) {
  if (source.Has("bin/rails")) return "bin/rails server -b 0.0.0.0 -p 3000";
  if (source.Has("config.ru")) return "bundle exec rackup --host 0.0.0.0 --port 9292";
  const std::string main = FirstOf(source, {"app.rb", "main.rb", "server.rb"});
  return main.empty() ? "" : "bundle exec ruby " + main;
}

}  // namespace

// A site of files is none, though its package.json may start a server to develop it with.
std::optional<Program> OfNode(const SourceListing& source) {
  const auto package = build::ReadNodePackage(source);
  if (!package) return std::nullopt;
  const std::string server = build::ServerOf(source, *package);
  if (server.empty() && build::FindNodeSite(source, *package)) return std::nullopt;
  const bool starts = package->scripts.contains("start");
  if (server.empty() && !starts) return std::nullopt;
  Program program;
  program.image = package->image;
  program.script = NodeScript(*package);
  if (starts) program.command = package->run + " start";
  program.why = server.empty() ? "package.json has a script \"start\"."
                               : "package.json uses " + server + ", a server.";
  Rate(program);
  if (starts && !server.empty()) program.fit = 80;
  return program;
}

std::optional<Program> OfPython(const SourceListing& source) {
  const std::string file =
      FirstOf(source, {"requirements.txt", "pyproject.toml", "Pipfile", "setup.py"});
  if (file.empty()) return std::nullopt;
  Program program;
  program.image = "python:3.13";
  program.script = PythonInstall(source);
  program.command = PythonCommand(source, source.head(file));
  program.why = file + " is of a Python program.";
  Rate(program);
  return program;
}

std::optional<Program> OfRuby(const SourceListing& source) {
  if (!source.Has("Gemfile")) return std::nullopt;
  Program program;
  program.image = "ruby:3.3";
  program.script = "bundle install";
  program.command = RubyCommand(source);
  program.why = "Gemfile is of a Ruby program.";
  Rate(program);
  return program;
}

std::optional<Program> OfPhp(const SourceListing& source) {
  const bool composer = source.Has("composer.json");
  const std::string page = FirstOf(source, {"public/index.php", "web/index.php", "index.php"});
  if (!composer && page.empty()) return std::nullopt;
  Program program;
  program.image = composer ? "composer:2" : "php:8.3-cli";
  if (composer) program.script = "composer install --no-dev --no-interaction";
  const size_t slash = page.find('/');
  if (!page.empty())
    program.command =
        "php -S 0.0.0.0:80 -t " + (slash == std::string::npos ? "." : page.substr(0, slash));
  program.why = (composer ? "composer.json" : page) + " is of a PHP program.";
  Rate(program);
  return program;
}

}  // namespace ns::build_runtime_cmd

// How a command ends: exit codes, and what is thrown to get there.
#pragma once

#include <exception>
#include <string>
#include <utility>

namespace ns::cli {

// Part of the interface: docs/cli.md.
enum class Exit : int {
  kOk = 0,
  kFailed = 1,  // what was asked for did not come about: a build failed, an application does not
                // run, something is broken
  kUsage = 2,   // the command line is wrong, or the server refused a value
  kNotFound = 3,
  kDenied = 4,       // not allowed, or the server does not know who asks
  kUnreachable = 5,  // nothing answers
  kTimedOut = 6,     // waited long enough
};

// Ends the command with a message that says what, why and what to do.
class Failure : public std::exception {
 public:
  Failure(Exit exit, std::string message) : exit_(exit), message_(std::move(message)) {}
  Exit exit() const { return exit_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  Exit exit_;
  std::string message_;
};

// A refusal of the server, by its Connect code ("not_found", ...).
class Refused : public Failure {
 public:
  Refused(std::string code, std::string message);
  const std::string& code() const { return code_; }

 private:
  std::string code_;
};

// The exit code for a Connect code.
Exit ExitOf(const std::string& code);

}  // namespace ns::cli

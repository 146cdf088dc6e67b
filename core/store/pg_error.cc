#include "store/pg_error.h"

#include <algorithm>
#include <array>

namespace ns::store {
namespace {

struct Broken {
  std::string_view constraint;
  Code code;
  std::string_view message;
};

constexpr std::array kBroken{
    Broken{"repositories_url", Code::kExists, "a repository with this URL is registered"},
    Broken{"websites_address", Code::kExists, "an address belongs to another application"},
    Broken{"port_publications_port", Code::kExists, "a port belongs to another application"},
    Broken{"builds_one_that_counts", Code::kExists,
           "a build of this source and these settings exists"},
    Broken{"applications_repository_id_fkey", Code::kNotFound, "there is no such repository"},
    Broken{"application_owners_subject_id_fkey", Code::kNotFound, "there is no such user"},
    Broken{"repository_owners_subject_id_fkey", Code::kNotFound, "there is no such user"},
    Broken{"generated_keys_user_id_fkey", Code::kNotFound, "there is no such user"},
};

// What passes by itself or by an operator's hand. `state` may be a class, the first two characters;
// what comes first counts.
struct Passing {
  std::string_view state, reason, advice;
};

constexpr char kUnreachable[] = "DatabaseUnreachable";
constexpr char kStopping[] = "DatabaseStopping";
constexpr char kSlow[] = "DatabaseSlow";

constexpr std::array kPassing{
    Passing{"25006", "DatabaseReadOnly",
            "the database takes no writes: it is a standby, or default_transaction_read_only is "
            "on; name the primary under `database`, or allow writes again"},
    Passing{"53100", "DatabaseFull",
            "the disk of the database is full: make room there, nothing else helps"},
    Passing{"53200", "DatabaseOutOfMemory",
            "the machine of the database has too little memory: give it more"},
    Passing{"53300", "DatabaseSessionsExhausted",
            "the database has no session left: raise max_connections, or run fewer programs on it"},
    Passing{"53", kSlow, "the database is at a limit of its own: look at its log"},
    Passing{"57P01", kStopping,
            "the database was told to end the session: it restarts, or an operator did it; it is "
            "tried again"},
    Passing{"57P", kUnreachable, "the database is starting or recovering: wait"},
    Passing{"57014", kSlow,
            "the database did not finish in time: look for locks and load (pg_stat_activity)"},
    Passing{"55P03", kSlow, "another session holds what is needed for too long"},
    Passing{"57", kStopping, "an operator of the database intervened; it is tried again"},
    Passing{"58", "DatabaseBroken", "the database meets errors of its disk: look at its log"},
    Passing{"28", "DatabaseDenied",
            "the database refuses the user or the password: correct `database`"},
    Passing{"3D000", "DatabaseMissing",
            "there is no such database: create it, or correct `database`"},
    Passing{"08", kUnreachable, "the database is out of reach: start it, or look at the network"},
};

Status Passes(std::string_view reason, std::string_view advice, const std::string& words) {
  return Status(Code::kUnavailable, std::string(reason), std::string(advice) + " (" + words + ")")
      .SetFault(Fault::kOperator);
}

// The code in `words`, of five capitals and digits between colons, with a digit in it as "FATAL"
// has none; npos: there is none.
size_t FindState(std::string_view words) {
  constexpr std::string_view kState = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (size_t at = words.find(": "); at != std::string_view::npos; at = words.find(": ", at + 1)) {
    const size_t begin = words.find_first_not_of(' ', at + 1);
    if (begin == std::string_view::npos) break;
    const bool coded = words.substr(begin, 5).find_first_of("0123456789") != std::string_view::npos;
    if (coded && words.find_first_not_of(kState, begin) == begin + 5 &&
        words.substr(begin + 5, 2) == ": ")
      return begin;
  }
  return std::string_view::npos;
}

Status OfConstraint(const PgError& error, Code otherwise) {
  const auto known =
      std::ranges::find(kBroken, std::string_view(error.constraint), &Broken::constraint);
  if (known != kBroken.end()) return Status(known->code, std::string(known->message));
  return Status(otherwise, error.message + " (" + error.constraint + ")");
}

}  // namespace

Status StatusOf(const PgError& error) {
  const std::string_view state = error.sqlstate;
  if (state.empty())
    return Passes(kUnreachable, "the database is out of reach: start it, or look at the network",
                  error.message);
  if (state == "40001" || state == "40P01" || state == kPlanOutdated)
    return Status(Code::kUnavailable, kLostToAnother, error.message);
  const auto passing = std::ranges::find_if(
      kPassing, [&](const Passing& each) { return state.starts_with(each.state); });
  if (passing != kPassing.end()) return Passes(passing->reason, passing->advice, error.message);
  if (state == "23505") return OfConstraint(error, Code::kExists);
  if (state == "23503") return OfConstraint(error, Code::kNotFound);
  if (state.starts_with("22") || state.starts_with("23"))
    return Invalid("the database refuses a value: " + error.message);
  if (state == "42P01" || state == "42703") {
    return Status(Code::kInternal, "SchemaDiffers",
                  "the database has not the schema of this program: " + error.message +
                      "; run `nsd migrate`");
  }
  return Internal("the database refuses a statement: " + error.message + " (" + error.sqlstate +
                  ")");
}

Status DatabaseSlow(const std::string& what) {
  return Passes(kSlow, "the database is too slow or does not answer: look at its load", what);
}

bool IsLostSession(const Status& status) {
  return status.code() == Code::kUnavailable &&
         (status.reason() == kUnreachable || status.reason() == kStopping);
}

PgError ParseVerbose(std::string_view words) {
  const size_t state = FindState(words);
  if (state == std::string_view::npos) return {"", std::string(words), ""};
  std::string_view message = words.substr(state + 7);
  message = message.substr(0, message.find(" LOCATION:"));
  return {std::string(words.substr(state, 5)), std::string(message), ""};
}

}  // namespace ns::store

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

bool Passes(std::string_view state) {
  const std::string_view kind = state.substr(0, 2);
  return kind == "08" || kind == "53" || kind == "57" || kind == "58" || state == "25006" ||
         state == "55P03";
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
  if (state.empty() || Passes(state))
    return Unavailable("the database is out of reach: " + error.message).SetFault(Fault::kOperator);
  if (state == "40001" || state == "40P01")
    return Status(Code::kUnavailable, kLostToAnother, error.message);
  if (state == "23505") return OfConstraint(error, Code::kExists);
  if (state == "23503") return OfConstraint(error, Code::kNotFound);
  if (state.starts_with("22") || state.starts_with("23"))
    return Invalid("the database refuses a value: " + error.message);
  if (state == "42P01" || state == "42703" || state == "3D000") {
    return Status(Code::kInternal, "SchemaDiffers",
                  "the database has not the schema of this program: " + error.message +
                      "; run `nsd migrate`");
  }
  return Internal("the database refuses a statement: " + error.message + " (" + error.sqlstate +
                  ")");
}

}  // namespace ns::store

// What a build method that is not known here is told: a JSON object in the API, any keys of `build`
// in the form. Pure.
#pragma once

#include <string>

namespace ns::cli::form {

class Fields;

// An object without spaces, its members by name, as the server keeps it: equal texts for equal
// objects. "{}" of an empty text; what is no object stays as it is.
std::string Canonical(const std::string& settings);
// The keys of `build` besides those of the form's own, in that form. Plain null, true, false and
// numbers as JSON has them are those; any other scalar is a text.
std::string TakeSettings(Fields& build);
// `settings` with `name` at `value`: JSON, or else a text.
std::string WithSetting(const std::string& settings, const std::string& name,
                        const std::string& value);
// The first setting of a name that is the form's own beside them; empty: there is none.
std::string ClashIn(const std::string& settings);

}  // namespace ns::cli::form

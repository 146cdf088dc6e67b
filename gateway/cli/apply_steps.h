// What `ns apply` asks the server, and in which order.
#pragma once

#include <string>

#include "context.h"
#include "form/plan.h"
#include "form_file.h"

namespace ns::cli {

// All that the caller sees, without variables.
form::Live LoadLive(Context& context);
// One application closely: its variables, where the caller owns it, and its etag.
void LoadOwn(Context& context, const std::string& app_id, form::Live& live);
// The keys that are pinned for its host, where that is by SSH and the caller may know them.
void LoadHostKeys(Context& context, const api::Repository& repo, form::Live& live);
// Says which variables, and whether its build, cannot be exported.
void WarnOfUnreadable(Context& context, const api::Application& app, const form::Live& live);

// "create", "change", "delete".
const char* WordOf(form::Kind kind);
// A line for each step.
std::string PlanText(const form::Plan& plan, bool colours);

// Has the server look at each change without making it, as far as it can be known before the others
// are made. Throws Refused with every refusal and its place in the form.
void Validate(Context& context, const FormFile& file, const form::Plan& plan);
// Does it, step by step. Throws Refused with the place in the form at the first that the server
// refuses; what was done stays, and another `ns apply` goes on from there. `wait`: until each
// application is as it was asked for.
void Carry(Context& context, const FormFile& file, const form::Plan& plan, bool wait);

}  // namespace ns::cli

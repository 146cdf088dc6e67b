// `ns api`: any method of the API, with JSON.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>
#include <CLI/CLI.hpp>

#include <boost/json.hpp>
#include <iostream>
#include <iterator>

#include "api_methods.h"
#include "call.h"
#include "failure.h"
#include "nearest.h"
#include "text.h"

namespace ns::cli {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

struct Given {
  std::string method, request = "{}";
  bool list = false;
};

std::unique_ptr<Message> New(const google::protobuf::Descriptor& type) {
  return std::unique_ptr<Message>(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(&type)->New());
}

// "GetMe", or with its service where two have that name.
const MethodDescriptor& Find(const std::string& name) {
  std::vector<std::string> names, found;
  const MethodDescriptor* method = nullptr;
  for (const MethodDescriptor* one : ApiMethods()) {
    names.push_back(one->name());
    const std::string full = one->service()->name() + "/" + one->name();
    if (name != one->name() && name != full &&
        name != one->service()->file()->package() + "." + full)
      continue;
    method = one;
    found.push_back(full);
  }
  if (!method)
    throw Failure(Exit::kUsage, "There is no method '" + name + "'" + Suggestion(name, names) +
                                    "; `ns api --list` shows them.");
  if (found.size() > 1)
    throw Failure(Exit::kUsage,
                  "Several are called '" + name + "': " + found[0] + ", " + found[1] + ".");
  return *method;
}

void Read(const std::string& text, Message& request) {
  std::string json = text;
  if (json == "-") json = {std::istreambuf_iterator<char>(std::cin), {}};
  const auto read = google::protobuf::util::JsonStringToMessage(json, &request);
  if (!read.ok())
    throw Failure(Exit::kUsage, "REQUEST is no " + request.GetDescriptor()->name() + " as JSON: " +
                                    std::string(read.message().data(), read.message().size()));
}

void List(Context& context) {
  std::string lines;
  boost::json::array names;
  for (const MethodDescriptor* one : ApiMethods()) {
    const std::string name = one->service()->name() + "/" + one->name();
    lines += name + "\n";
    names.emplace_back(name);
  }
  if (context.json)
    lines = boost::json::serialize(boost::json::object{{"methods", std::move(names)}}) + "\n";
  context.Print(lines);
}

void Call(Context& context, const Given& given) {
  if (given.list) return List(context);
  if (given.method.empty()) throw Failure(Exit::kUsage, "Give METHOD, or --list.");
  const MethodDescriptor& method = Find(given.method);
  const auto request = New(*method.input_type()), answer = New(*method.output_type());
  Read(given.request, *request);
  const std::string path = method.service()->full_name() + "/" + method.name();
  if (!method.server_streaming()) {
    context.client().Call(path, *request, *answer);
    return context.Print(Json(*answer));
  }
  context.client().Stream(path, *request, [&](const std::string& bytes) {
    if (!answer->ParseFromString(bytes))
      throw Failure(Exit::kFailed, "A message of the stream is no " + answer->GetTypeName() + ".");
    context.Print(JsonLine(*answer));
  });
}

}  // namespace

void AddCall(CLI::App& root, Context& context) {
  auto given = std::make_shared<Given>();
  auto* command = root.add_subcommand(
      "api", "any method of the API: a request as JSON in, the answer as JSON out");
  command->add_option("METHOD", given->method, "such as GetMe, or with its service");
  command->add_option("REQUEST", given->request, "JSON; - reads standard input")
      ->capture_default_str();
  command->add_flag("--list", given->list, "only show the methods that there are");
  command->callback([&context, given] { Call(context, *given); });
}

}  // namespace ns::cli

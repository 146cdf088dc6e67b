// docs/apply.schema.json, which editors use, and the parser say the same of a form.
#define VALIJSON_USE_EXCEPTIONS 1
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <boost/json.hpp>
#include <charconv>
#include <fstream>
#include <iterator>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "form/form.h"

namespace ns::cli::form {
namespace {

namespace json = boost::json;
using Adapter = valijson::adapters::BoostJsonAdapter;

// As an editor sees a document of YAML 1.2.
json::value JsonOf(const YAML::Node& node) {
  if (node.IsMap()) {
    json::object object;
    for (const auto& entry : node) object[entry.first.Scalar()] = JsonOf(entry.second);
    return object;
  }
  if (node.IsSequence()) {
    json::array array;
    for (const auto& item : node) array.push_back(JsonOf(item));
    return array;
  }
  if (!node.IsScalar()) return nullptr;
  const std::string& text = node.Scalar();
  if (node.Tag() != "?") return json::string(text);  // quoted
  if (text == "true" || text == "false") return text == "true";
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return number;
  return json::string(text);
}

class FormSchema : public testing::Test {
 protected:
  FormSchema() {
    std::ifstream file(NS_APPLY_SCHEMA);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    document_ = json::parse(text);
    valijson::SchemaParser().populateSchema(Adapter(document_), schema_);
  }
  bool SchemaTakes(const std::string& text) const {
    const json::value value = JsonOf(YAML::Load(text));
    return valijson::Validator(valijson::Validator::kStrongTypes)
        .validate(schema_, Adapter(value), nullptr);
  }

  json::value document_;
  valijson::Schema schema_;
};

TEST_F(FormSchema, BothTakeTheSame) {
  for (const char* text : {
           "whole: true\n",
           "repositories: [{name: a, url: u, auth: {method: none}, owners: [x]}]\n",
           "repositories: [{name: a, auth: {method: basic, secret: true}}]\n",
           "repositories: [{name: a, auth: {method: basic, user: u, valueFrom: {env: X}}}]\n",
           "repositories: [{name: a, auth: {method: ssh, key: k}}]\n",
           "repositories: [{name: a, hostKeys: [ssh-ed25519 "
           "AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEB"
           "AQEBAQEBAQEBAQEBAQEBAQEBAQEB of a host]}]\n",
           "applications: [{name: a, ref: 1, running: false}]\n",
           "applications: [{name: a, build: {method: runtime-cmd, baseImage: x, buildCmd: y, "
           "entrypoint: z, command: w, autoShutdown: {enabled: true, startup: blocking}}}]\n",
           "applications: [{name: a, build: {method: runtime-dockerfile, dockerfileName: x, "
           "context: ., useMariadb: false, useMongodb: false}}]\n",
           "applications: [{name: a, build: {method: runtime-buildpack, context: .}}]\n",
           "applications: [{name: a, build: {method: static-buildpack, context: ., artifactPath: "
           "d, spa: true}}]\n",
           "applications: [{name: a, build: {method: static-cmd, baseImage: x, buildCmd: y}}]\n",
           "applications: [{name: a, build: {method: static-dockerfile, dockerfileName: x, "
           "context: .}}]\n",
           "applications: [{name: a, build: {method: wasm}}]\n",
           "applications: [{name: a, build: {method: wasm, opt: 3, list: [a, {b: }], run: "
           "{command: "
           "x, autoShutdown: {enabled: true}, useMariadb: false}}}]\n",
           "applications: [{name: a, build: {method: zola, site: {artifactPath: d, spa: true}}}]\n",
           "applications: [{name: a, strategy: recreate, backend: docker}]\n",
           "applications: [{name: a, strategy: rolling}]\n",
           "applications: [{name: a, websites: [{fqdn: h, pathPrefix: /, stripPrefix: true, https: "
           "true, h2c: true, httpPort: 1, authentication: off}]}]\n",
           "applications: [{name: a, portPublications: [{internetPort: 1, applicationPort: 65535, "
           "protocol: udp}]}]\n",
           "applications: [{name: a, env: {A: x, B: 1, C: true, D: {value: x, scope: both}, E: "
           "{secret: true}, F: {secret: true, valueFrom: {file: f}}, G: {valueFrom: {env: E}}}}]\n",
       }) {
    EXPECT_TRUE(Parse(text).mistakes.empty()) << text << Parse(text).mistakes[0].ToString("f");
    EXPECT_TRUE(SchemaTakes(text)) << text;
  }
}

TEST_F(FormSchema, BothRefuseTheSame) {
  for (const char* text : {
           "- a\n",
           "whole: yes\n",
           "other: 1\n",
           "repositories: {a: b}\n",
           "repositories: [{url: u}]\n",
           "repositories: [{name: a, auth: {method: x}}]\n",
           "repositories: [{name: a, auth: {method: basic, user: u}}]\n",
           "repositories: [{name: a, auth: {method: none, key: k}}]\n",
           "repositories: [{name: a, auth: none}]\n",
           "repositories: [{name: a, hostKeys: []}]\n",
           "repositories: [{name: a, hostKeys: [ssh-dss AAAA]}]\n",
           "repositories: [{name: a, hostKeys: [git.test ssh-ed25519 AAAA]}]\n",
           "repositories: [{name: a, hostKeys: ssh-ed25519 AAAA}]\n",
           "applications: [{name: [a]}]\n",
           "applications: [{name: a, running: maybe}]\n",
           "applications: [{name: a, build: {method: runtime_cmd}}]\n",
           "applications: [{name: a, build: {method: ''}}]\n",
           "applications: [{name: a, build: {method: [wasm]}}]\n",
           "applications: [{name: a, build: {method: runtime-cmd, run: {command: x}}}]\n",
           "applications: [{name: a, build: {method: wasm, run: {comand: x}}}]\n",
           "applications: [{name: a, build: {method: wasm, site: {spa: maybe}}}]\n",
           "applications: [{name: a, build: {method: wasm, run: {}, site: {}}}]\n",
           "applications: [{name: a, strategy: ROLLING}]\n",
           "applications: [{name: a, strategy: [recreate]}]\n",
           "applications: [{name: a, backend: {name: docker}}]\n",
           "applications: [{name: a, build: {dockerfileName: x}}]\n",
           "applications: [{name: a, build: {method: static-cmd, command: x}}]\n",
           "applications: [{name: a, websites: [{httpPort: 0}]}]\n",
           "applications: [{name: a, websites: [{authentication: on}]}]\n",
           "applications: [{name: a, websites: [{port: 80}]}]\n",
           "applications: [{name: a, portPublications: [{protocol: sctp}]}]\n",
           "applications: [{name: a, env: [A]}]\n",
           "applications: [{name: a, env: {A: }}]\n",
           "applications: [{name: a, env: {A: {}}}]\n",
           "applications: [{name: a, env: {A: {secret: true, value: x}}}]\n",
           "applications: [{name: a, env: {A: {value: x, valueFrom: {env: E}}}}]\n",
           "applications: [{name: a, env: {A: {valueFrom: {env: E, file: f}}}}]\n",
           "applications: [{name: a, env: {A: {value: x, scope: all}}}]\n",
           "applications: [{name: a, owners: alice}]\n",
       }) {
    EXPECT_FALSE(Parse(text).mistakes.empty()) << text;
    EXPECT_FALSE(SchemaTakes(text)) << text;
  }
}

}  // namespace
}  // namespace ns::cli::form

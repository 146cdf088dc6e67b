// Values of an application: by the public API and by the own form, of one that is made and of one
// that is changed.
#pragma once

#include <string>
#include <vector>

#include "api/testing/hostile_calls.h"
#include "api/testing/hostile_values.h"
#include "neoshowcase/platform/v1/application.pb.h"

namespace ns::api::hostile {

namespace own = neoshowcase::platform::v1;

class AppWays {
 public:
  explicit AppWays(Calls& calls) : calls_(calls) {}

  std::vector<Way> Of(const std::string& kind) {
    return {Create(kind), Edit(kind), OwnCreate(kind), OwnEdit(kind)};
  }

 private:
  using Form = own::ApplicationForm;

  static bool OfWebsite(const std::string& kind) {
    return kind == "host" || kind == "path" || kind == "http_port";
  }
  static bool OfPort(const std::string& kind) {
    return kind.ends_with("_port") && !OfWebsite(kind);
  }
  static bool OfRun(const std::string& kind) { return kind == "entrypoint" || kind == "command"; }
  static bool OfBuild(const std::string& kind) {
    return kind == "context" || kind == "dockerfile_name";
  }

  // ---- where a value goes ----

  template <class Websites, class Ports>
  static void PutAddress(const std::string& kind, const std::string& value, Websites* websites,
                         Ports* ports) {
    if (OfWebsite(kind)) {
      auto* website = websites->Add();
      website->set_fqdn(kind == "host" ? value : "hostile.apps.test");
      website->set_path_prefix(kind == "path" ? value : "/");
      website->set_http_port(kind == "http_port" ? NumberOf(value) : 80);
    } else if (OfPort(kind)) {
      auto* port = ports->Add();
      port->set_internet_port(kind == "application_port" ? 9000 : NumberOf(value));
      port->set_application_port(kind == "application_port" ? NumberOf(value) : 80);
      port->set_protocol(kind == "udp_port" ? pb::UDP : pb::TCP);
    }
  }
  static void PutRun(const std::string& kind, const std::string& value, pb::RuntimeConfig& run) {
    if (kind == "entrypoint") run.set_entrypoint(value);
    if (kind == "command") run.set_command(value);
  }
  static pb::ApplicationConfig ConfigWith(const std::string& kind, const std::string& value) {
    pb::ApplicationConfig config;
    if (kind == "artifact_path") {
      config.mutable_static_cmd()->mutable_static_config()->set_artifact_path(value);
      return config;
    }
    auto& dockerfile = *config.mutable_runtime_dockerfile();
    dockerfile.set_dockerfile_name(kind == "dockerfile_name" ? value : "Dockerfile");
    if (kind == "context") dockerfile.set_context(value);
    if (OfRun(kind)) PutRun(kind, value, *dockerfile.mutable_runtime_config());
    return config;
  }
  // What JSON must escape, and nothing else: what is no text stays none.
  static std::string InJson(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      if (c > 0 && c < 0x20) {
        constexpr char kHex[] = "0123456789abcdef";
        out += {'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15]};
      } else {
        out += c;
      }
    }
    return out + "\"";
  }
  static void PutBuild(const std::string& kind, const std::string& value, Form& form) {
    if (kind == "artifact_path") {
      form.mutable_build()->set_method("static-cmd");
      form.mutable_site()->set_artifact_path(value);
      return;
    }
    form.mutable_build()->set_method("runtime-dockerfile");
    const std::string name = kind == "dockerfile_name" ? InJson(value) : "\"Dockerfile\"";
    const std::string context = kind == "context" ? ", \"context\": " + InJson(value) : "";
    form.mutable_build()->set_settings("{\"dockerfile_name\": " + name + context + "}");
    PutRun(kind, value, *form.mutable_run());
  }
  static Form FormWith(const std::string& kind, const std::string& value) {
    Form form;
    form.set_name(kind == "name" ? value : "made");
    form.set_ref_name(kind == "ref" ? value : "main");
    PutAddress(kind, value, form.mutable_websites(), form.mutable_port_publications());
    PutBuild(kind, value, form);
    return form;
  }

  // ---- what a refusal names ----

  static std::string OfAddress(const std::string& kind, const std::string& websites,
                               const std::string& ports) {
    if (kind == "host") return websites + "[0].fqdn";
    if (kind == "path") return websites + "[0].path_prefix";
    if (OfWebsite(kind)) return websites + "[0].http_port";
    return ports + (kind == "application_port" ? "[0].application_port" : "[0].internet_port");
  }
  static std::string FieldOf(const std::string& kind, const std::string& websites,
                             const std::string& ports) {
    if (OfWebsite(kind) || OfPort(kind)) return OfAddress(kind, websites, ports);
    if (OfBuild(kind)) return "config.runtime_dockerfile." + kind;
    if (OfRun(kind)) return "config.runtime_dockerfile.runtime_config." + kind;
    if (kind == "artifact_path") return "config.static_cmd.static_config.artifact_path";
    return kind == "ref" ? "ref_name" : kind;
  }
  static std::string OwnFieldOf(const std::string& kind) {
    if (OfWebsite(kind) || OfPort(kind))
      return OfAddress(kind, "form.websites", "form.port_publications");
    if (OfBuild(kind)) return "form.build.settings." + kind;
    if (OfRun(kind)) return "form.run." + kind;
    if (kind == "artifact_path") return "form.site.artifact_path";
    return kind == "ref" ? "form.ref_name" : "form." + kind;
  }
  static std::vector<std::string> MaskOf(const std::string& kind) {
    if (OfWebsite(kind)) return {"websites"};
    if (OfPort(kind)) return {"port_publications"};
    if (kind == "name") return {"name"};
    if (kind == "ref") return {"ref_name"};
    return {"build", kind == "artifact_path" ? "site" : "run"};
  }

  // ---- what is kept ----

  std::string Shown(const std::string& kind, const std::string& id) {
    pb::ApplicationIdRequest in;
    in.set_id(id);
    const auto app = calls_.Done<pb::Application>("GetApplication", in);
    const auto& dockerfile = app.config().runtime_dockerfile();
    if (kind == "name") return app.name();
    if (kind == "ref") return app.ref_name();
    if (kind == "context") return dockerfile.context();
    if (kind == "dockerfile_name") return dockerfile.dockerfile_name();
    if (kind == "artifact_path") return app.config().static_cmd().static_config().artifact_path();
    if (kind == "entrypoint") return dockerfile.runtime_config().entrypoint();
    if (kind == "command") return dockerfile.runtime_config().command();
    if (kind == "host") return app.websites(0).fqdn();
    if (kind == "path") return app.websites(0).path_prefix();
    if (kind == "http_port") return std::to_string(app.websites(0).http_port());
    const auto& port = app.port_publications(0);
    return std::to_string(kind == "application_port" ? port.application_port()
                                                     : port.internet_port());
  }
  // The one besides that which is edited.
  std::string Made() {
    pb::GetApplicationsRequest in;
    in.set_scope(pb::GetApplicationsRequest::ALL);
    const auto all = calls_.Done<pb::GetApplicationsResponse>("GetApplications", in);
    std::string made;
    for (const auto& app : all.applications())
      if (app.id() != calls_.app) made = app.id();
    return made;
  }
  std::function<std::string()> KeptByMade(const std::string& kind) {
    return [this, kind] { return Shown(kind, Made()); };
  }
  std::function<void()> DeleteMade() {
    return [this] {
      pb::ApplicationIdRequest in;
      in.set_id(Made());
      calls_.Do("DeleteApplication", in);
    };
  }
  std::function<std::string()> KeptByEdited(const std::string& kind) {
    return [this, kind] { return Shown(kind, calls_.app); };
  }
  std::function<void()> EditBack() {
    return [this] {
      pb::UpdateApplicationRequest in;
      in.set_id(calls_.app);
      in.set_name("base");
      in.set_ref_name("main");
      *in.mutable_config() = ConfigWith("", "");
      in.mutable_websites();
      in.mutable_port_publications();
      calls_.Do("UpdateApplication", in);
    };
  }

  // ---- the ways ----

  Way Create(const std::string& kind) {
    return {"CreateApplication", FieldOf(kind, "websites", "port_publications"),
            [this, kind](const std::string& value) {
              auto in = calls_.NewApp(kind == "name" ? value : "made");
              if (kind == "ref") in.set_ref_name(value);
              *in.mutable_config() = ConfigWith(kind, value);
              PutAddress(kind, value, in.mutable_websites(), in.mutable_port_publications());
              return in.SerializeAsString();
            },
            KeptByMade(kind), DeleteMade()};
  }

  Way Edit(const std::string& kind) {
    return {"UpdateApplication",
            FieldOf(kind, "websites.websites", "port_publications.port_publications"),
            [this, kind](const std::string& value) {
              pb::UpdateApplicationRequest in;
              in.set_id(calls_.app);
              if (kind == "name")
                in.set_name(value);
              else if (kind == "ref")
                in.set_ref_name(value);
              else if (OfWebsite(kind) || OfPort(kind))
                PutAddress(kind, value, in.mutable_websites()->mutable_websites(),
                           in.mutable_port_publications()->mutable_port_publications());
              else
                *in.mutable_config() = ConfigWith(kind, value);
              return in.SerializeAsString();
            },
            KeptByEdited(kind), EditBack()};
  }

  // No ref is HEAD there.
  static std::optional<std::string> Empty(const std::string& kind) {
    return kind == "ref" ? std::optional<std::string>("HEAD") : std::nullopt;
  }

  Way OwnCreate(const std::string& kind) {
    return {std::string(kApplicationService) + "CreateApplication",
            OwnFieldOf(kind),
            [this, kind](const std::string& value) {
              own::CreateApplicationRequest in;
              in.set_repository_id(calls_.repository);
              *in.mutable_form() = FormWith(kind, value);
              return in.SerializeAsString();
            },
            KeptByMade(kind),
            DeleteMade(),
            Empty(kind)};
  }

  Way OwnEdit(const std::string& kind) {
    return {std::string(kApplicationService) + "UpdateApplication",
            OwnFieldOf(kind),
            [this, kind](const std::string& value) {
              own::UpdateApplicationRequest in;
              in.set_application_id(calls_.app);
              *in.mutable_form() = FormWith(kind, value);
              for (const std::string& field : MaskOf(kind))
                in.mutable_update_mask()->add_paths(field);
              return in.SerializeAsString();
            },
            KeptByEdited(kind),
            EditBack(),
            Empty(kind)};
  }

  Calls& calls_;
};

}  // namespace ns::api::hostile

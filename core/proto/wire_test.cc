// Holds the public API against the list of names and numbers that clients rely on.
#include <fstream>
#include <set>
#include <sstream>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"
#include "neoshowcase/policy/v1/policy.pb.h"
#include "proto/descriptors.h"

namespace ns::proto {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;

constexpr char kPackage[] = "neoshowcase.protobuf";

// `full` as the list writes it: types of the package by their last name or, for the one file of its
// own, in full.
std::string TypeName(const std::string& full, bool nested_by_path) {
  const std::string prefix = std::string(kPackage) + ".";
  if (full.rfind(prefix, 0) != 0 || full == prefix + "NullTimestamp") return full;
  const std::string path = full.substr(prefix.size());
  return nested_by_path ? path : path.substr(path.rfind('.') + 1);
}

std::string FieldLine(const FieldDescriptor& field) {
  std::string line = "field " + TypeName(field.containing_type()->full_name(), true) + " " +
                     std::to_string(field.number()) + " " + field.name() + " ";
  if (const auto* oneof = field.real_containing_oneof()) line += "oneof " + oneof->name() + " ";
  if (field.is_repeated()) line += "repeated ";
  if (field.has_optional_keyword()) line += "optional ";
  if (field.message_type() != nullptr)
    return line + TypeName(field.message_type()->full_name(), false);
  if (field.enum_type() != nullptr) return line + TypeName(field.enum_type()->full_name(), false);
  return line + field.type_name();
}

void AddEnum(const EnumDescriptor& type, std::set<std::string>& out) {
  for (int i = 0; i < type.value_count(); ++i) {
    out.insert("value " + TypeName(type.full_name(), true) + " " +
               std::to_string(type.value(i)->number()) + " " + type.value(i)->name());
  }
}

void AddMessage(const Descriptor& type, std::set<std::string>& out) {
  for (int i = 0; i < type.field_count(); ++i) out.insert(FieldLine(*type.field(i)));
  for (int i = 0; i < type.enum_type_count(); ++i) AddEnum(*type.enum_type(i), out);
  for (int i = 0; i < type.nested_type_count(); ++i) AddMessage(*type.nested_type(i), out);
}

std::set<std::string> WireLines() {
  std::set<std::string> out;
  google::protobuf::FileDescriptorSet set;
  EXPECT_TRUE(set.ParseFromString(DescriptorSet()));
  for (const auto& one : set.file()) {
    if (one.package() != kPackage) continue;
    const FileDescriptor* file =
        google::protobuf::DescriptorPool::generated_pool()->FindFileByName(one.name());
    for (int i = 0; i < file->enum_type_count(); ++i) AddEnum(*file->enum_type(i), out);
    for (int i = 0; i < file->message_type_count(); ++i) AddMessage(*file->message_type(i), out);
  }
  const auto* service = Services().front();
  for (int i = 0; i < service->method_count(); ++i) {
    const MethodDescriptor& method = *service->method(i);
    const bool free =
        method.options().idempotency_level() == google::protobuf::MethodOptions::NO_SIDE_EFFECTS;
    out.insert("method " + method.name() + " " + TypeName(method.input_type()->full_name(), true) +
               " " + (method.server_streaming() ? "stream " : "") +
               TypeName(method.output_type()->full_name(), true) +
               (free ? " side-effect-free" : ""));
  }
  return out;
}

TEST(PublicApi, NamesAndNumbers_AreThoseOfTheList) {
  std::ifstream file(NS_WIRE_GOLDEN);
  std::set<std::string> golden;
  for (std::string line; std::getline(file, line);) golden.insert(line);
  ASSERT_GT(golden.size(), 250u);
  const std::set<std::string> wire = WireLines();
  for (const std::string& line : golden) EXPECT_TRUE(wire.contains(line)) << "missing: " << line;
  for (const std::string& line : wire)
    EXPECT_TRUE(golden.contains(line)) << "not in the list: " << line;
}

TEST(Policies, EveryMethod_DeclaresOneThatCanHold) {
  EXPECT_EQ(PolicyMistakes(), std::vector<std::string>{});
}

TEST(DescriptorSet, BuildsAPool_DependenciesFirst) {
  google::protobuf::FileDescriptorSet set;
  ASSERT_TRUE(set.ParseFromString(DescriptorSet()));
  google::protobuf::DescriptorPool pool;
  for (const auto& file : set.file()) ASSERT_NE(pool.BuildFile(file), nullptr) << file.name();
  EXPECT_NE(pool.FindServiceByName("neoshowcase.protobuf.APIService"), nullptr);
  EXPECT_NE(pool.FindServiceByName("neoshowcase.platform.v1.PlatformService"), nullptr);
  for (const char* detail : {"BadRequest", "ErrorInfo", "RetryInfo"})
    EXPECT_NE(pool.FindMessageTypeByName(std::string("google.rpc.") + detail), nullptr) << detail;
}

TEST(FindMethod, FullName_FindsOnlyWhatIsOffered) {
  const auto* method = FindMethod("neoshowcase.protobuf.APIService/GetMe");
  ASSERT_NE(method, nullptr);
  EXPECT_EQ(FullName(*method), "neoshowcase.protobuf.APIService/GetMe");
  for (const char* name :
       {"", "/", "GetMe", "neoshowcase.protobuf.APIService", "neoshowcase.protobuf.APIService/",
        "a/GetMe", "neoshowcase.protobuf.APIService/getMe", "neoshowcase.link.v1.Link/Ping"}) {
    EXPECT_EQ(FindMethod(name), nullptr) << name;
  }
}

}  // namespace
}  // namespace ns::proto

#include "rpc/plain_json.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>
#include <google/protobuf/wrappers.pb.h>
#include <gtest/gtest.h>

#include <random>

#include "neoshowcase/platform/v1/watch.pb.h"
#include "neoshowcase/protobuf/api.pb.h"
#include "proto/descriptors.h"

namespace ns::gateway::rpc {
namespace {

namespace pb = google::protobuf;
namespace api = neoshowcase::protobuf;

pb::util::TypeResolver& Types() {
  static const std::unique_ptr<pb::util::TypeResolver> types(
      pb::util::NewTypeResolverForDescriptorPool("type.googleapis.com",
                                                 pb::DescriptorPool::generated_pool()));
  return *types;
}

std::optional<std::string> ByLibrary(const pb::Descriptor& type, const std::string& wire) {
  std::string json;
  const auto status = pb::util::BinaryToJsonString(
      &Types(), "type.googleapis.com/" + type.full_name(), wire, &json);
  return status.ok() ? std::optional(json) : std::nullopt;
}

std::optional<std::string> Quoted(std::string_view text) {
  pb::StringValue value;
  value.set_value(std::string(text));
  return ByLibrary(*pb::StringValue::descriptor(), value.SerializeAsString());
}

std::optional<std::string> Plain(const pb::Message& message) {
  return PlainJson(*message.GetDescriptor(), message.SerializeAsString(), &Quoted);
}

// A message of chance, of every kind of field that it has.
class Chance {
 public:
  explicit Chance(unsigned seed) : random_(seed) {}

  void Fill(pb::Message& message, int depth = 0) {
    const pb::Descriptor& type = *message.GetDescriptor();
    if (type.full_name() == "google.protobuf.Timestamp") return FillTime(message);
    for (int i = 0; i < type.field_count(); ++i) {
      const pb::FieldDescriptor& field = *type.field(i);
      if (field.is_map() || Below(4) == 0) continue;
      const int times = field.is_repeated() ? Below(4) : 1;
      for (int n = 0; n < times; ++n) Set(message, field, depth);
    }
  }

 private:
  int Below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }
  int64_t Number() {
    const int64_t edges[] = {0, 1, -1, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
    return Below(2) == 0 ? edges[Below(7)] : static_cast<int64_t>(random_());
  }
  std::string Text() {
    const char* const texts[] = {"",         "shop",     "a<b>&\"c\\",   "line\nfeed\t\x01",
                                 "カテゴリ", "\x7f del", "\u2028\ufeff", "https://x.test/?a=1"};
    return texts[Below(8)];
  }
  void FillTime(pb::Message& message) {
    auto& time = static_cast<pb::Timestamp&>(message);
    const int64_t seconds[] = {0,
                               1,
                               -1,
                               951'782'399,
                               951'868'800,
                               4'107'542'400,
                               -62'135'596'800,
                               253'402'300'799,
                               -2'203'891'201};
    const int32_t nanos[] = {0, 1, 999'999'999, 120'000'000, 5'000, 678'900'000};
    time.set_seconds(Below(2) == 0 ? seconds[Below(9)]
                                   : static_cast<int64_t>(random_() % 250'000'000'000u));
    time.set_nanos(nanos[Below(6)]);
  }
  void Set(pb::Message& message, const pb::FieldDescriptor& field, int depth);

  std::mt19937_64 random_;
};

void Chance::Set(pb::Message& message, const pb::FieldDescriptor& field, int depth) {
  const pb::Reflection& on = *message.GetReflection();
  const bool many = field.is_repeated();
  switch (field.cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_MESSAGE:
      if (depth < 6)
        Fill(many ? *on.AddMessage(&message, &field) : *on.MutableMessage(&message, &field),
             depth + 1);
      break;
    case pb::FieldDescriptor::CPPTYPE_STRING:
      many ? on.AddString(&message, &field, Text()) : on.SetString(&message, &field, Text());
      break;
    case pb::FieldDescriptor::CPPTYPE_BOOL:
      if (!many) on.SetBool(&message, &field, Below(2) == 0);
      break;
    case pb::FieldDescriptor::CPPTYPE_ENUM:
      if (!many) on.SetEnumValue(&message, &field, Below(9));
      break;
    case pb::FieldDescriptor::CPPTYPE_INT32:
      if (!many) on.SetInt32(&message, &field, static_cast<int32_t>(Number()));
      break;
    case pb::FieldDescriptor::CPPTYPE_INT64:
      if (!many) on.SetInt64(&message, &field, Number());
      break;
    case pb::FieldDescriptor::CPPTYPE_UINT32:
      if (!many) on.SetUInt32(&message, &field, static_cast<uint32_t>(Number()));
      break;
    case pb::FieldDescriptor::CPPTYPE_UINT64:
      if (!many) on.SetUInt64(&message, &field, static_cast<uint64_t>(Number()));
      break;
    default:
      break;
  }
}

TEST(PlainJsonTest, WhatTheLibraryWrites_IsWrittenForEveryAnswer) {
  int plain = 0, all = 0;
  for (const auto* service : proto::Services()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const pb::Descriptor& type = *service->method(i)->output_type();
      const pb::Message& none = *pb::MessageFactory::generated_factory()->GetPrototype(&type);
      for (unsigned seed = 0; seed < 50; ++seed) {
        const std::unique_ptr<pb::Message> message(none.New());
        Chance(seed).Fill(*message);
        const auto json = Plain(*message);
        ++all;
        if (!json) continue;  // left to the library
        ++plain;
        ASSERT_EQ(json, ByLibrary(type, message->SerializeAsString())) << type.full_name();
      }
    }
  }
  EXPECT_GT(plain, all * 3 / 4) << "most answers are plain";
}

TEST(PlainJsonTest, Text_IsByHand) {
  api::Application app;
  app.set_id("0123");
  app.set_name("a \"b\"");
  app.mutable_created_at()->set_seconds(1'772'420'645);
  app.mutable_created_at()->set_nanos(120'000'000);
  app.add_owner_ids("u");
  app.add_owner_ids("v");
  EXPECT_EQ(Plain(app), R"({"id":"0123","name":"a \"b\"",)"
                        R"("createdAt":"2026-03-02T03:04:05.120Z","ownerIds":["u","v"]})");
  EXPECT_EQ(Plain(api::Application()), "{}");
}

TEST(PlainJsonTest, BytesThatAreNoMessage_AreLeftToTheLibrary) {
  const pb::Descriptor& type = *api::Application::descriptor();
  for (const std::string& wire :
       {std::string("\x0a"),
        std::string("\x0a\x05"
                    "abc"),
        std::string("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), std::string("\x08\x01"),
        std::string("\x0b"), std::string("\x00\x00", 2), std::string(11, '\xff')})
    EXPECT_EQ(PlainJson(type, wire, &Quoted), std::nullopt) << wire.size();
}

TEST(PlainJsonTest, UnknownFields_ArePassedOver) {
  const pb::Descriptor& type = *api::Application::descriptor();
  const std::string wire =
      std::string("\x0a\x01x") + "\xf8\x3f\x07" + "\xfa\x3f\x02hi" + "\xfd\x3f" + "1234";
  EXPECT_EQ(PlainJson(type, wire, &Quoted), R"({"id":"x"})");
  EXPECT_EQ(ByLibrary(type, wire), R"({"id":"x"})");
}

}  // namespace
}  // namespace ns::gateway::rpc

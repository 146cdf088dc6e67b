// What goes into a statement, and what comes out of it.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/status.h"

struct pg_result;

namespace ns::store {

// Marks raw bytes (bytea) on their way in or out.
struct BytesIn {
  std::string_view bytes;
};
struct BytesOut {
  std::string& bytes;
};

// The values of $1, $2, ... in order. Times that are kNever, and optionals without value, are NULL.
class Params {
 public:
  struct Value {
    bool null = false, binary = false;
    std::string text;
  };

  template <class... V>
  static Params Of(const V&... values) {
    Params params;
    (params << ... << values);
    return params;
  }

  Params& operator<<(std::string_view text) { return Put({false, false, std::string(text)}); }
  Params& operator<<(const std::string& text) { return *this << std::string_view(text); }
  Params& operator<<(const char* text) { return *this << std::string_view(text); }
  Params& operator<<(bool value) { return *this << std::string_view(value ? "t" : "f"); }
  Params& operator<<(Time time);
  Params& operator<<(Duration duration);  // as an interval
  Params& operator<<(BytesIn bytes) { return Put({false, true, std::string(bytes.bytes)}); }
  Params& operator<<(const std::optional<std::string>& bytes);  // bytea
  Params& operator<<(const std::vector<std::string>& texts);
  Params& operator<<(const std::vector<Time>& times);
  Params& operator<<(const std::vector<int64_t>& numbers);
  Params& operator<<(const std::vector<bool>& values);
  template <std::integral I>
  requires(!std::same_as<I, bool>) Params& operator<<(I number) {
    return *this << std::string_view(std::to_string(number));
  }
  template <class E>
  requires std::is_enum_v<E> Params& operator<<(E value) {
    return *this << static_cast<int64_t>(value);
  }
  template <class Tag>
  Params& operator<<(const Id<Tag>& id) {
    return *this << id.str();
  }
  template <class Tag>
  Params& operator<<(const std::vector<Id<Tag>>& ids) {
    std::vector<std::string> texts;
    texts.reserve(ids.size());
    for (const auto& id : ids) texts.push_back(id.str());
    return *this << texts;
  }

  const std::vector<Value>& values() const { return values_; }

 private:
  Params& Put(Value value) {
    values_.push_back(std::move(value));
    return *this;
  }
  std::vector<Value> values_;
};

// One row, read column by column. A column that does not read as its type sets `status`, and the
// rest stays as it is.
class Row {
 public:
  Row(const pg_result* result, int row) : result_(result), row_(row) {}

  Row& operator>>(std::string& out);
  Row& operator>>(bool& out);
  Row& operator>>(int& out);
  Row& operator>>(int64_t& out);
  Row& operator>>(Time& out);
  Row& operator>>(BytesOut out);
  Row& operator>>(std::optional<std::string>& out);  // bytea
  Row& operator>>(std::vector<std::string>& out);
  Row& operator>>(std::vector<Time>& out);
  template <class E>
  requires std::is_enum_v<E> Row& operator>>(E& out) {
    int value = 0;
    *this >> value;
    out = static_cast<E>(value);
    return *this;
  }
  template <class Tag>
  Row& operator>>(Id<Tag>& out) {
    std::string text;
    *this >> text;
    out = Id<Tag>(std::move(text));
    return *this;
  }

  const Status& status() const { return status_; }

 private:
  std::optional<std::string_view> Next();
  template <class T>
  Row& Take(Result<T> parsed, T& out);

  const pg_result* result_;
  int row_, column_ = 0;
  Status status_;
};

// The outcome of one statement.
class Rows {
 public:
  explicit Rows(pg_result* result) : result_(result) {}
  int size() const;
  bool empty() const { return size() == 0; }
  Row operator[](int row) const { return Row(result_.get(), row); }
  // Rows that a write touched.
  int64_t touched() const;
  // What was done, as PostgreSQL says it: "COMMIT".
  std::string_view command() const;

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

// Reads every row by `read(row, item)`.
template <class T, class Read>
Result<std::vector<T>> ReadAll(const Rows& rows, Read&& read) {
  std::vector<T> items(static_cast<size_t>(rows.size()));
  for (int i = 0; i < rows.size(); ++i) {
    Row row = rows[i];
    read(row, items[static_cast<size_t>(i)]);
    NS_TRY(row.status());
  }
  return items;
}

}  // namespace ns::store

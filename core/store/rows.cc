#include "store/rows.h"

#include <libpq-fe.h>

#include <charconv>

#include "store/sql_text.h"

namespace ns::store {
namespace {

template <class I>
Result<I> ParseNumber(std::string_view text) {
  I value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size())
    return Internal("the database gave \"" + std::string(text) + "\" for a number");
  return value;
}

SqlText TimeText(Time time) { return {time == kNever, time == kNever ? "" : FormatTime(time)}; }

}  // namespace

Params& Params::operator<<(Time time) {
  auto [null, text] = TimeText(time);
  return Put({null, false, std::move(text)});
}

Params& Params::operator<<(Duration duration) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  return *this << std::to_string(micros) + " microseconds";
}

Params& Params::operator<<(const std::optional<std::string>& bytes) {
  return bytes ? *this << BytesIn{*bytes} : Put({true, true, ""});
}

Params& Params::operator<<(const std::vector<std::string>& texts) {
  std::vector<SqlText> elements;
  for (const auto& text : texts) elements.emplace_back(false, text);
  return *this << FormatArray(elements);
}

Params& Params::operator<<(const std::vector<Time>& times) {
  std::vector<SqlText> elements;
  for (const Time time : times) elements.push_back(TimeText(time));
  return *this << FormatArray(elements);
}

Params& Params::operator<<(const std::vector<int64_t>& numbers) {
  std::vector<std::string> texts;
  for (const int64_t number : numbers) texts.push_back(std::to_string(number));
  return *this << texts;
}

Params& Params::operator<<(const std::vector<bool>& values) {
  std::vector<std::string> texts;
  for (const bool value : values) texts.emplace_back(value ? "t" : "f");
  return *this << texts;
}

std::optional<std::string_view> Row::Next() {
  const int column = column_++;
  if (PQgetisnull(result_, row_, column)) return std::nullopt;
  return std::string_view(PQgetvalue(result_, row_, column),
                          static_cast<size_t>(PQgetlength(result_, row_, column)));
}

template <class T>
Row& Row::Take(Result<T> parsed, T& out) {
  if (parsed.ok()) {
    out = std::move(parsed).value();
  } else if (status_.ok()) {
    status_ = parsed.status();
  }
  return *this;
}

Row& Row::operator>>(std::string& out) {
  out = std::string(Next().value_or(""));
  return *this;
}

Row& Row::operator>>(bool& out) {
  out = Next() == "t";
  return *this;
}

Row& Row::operator>>(int& out) { return Take(ParseNumber<int>(Next().value_or("0")), out); }

Row& Row::operator>>(int64_t& out) { return Take(ParseNumber<int64_t>(Next().value_or("0")), out); }

Row& Row::operator>>(Time& out) {
  const auto text = Next();
  return Take(text ? ParseTime(*text) : Result<Time>(kNever), out);
}

Row& Row::operator>>(BytesOut out) { return Take(ParseBytea(Next().value_or("\\x")), out.bytes); }

Row& Row::operator>>(std::optional<std::string>& out) {
  out.reset();
  if (const auto text = Next()) Take(ParseBytea(*text), out.emplace());
  return *this;
}

Row& Row::operator>>(std::vector<std::string>& out) {
  const auto elements = ParseArray(Next().value_or("{}"));
  out.clear();
  if (!elements.ok()) return Take(Result<std::vector<std::string>>(elements.status()), out);
  for (const auto& [null, text] : *elements) out.push_back(text);
  return *this;
}

Row& Row::operator>>(std::vector<Time>& out) {
  std::vector<std::string> texts;
  *this >> texts;
  out.assign(texts.size(), kNever);
  for (size_t i = 0; i < texts.size(); ++i) {
    if (texts[i] != "NULL") Take(ParseTime(texts[i]), out[i]);
  }
  return *this;
}

int Rows::size() const { return PQntuples(result_.get()); }

int64_t Rows::touched() const {
  const Result<int64_t> touched = ParseNumber<int64_t>(PQcmdTuples(result_.get()));
  return touched.ok() ? *touched : 0;
}

std::string_view Rows::command() const { return PQcmdStatus(result_.get()); }

void Rows::Clear::operator()(pg_result* result) const { PQclear(result); }

}  // namespace ns::store

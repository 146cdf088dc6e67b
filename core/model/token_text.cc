#include "model/token_text.h"

#include <algorithm>
#include <cstdint>

#include "base/crypto.h"

namespace ns::model {
namespace {

constexpr std::string_view kAlphabet =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr size_t kChance = 40, kCheck = 6;

// The first 32 bits of SHA-256 of what is before, to the base of 62, six digits.
std::string CheckOf(std::string_view body) {
  auto number = static_cast<uint32_t>(std::stoul(Sha256Hex(body).substr(0, 8), nullptr, 16));
  std::string digits(kCheck, '0');
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    *digit = kAlphabet[number % kAlphabet.size()];
    number /= static_cast<uint32_t>(kAlphabet.size());
  }
  return digits;
}

}  // namespace

Secret NewTokenText(Random& random) {
  std::string text(kTokenPrefix);
  text.reserve(kTokenPrefix.size() + kChance + kCheck);
  for (size_t i = 0; i < kChance; ++i) text += kAlphabet[random.Below(kAlphabet.size())];
  text += CheckOf(text);
  return Secret(std::move(text));
}

bool IsTokenText(std::string_view text) {
  if (text.size() != kTokenPrefix.size() + kChance + kCheck || !text.starts_with(kTokenPrefix))
    return false;
  const std::string_view body = text.substr(0, text.size() - kCheck);
  const bool alphabet = std::all_of(text.begin() + kTokenPrefix.size(), text.end(), [](char c) {
    return kAlphabet.find(c) != std::string_view::npos;
  });
  return alphabet && EqualInConstantTime(CheckOf(body), text.substr(body.size()));
}

std::string TokenHash(std::string_view text) { return Sha256Hex(text); }

}  // namespace ns::model

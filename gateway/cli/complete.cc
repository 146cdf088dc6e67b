#include "complete.h"

#include <algorithm>

namespace ns::cli {
namespace {

const OptionNode* FindOption(const CommandNode& command, const CommandNode& root,
                             const std::string& name) {
  for (const CommandNode* at : {&command, &root}) {
    for (const OptionNode& option : at->options) {
      if (std::ranges::find(option.names, name) != option.names.end()) return &option;
    }
  }
  return nullptr;
}

bool IsFile(const OptionNode& option) {
  if (option.placeholder == "FILE") return true;
  return std::ranges::any_of(option.names, [](const std::string& name) {
    return name == "--file" || name == "--config" || name.ends_with("-file");
  });
}

// Where the cursor is.
class Cursor {
 public:
  Cursor(const CommandNode& root, const ValuesOf& values)
      : root_(root), at_(&root), values_(values) {}

  void Pass(const std::string& word) {
    if (pending_) {
      pending_ = nullptr;
    } else if (word.starts_with("-") && word.size() > 1) {
      const OptionNode* option = FindOption(*at_, root_, word.substr(0, word.find('=')));
      const bool open = option && !option->placeholder.empty();
      if (open && word.find('=') == std::string::npos) pending_ = option;
    } else if (const CommandNode* command = places_.empty() ? at_->Find(word) : nullptr) {
      at_ = command;
    } else {
      places_.push_back(word);
    }
  }

  std::vector<Candidate> Offer(const std::string& word) const {
    std::vector<Candidate> all;
    std::string prefix;
    if (pending_) {
      all = Values(*pending_);
    } else if (const size_t equals = word.find('=');
               word.starts_with("--") && equals != std::string::npos) {
      prefix = word.substr(0, equals + 1);
      const OptionNode* option = FindOption(*at_, root_, word.substr(0, equals));
      if (option) all = Values(*option);
    } else if (word.starts_with("-")) {
      all = Options();
    } else {
      all = Words();
    }
    if (all.size() == 1 && all[0].word == kFiles) return all;
    std::erase_if(all, [&](Candidate& one) {
      one.word = prefix + one.word;
      return !one.word.starts_with(word);
    });
    return all;
  }

 private:
  std::vector<Candidate> Values(const OptionNode& option) const {
    if (IsFile(option)) return {{kFiles, ""}};
    std::vector<Candidate> all;
    for (const std::string& choice : option.choices) all.push_back({choice, ""});
    return all.empty() ? values_(at_->path, option.placeholder, places_) : all;
  }
  std::vector<Candidate> Options() const {
    std::vector<Candidate> all;
    for (const CommandNode* command : {at_, &root_}) {
      for (const OptionNode& option : command->options) {
        for (const std::string& name : option.names) {
          if (name.starts_with("--")) all.push_back({name, option.what});
        }
      }
      if (at_ == &root_) break;
    }
    return all;
  }
  std::vector<Candidate> Words() const {
    std::vector<Candidate> all;
    for (const CommandNode& command : at_->commands)
      all.push_back({command.path.substr(command.path.rfind(' ') + 1), command.what});
    if (!all.empty() || at_->places.empty()) return all;
    const bool beyond = places_.size() >= at_->places.size();
    if (beyond && !at_->places.back().many) return all;
    return Values(beyond ? at_->places.back() : at_->places[places_.size()]);
  }

  const CommandNode& root_;
  const CommandNode* at_;
  const ValuesOf& values_;
  const OptionNode* pending_ = nullptr;
  std::vector<std::string> places_;
};

}  // namespace

std::vector<Candidate> Complete(const CommandNode& root, const std::vector<std::string>& words,
                                const ValuesOf& values) {
  if (words.empty()) return {};
  Cursor cursor(root, values);
  for (size_t i = 0; i + 1 < words.size(); ++i) cursor.Pass(words[i]);
  return cursor.Offer(words.back());
}

}  // namespace ns::cli

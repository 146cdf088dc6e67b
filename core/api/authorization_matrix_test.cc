// Every call of authorization_matrix.txt, each in an installation that no other has changed.
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "api/api_world.h"
#include "api/audit_trail.h"
#include "base/crypto.h"
#include "google/protobuf/text_format.h"
#include "neoshowcase/platform/v1/token.pb.h"
#include "proto/descriptors.h"

namespace ns::api {
namespace {

using google::protobuf::Message;

const char* const kAbsent = "0000000000000000000000";
const std::string kHidden(40, 'd');  // a commit that no application is at

// What a caller gets.
struct Answer {
  Code code = Code::kOk;
  std::optional<bool> some;  // of kOk: whether there is anything in it; unset: whatever
};
const std::map<std::string, Answer> kAnswers = {
    {"ok", {}},
    {"some", {Code::kOk, true}},
    {"none", {Code::kOk, false}},
    {"UN", {Code::kUnauthenticated, {}}},
    {"PD", {Code::kDenied, {}}},
    {"NF", {Code::kNotFound, {}}},
    {"IA", {Code::kInvalid, {}}},
    {"FP", {Code::kPrecondition, {}}},
};

// One line of an entry.
struct Row {
  int line = 0;
  std::string method;   // "package.Service/Method"
  std::string request;  // text format with placeholders
  std::string object;
  std::vector<Answer> answers;  // by caller
};
struct Matrix {
  std::vector<std::string> callers;
  std::vector<Row> rows;
};

std::vector<std::string> WordsOf(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

void TakeRow(const std::vector<std::string>& words, Row row, Matrix& out) {
  row.object = words[0];
  for (size_t i = 1; i < words.size(); ++i) {
    EXPECT_TRUE(kAnswers.contains(words[i])) << "line " << row.line << ": " << words[i];
    if (kAnswers.contains(words[i])) row.answers.push_back(kAnswers.at(words[i]));
  }
  EXPECT_EQ(row.answers.size(), out.callers.size()) << "line " << row.line;
  out.rows.push_back(std::move(row));
}

Matrix ReadMatrix() {
  Matrix matrix;
  std::ifstream file(NS_AUTHORIZATION_MATRIX);
  std::string service;
  Row entry;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    const auto words = WordsOf(line);
    if (words.empty() || words[0].starts_with('#')) continue;
    if (words[0] == "callers:") {
      matrix.callers.assign(words.begin() + 1, words.end());
    } else if (words[0] == "service") {
      service = words[1] + "/";
    } else if (!line.starts_with(' ')) {
      entry.method = service + words[0];
      entry.request = line.substr(words[0].size());
    } else {
      entry.line = number;
      TakeRow(words, entry, matrix);
    }
  }
  EXPECT_FALSE(matrix.rows.empty()) << NS_AUTHORIZATION_MATRIX;
  return matrix;
}

using Names = std::map<std::string, std::string>;  // placeholder without braces -> id

std::string Filled(std::string text, const Names& names) {
  for (const auto& [name, id] : names) {
    const std::string placeholder = "{" + name + "}";
    for (size_t at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder))
      text.replace(at, placeholder.size(), id);
  }
  return text;
}

// What a refused call must not change. Users are not: whoever calls first becomes one.
struct State {
  std::vector<std::string> events;
  std::vector<model::Application> apps;  // with owners and variables
  std::vector<model::Build> builds;
  std::vector<model::Repository> repositories;
  std::vector<model::UserKey> keys;
  std::vector<model::Token> tokens;
  std::vector<model::AdminGrant> admins;
  friend bool operator==(const State&, const State&) = default;
};

// What of `now` is not as it was `before`.
std::string Changes(const State& before, const State& now) {
  std::string out;
  const auto add = [&](bool same, const char* name) { out += same ? "" : std::string(name) + " "; };
  add(before.events == now.events, "events");
  add(before.apps == now.apps, "apps");
  add(before.builds == now.builds, "builds");
  add(before.repositories == now.repositories, "repositories");
  add(before.keys == now.keys, "keys");
  add(before.tokens == now.tokens, "tokens");
  add(before.admins == now.admins, "admins");
  return out;
}

// An installation with everything that the table speaks of.
class Installation : public ApiWorld {
 public:
  Installation() {
    Populate("own", "rita", "anna", "own");
    Populate("others", "carl", "carl", "others");
    for (auto& [object, names] : objects_) names["commit"] = kCommitA;
    Know("own-open", kCommitA);
    Know("own-private", kHidden);
    objects_["own"]["key"] = MakeKey("anna", kHostKeyA);
    objects_["others"]["key"] = MakeKey("carl", kHostKeyB);
    for (const char* scope : {"read", "deploy", "admin", "limited"}) MakeToken("anna", scope);
    objects_["own"]["token"] = token_ids_.at("read");
    objects_["others"]["token"] = MakeToken("carl", "others");
    for (const char* what :
         {"token", "key", "application", "repository", "build", "queued", "release"})
      objects_["absent"][what] = kAbsent;
    objects_["absent"]["commit"] = kCommitA;
    objects_["-"] = {{"commit", kCommitA}, {"hidden", kHidden}};
  }

  // Of a stream nothing is read.
  Result<std::string> Ask(const std::string& caller, const Row& row) {
    const auto* method = proto::FindMethod(row.method);
    const auto names = objects_.find(row.object);
    if (names == objects_.end()) return Internal("no such thing as " + row.object);
    const std::unique_ptr<Message> request(google::protobuf::MessageFactory::generated_factory()
                                               ->GetPrototype(method->input_type())
                                               ->New());
    const std::string text = Filled(row.request, names->second);
    if (!google::protobuf::TextFormat::ParseFromString(text, request.get()))
      return Internal("no request: " + text);
    const std::string bytes = request->SerializeAsString();
    if (method->server_streaming()) {
      NS_TRY(dispatcher->Open({}, PeerOf(caller), row.method, bytes).status());
      return std::string();
    }
    return Raw(PeerOf(caller), row.method, bytes);
  }

  State Look() {
    const ports::Store all = store.store();
    State state;
    for (const auto& event : store.Events())
      state.events.push_back(std::to_string(event.cursor) + event.kind);
    const auto apps = all.apps.List();  // without their variables
    for (const auto& app : *apps) {
      state.apps.push_back(all.apps.Get(app.id).value());
      Add(all.builds.ListByApp(app.id, 100).value(), state.builds);
    }
    state.repositories = all.repositories.List().value();
    const auto users = all.users.List();
    for (const model::User& user : *users) {
      Add(all.user_keys.List(user.id).value(), state.keys);
      Add(all.tokens.List(user.id).value(), state.tokens);
    }
    for (model::Token& token : state.tokens) token.last_used = kNever;
    state.admins = all.admins.List().value();
    return state;
  }

 private:
  template <class T>
  static void Add(const std::vector<T>& some, std::vector<T>& all) {
    all.insert(all.end(), some.begin(), some.end());
  }

  // As the fetcher stores it.
  void Know(const std::string& object, const std::string& commit) {
    EXPECT_TRUE(store.store()
                    .repositories
                    .SetCommits(RepositoryId(objects_.at(object).at("repository")), {},
                                {{commit, "Ann", Time(std::chrono::seconds(5)), "what it does"}})
                    .ok());
  }
  std::string MakeKey(const std::string& owner, const std::string& line) {
    api_pb::CreateUserKeyRequest in;
    in.set_name("laptop");
    in.set_public_key(line);
    return Call<api_pb::UserKey>(Named(owner), "CreateUserKey", in).value().id();
  }

  void TestBody() override {}

  // Gives its id.
  std::string MakeToken(const std::string& owner, const std::string& name) {
    own_pb::CreateTokenRequest in;
    in.set_name(name);
    in.set_scope(name == "read"     ? own_pb::TOKEN_SCOPE_READ
                 : name == "deploy" ? own_pb::TOKEN_SCOPE_DEPLOY
                                    : own_pb::TOKEN_SCOPE_ADMIN);
    if (name == "limited") in.add_application_ids(objects_["own"]["application"]);
    const auto made = Parsed<own_pb::CreateTokenResponse>(Raw(
        Named(owner), "neoshowcase.platform.v1.TokenService/CreateToken", in.SerializeAsString()));
    token_texts_[name] = made->text();
    return token_ids_[name] = made->token().id();
  }

  Peer PeerOf(const std::string& caller) const {
    if (caller.starts_with("t-"))
      return {false,
              0,
              0,
              "203.0.113.9",
              {{"authorization", "Bearer " + token_texts_.at(caller.substr(2))}}};
    if (caller == "anonymous") return {false, 0, 0, "127.0.0.1", {}};
    if (caller == "admin") return Root();
    static const std::map<std::string, std::string> kNames = {
        {"user", "ursula"}, {"app-owner", "anna"}, {"repo-owner", "rita"}};
    return Named(kNames.at(caller));
  }

  std::string RepositoryOf(const std::string& owner, const std::string& name, bool open) {
    auto in = NewRepository("https://git.test/" + owner + "/" + name + ".git");
    if (!open) {
      in.mutable_auth()->mutable_basic()->set_username("bot");
      in.mutable_auth()->mutable_basic()->set_password("hunter2");
    }
    return Call<api_pb::Repository>(Named(owner), "CreateRepository", in).value().id();
  }

  // Of `owner` alone, who need not own the repository.
  std::string AppOf(const std::string& owner, const std::string& repository,
                    const std::string& host) {
    const auto made =
        Call<api_pb::Application>(Root(), "CreateApplication", NewApp(repository, host)).value();
    api_pb::UpdateApplicationRequest in;
    in.set_id(made.id());
    in.mutable_owner_ids()->add_owner_ids(
        store.store().users.Ensure(owner, false).value().id.str());
    EXPECT_TRUE(Call(Root(), "UpdateApplication", in).ok());
    api_pb::SetApplicationEnvVarRequest variable;
    variable.set_application_id(made.id());
    variable.set_key("MODE");
    EXPECT_TRUE(Call(Root(), "SetEnvVar", variable).ok());
    return made.id();
  }

  // Finished, with an artifact.
  BuildId FinishedBuild(const std::string& app) {
    const BuildId build = AddBuild(app);
    const model::Build claimed = Claim(build);
    const std::string bytes = "artifact";
    const model::Image artifact =
        model::ArtifactOf(claimed.app, build, 1, Sha256Hex(bytes), std::ssize(bytes));
    size_t at = 0;
    const auto source = [&](char* to, size_t most) -> Result<size_t> {
      const size_t count = bytes.copy(to, most, at);
      at += count;
      return count;
    };
    EXPECT_TRUE(
        storage.Put({}, artifact.ArtifactKey(), {bytes.size(), Sha256Hex(bytes)}, source).ok());
    EXPECT_TRUE(store.store()
                    .builds
                    .Settle(build, claimed.lease.token,
                            {model::BuildStatus::kSucceeded, Status(), artifact, {}})
                    .ok());
    return build;
  }

  ReleaseId ReleaseOf(const std::string& app, const BuildId& build) {
    model::Release release;
    release.id = ReleaseId::New(random);
    release.app = AppId(app);
    release.build = build;
    release.commit = kCommitA;
    model::Target target;
    target.release = release.id;
    EXPECT_TRUE(store.store().deploys.SetTarget(release.app, 0, target, release).ok());
    return release.id;
  }

  void Populate(const std::string& prefix, const std::string& repo_owner,
                const std::string& app_owner, const std::string& object) {
    const std::string open = RepositoryOf(repo_owner, "open", true),
                      unseen = RepositoryOf(repo_owner, "private", false),
                      used = RepositoryOf(repo_owner, "used", false);
    const std::string app = AppOf(app_owner, open, prefix + "-open.apps.test");
    AppOf(app_owner, used, prefix + "-used.apps.test");
    const BuildId build = FinishedBuild(app);
    objects_[prefix + "-open"] = {{"repository", open}};
    objects_[prefix + "-private"] = {{"repository", unseen}};
    objects_[prefix + "-used"] = {{"repository", used}};
    objects_[object] = {{"application", app},
                        {"build", build.str()},
                        {"queued", AddBuild(app, kCommitB).str()},
                        {"release", ReleaseOf(app, build).str()}};
  }

  std::map<std::string, Names> objects_;
  Names token_ids_, token_texts_;  // by name
};

std::set<std::string> AllMethods() {
  std::set<std::string> all;
  for (const auto* service : proto::Services()) {
    for (int i = 0; i < service->method_count(); ++i)
      all.insert(proto::FullName(*service->method(i)));
  }
  return all;
}

TEST(AuthorizationMatrix, SpeaksOfEveryMethodAndOfNoOther) {
  std::set<std::string> rows;
  for (const Row& row : ReadMatrix().rows) rows.insert(row.method);
  EXPECT_EQ(rows, AllMethods());
}

TEST(AuthorizationMatrix, SpeaksOfOwnAndOthersAndAbsentThings) {
  std::map<std::string, std::set<std::string>> objects;  // by method and request
  for (const Row& row : ReadMatrix().rows) {
    const bool about = row.request.find("{app") != std::string::npos ||
                       row.request.find("{build") != std::string::npos ||
                       row.request.find("{queued") != std::string::npos ||
                       row.request.find("{token") != std::string::npos ||
                       row.request.find("{key") != std::string::npos;
    const bool about_repository = row.request.find("{repository") != std::string::npos;
    EXPECT_EQ(row.object == "-", !about && !about_repository) << row.method;
    if (about) objects["app " + row.method + row.request].insert(row.object);
    if (about_repository) objects["repo " + row.method + row.request].insert(row.object);
  }
  const std::set<std::string> of_app = {"own", "others", "absent"},
                              of_repository = {"own-open",      "own-private", "own-used",
                                               "others-open",   "others-used", "absent",
                                               "others-private"};
  for (const auto& [entry, found] : objects)
    EXPECT_EQ(found, entry.starts_with("app ") ? of_app : of_repository) << entry;
}

TEST(AuthorizationMatrix, EveryCallIsAnsweredAsItSays) {
  const Matrix matrix = ReadMatrix();
  std::unique_ptr<Installation> installation;
  for (const Row& row : matrix.rows) {
    for (size_t i = 0; i < row.answers.size(); ++i) {
      if (!installation) installation = std::make_unique<Installation>();
      const State before = installation->Look();
      const auto answer = installation->Ask(matrix.callers[i], row);
      const std::string place = "line " + std::to_string(row.line) + ": " + row.method + ", " +
                                row.object + ", " + matrix.callers[i];
      EXPECT_EQ(answer.status().code(), row.answers[i].code)
          << place << ": " << answer.status().ToString();
      if (answer.ok() && row.answers[i].some) {
        EXPECT_EQ(!answer->empty(), *row.answers[i].some) << place;
      }
      if (!answer.ok()) {
        EXPECT_EQ(Changes(before, installation->Look()), "") << place;
      } else if (Writes(*proto::FindMethod(row.method))) {
        installation.reset();
      }
    }
  }
}

}  // namespace
}  // namespace ns::api

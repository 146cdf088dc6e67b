#include "act/detect.h"

#include <gmock/gmock.h>

#include "act/world.h"

namespace ns::act {
namespace {

using ::testing::ElementsAre;
using testing::MemoryMethod;

class DetectTest : public ::testing::Test {
 protected:
  static ports::Suggestion Fit(int fit, const std::string& why) { return {fit, "{}", "", "", why}; }
  ports::Detection Ask() {
    return Detect({}, {{"static-cmd", &site_}, {"runtime-cmd", &program_}, {"other", &other_}}, {});
  }

  MemoryMethod site_, program_, other_;
};

TEST_F(DetectTest, Suggestions_BestFirstThenByName) {
  site_.Suggest(std::vector{Fit(80, "vite"), Fit(40, "page")});
  program_.Suggest(std::vector{Fit(90, "go"), Fit(80, "start")});
  const ports::Detection found = Ask();
  EXPECT_THAT(found.fits, ElementsAre(ports::MethodSuggestion{"runtime-cmd", Fit(90, "go")},
                                      ports::MethodSuggestion{"runtime-cmd", Fit(80, "start")},
                                      ports::MethodSuggestion{"static-cmd", Fit(80, "vite")},
                                      ports::MethodSuggestion{"static-cmd", Fit(40, "page")}));
  EXPECT_TRUE(found.misfits.empty());
  EXPECT_TRUE(found.failed.empty());
}

TEST_F(DetectTest, MethodsThatDoNotFit_AreToldApart) {
  site_.Suggest(std::vector{Fit(0, "no page")});
  program_.Suggest(std::vector{Fit(1, "perhaps")});
  const ports::Detection found = Ask();
  EXPECT_THAT(found.fits, ElementsAre(ports::MethodSuggestion{"runtime-cmd", Fit(1, "perhaps")}));
  EXPECT_THAT(found.misfits, ElementsAre(ports::MethodSuggestion{"static-cmd", Fit(0, "no page")}));
}

TEST_F(DetectTest, MethodThatFailsOrCannotSay_KeepsNoOtherFromIt) {
  site_.Suggest(Status(Code::kInternal, "Defect", "boom"));
  other_.Suggest(Status(Code::kUnsupported, "Unsupported", "never"));
  program_.Suggest(std::vector{Fit(90, "go")});
  const ports::Detection found = Ask();
  EXPECT_THAT(found.fits, ElementsAre(ports::MethodSuggestion{"runtime-cmd", Fit(90, "go")}));
  ASSERT_EQ(found.failed.size(), 1u);
  EXPECT_EQ(found.failed.at("static-cmd").message(), "boom");
}

}  // namespace
}  // namespace ns::act

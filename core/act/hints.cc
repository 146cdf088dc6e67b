#include "act/hints.h"

namespace ns::act {

std::vector<reconcile::Wake> WakesFor(const ports::Hint& hint) {
  using reconcile::LoopId;
  switch (hint.kind) {
    case ports::Hint::Kind::kRepository:
      return {{LoopId::kFetcher, hint.id}};
    case ports::Hint::Kind::kApplication:
      return {{LoopId::kRegisterer, hint.id}, {LoopId::kReleaser, hint.id}};
    case ports::Hint::Kind::kQueue:
      return {{LoopId::kStarter, reconcile::kQueueKey},
              {LoopId::kCrashDetector, reconcile::kQueueKey}};
    case ports::Hint::Kind::kSite:
      return {{LoopId::kSynchronizer, hint.id, reconcile::Urgency::kPrompt}};
    case ports::Hint::Kind::kBuild:
    case ports::Hint::Kind::kBuildLog:
    case ports::Hint::Kind::kDetection:
      return {};  // for builders and for those who follow a log or wait for an answer
  }
  return {};
}

}  // namespace ns::act

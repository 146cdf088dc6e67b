// Answers questions which build methods fit a commit, one at a time, beside the builds.
#pragma once

#include <condition_variable>
#include <thread>

#include "act/builder_parts.h"
#include "base/mutex.h"

namespace ns::act {

// Looks at the source of one question: checks it out below BuilderParts::folder, asks the methods,
// and removes it. Ends when `cancel` is requested, and a minute from now at the latest.
ports::DetectionAnswer LookAtSource(const BuilderParts& parts, const ports::DetectionOrder& order,
                                    const std::stop_token& cancel);

// A thread that takes questions from the desk when it is woken and, since hints may be lost, every
// few seconds. A failure that may pass is tried again; what it cannot answer is taken up by the
// next builder, or by this one again. [any-thread]
class Detector {
 public:
  // `parts` must outlive the detector.
  explicit Detector(const BuilderParts& parts);
  ~Detector();  // stops

  void Wake();
  // Gives up what it looks at and takes nothing up any more.
  void Stop();

 private:
  void Run(const std::stop_token& stop);
  // Whether there may be another question.
  bool TakeOne(const std::stop_token& stop);
  void Answer(const ports::DetectionOrder& order, const ports::DetectionAnswer& answer,
              const std::stop_token& stop);

  const BuilderParts& parts_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  bool woken_ NS_GUARDED_BY(mutex_) = true;
  std::jthread thread_;
};

}  // namespace ns::act

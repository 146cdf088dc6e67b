#include "exchange.h"

namespace ns::gateway {

void Exchange::OnMessage(std::string_view message) noexcept {
  overflow_ = overflow_ || message.size() > most_ - answer_.body.size();
  if (!overflow_) answer_.body += message;
}

void Exchange::OnEnd(const sdk::ApiEnd& end) noexcept {
  answer_.error = end.error;
  answer_.http_status = end.http_status;
  answer_.content_type = end.content_type;
  if (overflow_ && !answer_.error)
    answer_.error = sdk::Error(
        NS_E_EXHAUSTED, "",
        "The answer is longer than " + std::to_string(most_) + " bytes; ask for less at once.");
  done_(std::move(answer_));
}

}  // namespace ns::gateway

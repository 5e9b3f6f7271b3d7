#include "net/stream.h"

#include <utility>

namespace rapport::net {

Stream::Stream(HttpResponse head, size_t most_waiting, std::function<void()> wake)
    : head_(std::move(head)), most_waiting_(most_waiting), wake_(std::move(wake)) {}

bool Stream::send(std::string_view text) {
  {
    const std::lock_guard lock(mutex_);
    if (ended_ || too_slow_ || !open_) return false;
    if (waiting_.size() + text.size() > most_waiting_) {
      too_slow_ = true;
      std::string().swap(waiting_);
    } else {
      waiting_ += text;
      if (std::exchange(woken_, true)) return true;
    }
  }
  wake_();
  return !too_slow_;
}

void Stream::end() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(ended_, true)) return;
  }
  wake_();
}

Stream::Taken Stream::take() {
  const std::lock_guard lock(mutex_);
  woken_ = false;
  return {std::exchange(waiting_, {}), ended_, too_slow_};
}

}  // namespace rapport::net

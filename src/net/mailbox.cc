#include "net/mailbox.h"

#include "net/refusal.h"

namespace rapport::net {
namespace {

class OneAnswer {
 public:
  OneAnswer(std::shared_ptr<Mailbox> mailbox, uint64_t id)
      : mailbox_(std::move(mailbox)), id_(id) {}
  OneAnswer(const OneAnswer&) = delete;
  OneAnswer& operator=(const OneAnswer&) = delete;
  ~OneAnswer() {
    if (!given_.load(std::memory_order_acquire)) {
      mailbox_->answer(id_, problem({500, "unanswered", "The server failed to answer: a bug."}));
    }
  }

  void give(HttpResponse response) {
    if (given_.exchange(true, std::memory_order_acq_rel)) BUG("a request was answered twice");
    mailbox_->answer(id_, std::move(response));
  }

 private:
  std::shared_ptr<Mailbox> mailbox_;
  uint64_t id_;
  std::atomic<bool> given_{false};
};

}  // namespace

void Mailbox::retire() {
  const std::lock_guard lock(mutex_);
  owner_ = nullptr;
  thread_.store({});
  answers_.clear();
}

void Mailbox::answer(uint64_t id, HttpResponse response) {
  // Only the server's thread can see its own id here, and it alone retires the mailbox while so.
  if (thread_.load(std::memory_order_relaxed) == std::this_thread::get_id()) {
    return owner_->deliver(id, std::move(response));
  }
  const std::lock_guard lock(mutex_);
  if (owner_ == nullptr) return;
  answers_.emplace_back(id, std::move(response));
  if (answers_.size() == 1) owner_->wake();
}

void Mailbox::collect() {
  std::vector<std::pair<uint64_t, HttpResponse>> answers;
  {
    const std::lock_guard lock(mutex_);
    answers.swap(answers_);
  }
  for (auto& [id, response] : answers) owner_->deliver(id, std::move(response));
}

Respond respond_once(std::shared_ptr<Mailbox> mailbox, uint64_t id) {
  return [one = std::make_shared<OneAnswer>(std::move(mailbox), id)](HttpResponse response) {
    one->give(std::move(response));
  };
}

}  // namespace rapport::net

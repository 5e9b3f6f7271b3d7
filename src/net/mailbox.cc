#include "net/mailbox.h"

#include "net/refusal.h"

namespace rapport::net {
namespace {

class OneAnswer final : public Respond::Place {
 public:
  OneAnswer(std::shared_ptr<Mailbox> mailbox, uint64_t id)
      : mailbox_(std::move(mailbox)), id_(id) {}
  OneAnswer(const OneAnswer&) = delete;
  OneAnswer& operator=(const OneAnswer&) = delete;
  ~OneAnswer() override {
    if (!given_.load(std::memory_order_acquire)) {
      mailbox_->answer(id_, problem({500, "unanswered", "The server failed to answer: a bug."}));
    }
  }

  void answer(HttpResponse response) override {
    claim();
    mailbox_->answer(id_, std::move(response));
  }

  std::shared_ptr<Stream> stream(HttpResponse head, size_t most_waiting) override {
    claim();
    auto stream = std::make_shared<OpenStream>(mailbox_, id_, std::move(head), most_waiting);
    mailbox_->stream(id_, stream);
    return stream;
  }

 private:
  // Wakes the connection with a share in itself, as it may outlive the one who sends.
  struct OpenStream : std::enable_shared_from_this<OpenStream>, Stream {
    OpenStream(const std::shared_ptr<Mailbox>& mailbox, uint64_t id, HttpResponse head,
               size_t most_waiting)
        : Stream(std::move(head), most_waiting,
                 [mailbox, id, this] { mailbox->stream(id, shared_from_this()); }) {}
  };

  void claim() {
    if (given_.exchange(true, std::memory_order_acq_rel)) BUG("a request was answered twice");
  }

  std::shared_ptr<Mailbox> mailbox_;
  uint64_t id_;
  std::atomic<bool> given_{false};
};

}  // namespace

void Mailbox::retire() {
  const std::lock_guard lock(mutex_);
  owner_ = nullptr;
  thread_.store({});
  for (const auto& [id, letter] : letters_)
    if (const auto* stream = std::get_if<std::shared_ptr<Stream>>(&letter)) (*stream)->close();
  letters_.clear();
}

void Mailbox::put(uint64_t id, Letter letter) {
  // Only the server's thread can see its own id here, and it alone retires the mailbox while so.
  if (thread_.load(std::memory_order_relaxed) == std::this_thread::get_id()) {
    return deliver(*owner_, id, std::move(letter));
  }
  const std::lock_guard lock(mutex_);
  if (owner_ == nullptr) {
    if (const auto* stream = std::get_if<std::shared_ptr<Stream>>(&letter)) (*stream)->close();
    return;
  }
  letters_.emplace_back(id, std::move(letter));
  if (letters_.size() == 1) owner_->wake();
}

void Mailbox::deliver(Owner& owner, uint64_t id, Letter letter) {
  std::visit([&](auto& what) { owner.deliver(id, std::move(what)); }, letter);
}

void Mailbox::collect() {
  std::vector<std::pair<uint64_t, Letter>> letters;
  {
    const std::lock_guard lock(mutex_);
    letters.swap(letters_);
  }
  for (auto& [id, letter] : letters) deliver(*owner_, id, std::move(letter));
}

Respond respond_once(std::shared_ptr<Mailbox> mailbox, uint64_t id) {
  return Respond(std::make_shared<OneAnswer>(std::move(mailbox), id));
}

}  // namespace rapport::net

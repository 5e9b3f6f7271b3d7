#include "api/live/live.h"

#include <chrono>
#include <set>

#include "api/problem.h"

namespace rapport::api {

namespace {

constexpr std::string_view kFirst = "retry: 2000\n\n";
constexpr std::string_view kHeartbeat = ": still here\n\n";

HttpResponse stream_head() {
  return {200,
          {{"Content-Type", "text/event-stream"},
           {"Cache-Control", "no-store"},
           {"X-Content-Type-Options", "nosniff"},
           {"X-Accel-Buffering", "no"}},  // else nginx in between would hold events back
          {}};
}

}  // namespace

Live::Live(Context& context, LiveOptions options)
    : context_(context),
      options_(options),
      gauge_(context.metrics.gauge("rapport_live_streams", "Clients that follow a live view.")),
      thread_([this] { run(); }) {}

Live::~Live() {
  stop();
  thread_.join();
}

void Live::follow(std::string key, WorkspaceId workspace, const net::Respond& respond) {
  {
    const std::lock_guard lock(mutex_);
    if (!stop_ && followers_.size() < options_.max_streams) {
      auto stream = respond.stream(stream_head(), options_.max_waiting_bytes);
      stream->send(kFirst);
      followers_.push_back(
          std::make_shared<Follower>(std::move(key), workspace, std::move(stream)));
      gauge_.set(static_cast<int64_t>(followers_.size()));
      wake_ = true;
      woken_.notify_all();
      return;
    }
  }
  respond(problem({Code::kUnavailable,
                   "too many live views are open, or the server is shutting down; try again",
                   Retryable::kYes}));
}

void Live::wake() {
  const std::lock_guard lock(mutex_);
  if (followers_.empty()) return;
  wake_ = true;
  woken_.notify_all();
}

void Live::stop() {
  const std::lock_guard lock(mutex_);
  stop_ = true;
  for (const auto& follower : followers_) follower->stream->end();
  woken_.notify_all();
}

bool Live::wait() {
  const auto span = [](Micros m) { return std::chrono::microseconds(m.value); };
  std::unique_lock lock(mutex_);
  if (followers_.empty()) woken_.wait(lock, [&] { return stop_ || !followers_.empty(); });
  woken_.wait_for(lock, span(options_.at_least_every), [&] { return stop_ || wake_; });
  wake_ = false;
  return !stop_;
}

void Live::run() {
  while (wait()) {
    look_round();
    drop_closed();
    std::unique_lock lock(mutex_);
    woken_.wait_for(lock, std::chrono::microseconds(options_.between_looks.value),
                    [&] { return stop_; });
  }
}

void Live::look_round() {
  std::vector<std::shared_ptr<Follower>> followers;
  {
    const std::lock_guard lock(mutex_);
    followers = followers_;
  }
  news_.clear();
  const Micros now = context_.clock.monotonic();
  const bool beat = now >= next_heartbeat_;
  if (beat) next_heartbeat_ = now + options_.heartbeat;
  for (const auto& follower : followers) {
    auto tenant = context_.gate.admit(follower->key, access::Scope::kRead);
    if (!tenant.ok() || tenant->workspace() != follower->workspace) {
      follower->stream->end();
      continue;
    }
    // Once a round for each workspace, through the first who may see it.
    if (!news_.contains(follower->workspace)) {
      auto news = views_[follower->workspace].look(*tenant, context_.operations);
      if (!news.ok()) {
        // What was seen of it is not known: the next look begins anew, so do the clients.
        views_.erase(follower->workspace);
        follower->stream->end();
        continue;
      }
      news_[follower->workspace] = std::move(news).value();
    }
    tell(*follower, news_[follower->workspace]);
    if (beat) follower->stream->send(kHeartbeat);
  }
}

void Live::tell(Follower& follower, const std::vector<LiveEvent>& news) {
  if (!follower.told) {
    follower.told = true;
    follower.stream->send(to_text(views_[follower.workspace].snapshot(context_.clock.now())));
    return;
  }
  for (const LiveEvent& event : news)
    if (!follower.stream->send(to_text(event))) return;
}

void Live::drop_closed() {
  std::set<WorkspaceId> followed;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(followers_, [](const auto& follower) { return !follower->stream->open(); });
    for (const auto& follower : followers_) followed.insert(follower->workspace);
    gauge_.set(static_cast<int64_t>(followers_.size()));
  }
  std::erase_if(views_, [&](const auto& view) { return !followed.contains(view.first); });
}

}  // namespace rapport::api

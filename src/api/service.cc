#include "api/service.h"

#include <chrono>
#include <utility>

#include "api/problem.h"
#include "base/text.h"

namespace rapport::api {

namespace {

// The part of a tracking path after "/v1/", or empty.
std::string_view tracking_part(std::string_view target) {
  constexpr std::string_view kPrefix = "/v1/";
  if (!target.starts_with(kPrefix)) return {};
  return target.substr(kPrefix.size(), target.find('?') - kPrefix.size());
}

// Some senders put their key into the body only.
std::string key_in_body(const std::string& body) {
  const auto parsed = parse_json(body);
  return parsed.ok() ? std::string(parsed->text("writeKey")) : std::string();
}

// A body of so many bytes is worth another thread's while.
constexpr size_t kLargeBody = 16 * 1024;
constexpr size_t kMostLarge = 8 * 1024 * 1024;  // bytes kept until they are read

HttpResponse accepted(const intake::Receipt& receipt) {
  HttpResponse answer{200, {{"Content-Type", "application/json"}}, {}};
  answer.body = "{\"success\":true,\"stored\":" + std::to_string(receipt.stored) +
                ",\"repeated\":" + std::to_string(receipt.repeated) +
                ",\"quarantined\":" + std::to_string(receipt.quarantined) +
                ",\"sequence\":" + std::to_string(receipt.last.value) + "}";
  return answer;
}

HttpResponse busy(std::string_view what) {
  return problem({Code::kUnavailable, std::string(what), Retryable::kYes});
}

}  // namespace

Service::Service(Context& context, Router& router, Failpoints& failpoints, ServiceOptions options,
                 std::function<void(const Error&)> failed)
    : context_(context),
      router_(router),
      failpoints_(failpoints),
      options_(options),
      failed_(std::move(failed)),
      live_(context, options_.live),
      ingest_seconds_(context.metrics.histogram("rapport_commit_seconds",
                                                "Time to make one round of events durable.")),
      request_seconds_(context.metrics.histogram("rapport_request_seconds",
                                                 "Time a worker spends on one request.")),
      reader_(context.intake) {
  for (int i = 0; i < options_.workers; ++i) workers_.emplace_back([this] { work(Lane::kUsual); });
  for (int i = 0; i < options_.outside_workers; ++i)
    workers_.emplace_back([this] { work(Lane::kOutside); });
}

Service::~Service() {
  stop();
}

void Service::stop() {
  live_.stop();
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  outside_changed_.notify_all();
  for (auto& worker : workers_)
    if (worker.joinable()) worker.join();
}

void Service::drain() {
  draining_ = true;
  live_.stop();
}

void Service::serve(HttpRequest request, net::Respond respond) {
  const bool probe = request.target == "/livez" || request.target == "/readyz";
  if (draining_ && !probe) return respond(busy("the server is shutting down; try again"));
  if (track(request, respond)) return;
  const Lane lane = router_.lane_of(request);
  const bool usual = lane == Lane::kUsual;
  {
    std::lock_guard lock(mutex_);
    std::deque<Queued>& queue = queue_of(lane);
    if (queue.size() < (usual ? options_.max_queued : options_.max_outside_queued)) {
      queue.push_back({std::move(request), std::move(respond), lane, Micros{0}});
      changed_of(lane).notify_one();
      return;
    }
  }
  respond(busy(usual ? "too many requests are waiting; try again"
                     : "too many requests wait for connected systems; try again"));
}

bool Service::track(HttpRequest& request, net::Respond& respond) {
  const auto part = tracking_part(request.target);
  if (part.empty()) return false;
  const auto call = intake::call_named(part);
  if (!call) return false;
  if (request.method != "POST") {
    auto answer = problem(405, "Method Not Allowed", "tracking calls are POST", "invalid");
    answer.headers.emplace_back("Allow", "POST");
    respond(std::move(answer));
    return true;
  }
  const auto sender = sender_of(request);
  if (!sender.ok()) {
    respond(problem(sender.error()));
  } else if (request.body.size() < kLargeBody) {
    auto prepared = context_.intake.prepare(*sender, *call, request.body);
    if (!prepared.ok()) {
      respond(problem(prepared.error()));
      return true;
    }
    small_.push_back(std::move(*prepared));
    small_responds_.push_back(std::move(respond));
  } else {
    large_bytes_ += request.body.size();
    large_.push_back({*sender, *call, std::move(request.body)});
    large_responds_.push_back(std::move(respond));
    if (large_bytes_ > kMostLarge) take_large();
  }
  return true;
}

void Service::take(net::Respond respond, const Result<intake::Receipt>& receipt) {
  if (!receipt.ok()) return respond(problem(receipt.error()));
  staged_.push_back({std::move(respond), accepted(*receipt)});
}

void Service::take_small() {
  context_.intake.expect(small_);
  for (size_t number = 0; number < small_.size(); ++number)
    take(std::move(small_responds_[number]), context_.intake.stage(std::move(small_[number])));
  small_.clear();
  small_responds_.clear();
}

void Service::take_large() {
  if (large_.empty()) return;
  reader_.read(large_, [this](size_t number, Result<intake::Prepared> prepared) {
    auto receipt = prepared.ok() ? context_.intake.stage(std::move(*prepared))
                                 : Result<intake::Receipt>(prepared.error());
    take(std::move(large_responds_[number]), receipt);
  });
  large_.clear();
  large_responds_.clear();
  large_bytes_ = 0;
}

Result<WorkspaceId> Service::sender_of(const HttpRequest& request) {
  std::string secret = credentials_of(request);
  if (secret.empty()) secret = key_in_body(request.body);
  TRY_ASSIGN(const auto principal, context_.gate.authenticate(secret, access::Scope::kIngest));
  if (principal.workspace.value == 0)
    return Error{Code::kForbidden,
                 "this key belongs to no workspace; use a workspace's ingest key"};
  return principal.workspace;
}

void Service::after_reads() {
  take_small();
  take_large();
  if (staged_.empty()) return;
  const Micros start = context_.clock.monotonic();
  const auto committed = context_.log.commit();
  ingest_seconds_.observe(static_cast<double>((context_.clock.monotonic() - start).value) / 1e6);
  if (!committed.ok()) {
    for (auto& staged : staged_) staged.respond(problem(committed.error()));
    staged_.clear();
    if (context_.log.broken()) failed_(committed.error());
    return;
  }
  failpoints_.reach("ack.before");
  for (auto& staged : staged_) staged.respond(std::move(staged.answer));
  staged_.clear();
  failpoints_.reach("ack.after");
  context_.runner.wake();
}

void Service::applied(WorkspaceId workspace, Sequence sequence) {
  live_.wake();
  std::lock_guard lock(mutex_);
  std::erase_if(waiting_, [&](Waiting& waiting) {
    if (waiting.what.workspace != workspace || waiting.what.sequence > sequence) return false;
    const Lane lane = waiting.queued.lane;
    queue_of(lane).push_back(std::move(waiting.queued));
    changed_of(lane).notify_one();
    return true;
  });
}

void Service::expire(std::vector<Waiting>& expired) {
  const Micros now = context_.clock.monotonic();
  std::erase_if(waiting_, [&](Waiting& waiting) {
    if (waiting.queued.deadline > now && !stop_) return false;
    expired.push_back(std::move(waiting));
    return true;
  });
}

// At the end what waits for other systems is not waited for.
void Service::refuse_outside(std::unique_lock<std::mutex>& lock) {
  const std::deque<Queued> left = std::exchange(outside_queue_, {});
  lock.unlock();
  for (const Queued& queued : left) queued.respond(busy("the server is shutting down; try again"));
}

void Service::work(Lane lane) {
  std::deque<Queued>& queue = queue_of(lane);
  for (;;) {
    std::vector<Waiting> expired;
    std::optional<Queued> next;
    {
      std::unique_lock lock(mutex_);
      changed_of(lane).wait_for(lock, std::chrono::milliseconds(200),
                                [&] { return stop_ || !queue.empty(); });
      if (lane == Lane::kOutside && stop_) return refuse_outside(lock);
      expire(expired);
      if (!queue.empty()) {
        next = std::move(queue.front());
        queue.pop_front();
      } else if (stop_) {
        for (auto& waiting : expired) waiting.queued.respond(busy("the server is shutting down"));
        return;
      }
    }
    for (auto& waiting : expired)
      waiting.queued.respond(problem({Code::kTimeout,
                                      "min_sequence was not folded in time; the event is stored, "
                                      "ask again later",
                                      Retryable::kYes}));
    if (next) run(std::move(*next));
  }
}

void Service::run(Queued queued) {
  const Micros start = context_.clock.monotonic();
  auto outcome = router_.handle(queued.request);
  if (auto* answer = std::get_if<HttpResponse>(&outcome)) {
    request_seconds_.observe(static_cast<double>((context_.clock.monotonic() - start).value) / 1e6);
    return queued.respond(std::move(*answer));
  }
  if (auto* follow = std::get_if<Follow>(&outcome))
    return live_.follow(std::move(follow->key), follow->workspace, queued.respond);
  const Wait what = std::get<Wait>(outcome);
  if (queued.deadline.value == 0) queued.deadline = start + options_.max_wait;
  std::unique_lock lock(mutex_);
  if (waiting_.size() >= options_.max_waiting) {
    lock.unlock();
    return queued.respond(busy("too many requests wait for the fold; try again"));
  }
  waiting_.push_back({what, std::move(queued)});
  lock.unlock();
  // The fold may have got there in between.
  applied(what.workspace, context_.runner.cursor(what.workspace).sequence);
}

}  // namespace rapport::api

// rooms: flow decide benchmark
// What an event costs with packs: bench_deciding PACKS [EVENTS] [CONTACTS] [TIMES]. PACKS is a
// folder of packs, or "-" for none. With TIMES the rules are that many: each stands again for other
// branches of the company. Folds into a state in memory's file system, one thread, no log.
#include <fmt/format.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "decide/compile.h"
#include "decide/pack/read_pack.h"
#include "flow/fold.h"

namespace rapport {
namespace {

using Item = store::EventLog::Follower::Item;
namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream all;
  all << file.rdbuf();
  return all.str();
}

struct Kind {
  std::string_view type;
  int share;
};
// A busy service: talk, use of the product, a little money.
constexpr Kind kKinds[] = {
    {"message.sent", 40},     {"user.logged_in", 14},       {"feature.used", 14},
    {"action.performed", 10}, {"conversation.started", 6},  {"conversation.ended", 4},
    {"visit.ended", 4},       {"payment.succeeded", 2},     {"ticket.created", 2},
    {"ticket.updated", 1},    {"satisfaction.received", 2}, {"nps.answered", 1}};
constexpr std::string_view kSayings[] = {"How much is the enterprise plan per user?",
                                         "thanks, that works now",
                                         "We need a demo for 120 people next month",
                                         "I cannot log in, it says error 500",
                                         "ok",
                                         "¿Cuánto cuesta el plan anual?"};

class Source {
 public:
  explicit Source(int contacts) : contacts_(contacts) {
    double sum = 0;
    for (int i = 1; i <= contacts; ++i) cumulated_.push_back(sum += 1.0 / i);
  }
  model::Event next() {
    const double at = std::uniform_real_distribution<double>(0, cumulated_.back())(random_);
    const auto who = static_cast<uint64_t>(
        std::lower_bound(cumulated_.begin(), cumulated_.end(), at) - cumulated_.begin());
    model::Event event;
    event.subject = {who + 1};
    event.message_id = fmt::format("m{}", ++count_);
    clock_ = clock_ + millis(500);
    event.at = event.received_at = clock_;
    if (known_.insert(who).second) return identified(std::move(event), who);
    int dice = std::uniform_int_distribution<int>(0, 99)(random_);
    const Kind* kind = kKinds;
    while (dice >= kind->share) dice -= (kind++)->share;
    event.type = kind->type;
    const auto n = std::uniform_int_distribution<int>(0, 10)(random_);
    Json& p = event.properties;
    p.set("conversation_id", fmt::format("c{}-{}", who, count_ / 50'000));
    p.set("author", n < 6 ? "customer" : "ai").set("text", kSayings[n % std::size(kSayings)]);
    p.set("ticket_id", fmt::format("t{}-{}", who, n)).set("subject", kSayings[n % 3]);
    p.set("feature", fmt::format("f{}", n)).set("minutes", n).set("score", n % 6);
    p.set("amount", fmt::format("{}.00 USD", n * 100)).set("user_id", fmt::format("u{}", who));
    return event;
  }

 private:
  model::Event identified(model::Event event, uint64_t who) {
    event.type = model::kIdentified;
    const std::string email = fmt::format("p{}@firm{}.example", who, who / 5);
    event.identities.push_back({model::IdentifierKind::kEmail, email, event.subject});
    event.properties.set("name", fmt::format("Person {}", who)).set("company_size", who % 700);
    return event;
  }

  int contacts_;
  std::vector<double> cumulated_;
  std::mt19937_64 random_{7};
  std::set<uint64_t> known_;
  uint64_t count_ = 0;
  Micros clock_{1'772'442'000'000'000};
};

std::vector<decide::PackFiles> packs_in(const std::string& folder) {
  std::map<std::string, decide::PackFiles> all;
  if (folder == "-") return {};
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!fs::exists(entry.path() / "pack.yaml")) continue;
    decide::PackFiles files{entry.path().filename().string(), {}};
    for (const auto& file : fs::directory_iterator(entry.path()))
      if (file.path().extension() == ".yaml")
        files.files[file.path().filename().string()] = text_of(file.path());
    all[files.name] = std::move(files);
  }
  std::vector<decide::PackFiles> packs;
  for (auto& [name, files] : all) packs.push_back(std::move(files));
  return packs;
}

std::string quoted_text(std::string_view text) {
  return to_text(Json(text));
}

// A rule for events of another branch only.
std::string branch_rule(const decide::RuleSpec& rule, int branch, int number) {
  std::string on, changed;
  for (const auto& name : rule.on) on += (on.empty() ? "" : ", ") + quoted_text(name);
  for (const auto& name : rule.changed) changed += (changed.empty() ? "" : ", ") + name;
  const std::string when = fmt::format("event.branch == 'b{}'", branch) +
                           (rule.when.empty() ? "" : " && (" + rule.when.text + ")");
  std::string text =
      fmt::format("  r{}:\n    on: [{}]\n    when: {}\n", number, on, quoted_text(when));
  if (!changed.empty()) text += fmt::format("    changed: [{}]\n", changed);
  return text + fmt::format("    do: [{{set: {{contact.branch: b{}}}}}]\n", branch);
}

// The rules of all packs again, for events of another branch each time.
decide::PackFiles branches(const std::vector<decide::PackFiles>& packs, int times) {
  decide::PackFiles made{
      "branches",
      {{"objects.yaml", "objects:\n  contact:\n    fields:\n      branch: {type: text}\n"}}};
  std::string uses;
  int number = 0;
  for (int branch = 1; branch < times; ++branch)
    made.files[fmt::format("rules{}.yaml", branch)] = "rules:\n";
  for (const decide::PackFiles& files : packs) {
    uses += (uses.empty() ? "" : ", ") + files.name;
    const auto read = decide::read_pack(files);
    for (const auto& rule : read.pack.rules)
      for (int branch = 1; branch < times; ++branch)
        made.files[fmt::format("rules{}.yaml", branch)] += branch_rule(rule, branch, ++number);
  }
  made.files["pack.yaml"] =
      fmt::format("pack: branches\nsays: Every rule again, for other branches\nuses: [{}]\n", uses);
  return made;
}

// What cannot be compiled would decide nothing, and quickly.
void check(const std::vector<decide::PackFiles>& packs) {
  std::vector<std::shared_ptr<const decide::PackSpec>> specs;
  std::vector<Error> errors;
  for (const decide::PackFiles& files : packs) {
    auto read = decide::read_pack(files);
    errors.insert(errors.end(), read.errors.begin(), read.errors.end());
    specs.push_back(std::make_shared<const decide::PackSpec>(std::move(read.pack)));
  }
  if (errors.empty()) errors = decide::compile(specs, {}, nullptr).errors;
  for (const Error& error : errors) fmt::print(stderr, "{}\n", error.message);
  if (!errors.empty()) std::exit(1);
}

std::vector<model::Event> activations(const std::string& folder, int times) {
  auto packs = packs_in(folder);
  if (times > 1) packs.push_back(branches(packs, times));
  check(packs);
  std::vector<model::Event> events;
  for (const decide::PackFiles& files : packs) {
    Json texts = Json::object();
    for (const auto& [path, text] : files.files) texts.set(path, text);
    model::Event event;
    event.origin = model::Origin::kServer;
    event.type = model::kPackActivated;
    event.properties.set("pack", files.name).set("version", decide::pack_version(files));
    event.properties.set("files", std::move(texts));
    event.at = event.received_at = Micros{1'772'441'000'000'000};
    events.push_back(std::move(event));
  }
  return events;
}

// Of this thread: other work on the machine counts less than by the clock.
double processor_seconds() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) / 1e9;
}

int run(const std::string& packs, uint64_t events, int contacts, int times) {
  const std::string path = fmt::format("/dev/shm/bench_deciding_{}.db", getpid());
  auto state = store::open_sqlite_state(path, "", store::StateMode::kBuild).value();
  const auto zones = expr::open_system_zones().value();
  const decide::Engine engine(decide::first_basics(), zones.get());
  flow::Fold fold(*state, engine, [](std::span<const Position>) {
    return Result<std::vector<model::Event>>(std::vector<model::Event>{});
  });
  fold.open().value();
  uint64_t sequence = 0;
  const auto add = [&](std::vector<Item>& items, model::Event event) {
    Item item;
    event.workspace = {1};
    event.sequence = {++sequence};
    item.event = std::move(event);
    items.push_back(std::move(item));
  };
  std::vector<Item> first;
  for (model::Event& event : activations(packs, times)) add(first, std::move(event));
  fold.fold(first).value();
  Source source(contacts);
  double spent = 0;
  for (uint64_t done = 0; done < events;) {
    std::vector<Item> items;
    for (int i = 0; i < 2048 && done < events; ++i, ++done) add(items, source.next());
    const double start = processor_seconds();
    fold.fold(items).value();
    if (fold.changed_records() > 40'000 || done == events) fold.apply().value();
    spent += processor_seconds() - start;
  }
  state->checkpoint().value();
  const auto bytes = fs::file_size(path);
  const int64_t people = state->count("contact").value();
  fmt::print(
      "{} events, {} contacts, {:.1f} us/event, {:.0f} events/s, {} traces, {} made, "
      "{:.0f} bytes of state per contact\n",
      events, people, spent / static_cast<double>(events) * 1e6,
      static_cast<double>(events) / spent, state->count("trace").value(),
      state->count("object").value(), static_cast<double>(bytes) / static_cast<double>(people));
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(path + suffix);
  return 0;
}

}  // namespace
}  // namespace rapport

int main(int argc, char** argv) {
  if (argc < 2) return fmt::print("bench_deciding PACKS|- [EVENTS] [CONTACTS] [TIMES]\n"), 1;
  return rapport::run(argv[1], argc > 2 ? std::stoull(argv[2]) : 100'000,
                      argc > 3 ? std::stoi(argv[3]) : 20'000, argc > 4 ? std::stoi(argv[4]) : 1);
}

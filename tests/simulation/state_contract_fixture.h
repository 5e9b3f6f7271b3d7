// What every store of folded state promises: the places it is tested in, and the fixture.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "simulation/sim_disk.h"
#include "simulation/sqlite_vfs.h"
#include "store/state_contract.h"
#include "testing/fakes.h"

namespace rapport::store {

using model::IndexEntry;
using model::Mark;
using model::Record;
using model::RecordKey;
using model::Timer;
using Order = PageRequest::Order;

class RealFolder final : public StatePlace {
 public:
  Result<std::unique_ptr<State>> open(StateMode mode) override {
    return open_sqlite_state(folder_ / "7.db", "", mode);
  }
  Result<std::unique_ptr<State>> open_snapshot(const std::string& path) override {
    return open_sqlite_state(path, "", StateMode::kRead);
  }
  std::string snapshot_path(const std::string& name) override { return folder_ / name; }
  std::string all_bytes() override {
    std::string all;
    for (const auto& file : std::filesystem::directory_iterator(folder_.path())) {
      std::ifstream in(file.path(), std::ios::binary);
      all.append(std::istreambuf_iterator<char>(in), {});
    }
    return all;
  }

 private:
  TemporaryFolder folder_;
};

class SimulatedDisk final : public StatePlace {
 public:
  Result<std::unique_ptr<State>> open(StateMode mode) override {
    return open_sqlite_state("/7.db", vfs_->name(), mode);
  }
  Result<std::unique_ptr<State>> open_snapshot(const std::string& path) override {
    return open_sqlite_state(path, vfs_->name(), StateMode::kRead);
  }
  std::string snapshot_path(const std::string& name) override { return "/" + name; }
  std::string all_bytes() override {
    std::string all;
    for (const std::string& path : disk_.files()) all += read_file(disk_, path).value();
    return all;
  }

 private:
  simulation::SimDisk disk_{1};
  ManualClock clock_;
  SeededRandom random_{2};
  std::unique_ptr<simulation::SqliteVfs> vfs_ =
      simulation::register_sqlite_vfs("contract", disk_, clock_, random_);
};

inline Record record(std::string type, std::string id, uint64_t created, uint64_t version = 0) {
  Record r;
  r.key = {std::move(type), std::move(id)};
  r.created = {created};
  r.version = {version == 0 ? created : version};
  return r;
}

inline PutRecord put(Record r, const Record* before = nullptr) {
  PutRecord change;
  const auto now = model::index_entries(r);
  const auto then = before == nullptr ? std::vector<IndexEntry>() : model::index_entries(*before);
  std::ranges::set_difference(then, now, std::back_inserter(change.entries_removed));
  std::ranges::set_difference(now, then, std::back_inserter(change.entries_added));
  change.record = std::move(r);
  return change;
}

inline RemovedRecord removal(const Record& r) {
  return {r.key, model::index_entries(r)};
}

inline Record contact(int n, uint64_t created, const std::string& email) {
  Record r = record("contact", "con_" + std::to_string(n), created);
  r.fields.set("emails", Json(Json::Array{Json(email)})).set("name", "N" + std::to_string(n));
  r.provenance.set("name", static_cast<int64_t>(created));
  return r;
}

inline std::vector<std::string> ids(const Page& page) {
  std::vector<std::string> out;
  for (const Record& r : page.records) out.push_back(r.key.id);
  return out;
}

class StateContract : public ::testing::TestWithParam<StateStore> {
 protected:
  void SetUp() override {
    place_ = GetParam().make();
    reopen();
  }
  void TearDown() override { state_.reset(); }
  void reopen() {
    state_.reset();
    auto opened = place_->open(StateMode::kWrite);
    ASSERT_TRUE(opened) << opened.error().message;
    state_ = std::move(*opened);
  }
  void apply(const Changes& changes) {
    const auto applied = state_->apply(changes);
    ASSERT_TRUE(applied) << applied.error().message;
  }
  void put_all(const std::vector<Record>& records) {
    Changes changes;
    for (const Record& r : records) changes.puts.push_back(put(r));
    apply(changes);
  }
  std::optional<Record> find(const RecordKey& key) {
    return state_->load(std::vector<RecordKey>{key}).value()[0];
  }
  Page list(PageRequest request) {
    auto page = state_->list(request);
    EXPECT_TRUE(page) << page.error().message;
    return page ? *page : Page{};
  }
  std::vector<std::string> with_entry(const std::string& field, const std::string& value) {
    return ids(list({"contact", field, value, "", 1000, Order::kOldest}));
  }
  std::vector<uint64_t> sequences(const std::string& list, uint64_t after, int limit, Order order) {
    std::vector<uint64_t> out;
    const std::vector<Posting> read = state_->postings(list, {after}, limit, order).value();
    for (const Posting& p : read) {
      EXPECT_EQ(p.position.value, p.sequence.value * 1000 + (p.sequence.value % 3) * 7);
      out.push_back(p.sequence.value);
    }
    return out;
  }
  Posting posting(const std::string& list, uint64_t sequence) {
    return {list, {sequence}, {sequence * 1000 + (sequence % 3) * 7}};
  }

  std::unique_ptr<StatePlace> place_;
  std::unique_ptr<State> state_;
};

}  // namespace rapport::store

#include "store/base_file.h"

#include <gtest/gtest.h>

#include "base/posix_disk.h"
#include "testing/fakes.h"

namespace rapport::store {
namespace {

class BaseFile : public ::testing::Test {
 protected:
  BaseFile() { EXPECT_TRUE(disk_.make_folders(folder_ / "bases")); }

  std::unique_ptr<State> open() { return open_sqlite_state(path_, "", StateMode::kWrite).value(); }
  static void fold(State& state, uint64_t sequence) {
    Changes changes;
    changes.cursor.sequence = {sequence};
    changes.cursor.next = {sequence * 100};
    for (int n = 0; n < 300; ++n) {
      model::Record r;
      r.key = {"contact", "con_" + std::to_string(sequence) + "_" + std::to_string(n)};
      r.created = r.version = {sequence};
      r.fields.set("name", std::string(200, 'n'));
      changes.puts.push_back({r, {}, {}});
    }
    ASSERT_TRUE(state.apply(changes));
  }
  TakenBase take(State& state) {
    auto taken = write_base(state, disk_, "", bases_, failpoints_);
    EXPECT_TRUE(taken) << taken.error().message;
    return *taken;
  }

  TemporaryFolder folder_;
  PosixDisk disk_;
  NoFailpoints failpoints_;
  const std::string path_ = folder_ / "7.db", bases_ = folder_ / "bases";
};

TEST_F(BaseFile, ComesBackAsTheStateThatItWasTakenOf) {
  auto state = open();
  fold(*state, 5);
  const Hash then = state->digest().value();
  const TakenBase taken = take(*state);
  EXPECT_EQ(taken.state_digest, then);
  EXPECT_EQ(taken.cursor, state->cursor().value());
  EXPECT_EQ(taken.base.sequence, Sequence{5});
  fold(*state, 6);
  state.reset();
  ASSERT_TRUE(restore_base(disk_, taken.base, path_));
  state = open();
  EXPECT_EQ(state->digest().value(), then);
  EXPECT_EQ(state->cursor().value(), taken.cursor);
}

TEST_F(BaseFile, RestoresOverAStateThatWasNotClosed) {
  auto state = open();
  fold(*state, 5);
  const TakenBase taken = take(*state);
  fold(*state, 6);
  // What a crash leaves: a WAL that belongs to the state as it was.
  const std::string wal = read_file(disk_, path_ + "-wal").value();
  state.reset();
  ASSERT_TRUE(write_file(disk_, path_ + "-wal", wal));
  ASSERT_TRUE(restore_base(disk_, taken.base, path_));
  EXPECT_EQ(open()->digest().value(), taken.state_digest);
}

TEST_F(BaseFile, NewestIsTheOneWithTheHighestSequence) {
  EXPECT_EQ(newest_base(disk_, bases_).value(), std::nullopt);
  EXPECT_EQ(newest_base(disk_, folder_ / "missing").value(), std::nullopt);
  auto state = open();
  for (uint64_t s : {9, 10, 11}) {
    fold(*state, s);
    take(*state);
  }
  ASSERT_TRUE(write_file(disk_, bases_ + "/99999-not-a-base.base", "x"));
  EXPECT_EQ(newest_base(disk_, bases_).value()->sequence, Sequence{11});
}

TEST_F(BaseFile, OlderOnesAreRemovedWithWhatWasInterrupted) {
  auto state = open();
  for (uint64_t s : {9, 10, 11}) {
    fold(*state, s);
    take(*state);
  }
  ASSERT_TRUE(write_file(disk_, bases_ + "/taking.tmp", "half"));
  ASSERT_TRUE(remove_bases_before(disk_, bases_, {11}));
  EXPECT_EQ(disk_.list(bases_).value().size(), 1U);
  EXPECT_EQ(newest_base(disk_, bases_).value()->sequence, Sequence{11});
}

TEST_F(BaseFile, DamagedOneIsRefusedAndTheStateStays) {
  auto state = open();
  fold(*state, 5);
  const Base base = take(*state).base;
  EXPECT_TRUE(check_base(disk_, base));
  fold(*state, 6);
  const Hash now = state->digest().value();
  state.reset();
  std::string bytes = read_file(disk_, base.path).value();
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  ASSERT_TRUE(write_file(disk_, base.path, bytes));
  EXPECT_EQ(check_base(disk_, base).error().code, Code::kCorrupt);
  EXPECT_EQ(restore_base(disk_, base, path_).error().code, Code::kCorrupt);
  EXPECT_EQ(open()->digest().value(), now);
}

TEST_F(BaseFile, CutShortIsRefused) {
  auto state = open();
  fold(*state, 5);
  const Base base = take(*state).base;
  const std::string bytes = read_file(disk_, base.path).value();
  ASSERT_TRUE(write_file(disk_, base.path, bytes.substr(0, bytes.size() - 4096)));
  EXPECT_EQ(check_base(disk_, base).error().code, Code::kCorrupt);
}

TEST_F(BaseFile, InterruptedOneIsNotThereAndTheNextSucceeds) {
  struct Interrupted {};
  struct Thrower final : Failpoints {
    void reach(std::string_view name) override {
      if (name == "base.before_rename") throw Interrupted();
    }
  } interrupting;
  auto state = open();
  fold(*state, 5);
  EXPECT_THROW(write_base(*state, disk_, "", bases_, interrupting).ignore("thrown"), Interrupted);
  EXPECT_EQ(newest_base(disk_, bases_).value(), std::nullopt);
  take(*state);
  EXPECT_TRUE(newest_base(disk_, bases_).value());
}

}  // namespace
}  // namespace rapport::store

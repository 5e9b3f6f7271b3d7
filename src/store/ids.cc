#include "store/ids.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

#include "store/ids_file.h"
#include "store/recent_map.h"

namespace rapport::store {
namespace {

constexpr size_t kSmallGeneration = 8192;

struct NewBinding {
  Ids::Bound bound;
  Sequence sequence;  // of the event that made it
};

// What is in memory alone, or was until the last flush.
struct Tail {
  explicit Tail(size_t entries = 0) : ids(entries) {}
  FlatMap<IdName, Sequence, IdNameHash> ids;
  FlatMap<IdName, NewBinding, IdNameHash> bindings;
  size_t size() const { return ids.size() + bindings.size(); }
};

// What is there already is newer.
template <class Map>
void put_absent(Map& to, const Map& from) {
  from.each([&](const auto& key, const auto& value) {
    if (to.find(key) == nullptr) to.put(key, value);
  });
}

std::optional<Ids::Bound> if_any(const Ids::Bound& bound) {
  return bound.subject.value == 0 ? std::nullopt : std::optional(bound);
}

}  // namespace

struct Ids::State {
  State(IdsSizes s, Failpoints& f) : sizes(s), failpoints(f), bindings(s.bindings_cached) {}

  struct Batch {
    std::vector<IdsFile::IdRow> ids;
    std::vector<IdsFile::BindingRow> bindings;
    Tail later;  // not covered by the point: for the next flush
  };
  static Batch split(const Tail& tail, const LogPoint& point);
  std::shared_ptr<Generation> grown(const Batch& batch) const;
  Result<void> write(const Batch& batch, const Generation* generation, const LogPoint& point);
  void keep(const Batch& batch, std::shared_ptr<Generation> generation, const LogPoint& point);
  void take_back();

  const IdsSizes sizes;
  Failpoints& failpoints;
  std::unique_ptr<IdsFile> file;

  std::mutex writing;  // one flush, unbind or forget at a time; taken before `memory`

  std::array<Tail*, 2> tails() { return {&tail, before.get()}; }
  // What memory knows of an identifier, `memory` held: a subject of 0 says that there is nothing in
  // the file either.
  const Bound* known(const IdName& name);
  void prefetch(WorkspaceId workspace, std::span<const Digest16> messages,
                std::span<const Digest16> identifiers);

  mutable std::mutex memory;
  Tail tail;
  // The tail before: being flushed, or flushed and kept so that lately() reaches back further.
  std::shared_ptr<Tail> before = std::make_shared<Tail>();
  std::vector<std::shared_ptr<const Generation>> generations;
  RecentMap<IdName, Bound, IdNameHash> bindings;  // bound, or read from the file: 0 is not there
  uint64_t binding_changes = 0;
  LogPoint flushed;
};

Ids::Ids(std::unique_ptr<State> state) : state_(std::move(state)) {}
Ids::~Ids() = default;

Result<std::unique_ptr<Ids>> Ids::open(const std::string& path, const std::string& vfs,
                                       Failpoints& failpoints, IdsSizes sizes) {
  auto state = std::make_unique<State>(sizes, failpoints);
  TRY_ASSIGN(state->file, IdsFile::open(path, vfs));
  TRY_ASSIGN(state->flushed, state->file->read_point());
  TRY_ASSIGN(std::vector<Generation> generations, state->file->read_generations());
  for (Generation& g : generations)
    state->generations.push_back(std::make_shared<const Generation>(std::move(g)));
  return std::unique_ptr<Ids>(new Ids(std::move(state)));
}

LogPoint Ids::flushed() const {
  const std::lock_guard lock(state_->memory);
  return state_->flushed;
}

// --- message ids

std::optional<Sequence> Ids::lately(WorkspaceId workspace, const Digest16& message) const {
  const IdName name{workspace, message};
  const std::lock_guard lock(state_->memory);
  for (const Tail* tail : state_->tails()) {
    if (const Sequence* sequence = tail->ids.find(name)) return *sequence;
  }
  return std::nullopt;
}

Result<std::optional<Sequence>> Ids::sequence_of(WorkspaceId workspace, const Digest16& message) {
  if (const auto sequence = lately(workspace, message)) return sequence;
  // What leaves memory after this look is in a generation by then: flush() sees to that order.
  std::vector<std::shared_ptr<const Generation>> possible;
  {
    const std::lock_guard lock(state_->memory);
    for (const auto& generation : state_->generations) {
      if (generation->bloom.may_hold(message)) possible.push_back(generation);
    }
  }
  for (const auto& generation : possible) {
    TRY_ASSIGN(const auto sequence, state_->file->sequence_of({workspace, message}, *generation));
    if (sequence) return sequence;
  }
  return std::optional<Sequence>();
}

void Ids::remember(WorkspaceId workspace, const Digest16& message, Sequence sequence) {
  const std::lock_guard lock(state_->memory);
  state_->tail.ids.put({workspace, message}, sequence);
}

// --- identifiers

Result<std::optional<Ids::Bound>> Ids::bound(WorkspaceId workspace, const Digest16& identifier) {
  State& s = *state_;
  const IdName name{workspace, identifier};
  uint64_t changes = 0;
  {
    const std::lock_guard lock(s.memory);
    if (const Bound* found = s.known(name)) return if_any(*found);
    changes = s.binding_changes;
  }
  TRY_ASSIGN(const auto found, s.file->bound(name));
  const std::lock_guard lock(s.memory);
  if (s.binding_changes == changes) s.bindings.put(name, found.value_or(Bound{}));
  return found;
}

const Ids::Bound* Ids::State::known(const IdName& name) {
  if (const Bound* found = bindings.find(name)) return found;
  for (Tail* tail : tails()) {
    if (const NewBinding* found = tail->bindings.find(name)) return &found->bound;
  }
  return nullptr;
}

void Ids::State::prefetch(WorkspaceId workspace, std::span<const Digest16> messages,
                          std::span<const Digest16> identifiers) {
  for (const Digest16& message : messages) {
    for (const Tail* tail : tails()) tail->ids.prefetch({workspace, message});
    for (const auto& generation : generations) generation->bloom.prefetch(message);
  }
  for (const Digest16& identifier : identifiers) bindings.prefetch({workspace, identifier});
}

Result<std::vector<SubjectId>> Ids::expect(WorkspaceId workspace,
                                           std::span<const Digest16> messages,
                                           std::span<const Digest16> identifiers) {
  State& s = *state_;
  std::vector<SubjectId> subjects;
  subjects.reserve(identifiers.size());
  std::vector<IdName> unknown;
  uint64_t changes = 0;
  {
    const std::lock_guard lock(s.memory);
    s.prefetch(workspace, messages, identifiers);
    for (const Digest16& identifier : identifiers) {
      const IdName name{workspace, identifier};
      const Bound* found = s.known(name);
      if (found == nullptr)
        unknown.push_back(name);
      else if (if_any(*found))
        subjects.push_back(found->subject);
    }
    changes = s.binding_changes;
  }
  if (unknown.empty()) return subjects;
  TRY_ASSIGN(const auto read, s.file->bound(unknown));
  const std::lock_guard lock(s.memory);
  for (size_t i = 0; i < read.size(); ++i) {
    if (s.binding_changes == changes) s.bindings.put(unknown[i], read[i].value_or(Bound{}));
    if (read[i]) subjects.push_back(read[i]->subject);
  }
  return subjects;
}

void Ids::bind(WorkspaceId workspace, const model::Binding& binding, Sequence sequence) {
  const IdName name{workspace, binding.hash};
  const Bound bound{binding.subject, binding.claimed_by};
  const std::lock_guard lock(state_->memory);
  ++state_->binding_changes;
  state_->tail.bindings.put(name, NewBinding{bound, sequence});
  state_->bindings.put(name, bound);
}

Result<void> Ids::unbind(WorkspaceId workspace, std::span<const SubjectId> subjects) {
  State& s = *state_;
  const std::lock_guard writing(s.writing);
  const auto is_theirs = [&](const IdName& name, SubjectId subject) {
    return name.workspace == workspace &&
           std::find(subjects.begin(), subjects.end(), subject) != subjects.end();
  };
  const auto forget_in_memory = [&] {
    const std::lock_guard lock(s.memory);
    ++s.binding_changes;
    for (Tail* tail : s.tails()) {
      tail->bindings.erase_if([&](const IdName& name, const NewBinding& binding) {
        return is_theirs(name, binding.bound.subject);
      });
    }
    s.bindings.erase_if(
        [&](const IdName& name, const Bound& bound) { return is_theirs(name, bound.subject); });
  };
  forget_in_memory();
  TRY(s.file->unbind(workspace, subjects));
  forget_in_memory();
  return {};
}

Result<void> Ids::forget(WorkspaceId workspace) {
  State& s = *state_;
  const std::lock_guard writing(s.writing);
  const auto is_theirs = [&](const IdName& name, const auto&) {
    return name.workspace == workspace;
  };
  const auto forget_in_memory = [&] {
    const std::lock_guard lock(s.memory);
    ++s.binding_changes;
    for (Tail* tail : s.tails()) {
      tail->ids.erase_if(is_theirs);
      tail->bindings.erase_if(is_theirs);
    }
    s.bindings.erase_if(is_theirs);
  };
  forget_in_memory();
  return s.file->forget(workspace);
}

// --- flushing

bool Ids::wants_flush() const {
  const std::lock_guard lock(state_->memory);
  return state_->tail.size() >= state_->sizes.tail;
}

Result<void> Ids::flush(const LogPoint& point) {
  State& s = *state_;
  const std::lock_guard writing(s.writing);
  auto tail = std::make_shared<Tail>(s.sizes.tail);
  std::shared_ptr<Tail> dropped;  // freed without the lock
  {
    const std::lock_guard lock(s.memory);
    std::swap(s.tail, *tail);
    dropped = std::exchange(s.before, tail);
  }
  const State::Batch batch = State::split(*tail, point);
  const auto generation = s.grown(batch);
  s.failpoints.reach("ids.before_flush");
  const Result<void> written = s.file->write(batch.ids, batch.bindings, generation.get(), point);
  if (!written.ok()) {
    s.take_back();
    return written;
  }
  s.failpoints.reach("ids.after_flush");
  s.keep(batch, generation, point);
  return {};
}

Ids::State::Batch Ids::State::split(const Tail& tail, const LogPoint& point) {
  const auto covered = [&](WorkspaceId workspace, Sequence sequence) {
    const auto head = point.heads.find(workspace);
    return head != point.heads.end() && sequence <= head->second.sequence;
  };
  Batch batch;
  batch.ids.reserve(tail.ids.size());
  tail.ids.each([&](const IdName& name, Sequence sequence) {
    if (covered(name.workspace, sequence))
      batch.ids.push_back({name, sequence});
    else
      batch.later.ids.put(name, sequence);
  });
  tail.bindings.each([&](const IdName& name, const NewBinding& binding) {
    if (covered(name.workspace, binding.sequence))
      batch.bindings.push_back({name, binding.bound});
    else
      batch.later.bindings.put(name, binding);
  });
  const auto by_name = [](const IdName& a, const IdName& b) {
    return std::tie(a.hash, a.workspace) < std::tie(b.hash, b.workspace);
  };
  std::sort(batch.ids.begin(), batch.ids.end(),
            [&](const auto& a, const auto& b) { return by_name(a.id, b.id); });
  std::sort(batch.bindings.begin(), batch.bindings.end(),
            [&](const auto& a, const auto& b) { return by_name(a.identifier, b.identifier); });
  return batch;
}

// The last generation with the batch as a further run, or a new one when it has no room for it.
// Generations grow from small ones, so that a young index is small.
std::shared_ptr<Generation> Ids::State::grown(const Batch& batch) const {
  if (batch.ids.empty()) return nullptr;
  const Generation* last = generations.empty() ? nullptr : generations.back().get();
  const size_t last_room = last ? last->bloom.bytes().size() * 8 / sizes.bits_per_id : 0;
  std::shared_ptr<Generation> out;
  if (last && last->ids + batch.ids.size() <= last_room) {
    out = std::make_shared<Generation>(*last);
    ++out->last_run;
  } else {
    const int64_t run = last ? last->last_run + 1 : 1;
    const size_t next_room = std::min(std::max(kSmallGeneration, last_room * 4), sizes.generation);
    const size_t room = std::max(next_room, batch.ids.size());
    out = std::make_shared<Generation>(Generation{run, run, 0, Bloom(room, sizes.bits_per_id)});
  }
  out->ids += batch.ids.size();
  for (const IdsFile::IdRow& row : batch.ids) out->bloom.add(row.id.hash);
  return out;
}

void Ids::State::keep(const Batch& batch, std::shared_ptr<Generation> generation,
                      const LogPoint& point) {
  const std::lock_guard lock(memory);
  if (generation) {
    const bool grew =
        !generations.empty() && generations.back()->first_run == generation->first_run;
    if (grew) generations.pop_back();
    generations.push_back(std::move(generation));
  }
  batch.later.ids.each(
      [&](const IdName& name, Sequence sequence) { tail.ids.put(name, sequence); });
  put_absent(tail.bindings, batch.later.bindings);
  flushed = point;
}

// A flush that failed: everything is as it was before.
void Ids::State::take_back() {
  const std::lock_guard lock(memory);
  before->ids.each([&](const IdName& name, Sequence sequence) { tail.ids.put(name, sequence); });
  put_absent(tail.bindings, before->bindings);
  before = std::make_shared<Tail>();
}

}  // namespace rapport::store

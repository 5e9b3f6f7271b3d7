#include "store/sqlite/work_tables.h"

#include <algorithm>

namespace rapport::store {
namespace {

using model::Mark;
using model::Timer;

// Pointers to the rows in the order of their keys, so that each page is touched once.
template <class Row, class KeyOf>
std::vector<const Row*> sorted(std::span<const Row> rows, KeyOf key_of) {
  std::vector<const Row*> order;
  order.reserve(rows.size());
  for (const Row& row : rows) order.push_back(&row);
  std::ranges::stable_sort(order, {}, [&](const Row* row) { return key_of(*row); });
  return order;
}

Timer read_timer(const Statement& row) {
  return {{row.integer(0)},
          std::string(row.text(1)),
          {std::string(row.text(2)), std::string(row.text(3))},
          std::string(row.text(4))};
}

Mark read_mark(const Statement& row) {
  return {std::string(row.text(0)),
          {std::string(row.text(1)), std::string(row.text(2))},
          {static_cast<uint64_t>(row.integer(3))},
          static_cast<model::Urgency>(row.integer(4))};
}

constexpr std::string_view kDueColumns =
    "m.connection, m.type, m.id, m.version, m.urgency, coalesce(a.count, 0),"
    " coalesce(a.not_before, 0), coalesce(a.error, '') FROM marks m LEFT JOIN attempts a"
    " ON a.connection = m.connection AND a.type = m.type AND a.id = m.id";

DueMark read_due(const Statement& row) {
  return {read_mark(row),
          {static_cast<int>(row.integer(5)), {row.integer(6)}, std::string(row.text(7))}};
}

template <class Visit>
Result<void> each_row(Statement& s, Visit visit) {
  for (;;) {
    TRY_ASSIGN(const bool row, s.step());
    if (!row) return {};
    visit(s);
  }
}

auto mark_key(const Mark& mark) {
  return std::tie(mark.connection, mark.record.type, mark.record.id);
}

}  // namespace

const char* TimerTable::schema() {
  return R"sql(
    CREATE TABLE timers(
      id TEXT PRIMARY KEY,
      due INTEGER NOT NULL,
      type TEXT NOT NULL,
      record TEXT NOT NULL,
      kind TEXT NOT NULL) WITHOUT ROWID;
    CREATE INDEX timers_by_due ON timers(due, id);
  )sql";
}

Result<void> TimerTable::apply(std::span<const std::string> removed, std::span<const Timer> armed) {
  Statement remove = database_.statement("DELETE FROM timers WHERE id = ?1");
  for (const std::string* id :
       sorted(removed, [](const std::string& s) -> std::string_view { return s; })) {
    TRY(remove.bind(*id).run());
  }
  Statement arm = database_.statement(
      "INSERT INTO timers(id, due, type, record, kind) VALUES(?1, ?2, ?3, ?4, ?5)"
      " ON CONFLICT(id) DO UPDATE SET due = excluded.due, type = excluded.type,"
      " record = excluded.record, kind = excluded.kind");
  for (const Timer* timer :
       sorted(armed, [](const Timer& t) -> std::string_view { return t.id; })) {
    TRY(arm.bind(timer->id, timer->due, timer->record.type, timer->record.id, timer->kind).run());
  }
  return {};
}

Result<std::vector<Timer>> TimerTable::due(Micros until, int limit) {
  Statement s = database_.statement(
      "SELECT due, id, type, record, kind FROM timers WHERE due <= ?1 ORDER BY due, id LIMIT ?2",
      until, limit);
  std::vector<Timer> timers;
  TRY(each_row(s, [&](const Statement& row) { timers.push_back(read_timer(row)); }));
  return timers;
}

Result<void> TimerTable::each(const std::function<void(const Timer&)>& visit) {
  Statement s = database_.statement("SELECT due, id, type, record, kind FROM timers ORDER BY id");
  return each_row(s, [&](const Statement& row) { visit(read_timer(row)); });
}

const char* MarkTable::schema() {
  return R"sql(
    CREATE TABLE marks(
      connection TEXT NOT NULL,
      type TEXT NOT NULL,
      id TEXT NOT NULL,
      version INTEGER NOT NULL,
      urgency INTEGER NOT NULL,
      PRIMARY KEY(connection, type, id)) WITHOUT ROWID;
    CREATE INDEX marks_in_turn ON marks(connection, type, urgency, version, id);
    CREATE TABLE attempts(
      connection TEXT NOT NULL,
      type TEXT NOT NULL,
      id TEXT NOT NULL,
      count INTEGER NOT NULL,
      not_before INTEGER NOT NULL,
      error TEXT NOT NULL,
      PRIMARY KEY(connection, type, id)) WITHOUT ROWID;
    CREATE INDEX attempts_by_time ON attempts(connection, not_before);
  )sql";
}

Result<void> MarkTable::apply(std::span<const Mark> removed, std::span<const Mark> made) {
  Statement remove = database_.statement(
      "DELETE FROM marks WHERE connection = ?1 AND type = ?2 AND id = ?3 AND version <= ?4");
  Statement forget =
      database_.statement("DELETE FROM attempts WHERE connection = ?1 AND type = ?2 AND id = ?3");
  for (const Mark* mark : sorted(removed, mark_key)) {
    TRY(remove.bind(mark->connection, mark->record.type, mark->record.id, mark->version).run());
    if (remove.changes() == 0) continue;  // none, or a newer version is waiting
    TRY(forget.bind(mark->connection, mark->record.type, mark->record.id).run());
  }
  Statement make = database_.statement(
      "INSERT INTO marks(connection, type, id, version, urgency) VALUES(?1, ?2, ?3, ?4, ?5)"
      " ON CONFLICT(connection, type, id) DO UPDATE SET version = excluded.version,"
      " urgency = excluded.urgency");
  for (const Mark* mark : sorted(made, mark_key)) {
    TRY(make.bind(mark->connection, mark->record.type, mark->record.id, mark->version,
                  static_cast<int64_t>(mark->urgency))
            .run());
  }
  return {};
}

Result<std::vector<Mark>> MarkTable::of(const std::string& connection, int limit) {
  Statement s = database_.statement(
      "SELECT connection, type, id, version, urgency FROM marks WHERE connection = ?1"
      " ORDER BY version, type, id LIMIT ?2",
      connection, limit);
  std::vector<Mark> marks;
  TRY(each_row(s, [&](const Statement& row) { marks.push_back(read_mark(row)); }));
  return marks;
}

Result<std::vector<DueMark>> MarkTable::due(const MarkRequest& request) {
  static const std::string kSql =
      "SELECT " + std::string(kDueColumns) +
      " WHERE m.connection = ?1 AND m.type = ?2 AND m.urgency = ?3 AND (m.version, m.id) > (?4, ?5)"
      " AND (a.not_before IS NULL OR a.not_before <= ?6) ORDER BY m.version, m.id LIMIT ?7";
  Statement s = database_.statement(kSql, request.connection, request.type,
                                    static_cast<int64_t>(request.urgency), request.after_version,
                                    request.after_id, request.now, request.limit);
  std::vector<DueMark> marks;
  TRY(each_row(s, [&](const Statement& row) { marks.push_back(read_due(row)); }));
  return marks;
}

Result<std::vector<DueMark>> MarkTable::of_records(const std::string& connection,
                                                   std::span<const model::RecordKey> records) {
  static const std::string kSql = "SELECT " + std::string(kDueColumns) +
                                  " WHERE m.connection = ?1 AND m.type = ?2 AND m.id = ?3";
  Statement s = database_.statement(kSql);
  std::vector<DueMark> marks;
  for (const model::RecordKey& record : records) {
    s.bind(connection, record.type, record.id);
    TRY(each_row(s, [&](const Statement& row) { marks.push_back(read_due(row)); }));
  }
  return marks;
}

Result<int64_t> MarkTable::count(const std::string& connection) {
  Statement s = database_.statement("SELECT count(*) FROM marks WHERE connection = ?1", connection);
  TRY(s.step());
  return s.integer(0);
}

Result<std::optional<Micros>> MarkTable::next_attempt(const std::string& connection) {
  Statement fresh = database_.statement(
      "SELECT 1 FROM marks m WHERE m.connection = ?1 AND NOT EXISTS (SELECT 1 FROM attempts a"
      " WHERE a.connection = m.connection AND a.type = m.type AND a.id = m.id) LIMIT 1",
      connection);
  TRY_ASSIGN(const bool now, fresh.step());
  if (now) return std::optional<Micros>(Micros{0});
  Statement s =
      database_.statement("SELECT min(not_before) FROM attempts WHERE connection = ?1", connection);
  TRY_ASSIGN(const bool row, s.step());
  if (!row || s.is_null(0)) return std::optional<Micros>();
  return std::optional<Micros>(Micros{s.integer(0)});
}

Result<void> MarkTable::set_attempt(const Mark& mark, const Attempt& attempt) {
  return database_.run(
      "INSERT INTO attempts(connection, type, id, count, not_before, error)"
      " SELECT connection, type, id, ?4, ?5, ?6 FROM marks"
      " WHERE connection = ?1 AND type = ?2 AND id = ?3"
      " ON CONFLICT(connection, type, id) DO UPDATE SET count = excluded.count,"
      " not_before = excluded.not_before, error = excluded.error",
      mark.connection, mark.record.type, mark.record.id, attempt.count, attempt.not_before,
      attempt.error);
}

Result<void> MarkTable::each(const std::function<void(const Mark&)>& visit) {
  Statement s = database_.statement(
      "SELECT connection, type, id, version, urgency FROM marks ORDER BY connection, type, id");
  return each_row(s, [&](const Statement& row) { visit(read_mark(row)); });
}

}  // namespace rapport::store

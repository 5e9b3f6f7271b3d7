#include "store/tombstones.h"

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"

namespace rapport::store {

namespace {

std::string seal_of(const Key& master, std::string_view line) {
  const std::string_view key(reinterpret_cast<const char*>(master.data()), master.size());
  return to_hex(hmac_sha256(hmac_sha256(key, "tombstones"), line));
}

Result<Tombstone> read_line(std::string_view text) {
  TRY_ASSIGN(const Json line, parse_json(text));
  Tombstone t;
  t.workspace = {static_cast<uint32_t>(line.integer("workspace"))};
  t.contact = std::string(line.text("contact"));
  TRY_ASSIGN(t.at, parse_time(line.text("at")));
  if (const Json* subjects = line.find("subjects"); subjects && subjects->is_array())
    for (const Json& n : subjects->as_array())
      if (n.is_int()) t.subjects.push_back({static_cast<uint64_t>(n.as_int())});
  return t;
}

}  // namespace

Result<void> add_tombstone(Disk& disk, const std::string& path, const Key& master,
                           const Tombstone& tombstone) {
  Json::Array subjects;
  for (SubjectId subject : tombstone.subjects) subjects.push_back(Json(subject.value));
  const std::string line = to_text(Json::object()
                                       .set("workspace", tombstone.workspace.value)
                                       .set("contact", tombstone.contact)
                                       .set("subjects", Json(std::move(subjects)))
                                       .set("at", format_time_micros(tombstone.at)));
  const bool fresh = !disk.exists(path);
  TRY_ASSIGN(auto file, disk.open(path, OpenMode::kCreate));
  TRY_ASSIGN(const uint64_t end, file->size());
  std::string before;
  if (end > 0) {
    char last = '\n';
    TRY_ASSIGN([[maybe_unused]] const size_t read, file->read(end - 1, {&last, 1}));
    if (last != '\n') before = "\n";  // what a crash cut off stays a line of its own
  }
  TRY(file->write(end, before + line + " " + seal_of(master, line) + "\n"));
  TRY(file->sync());
  if (fresh) TRY(disk.sync_folder(path.substr(0, path.rfind('/'))));
  return {};
}

Result<std::vector<Tombstone>> read_tombstones(Disk& disk, const std::string& path,
                                               const Key& master) {
  std::vector<Tombstone> all;
  if (!disk.exists(path)) return all;
  TRY_ASSIGN(const std::string text, read_file(disk, path));
  int number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    if (line.empty()) continue;
    const size_t space = line.rfind(' ');
    const std::string_view body = line.substr(0, space);
    const bool whole = space != line.npos && line.size() - space - 1 == 64;
    if (!whole) continue;
    if (!equal_in_constant_time(seal_of(master, body), line.substr(space + 1)))
      return corrupt(fmt::format("{} line {} was changed, or belongs to another master key", path,
                                 number),
                     std::to_string(number));
    TRY_ASSIGN(auto tombstone, read_line(body));
    all.push_back(std::move(tombstone));
  }
  return all;
}

}  // namespace rapport::store

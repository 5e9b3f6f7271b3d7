#include "store/tombstones.h"

#include "base/json.h"
#include "base/text.h"

namespace rapport::store {
namespace {

std::string mac_of(const Key& master, std::string_view line) {
  const std::string_view key(reinterpret_cast<const char*>(master.data()), master.size());
  return to_hex(hmac_sha256(hmac_sha256(key, "tombstones"), line));
}

std::string encode(const Tombstone& tombstone) {
  Json subjects = Json::array();
  for (SubjectId subject : tombstone.subjects) subjects.push_back(subject.value);
  return to_text(Json::object()
                     .set("at", tombstone.at.value)
                     .set("workspace", uint64_t{tombstone.workspace.value})
                     .set("contact", tombstone.contact)
                     .set("subjects", std::move(subjects)));
}

bool decode(std::string_view line, const Key& master, Tombstone& tombstone) {
  const size_t space = line.find(' ');
  if (space == std::string_view::npos) return false;
  const std::string_view text = line.substr(space + 1);
  if (!equal_in_constant_time(line.substr(0, space), mac_of(master, text))) return false;
  const auto json = parse_json(text);
  if (!json.ok()) return false;
  tombstone.at = {json->integer("at")};
  tombstone.workspace = {static_cast<uint32_t>(json->integer("workspace"))};
  tombstone.contact = json->text("contact");
  if (const Json* subjects = json->find("subjects"); subjects && subjects->is_array()) {
    for (const Json& subject : subjects->as_array())
      if (subject.is_int()) tombstone.subjects.push_back({static_cast<uint64_t>(subject.as_int())});
  }
  return true;
}

}  // namespace

Result<void> add_tombstone(Disk& disk, const std::string& path, const Key& master,
                           const Tombstone& tombstone) {
  const bool is_new = !disk.exists(path);
  TRY_ASSIGN(const auto file, disk.open(path, OpenMode::kCreate));
  TRY_ASSIGN(const uint64_t size, file->size());
  const std::string text = encode(tombstone);
  // The newline first ends what a crash may have cut off.
  TRY(file->write(size, "\n" + mac_of(master, text) + " " + text + "\n"));
  TRY(file->sync());
  if (is_new) TRY(disk.sync_folder(path.substr(0, path.rfind('/'))));
  return {};
}

Result<Tombstones> read_tombstones(Disk& disk, const std::string& path, const Key& master) {
  Tombstones found;
  if (!disk.exists(path)) return found;
  TRY_ASSIGN(const std::string bytes, read_file(disk, path));
  for (std::string_view line : split(bytes, '\n')) {
    if (line.empty()) continue;
    Tombstone tombstone;
    if (decode(line, master, tombstone))
      found.all.push_back(std::move(tombstone));
    else
      ++found.refused;
  }
  return found;
}

}  // namespace rapport::store

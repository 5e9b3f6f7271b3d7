#include "main/cases/pack_shelf.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "main/cases/read_case.h"

namespace rapport::cases {

namespace fs = std::filesystem;

namespace {

bool is_pack(const std::string& folder) {
  return fs::is_regular_file(folder + "/pack.yaml");
}

std::string plain(const std::string& path) {
  std::string text = fs::path(path).lexically_normal().string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

// Regular files beneath, as paths from the folder, sorted.
std::vector<std::string> files_beneath(const std::string& folder) {
  std::vector<std::string> all;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error))
    if (entry.is_regular_file(error))
      all.push_back(fs::relative(entry.path(), folder, error).string());
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<std::string> cases_beneath(const std::string& folder) {
  std::vector<std::string> all;
  for (const std::string& path : files_beneath(folder))
    if (path.ends_with(".yaml") || path.ends_with(".yml")) all.push_back(folder + "/" + path);
  return all;
}

// The pack that a path lies in; empty: none.
std::string pack_above(const std::string& path) {
  fs::path at = fs::path(path).parent_path();
  for (int depth = 0; depth < 32; ++depth) {
    const std::string folder = at.empty() ? "." : at.string();
    if (is_pack(folder)) return folder;
    if (at.empty() || at == at.root_path()) return {};
    at = at.parent_path();
  }
  return {};
}

}  // namespace

Result<void> PackShelf::add(const std::string& named) {
  const std::string path = plain(named);
  std::error_code error;
  if (fs::is_regular_file(path, error)) {
    const std::string folder = pack_above(path);
    if (folder.empty())
      return not_found(fmt::format("{} lies in no pack: no folder above it has a pack.yaml", path));
    return add_pack(folder, {path});
  }
  if (!fs::is_directory(path, error)) return not_found(fmt::format("there is no {}", path));
  if (is_pack(path)) return add_pack(path, cases_beneath(path + "/cases"));
  TRY_ASSIGN(const auto names, disk_.list(path));
  bool found = false;
  for (const auto& name : names) {
    const std::string folder = path == "." ? name : path + "/" + name;
    if (!is_pack(folder)) continue;
    found = true;
    TRY(add_pack(folder, cases_beneath(folder + "/cases")));
  }
  if (found) return {};
  if (const std::string folder = pack_above(path + "/x"); !folder.empty())
    return add_pack(folder, cases_beneath(path));
  return not_found(
      fmt::format("{} is no pack, holds none, and lies in none: a pack has a pack.yaml", path));
}

Result<void> PackShelf::add_pack(const std::string& folder, std::vector<std::string> cases) {
  auto known = std::find_if(sets_.begin(), sets_.end(),
                            [&](const PackSet& set) { return set.folder == folder; });
  if (known == sets_.end()) {
    sets_.push_back({});
    known = std::prev(sets_.end());
    known->folder = folder;
  }
  for (auto& file : cases)
    if (std::find(known->files.begin(), known->files.end(), file) == known->files.end())
      known->files.push_back(std::move(file));
  return {};
}

void PackShelf::read() {
  for (PackSet& set : sets_) {
    std::vector<std::string> under_way;
    if (collect(set.folder, set.packs, under_way)) compile(set);
  }
  for (PackSet& set : sets_)
    if (set.definitions) read_cases_of(set);
}

const ShelvedPack* PackShelf::pack(const std::string& folder) {
  if (const auto known = packs_.find(folder); known != packs_.end())
    return known->second->spec ? known->second.get() : nullptr;
  auto& made = *(packs_[folder] = std::make_unique<ShelvedPack>());
  made.folder = folder;
  made.files.name = folder;
  for (const std::string& path : files_beneath(folder)) {
    if (path.starts_with("cases/") || !(path.ends_with(".yaml") || path.ends_with(".yml")))
      continue;
    auto text = read_file(disk_, folder + "/" + path);
    if (!text.ok()) {
      errors_.push_back(text.error());
      return nullptr;
    }
    made.files.files[path] = std::move(*text);
  }
  decide::PackRead read = decide::read_pack(made.files);
  made.name = read.pack.name;
  made.version = read.pack.version;
  made.uses = read.pack.uses;
  errors_.insert(errors_.end(), read.errors.begin(), read.errors.end());
  if (!read.errors.empty()) return nullptr;
  for (auto& [section, parts] : read.unread)
    for (auto& part : parts) read.pack.parts[section].push_back({part.file, std::move(part.node)});
  made.spec = std::make_shared<const decide::PackSpec>(std::move(read.pack));
  return &made;
}

// A pack is looked for by its folder's name, then by the name in its pack.yaml.
std::string PackShelf::find_used(const std::string& beside, const std::string& name) {
  const fs::path parent = fs::path(beside).parent_path();
  const std::string above = parent.empty() ? "." : parent.string();
  const auto inside = [&](const std::string& folder) {
    return above == "." ? folder : above + "/" + folder;
  };
  if (is_pack(inside(name))) return inside(name);
  const auto names = disk_.list(above);
  if (!names.ok()) return {};
  for (const auto& other : *names) {
    if (!is_pack(inside(other))) continue;
    const ShelvedPack* known = pack(inside(other));
    if (known && known->name == name) return inside(other);
  }
  return {};
}

// What is used comes first; false when something is not there or cannot be read.
bool PackShelf::collect(const std::string& folder, std::vector<const ShelvedPack*>& out,
                        std::vector<std::string>& under_way) {
  const auto is_this = [&](const ShelvedPack* one) { return one->folder == folder; };
  if (std::any_of(out.begin(), out.end(), is_this)) return true;
  if (std::find(under_way.begin(), under_way.end(), folder) != under_way.end()) return true;
  under_way.push_back(folder);
  const ShelvedPack* known = pack(folder);
  if (!known) return false;
  bool whole = true;
  for (const std::string& used : known->uses) {
    const std::string at = find_used(folder, used);
    if (at.empty()) {
      errors_.push_back(not_found(fmt::format(
          "{}/pack.yaml: uses '{}', and there is no such pack beside it", folder, used)));
      whole = false;
      continue;
    }
    whole &= collect(at, out, under_way);
  }
  out.push_back(known);
  return whole;
}

void PackShelf::compile(PackSet& set) {
  std::vector<std::shared_ptr<const decide::PackSpec>> specs;
  for (const ShelvedPack* one : set.packs) specs.push_back(one->spec);
  decide::Compiled made = decide::compile(std::move(specs), {}, zones_);
  for (Error& error : made.errors) {
    const bool known = std::any_of(errors_.begin(), errors_.end(), [&](const Error& other) {
      return other.message == error.message;
    });
    if (!known) errors_.push_back(std::move(error));
  }
  set.definitions = std::move(made.definitions);
}

void PackShelf::read_cases_of(PackSet& set) {
  for (const std::string& file : set.files) {
    if (file.ends_with(".yml")) {
      errors_.push_back(invalid(file + ": is not read; rename it to end in .yaml"));
      continue;
    }
    const auto text = read_file(disk_, file);
    if (!text.ok()) {
      errors_.push_back(text.error());
      continue;
    }
    CasesRead read = read_cases(*text, file, *set.definitions);
    errors_.insert(errors_.end(), read.errors.begin(), read.errors.end());
    std::move(read.cases.begin(), read.cases.end(), std::back_inserter(set.cases));
  }
}

}  // namespace rapport::cases

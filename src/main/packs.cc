#include "main/packs.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace rapport {

using decide::PackFiles;

namespace {

constexpr int kDeepest = 4;

// Files that belong to a pack: YAML, and what people wrote about it.
bool is_part(std::string_view name) {
  return name.ends_with(".yaml") || name.ends_with(".yml");
}

Result<void> collect(Disk& disk, const std::string& folder, const std::string& prefix, int depth,
                     PackFiles& files) {
  TRY_ASSIGN(const auto names, disk.list(folder));
  for (const std::string& name : names) {
    const std::string path = folder + "/" + name;
    if (is_part(name)) {
      TRY_ASSIGN(files.files[prefix + name], read_file(disk, path));
    } else if (name.find('.') == name.npos && name != "cases" && depth < kDeepest) {
      // A name without a dot that cannot be listed is a file: nothing of a pack's.
      if (disk.list(path).ok()) TRY(collect(disk, path, prefix + name + "/", depth + 1, files));
    }
  }
  return {};
}

std::string last_part(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path.substr(path.rfind('/') + 1);
}

struct Graph {
  std::map<std::string, PackFiles> packs;
  std::map<std::string, std::vector<std::string>> uses;
};

Result<void> visit(Graph& graph, const std::string& name, std::set<std::string>& open,
                   std::set<std::string>& done, std::vector<PackFiles>& ordered) {
  if (done.contains(name) || !graph.packs.contains(name)) return {};
  if (!open.insert(name).second)
    return invalid(fmt::format("the packs use each other: '{}' uses itself in the end", name),
                   "uses");
  for (const std::string& used : graph.uses[name]) TRY(visit(graph, used, open, done, ordered));
  open.erase(name);
  done.insert(name);
  ordered.push_back(std::move(graph.packs.at(name)));
  return {};
}

}  // namespace

std::string packs_folder(Disk& disk, const Settings& settings) {
  if (!settings.packs_folder.empty()) return settings.packs_folder;
  for (const char* candidate : {"./packs", RAPPORT_SHARE_DIR "/packs", RAPPORT_SOURCE_DIR "/packs"})
    if (disk.exists(candidate)) return candidate;
  return "./packs";
}

bool is_pack_folder(Disk& disk, const std::string& path) {
  return disk.exists(path + "/pack.yaml");
}

Result<PackFiles> read_pack_folder(Disk& disk, const std::string& path) {
  if (!is_pack_folder(disk, path))
    return not_found(fmt::format("{} is no pack: it has no pack.yaml", path));
  PackFiles files{last_part(path), {}};
  TRY(collect(disk, path, "", 0, files));
  const auto read = decide::read_pack(files);
  if (!read.pack.name.empty()) files.name = read.pack.name;
  return files;
}

Result<std::vector<std::string>> find_packs(Disk& disk, const std::string& shipped,
                                            const std::string& name) {
  for (const std::string& path : {name, shipped + "/" + name})
    if (is_pack_folder(disk, path)) return std::vector{path};
  const auto inside = [&](const std::string& folder) {
    std::vector<std::string> found;
    if (const auto names = disk.list(folder); names.ok())
      for (const std::string& one : *names)
        if (is_pack_folder(disk, folder + "/" + one)) found.push_back(folder + "/" + one);
    std::sort(found.begin(), found.end());
    return found;
  };
  if (name == "all") return inside(shipped);
  if (auto found = inside(name); !found.empty()) return found;
  std::string known;
  for (const std::string& one : inside(shipped))
    known += (known.empty() ? "" : ", ") + last_part(one);
  return not_found(
      fmt::format("there is no pack '{}', neither as a folder nor in {}; there are: "
                  "{}",
                  name, shipped, known.empty() ? "none" : known));
}

Result<std::vector<PackFiles>> in_order_of_use(std::vector<PackFiles> packs) {
  Graph graph;
  for (PackFiles& files : packs) {
    auto read = decide::read_pack(files);
    graph.uses[files.name] = std::move(read.pack.uses);
    graph.packs.insert_or_assign(files.name, std::move(files));
  }
  std::vector<std::string> names;
  for (const auto& [name, files] : graph.packs) names.push_back(name);
  std::set<std::string> open, done;
  std::vector<PackFiles> ordered;
  for (const std::string& name : names) TRY(visit(graph, name, open, done, ordered));
  return ordered;
}

}  // namespace rapport

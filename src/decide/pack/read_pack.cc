#include "decide/pack/read_pack.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <tuple>

#include "base/crypto.h"
#include "base/text.h"
#include "decide/pack/pack_file.h"
#include "decide/pack/sections.h"

namespace rapport::decide {
namespace {

constexpr std::string_view kHead = "pack.yaml";

bool is_case(std::string_view path) {
  return path.starts_with("cases/");
}

class PackReader {
 public:
  explicit PackReader(const PackFiles& files) : files_(files) {}

  PackRead read() {
    const auto head = files_.files.find(std::string(kHead));
    if (head == files_.files.end()) {
      fail(files_.name, "a pack needs a file pack.yaml that says 'pack: <name>'");
    } else {
      read_file(head->first, head->second);
    }
    size_t count = 0;
    for (const auto& [path, text] : files_.files) {
      if (is_case(path) || path == kHead) continue;
      if (++count > kMostFiles) {
        fail(files_.name, fmt::format("more than {} files; make two packs of it", kMostFiles));
        break;
      }
      read_file(path, text);
    }
    if (read_.errors.empty()) check_whole();
    if (read_.errors.size() > kMostErrors) read_.errors.resize(kMostErrors);
    read_.pack.version = pack_version(files_);
    return std::move(read_);
  }

 private:
  void fail(std::string_view where, std::string_view message) {
    read_.errors.push_back(invalid(fmt::format("{}: {}", where, message)));
  }

  // What can only be told of all files together, once each is fine by itself.
  void check_whole() {
    check_lifecycles(read_.pack, read_.errors);
    check_workflows(read_.pack, read_.errors);
    check_sends(read_.pack, read_.errors);
    check_forms(read_.pack, read_.errors);
  }

  void read_file(const std::string& path, const std::string& text) {
    const std::string name = files_.name + "/" + path;
    if (path.ends_with(".yml")) fail(name, "is not read; rename it to end in .yaml");
    if (!path.ends_with(".yaml")) return;  // a README, say
    const auto root = parse_yaml(text, name);
    if (!root.ok()) {
      read_.errors.push_back(root.error());
      return;
    }
    PackFile file(read_.pack.name, name, text);
    read_root(*root, path == kHead, file);
    const auto& found = file.document().errors;
    read_.errors.insert(read_.errors.end(), found.begin(), found.end());
  }

  void read_root(const YamlNode& root, bool head, PackFile& file) {
    if (root.kind == YamlNode::Kind::kNull && !head) return;
    YamlFields fields(root, head ? "a pack" : "this file", file.document());
    if (root.kind != YamlNode::Kind::kMap) return;
    if (head) read_head(fields, root, file);
    for (const Section& section : sections()) {
      const YamlNode* node = fields.take(section.name);
      if (node == nullptr) continue;
      if (section.has_ids) find_doubled(section.name, *node, file);
      if (section.read != nullptr) {
        section.read(*node, file, read_.pack);
      } else {
        read_.unread[std::string(section.name)].push_back({file.document().name, *node});
      }
    }
    if (!head) {
      for (const std::string_view key : {"pack", "says", "uses"}) {
        const YamlNode* node = fields.take(key);
        if (node != nullptr) file.refuse(*node, fmt::format("'{}' stands in pack.yaml", key));
      }
    }
    fields.finish();
  }

  void read_head(YamlFields& fields, const YamlNode& root, PackFile& file) {
    read_.pack.name = file.id(fields, "pack");
    const YamlNode* name = fields.take("pack");
    read_.pack.place = file.place(name != nullptr ? *name : root);
    read_.pack.says = fields.text_or("says", "");
    read_.pack.uses = file.ids(fields, "uses");
    file.rename(read_.pack.name);
    const auto& uses = read_.pack.uses;
    if (std::find(uses.begin(), uses.end(), read_.pack.name) != uses.end()) {
      file.refuse(*root.find("uses"), "a pack need not name itself under 'uses'");
    }
  }

  void find_doubled(std::string_view section, const YamlNode& node, PackFile& file) {
    // Stages of a lifecycle and of a pipeline are told apart by its id.
    if (section == "pipelines") section = "lifecycles";
    for (const YamlNode* id : ids_of(node)) {
      const Place here = file.place(*id);
      const auto [entry, fresh] =
          seen_.emplace(std::pair(std::string(section), id->text), to_text(here));
      if (fresh) continue;
      file.refuse(*id, fmt::format("'{}' is already declared at {}", id->text, entry->second));
    }
  }

  const PackFiles& files_;
  PackRead read_;
  std::map<std::pair<std::string, std::string>, std::string> seen_;  // (section, id) → place
};

// Errors of one file by place; what is about no place comes first.
std::tuple<int, int> place_in(const Error& error) {
  int line = 0;
  int column = 0;
  const size_t colon = error.where.find(':');
  if (colon != std::string::npos) {
    line = std::atoi(error.where.c_str());
    column = std::atoi(error.where.c_str() + colon + 1);
  }
  return {line, column};
}

void sort_by_place(std::vector<Error>& errors) {
  const auto file_of = [](const Error& error) {
    return std::string_view(error.message).substr(0, error.message.find(':'));
  };
  std::stable_sort(errors.begin(), errors.end(), [&](const Error& a, const Error& b) {
    if (file_of(a) != file_of(b)) return file_of(a) < file_of(b);
    return place_in(a) < place_in(b);
  });
}

}  // namespace

PackRead read_pack(const PackFiles& files) {
  PackRead read = PackReader(files).read();
  sort_by_place(read.errors);
  return read;
}

std::string pack_version(const PackFiles& files) {
  std::string all;
  const auto append_number = [&](uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) {
      all.push_back(static_cast<char>((number >> shift) & 0xFF));
    }
  };
  for (const auto& [path, text] : files.files) {
    if (is_case(path)) continue;
    append_number(path.size());
    all += path;
    append_number(text.size());
    all += text;
  }
  return to_hex(bytes_of(sha256({all}))).substr(0, 16);
}

}  // namespace rapport::decide

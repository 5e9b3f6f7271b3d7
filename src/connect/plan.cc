#include "connect/plan.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace rapport::connect {
namespace {

constexpr int kMostParts = 10'000;

std::string wait_text(const LinkSpec& link, const std::vector<model::RecordKey>& targets) {
  const model::RecordKey& first = targets.front();
  return fmt::format("waits for {} of {}/{}", link.to, first.type, first.id);
}

LinkItem link_item(const LinkSpec& spec, const model::RecordKey& target, std::string remote_id) {
  return {.other = spec.to,
          .to = std::move(remote_id),
          .local = target.type + "/" + target.id,
          .with = spec.with};
}

// The remote already has this link, under whatever record of ours it was made.
bool linked(const Known& from, std::string_view to, const std::string& remote_id) {
  const std::string prefix = std::string(to) + ":";
  for (const auto& [key, value] : from.links.as_object()) {
    if (key.view().starts_with(prefix) && value == Json(remote_id)) return true;
  }
  return false;
}

Json changed_properties(const View& view, const Known& known, const Key& hash_key) {
  Json changes = Json::object();
  for (const std::string& property : view.object->property_names()) {
    const std::string_view value = view.properties.text(property);
    const std::string_view before = known.sent.text(property);
    if ((value.empty() && before.empty()) || !settles(view, property)) continue;
    if (value_hash(hash_key, view.object->name, property, value) != before) {
      changes.set(property, value);
    }
  }
  return changes;
}

// What has no place there is not sent.
void leave_out(View& view, const Definitions::Names& names) {
  for (const auto& [object, property] : names) {
    if (object != view.object->name) continue;
    view.properties.erase(property);
    view.unresolved.push_back({property, "", ""});
  }
}

void note_unresolved(Plan& plan, const View& view) {
  for (const model::Unresolved& one : view.unresolved) {
    const bool known = std::any_of(
        plan.unresolved.begin(), plan.unresolved.end(), [&](const model::Unresolved& other) {
          return other.directory == one.directory && other.value == one.value;
        });
    if (!one.directory.empty() && !known) plan.unresolved.push_back(one);
  }
}

}  // namespace

Known read_shadow(const model::Record& shadow) {
  Known known;
  known.remote_id = std::string(shadow.fields.text("remote_id"));
  if (const Json* sent = shadow.fields.find("sent"); sent && sent->is_object()) known.sent = *sent;
  if (const Json* links = shadow.fields.find("links"); links && links->is_object()) {
    known.links = *links;
  }
  const Json* error = shadow.fields.find("error");
  known.refused = error != nullptr && !error->is_null();
  if (known.refused) known.mapping = std::string(error->text("mapping"));
  known.version = {static_cast<uint64_t>(shadow.fields.integer("version"))};
  return known;
}

Result<std::vector<View>> Planner::views_of(const model::RecordKey& record) {
  std::vector<View> views;
  TRY_ASSIGN(std::optional<Json> source, source_.read(record));
  if (!source) return views;
  source->set("directories", directories_.document());
  for (const ObjectSpec& object : manifest_.objects) {
    const auto& sends = settings_.sends;
    if (object.record != record.type ||
        std::find(sends.begin(), sends.end(), record.type) == sends.end())
      continue;
    for (View& view : make_views(manifest_, object, record, *source, mapper_, settings_.sends)) {
      leave_out(view, definitions_.left_out());
      views.push_back(std::move(view));
    }
  }
  TRY(add_edits(record, *source, views));
  return views;
}

Result<void> Planner::add_edits(const model::RecordKey& record, const Json& source,
                                std::vector<View>& views) {
  TRY_ASSIGN(const auto known, state_.load(std::vector{edits_key(settings_.connection, record)}));
  if (known[0]) apply_edits(read_edits(*known[0]), source, settings_.hash_key, views, ended_);
  return {};
}

Result<std::optional<View>> Planner::view(const ObjectSpec& object, const model::RecordKey& record,
                                          int part) {
  TRY_ASSIGN(std::vector<View> views, views_of(record));
  for (View& view : views) {
    if (view.object == &object && view.part == part) return std::optional<View>(std::move(view));
  }
  return std::optional<View>();
}

Result<void> Planner::load_into(Shadows& shadows, const std::set<std::string>& ids) {
  std::vector<model::RecordKey> keys;
  for (const std::string& id : ids) keys.push_back({std::string(model::kShadow), id});
  TRY_ASSIGN(const auto records, state_.load(keys));
  for (const auto& record : records) {
    if (record) shadows.emplace(record->key.id, read_shadow(*record));
  }
  return {};
}

Result<Planner::Shadows> Planner::load_shadows(const std::vector<View>& views) {
  std::set<std::string> ids;
  for (const View& view : views) {
    ids.insert(shadow_id(settings_.connection, view.object->name, view.record, view.part));
    for (const LinkWish& link : view.links) {
      for (const model::RecordKey& target : link.targets) {
        ids.insert(shadow_id(settings_.connection, link.spec->to, target, 0));
      }
    }
  }
  Shadows shadows;
  TRY(load_into(shadows, ids));
  return shadows;
}

const Known& Planner::known(const Shadows& shadows, const LinkSpec& link,
                            const model::RecordKey& target) const {
  static const Known kNothing;
  const auto found = shadows.find(shadow_id(settings_.connection, link.to, target, 0));
  return found == shadows.end() ? kNothing : found->second;
}

// A record that was never written: with all links it can be written with.
void Planner::add_write(Plan& plan, Task task, const Shadows& shadows) const {
  Work& work = plan.works[task.work];
  bool blocked = false;
  for (const LinkWish& wish : task.view.links) {
    const model::RecordKey* there = nullptr;
    for (const model::RecordKey& target : wish.targets) {
      if (there == nullptr && !known(shadows, *wish.spec, target).remote_id.empty())
        there = &target;
    }
    if (there != nullptr) {
      task.item.links.push_back(
          link_item(*wish.spec, *there, known(shadows, *wish.spec, *there).remote_id));
      continue;
    }
    work.waits.push_back(wait_text(*wish.spec, wish.targets));
    work.waits_for.insert(work.waits_for.end(), wish.targets.begin(), wish.targets.end());
    const bool hopeless = known(shadows, *wish.spec, wish.targets.front()).refused;
    blocked =
        blocked || wish.spec->required || (wish.spec->wait == LinkSpec::Wait::kCreate && !hopeless);
  }
  if (blocked) return;
  // An upsert carries no links: they follow in a call of their own.
  if (task.view.object->upsert && !task.item.links.empty()) work.revisit = true;
  task.need = Need::kWrite;
  task.item.properties = task.view.properties;
  task.item.key = task.view.keys.empty() ? std::string() : task.view.keys.front();
  task.item.marker = task.view.marker;
  ++work.outstanding;
  plan.tasks.push_back(std::move(task));
}

void Planner::add_update(Plan& plan, Task task) const {
  Json changes = changed_properties(task.view, task.known, settings_.hash_key);
  if (changes.as_object().empty() || !task.view.object->update) return;
  task.need = Need::kUpdate;
  task.item = {.id = task.known.remote_id};
  task.item.properties = std::move(changes);
  ++plan.works[task.work].outstanding;
  plan.tasks.push_back(std::move(task));
}

void Planner::add_links(Plan& plan, const Task& task, const Shadows& shadows) const {
  Work& work = plan.works[task.work];
  for (const LinkWish& wish : task.view.links) {
    if (wish.any_of || !wish.spec->associate) continue;
    const model::RecordKey& target = wish.targets.front();
    const Known& there = known(shadows, *wish.spec, target);
    if (there.remote_id.empty()) {
      work.waits.push_back(wait_text(*wish.spec, wish.targets));
      work.waits_for.push_back(target);
    } else if (!linked(task.known, wish.spec->to, there.remote_id) &&
               !linked(there, task.view.object->name, task.known.remote_id)) {
      Task link = task;
      link.need = Need::kLink;
      link.link = wish.spec;
      link.item = {.id = task.known.remote_id};
      link.item.links.push_back(link_item(*wish.spec, target, there.remote_id));
      ++work.outstanding;
      plan.tasks.push_back(std::move(link));
    }
  }
}

void Planner::add_view(Plan& plan, size_t work, const View& view, const Shadows& shadows) const {
  Task task{.work = work, .view = view};
  const auto found =
      shadows.find(shadow_id(settings_.connection, view.object->name, view.record, view.part));
  if (found != shadows.end()) task.known = found->second;
  // Refused as it is now: the same again would be refused again.
  if (task.known.refused && task.known.mapping == manifest_.version &&
      task.known.version >= plan.works[work].due.mark.version) {
    return;
  }
  if (task.known.remote_id.empty()) {
    add_write(plan, std::move(task), shadows);
  } else {
    add_links(plan, task, shadows);
    add_update(plan, std::move(task));
  }
}

// Parts the remote still has beyond the last one there should be.
Result<void> Planner::add_surplus(Plan& plan, size_t work, const View& last) {
  if (!last.object->remove) return {};
  for (int part = last.part + 1; part < kMostParts; ++part) {
    Shadows shadows;
    const std::string id = shadow_id(settings_.connection, last.object->name, last.record, part);
    TRY(load_into(shadows, {id}));
    const auto found = shadows.find(id);
    if (found == shadows.end() || found->second.remote_id.empty()) return {};
    Task task{.need = Need::kRemove,
              .work = work,
              .view = last,
              .known = found->second,
              .item = {.id = found->second.remote_id}};
    task.view.part = part;
    ++plan.works[work].outstanding;
    plan.tasks.push_back(std::move(task));
  }
  return {};
}

Result<Plan> Planner::plan(std::span<const store::DueMark> marks) {
  Plan plan;
  ended_.clear();
  std::vector<View> views;
  std::vector<size_t> owners;
  for (const store::DueMark& due : marks) {
    plan.works.push_back({.due = due});
    TRY_ASSIGN(std::vector<View> all, views_of(due.mark.record));
    for (View& view : all) {
      views.push_back(std::move(view));
      owners.push_back(plan.works.size() - 1);
    }
  }
  TRY_ASSIGN(const Shadows shadows, load_shadows(views));
  for (size_t i = 0; i < views.size(); ++i) {
    Work& work = plan.works[owners[i]];
    note_unresolved(plan, views[i]);
    if (std::string lacking = missing_property(views[i]); !lacking.empty()) {
      work.lacking = std::move(lacking);
      work.lacking_in = views[i].object;
      continue;
    }
    add_view(plan, owners[i], views[i], shadows);
    const bool last = i + 1 == views.size() || owners[i + 1] != owners[i] ||
                      views[i + 1].object != views[i].object;
    if (last) TRY(add_surplus(plan, owners[i], views[i]));
  }
  plan.ended_edits = std::exchange(ended_, {});
  return plan;
}

}  // namespace rapport::connect

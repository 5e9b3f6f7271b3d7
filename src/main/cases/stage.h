// Sets up what a case is given and sends what it sends.
#pragma once

#include <map>
#include <string>

#include "main/cases/pack_shelf.h"
#include "main/cases/world.h"

namespace rapport::cases {

class Stage {
 public:
  Stage(World& world, const decide::Engine& engine, const Case& one, const PackSet& packs)
      : world_(world), engine_(engine), case_(one), packs_(packs) {}

  // Packs, zone, currency, settings, teams and users.
  Result<void> declare();
  Result<void> give();
  Result<void> send(const Sending& sending);
  Result<void> set(const Given& record);

  // The given contact's id, as it is now.
  Result<std::string> contact();

 private:
  struct Person {
    std::string external_id, email;
    bool anonymous = false;
  };
  Result<void> give_contact(const YamlNode& fields);
  Result<void> give_account(const YamlNode& fields, size_t number);
  Result<void> give_record(const Given& record);
  Result<void> give_own(const Given& record);
  Result<void> set_fields(const std::string& type, const std::string& id, const std::string& object,
                          Json fields);
  Result<void> track(const Sending& sending);
  Result<void> send_own(const Sending& sending);
  // The fields that no event of the record's own sets, as record.set wants them.
  Json rest_of(std::string_view object, const YamlNode& fields,
               std::span<const std::string_view> sent) const;
  Json written(const YamlNode& value, const decide::Field* field) const;
  const Person& person(std::string_view contact);
  void name_sender(Json& call, const Person& person) const;
  Result<std::string> newest(std::string_view object);
  Result<std::string> with_group_id(const std::string& group);
  Result<Json> owners(const decide::Object& object, const YamlNode& fields);
  Json time_of(const Sending& sending) const;
  Result<void> observe(const std::function<void(const Observed&)>& look);
  Result<std::string> id_of(const Person& person);

  World& world_;
  const decide::Engine& engine_;
  const Case& case_;
  const PackSet& packs_;
  std::vector<Person> people_;  // those given; the first is who events are about
  std::map<std::string, Person, std::less<>> others_;
};

}  // namespace rapport::cases

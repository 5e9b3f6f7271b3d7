#include "connect/manifest.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace rapport::connect {
namespace {

std::string file(const std::string& path) {
  std::ifstream stream(std::string(RAPPORT_SOURCE_DIR) + "/" + path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

const std::string kSmall = R"(manifest: 1
vendor: acme
base_url: https://api.acme.example
auth: {kind: bearer, secret: token}
identity: {call: {method: GET, path: /me}, account: id}
objects:
  people:
    record: contact
    keys: contact.emails
    required: [email]
    mapping:
      email: contact.emails[0]
      name: {from: contact.name, max_length: 10}
    upsert:
      method: POST
      path: /people
      body: {inputs: {$each_item: {key: $key, fields: $properties}}}
      batch: 10
      results: results
)";

std::string with(std::string_view from, std::string_view to) {
  std::string text = kSmall;
  const size_t at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return text.replace(at, from.size(), to);
}

std::string refusal(const std::string& text) {
  const auto manifest = load_manifest(text, "m.yaml");
  return manifest.ok() ? "(accepted)" : manifest.error().message;
}

TEST(Manifest, LoadsWhatItDeclares) {
  const auto manifest = load_manifest(kSmall, "m.yaml");
  ASSERT_TRUE(manifest.ok()) << manifest.error().message;
  const ObjectSpec* people = manifest->object("people");
  ASSERT_NE(people, nullptr);
  EXPECT_EQ(people->mapping.fields[0].from[0].path, "contact.emails.0");
  EXPECT_EQ(people->upsert->batch, 10);
  EXPECT_EQ(people->property_names(), (std::vector<std::string>{"email", "name"}));
}

TEST(Manifest, EveryShippedOneLoads) {
  size_t loaded = 0;
  for (const auto& folder : std::filesystem::directory_iterator(RAPPORT_SOURCE_DIR "/connectors")) {
    const std::string name = folder.path().filename().string();
    const auto manifest = load_manifest(file("connectors/" + name + "/manifest.yaml"), name);
    ASSERT_TRUE(manifest.ok()) << name << ": " << manifest.error().message;
    EXPECT_FALSE(manifest->objects.empty()) << name;
    ++loaded;
  }
  EXPECT_GE(loaded, 1u);
}

TEST(Manifest, ChangesItsVersionWithEveryEdit) {
  EXPECT_NE(load_manifest(kSmall, "m")->version, load_manifest(kSmall + "\n", "m")->version);
}

struct Mistake {
  std::string from, to, message;
};

TEST(Manifest, NamesPlaceAndRemedyOfAMistake) {
  const Mistake mistakes[] = {
      {"  people:\n", "  people:\n    recrod: contact\n",
       "m.yaml:8:5: object 'people' has no 'recrod'; did you mean 'record'?"},
      {"record: contact", "record: contcat",
       "m.yaml:8:13: 'record' must be one of contact, account, conversation, ticket, deal, task; "
       "did you mean "
       "'contact'?"},
      {"method: POST", "methud: POST", "m.yaml:15:7: 'upsert' needs 'method'"},
      {"$key", "$kex", "m.yaml:17:41: '$kex' has no value here; did you mean 'key'?"},
      {"$each_item", "$each_itme",
       "m.yaml:17:23: '$each_itme' is not a template word; did you mean '$each_item'?"},
      {"path: /people", "path: people",
       "m.yaml:16:13: 'path' must begin with / and hold no ?, # or space"},
      {"path: /people", "path: '/people/{idd}'", "m.yaml:16:13: '$idd' has no value here"},
      {"contact.emails[0]", "contcat.emails",
       "m.yaml:12:14: 'contcat' is not in the source document; did you mean 'contact'?; there is "
       "record, contact, account, conversation, ticket, deal, task, messages, account_contacts, "
       "settings"},
      {"required: [email]", "required: [emial]",
       "m.yaml:8:5: required 'emial' is not in the mapping of 'people'; did you mean 'email'?"},
      {"max_length: 10", "max_length: ten",
       "m.yaml:13:46: 'max_length' must be a whole number from 1 to 1000000"},
      {"max_length: 10", "directory: user",
       "m.yaml:8:5: property 'name' names a directory 'user' that is not there"},
      {"max_length: 10", "member_of: settings.team",
       "m.yaml:13:13: 'member_of' names a group of a 'directory', which is missing"},
      {"objects:\n", "directories: {users: {call: {method: GET, path: /users}}}\nobjects:\n",
       "m.yaml:6:29: the call of a directory needs 'match': what an entry is known by"},
      {"objects:\n", "properties: {types: {txt: {}}}\nobjects:\n",
       "m.yaml:6:22: 'txt' is not a type of field; did you mean 'text'?"},
      {"{from: contact.name, ", "{",
       "m.yaml:13:13: property 'name' needs one of from, constant, pattern"},
      {"keys: contact.emails\n", "keys: null\n",
       "m.yaml:8:5: object 'people' has 'upsert' and needs 'keys'"},
      {"https:", "http:", "m.yaml:3:11: 'base_url' must begin with https://"},
      {"manifest: 1", "manifest: 2", "m.yaml:1:11: 'manifest' must be a whole number from 1 to 1"},
      {"kind: bearer", "kind: baerer",
       "m.yaml:4:14: 'kind' must be one of bearer; did you mean 'bearer'?"},
  };
  for (const Mistake& mistake : mistakes) {
    EXPECT_EQ(refusal(with(mistake.from, mistake.to)), mistake.message);
  }
}

TEST(Manifest, RefusesLinksThatLeadNowhereOrWaitForWhatComesLater) {
  EXPECT_EQ(refusal(kSmall + "    links: {firms: {record: account.id}}\n"),
            "m.yaml:8:5: link 'firms' of 'people' leads to no object");
  EXPECT_EQ(refusal(kSmall + "    links: {people: {record: contact.id}}\n"),
            "m.yaml:8:5: 'people' waits for 'people', which must stand before it");
}

TEST(Manifest, RefusesACallNobodyDeclared) {
  EXPECT_EQ(refusal("calls: {update: {method: PUT, path: /x}}\n" + kSmall + "    update: updtae\n"),
            "m.yaml:21:13: there is no call 'updtae'; did you mean 'update'?");
}

TEST(Manifest, RefusesWhatIsNoManifestAtAll) {
  EXPECT_EQ(refusal(""), "m.yaml:1:1: the manifest must be a mapping");
  EXPECT_EQ(refusal("[]"), "m.yaml:1:1: the manifest must be a mapping");
}

}  // namespace
}  // namespace rapport::connect

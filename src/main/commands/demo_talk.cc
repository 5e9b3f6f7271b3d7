#include "main/commands/demo_talk.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

namespace rapport {

namespace {

// splitmix64.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}
  uint64_t below(uint64_t bound) {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return (z ^ z >> 31) % bound;
  }

 private:
  uint64_t state_;
};

struct Line {
  char who;  // c: customer, a: the chat's assistant, p: a person of support, !: escalation, .: end
  std::string_view text;
};

struct Script {
  std::string_view language, channel, topic;
  int satisfaction;  // 0: the customer gives none
  std::span<const Line> lines;
};

constexpr Line kInvoice[] = {
    {'c', "Hi, I can't find the invoice for order {}."},
    {'a', "Hello! Invoices are under Account, then Billing. Order {} was billed yesterday."},
    {'c', "Found it, thank you!"},
    {'.', "resolved"}};
constexpr Line kDouble[] = {
    {'c', "I was charged twice for order {}. Please look into it."},
    {'a', "I am sorry. I see two charges and cannot refund one myself."},
    {'c', "Then let me talk to a person."},
    {'!', "charged twice, asks for a person"},
    {'p', "Hi, Lena here. I have refunded the second charge; it takes two days."},
    {'c', "Great, thanks for the quick help."},
    {'.', "resolved"}};
constexpr Line kSeats[] = {
    {'c', "We are 40 people now. What would the team plan cost us?"},
    {'a', "For 40 seats the team plan is billed per year. Shall somebody call you?"},
    {'c', "Yes please, any morning this week."}};
constexpr Line kEnvio[] = {{'c', "Hola, ¿dónde está mi pedido {}?"},
                           {'a', "Su pedido {} salió ayer y llegará mañana antes de las 14 h."},
                           {'c', "Perfecto, muchas gracias."},
                           {'.', "resolved"}};
constexpr Line kRoto[] = {{'c', "El pedido {} llegó roto y necesito otro para el viernes."},
                          {'a', "Lo siento mucho. ¿Puede enviarnos una foto?"},
                          {'c', "Ya la envié dos veces. Quiero hablar con alguien."},
                          {'!', "pedido dañado, segunda queja"},
                          {'p', "Buenas, soy Marta. El nuevo sale hoy con envío urgente."}};
constexpr Line kSandi[] = {{'c', "Halo, saya lupa kata sandi dan email reset tidak masuk."},
                           {'a', "Baik, tautan baru sudah kami kirim. Mohon cek folder spam juga."},
                           {'c', "Sudah masuk, terima kasih banyak!"},
                           {'.', "resolved"}};
constexpr Line kPengiriman[] = {
    {'c', "Pesanan {} sudah seminggu belum sampai."},
    {'a', "Mohon maaf. Paket masih di gudang kurir sejak Senin."},
    {'c', "Tolong sambungkan ke petugas, ini mendesak."},
    {'!', "paket terlambat, mendesak"},
    {'p', "Halo, dengan Dewi. Kurir akan mengantar hari ini sebelum pukul 18."},
    {'c', "Oke, saya tunggu."}};

constexpr Script kScripts[] = {
    {"en", "web", "billing", 5, kInvoice},          {"es", "whatsapp", "shipping", 4, kEnvio},
    {"en", "web", "billing", 4, kDouble},           {"id", "web", "login", 5, kSandi},
    {"es", "email", "returns", 0, kRoto},           {"en", "web", "sales", 0, kSeats},
    {"id", "whatsapp", "shipping", 0, kPengiriman}, {"en", "whatsapp", "billing", 5, kInvoice}};

struct Person {
  std::string_view language, first, last, mailbox, phone;
};
constexpr Person kPeople[] = {
    {"en", "Grace", "Okafor", "grace@northwind-tea.example", "+442079460958"},
    {"en", "Tom", "Lindqvist", "tom.lindqvist@fjordkit.example", "+14155550132"},
    {"en", "Priya", "Nair", "priya@fjordkit.example", "+14155550177"},
    {"en", "Sam", "Whitlock", "sam.whitlock@gmail.com", "+442079460321"},
    {"es", "Lucía", "Herrera", "lucia@talleres-herrera.example", "+34600111222"},
    {"es", "Diego", "Paredes", "diego.paredes@gmail.com", "+34600333444"},
    {"es", "Carmen", "Ibáñez", "carmen@olivar-sur.example", "+34600555666"},
    {"id", "Siti", "Rahmawati", "siti@kopi-nusantara.example", "+6281234567890"},
    {"id", "Budi", "Santoso", "budi@kopi-nusantara.example", "+6281298765432"},
    {"id", "Agus", "Wijaya", "agus.wijaya@yahoo.com", "+6281311223344"}};

class Talk {
 public:
  explicit Talk(uint64_t seed) : dice_(seed), seed_(seed) {}

  std::vector<DemoCall> run() {
    for (const Script& script : kScripts) {
      converse(script, start_);
      start_ = start_ + millis(1600);
    }
    std::stable_sort(calls_.begin(), calls_.end(),
                     [](const DemoCall& a, const DemoCall& b) { return a.after < b.after; });
    return std::move(calls_);
  }

 private:
  const Person& somebody(std::string_view language) {
    for (;;) {
      const size_t i = dice_.below(std::size(kPeople));
      if (kPeople[i].language != language || used_ >> i & 1) continue;
      used_ |= 1u << i;
      return kPeople[i];
    }
  }

  void add(Micros after, const Person& person, Json call) {
    call.set("messageId", fmt::format("demo-{:x}-{}", seed_, ++number_));
    call.set("userId", fmt::format("demo-{}", person.mailbox));
    calls_.push_back({after, std::move(call)});
  }

  void track(Micros after, const Person& person, std::string_view event, Json properties) {
    properties.set("conversation_id", conversation_);
    add(after, person,
        Json::object().set("type", "track").set("event", event).set("properties", properties));
  }

  void converse(const Script& script, Micros at) {
    const Person& person = somebody(script.language);
    conversation_ = fmt::format("demo-chat-{:x}-{}", seed_, ++conversations_);
    const std::string order = fmt::format("{}", 70000 + dice_.below(9999));
    Json traits = Json::object();
    traits.set("email", person.mailbox).set("phone", person.phone);
    traits.set("firstName", person.first).set("lastName", person.last);
    traits.set("language", script.language);
    add(at, person, Json::object().set("type", "identify").set("traits", std::move(traits)));
    track(at, person, "conversation.started",
          Json::object()
              .set("channel", script.channel)
              .set("topics", Json::Array{Json(script.topic)}));
    for (const Line& line : script.lines) {
      say(at, person, line, order);
      at = at + millis(900 + static_cast<int64_t>(dice_.below(500)));
    }
    if (script.satisfaction > 0)
      track(at, person, "satisfaction.received", Json::object().set("score", script.satisfaction));
  }

  void say(Micros at, const Person& person, const Line& line, const std::string& order) {
    const std::string text = fmt::format(fmt::runtime(line.text), order);
    if (line.who == '!')
      return track(at, person, "conversation.escalated", Json::object().set("reason", text));
    if (line.who == '.')
      return track(at, person, "conversation.ended", Json::object().set("resolution_status", text));
    const std::string_view author = line.who == 'c' ? "customer" : line.who == 'a' ? "ai" : "agent";
    track(at, person, "message.sent", Json::object().set("author", author).set("text", text));
  }

  Dice dice_;
  uint64_t seed_;
  std::vector<DemoCall> calls_;
  Micros start_{0};
  std::string conversation_;
  uint32_t used_ = 0;
  int number_ = 0, conversations_ = 0;
};

}  // namespace

std::vector<DemoCall> demo_calls(uint64_t seed) {
  return Talk(seed).run();
}

}  // namespace rapport

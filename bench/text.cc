// rooms: learn benchmark
// What reading a message by words costs, with the definitions of packs/text-signals: a usual
// message of about 100 bytes in three languages, and 64 KiB of text made to hurt.
#include <benchmark/benchmark.h>

#include <fstream>
#include <sstream>

#include "learn/read_text_signals.h"
#include "learn/text_signals.h"

namespace rapport::learn {
namespace {

const WordSignals& reader() {
  static const WordSignals made = [] {
    std::ostringstream text;
    text << std::ifstream("packs/text-signals/text.yaml").rdbuf();
    return WordSignals::compile(load_text_signals(text.str(), "text.yaml").value()).value();
  }();
  return made;
}

void read(benchmark::State& state, const std::string& text, std::string_view language) {
  const WordSignals& words = reader();
  for (auto _ : state) benchmark::DoNotOptimize(words.read(text, language));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * text.size()));
}

std::string repeated(std::string_view piece) {
  std::string text;
  while (text.size() + piece.size() <= kLongestText) text += piece;
  return text;
}

#define MESSAGE(name, text, language)  \
  void name(benchmark::State& state) { \
    read(state, text, language);       \
  }                                    \
  BENCHMARK(name)
MESSAGE(plain_english,
        "Hello, I opened the page this morning with my colleague and we both saw the blue banner "
        "on top there.",
        "en");
MESSAGE(question_english,
        "Hi, how much is the Pro plan for a team of 40 people? Our budget is $5,000 and we start "
        "in March.",
        "en");
MESSAGE(question_unknown,
        "Hi, how much is the Pro plan for a team of 40 people? Our budget is $5,000 and we start "
        "in March.",
        "");
MESSAGE(
    question_spanish,
    "Hola, ¿cuánto cuesta el plan Pro para 40 personas? Nuestro presupuesto es de 5.000 dólares.",
    "es");
MESSAGE(
    question_indonesian,
    "Halo, berapa harga paket Pro untuk 40 karyawan? Budget kami Rp 5 juta dan mulai bulan Maret.",
    "id");
MESSAGE(long_words, repeated("how much refund money back "), "");
MESSAGE(long_negations, repeated("not "), "");
MESSAGE(long_letters, std::string(kLongestText, 'a'), "");
MESSAGE(long_names, repeated("Compared To A B C D "), "");
MESSAGE(long_numbers, repeated("$1 "), "");
MESSAGE(long_months, repeated("1 may "), "");
MESSAGE(long_phones, repeated("1 2"), "");
MESSAGE(long_addresses, repeated("a@a.aa "), "");
MESSAGE(long_at_signs, repeated("a.a@"), "");
MESSAGE(long_accents, repeated("\xCC\x81"), "");
MESSAGE(long_thai, repeated("\xE0\xB8\x81"), "");
MESSAGE(long_emoji, repeated("\xF0\x9F\x98\xA1"), "");

}  // namespace
}  // namespace rapport::learn

BENCHMARK_MAIN();

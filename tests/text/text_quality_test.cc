// Precision and recall of packs/text-signals on sets that others have labelled: printed, and held
// above floors. The figures stand in docs/explanation/text-signals.md.
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "learn/read_text_signals.h"
#include "learn/text_signals.h"

namespace rapport::learn {
namespace {

std::filesystem::path folder() {
  if (const char* named = std::getenv("RAPPORT_TEXT_SETS")) return named;
  return std::filesystem::path(RAPPORT_SOURCE_DIR) / ".." / "shared" / "data";
}

// Plain or compressed.
std::string read_file(const std::filesystem::path& path) {
  std::string text;
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return text;
  std::vector<char> part(1 << 16);
  for (int size = 0; (size = gzread(file, part.data(), static_cast<unsigned>(part.size()))) > 0;)
    text.append(part.data(), static_cast<size_t>(size));
  gzclose(file);
  return text;
}

using Row = std::map<std::string, std::string>;

// RFC 4180
std::vector<Row> read_csv(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  std::vector<std::vector<std::string>> lines;
  std::vector<std::string> line;
  std::string field;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); i++) {
    const char c = text[i];
    if (quoted) {
      if (c != '"') {
        field += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        field += text[++i];
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',' || c == '\n') {
      line.push_back(std::move(field));
      field.clear();
      if (c == '\n') lines.push_back(std::move(line)), line.clear();
    } else if (c != '\r') {
      field += c;
    }
  }
  std::vector<Row> rows;
  for (size_t i = 1; i < lines.size(); i++) {
    if (lines[i].size() != lines[0].size()) continue;
    Row row;
    for (size_t k = 0; k < lines[0].size(); k++) row[lines[0][k]] = lines[i][k];
    rows.push_back(std::move(row));
  }
  return rows;
}

struct Counts {
  int right = 0, wrong = 0, missed = 0;
  double precision() const { return right + wrong == 0 ? 0 : 1.0 * right / (right + wrong); }
  double recall() const { return right + missed == 0 ? 0 : 1.0 * right / (right + missed); }
  void add(bool found, bool expected) {
    right += found && expected ? 1 : 0;
    wrong += found && !expected ? 1 : 0;
    missed += !found && expected ? 1 : 0;
  }
};

void print(const std::string& set, const std::string& what, const Counts& counts) {
  std::printf("%-28s %-18s precision %.3f recall %.3f (of %d messages that are)\n", set.c_str(),
              what.c_str(), counts.precision(), counts.recall(), counts.right + counts.missed);
}

class TextQuality : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::is_directory(folder())) GTEST_SKIP() << "no sets in " << folder();
    std::ostringstream yaml;
    yaml << std::ifstream(RAPPORT_SOURCE_DIR "/packs/text-signals/text.yaml").rdbuf();
    reader_.emplace(
        WordSignals::compile(load_text_signals(yaml.str(), "text.yaml").value()).value());
  }

  std::vector<Row> rows(const std::string& path) {
    std::vector<Row> all = read_csv(folder() / path);
    std::printf("%s: %zu messages\n", path.c_str(), all.size());
    return all;
  }

  using Labels = std::map<std::string, std::set<std::string>>;
  // Which labels of a set are which intent.
  std::map<std::string, Counts> compare(const std::string& path, const std::string& text,
                                        const Labels& labels) {
    std::map<std::string, Counts> counts;
    for (const Row& row : rows(path)) {
      const TextSignals signals = reader_->read(row.at(text), "en");
      for (const auto& [intent, names] : labels)
        counts[intent].add(signals.intent(intent) != nullptr, names.contains(row.at("intent")));
    }
    for (const auto& [intent, each] : counts) print(path, intent, each);
    return counts;
  }

  std::optional<WordSignals> reader_;
};

// BO-133
TEST_F(TextQuality, IntentsOfCustomerServiceRequests) {
  const Labels labels = {
      {"cancellation", {"cancel_order", "delete_account", "check_cancellation_fee"}},
      {"human_wanted", {"contact_human_agent", "contact_customer_service"}},
      {"complaint", {"complaint"}},
      {"refund", {"get_refund", "track_refund", "check_refund_policy"}},
      {"billing",
       {"check_invoice", "check_invoices", "get_invoice", "payment_issue",
        "check_payment_methods"}}};
  for (const char* path : {"bitext/bitext8k.csv", "bitext/bitext20k.csv.gz"}) {
    for (const auto& [intent, counts] : compare(path, "utterance", labels)) {
      if (counts.right + counts.missed == 0) continue;
      EXPECT_GE(counts.precision(), 0.5) << path << ' ' << intent;
      EXPECT_GE(counts.recall(), 0.4) << path << ' ' << intent;
    }
  }
}

TEST_F(TextQuality, IntentsOfCallsToInsurersAndBanks) {
  compare("dstc11_intents/dstc11_intents.csv", "text",
          {{"pricing_question", {"GetQuote"}},
           {"cancellation",
            {"CancelPlan", "CloseBankAccount", "CloseAccount", "CancelAutomaticBilling",
             "CancelCheck"}},
           {"billing",
            {"ReportBillingIssue", "DisputeCharge", "PayBill", "UpdateBillingFrequency",
             "CheckPaymentStatus", "SetAutoPayment", "UpdatePaymentPreference",
             "CancelAutomaticBilling", "MakeCreditCardPayment"}}});
}

// How often intents that wake people are found where none is.
TEST_F(TextQuality, FalseAlarmsInTalkToAnAssistant) {
  const auto all = rows("clinc150/clinc150.csv.gz");
  for (const char* intent : {"legal_threat", "social_media_threat", "verbal_commitment",
                             "demo_request", "complaint", "competitor", "urgent_timeline"}) {
    int found = 0;
    for (const Row& row : all) found += reader_->read(row.at("text"), "en").intent(intent) ? 1 : 0;
    std::printf("clinc150 %-20s %d in %zu\n", intent, found, all.size());
    EXPECT_LE(found, static_cast<int>(all.size() / 50)) << intent;
  }
}

// BO-134
TEST_F(TextQuality, SentimentOfReviews) {
  Counts positive, negative;
  for (const Row& row : rows("uci_sentences/uci_sentences.csv")) {
    const Polarity polarity = reader_->read(row.at("text"), "en").sentiment.polarity;
    positive.add(polarity == Polarity::kPositive, row.at("label") == "1");
    negative.add(polarity == Polarity::kNegative, row.at("label") == "0");
  }
  print("uci_sentences", "positive", positive);
  print("uci_sentences", "negative", negative);
  EXPECT_GE(positive.precision(), 0.75);
  EXPECT_GE(negative.precision(), 0.75);
}

TEST_F(TextQuality, SentimentOfReviewsAndTweets) {
  std::map<std::string, std::pair<Counts, Counts>> sources;
  for (const Row& row : rows("vader_groundtruth/vader_groundtruth.csv.gz")) {
    const Polarity polarity = reader_->read(row.at("text"), "en").sentiment.polarity;
    const double rating = std::atof(row.at("mean_rating").c_str());
    auto& [positive, negative] = sources[row.at("source")];
    positive.add(polarity == Polarity::kPositive, rating >= 0.5);
    negative.add(polarity == Polarity::kNegative, rating <= -0.5);
  }
  for (const auto& [source, counts] : sources) {
    print("vader " + source, "positive", counts.first);
    print("vader " + source, "negative", counts.second);
  }
}

}  // namespace
}  // namespace rapport::learn

#include "main/cases/report.h"

#include <fmt/format.h>

#include <map>

#include "main/commands/table.h"

namespace rapport::cases {

namespace {

// The outcomes of one case, in all its worlds.
using Together = std::vector<const Outcome*>;

std::vector<Together> by_case(const PackOutcome& of) {
  std::vector<Together> all;
  for (const Outcome& outcome : of.outcomes) {
    if (all.empty() || all.back().front()->of != outcome.of) all.emplace_back();
    all.back().push_back(&outcome);
  }
  return all;
}

bool passed(const Together& one) {
  for (const Outcome* outcome : one)
    if (!outcome->findings.empty()) return false;
  return true;
}

std::string indented(std::string_view text, std::string_view by) {
  std::string out(by);
  for (const char c : text) {
    out += c;
    if (c == '\n') out += by;
  }
  return out;
}

std::string findings_text(const Outcome& outcome) {
  std::string out;
  for (const Finding& finding : outcome.findings) {
    const Failure& failure = finding.failure;
    out += fmt::format("  {}:{}: {}\n", outcome.of->file, failure.line, failure.what);
    out += "    expected\n" + indented(failure.expected, "      ") + "\n";
    out += "    got\n" + indented(failure.got, "      ") + "\n";
    for (const std::string& line : finding.traced) out += "    | " + line + "\n";
  }
  return out;
}

// Worlds in which the same came out are told of once.
std::string case_text(const Together& one) {
  std::string out;
  std::vector<std::pair<std::string, std::vector<std::string>>> told;
  for (const Outcome* outcome : one) {
    if (outcome->findings.empty()) continue;
    const std::string text = findings_text(*outcome);
    auto same = std::find_if(told.begin(), told.end(),
                             [&](const auto& other) { return other.first == text; });
    if (same == told.end()) same = told.insert(told.end(), {text, {}});
    same->second.emplace_back(name(outcome->world));
  }
  for (const auto& [text, worlds] : told) {
    std::string where;
    for (const std::string& world : worlds) where += (where.empty() ? "" : ", ") + world;
    out += fmt::format("FAILED {} '{}' ({})\n{}", place_of(*one.front()->of), one.front()->of->name,
                       where, text);
  }
  return out;
}

double seconds_of(const PackOutcome& of) {
  double all = 0;
  for (const Outcome& outcome : of.outcomes) all += outcome.seconds;
  return all;
}

std::string xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
        out += "&#10;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20) out += c;
    }
  }
  return out;
}

}  // namespace

Totals totals(const std::vector<PackOutcome>& all) {
  Totals sum;
  for (const PackOutcome& of : all)
    for (const Together& one : by_case(of)) ++(passed(one) ? sum.passed : sum.failed);
  return sum;
}

std::string as_text(const std::vector<PackOutcome>& all) {
  std::string failures;
  std::vector<std::vector<std::string>> rows;
  for (const PackOutcome& of : all) {
    size_t good = 0, bad = 0;
    for (const Together& one : by_case(of)) {
      ++(passed(one) ? good : bad);
      failures += case_text(one);
    }
    const double each =
        of.outcomes.empty() ? 0 : 1000 * seconds_of(of) / static_cast<double>(of.outcomes.size());
    rows.push_back(
        {of.packs->folder, std::to_string(good), std::to_string(bad), fmt::format("{:.1f}", each)});
  }
  const Totals sum = totals(all);
  return failures + table({"pack", "passed", "failed", "ms each"}, rows, "no packs") +
         fmt::format("{} passed, {} failed\n", sum.passed, sum.failed);
}

Json as_json(const std::vector<PackOutcome>& all) {
  const Totals sum = totals(all);
  Json packs = Json::array();
  for (const PackOutcome& of : all) {
    Json cases = Json::array();
    for (const Outcome& outcome : of.outcomes) {
      Json findings = Json::array();
      for (const Finding& finding : outcome.findings) {
        Json traced = Json::array();
        for (const std::string& line : finding.traced) traced.push_back(line);
        findings.push_back(Json::object()
                               .set("line", finding.failure.line)
                               .set("what", finding.failure.what)
                               .set("expected", finding.failure.expected)
                               .set("got", finding.failure.got)
                               .set("traced", std::move(traced)));
      }
      cases.push_back(Json::object()
                          .set("case", outcome.of->name)
                          .set("file", outcome.of->file)
                          .set("line", outcome.of->line)
                          .set("world", name(outcome.world))
                          .set("seconds", outcome.seconds)
                          .set("findings", std::move(findings)));
    }
    packs.push_back(Json::object().set("pack", of.packs->folder).set("cases", std::move(cases)));
  }
  return Json::object()
      .set("passed", sum.passed)
      .set("failed", sum.failed)
      .set("packs", std::move(packs));
}

std::string as_junit(const std::vector<PackOutcome>& all) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (const PackOutcome& of : all) {
    size_t failed = 0;
    std::string cases;
    for (const Outcome& outcome : of.outcomes) {
      cases += fmt::format(
          "    <testcase classname=\"{}\" name=\"{} ({})\" file=\"{}\" line=\"{}\" time=\"{:.4f}\"",
          xml(of.packs->folder), xml(outcome.of->name), name(outcome.world), xml(outcome.of->file),
          outcome.of->line, outcome.seconds);
      if (outcome.findings.empty()) {
        cases += "/>\n";
        continue;
      }
      ++failed;
      cases += fmt::format(">\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n",
                           xml(outcome.findings.front().failure.what), xml(findings_text(outcome)));
    }
    out += fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" time=\"{:.4f}\">\n{}"
        "  </testsuite>\n",
        xml(of.packs->folder), of.outcomes.size(), failed, seconds_of(of), cases);
  }
  return out + "</testsuites>\n";
}

}  // namespace rapport::cases

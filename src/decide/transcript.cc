#include "decide/transcript.h"

#include <algorithm>

#include "base/text.h"
#include "decide/mapping.h"

namespace rapport::decide {
namespace {

using model::Markup;

constexpr size_t kRoomForNumbers = 64;  // "part i of n", tags and line ends of the reference line
constexpr size_t kLongestAuthor = 200;  // bytes; the author is repeated on every continued piece
constexpr std::string_view kContinued = " (continued)";

std::string_view escaped(char c, Markup markup) {
  if (markup == Markup::kPlain) return {};
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    case '\n':
      return "<br>";
    default:
      return {};
  }
}

std::string escape(std::string_view text, Markup markup) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    const std::string_view entity = escaped(c, markup);
    if (entity.empty()) {
      out += c;
    } else {
      out += entity;
    }
  }
  return out;
}

std::string line(std::string_view text, Markup markup) {
  if (markup == Markup::kPlain) return std::string(text) + "\n";
  return "<p>" + escape(text, markup) + "</p>";
}

// What stands before and after a message's text.
struct Frame {
  std::string before, after;
  size_t size() const { return before.size() + after.size(); }
};

Frame frame_of(const TranscriptMessage& message, bool continued, Markup markup) {
  std::string author(cut_utf8(message.author, kLongestAuthor));
  if (continued) author += kContinued;
  std::string time = format_time(message.at);
  if (markup == Markup::kPlain) return {"[" + time + "] " + author + ": ", "\n"};
  return {"<p><strong>" + escape(author, markup) + "</strong> <em>" + time + "</em><br>", "</p>"};
}

// Length of the longest start of `text` whose escaped form fits `room`: at white space when that
// costs less than half of it, else between characters.
size_t fitting(std::string_view text, size_t room, Markup markup) {
  size_t used = 0, fits = 0, at_space = 0;
  for (size_t i = 0; i < text.size();) {
    size_t next = i + 1;
    while (next < text.size() && next < i + 4 &&
           (static_cast<unsigned char>(text[next]) & 0xC0) == 0x80) {
      ++next;
    }
    const std::string_view entity = escaped(text[i], markup);
    used += entity.empty() ? next - i : entity.size();
    if (used > room) break;
    fits = next;
    if (text[i] == ' ' || text[i] == '\n') at_space = next;
    i = next;
  }
  CHECK(fits > 0 || text.empty());
  return fits == text.size() || at_space == 0 || at_space < fits / 2 ? fits : at_space;
}

class Cutter {
 public:
  Cutter(std::string_view reference, Markup markup, size_t limit)
      : markup_(markup), room_(limit - std::min(limit, reference.size() + kRoomForNumbers)) {
    parts_.emplace_back();
  }

  void add_line(std::string_view text) {
    std::string rendered = line(text, markup_);
    if (rendered.size() <= left()) {
      parts_.back() += rendered;
    } else {
      add_text(text);
    }
  }

  void add_message(const TranscriptMessage& message) {
    const Frame frame = frame_of(message, false, markup_);
    const std::string body = escape(message.text, markup_);
    if (frame.size() + body.size() > left() && frame.size() + body.size() <= room_) next_part();
    if (frame.size() + body.size() <= left()) {
      parts_.back() += frame.before + body + frame.after;
    } else {
      add_in_pieces(message);
    }
  }

  std::vector<std::string> take() { return std::move(parts_); }

 private:
  size_t left() const { return room_ - parts_.back().size(); }
  void next_part() {
    if (!parts_.back().empty()) parts_.emplace_back();
  }

  // A message longer than a part: its author line is repeated on every piece.
  void add_in_pieces(const TranscriptMessage& message) {
    next_part();
    std::string_view rest = message.text;
    for (bool continued = false; !rest.empty(); continued = true) {
      const Frame frame = frame_of(message, continued, markup_);
      if (continued) next_part();
      const size_t taken = fitting(rest, left() - frame.size(), markup_);
      parts_.back() += frame.before + escape(rest.substr(0, taken), markup_) + frame.after;
      rest.remove_prefix(taken);
    }
  }

  void add_text(std::string_view text) {
    constexpr size_t kTags = 8;
    while (!text.empty()) {
      if (left() < room_ / 2) next_part();
      const size_t taken = fitting(text, left() - kTags, markup_);
      parts_.back() += line(text.substr(0, taken), markup_);
      text.remove_prefix(taken);
    }
  }

  Markup markup_;
  size_t room_;
  std::vector<std::string> parts_;
};

std::string author_of(const Json& message) {
  const std::string_view kind = message.text("author", "unknown");
  const std::string_view name = message.text("author_name");
  std::string author =
      name.empty() ? std::string(kind) : std::string(name) + " (" + std::string(kind) + ")";
  if (const Json* confidence = message.find("confidence"); confidence && confidence->is_number()) {
    author += ", confidence " + text_of(*confidence);
  }
  return author;
}

std::vector<TranscriptMessage> messages_of(const Json& source) {
  std::vector<TranscriptMessage> messages;
  const Json* list = source.find("messages");
  if (list == nullptr || !list->is_array()) return messages;
  for (const Json& entry : list->as_array()) {
    TranscriptMessage message;
    if (Result<Micros> at = parse_time(entry.text("at")); at.ok()) message.at = *at;
    message.sequence = static_cast<uint64_t>(entry.integer("sequence"));
    message.author = author_of(entry);
    message.text = std::string(entry.text("text"));
    if (const Json* sources = entry.find("sources"); sources && !text_of(*sources).empty()) {
      message.text += "\n[sources: " + text_of(*sources) + "]";
    }
    messages.push_back(std::move(message));
  }
  return messages;
}

}  // namespace

std::vector<std::string> render_transcript(std::vector<TranscriptMessage> messages,
                                           const std::vector<std::string>& lines,
                                           std::string_view reference, Markup markup,
                                           size_t limit_bytes) {
  CHECK(limit_bytes >= model::kLeastTranscriptLimit && reference.size() <= 200);
  std::stable_sort(messages.begin(), messages.end(), [](const auto& a, const auto& b) {
    return std::pair(a.at, a.sequence) < std::pair(b.at, b.sequence);
  });
  Cutter cutter(reference, markup, limit_bytes);
  for (const std::string& text : lines) {
    if (!text.empty()) cutter.add_line(text);
  }
  for (const TranscriptMessage& message : messages) cutter.add_message(message);
  std::vector<std::string> parts = cutter.take();
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::string marker = model::transcript_marker(reference, i);
    parts[i].insert(0, line(marker + std::to_string(parts.size()), markup));
  }
  return parts;
}

std::vector<std::string> render_transcript(const model::TranscriptMapping& mapping,
                                           const Json& source, std::string_view reference) {
  std::vector<std::string> lines;
  for (const std::string& pattern : mapping.lines) lines.push_back(fill_pattern(pattern, source));
  if (mapping.pointer.empty()) {
    return render_transcript(messages_of(source), lines, reference, mapping.markup,
                             mapping.limit_bytes);
  }
  const std::string pointer = line(fill_pattern(mapping.pointer, source), mapping.markup);
  const size_t room = mapping.limit_bytes - std::min(mapping.limit_bytes / 2, pointer.size());
  std::vector<std::string> parts =
      render_transcript(messages_of(source), lines, reference, mapping.markup,
                        std::max(room, model::kLeastTranscriptLimit));
  if (parts.size() == 1) return parts;
  return {parts.front() + pointer};
}

}  // namespace rapport::decide

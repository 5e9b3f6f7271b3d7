// What a call that can fail for reasons outside the program returns.
//
// Three kinds of failure (docs/design): the outside causes a `Result` with a code, a message that
// tells the user what to do next, and whether trying again can help; a bug calls BUG() and ends the
// process; nothing is swallowed: a Result that nobody looks at does not compile without `ignore`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace rapport {

enum class Code {
  kInvalid,          // the input is wrong: 400 or 422
  kUnauthenticated,  // no or wrong credentials: 401
  kForbidden,        // known, but not allowed: 403
  kNotFound,         // 404
  kConflict,         // the state does not permit it: 409
  kTooLarge,         // over a limit: 413
  kOverloaded,       // refused early, try later: 429
  kTimeout,          // 504
  kUnavailable,      // a dependency is down: 503
  kDiskFull,         // 507
  kCorrupt,          // bytes on disk or wire do not check
  kIo,               // the disk or the network failed
  kUnsupported,      // 501
};

// Lower-case word of a code, as shown in problem documents and logs, e.g. "not_found".
std::string_view name(Code code);

enum class Retryable { kNo, kYes };

struct Error {
  Code code = Code::kInvalid;
  std::string message;  // for a person: what is wrong and what to do next
  Retryable retryable = Retryable::kNo;
  std::string where = {};  // field path ("traits.email"), line ("12:4") or limit
};

inline Error invalid(std::string message, std::string where = {}) {
  return {Code::kInvalid, std::move(message), Retryable::kNo, std::move(where)};
}
inline Error not_found(std::string message) {
  return {Code::kNotFound, std::move(message)};
}
inline Error io_error(std::string message) {
  return {Code::kIo, std::move(message), Retryable::kYes};
}
inline Error corrupt(std::string message, std::string where = {}) {
  return {Code::kCorrupt, std::move(message), Retryable::kNo, std::move(where)};
}

// Ends the process after printing where and why: for states that only a bug can reach.
[[noreturn]] void bug(const char* file, int line, const std::string& message);
#define BUG(message) ::rapport::bug(__FILE__, __LINE__, (message))
#define CHECK(condition)                                \
  do {                                                  \
    if (!(condition)) BUG("check failed: " #condition); \
  } while (false)

template <class T = void>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    expect_ok();
    return std::get<0>(state_);
  }
  const T& value() const& {
    expect_ok();
    return std::get<0>(state_);
  }
  // By value, so that `for (auto& x : call().value())` is safe.
  T value() && {
    expect_ok();
    return std::move(std::get<0>(state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::move(std::get<1>(state_)); }

  // Says in one searchable place why a failure does not matter here.
  void ignore([[maybe_unused]] std::string_view reason) const {}

 private:
  void expect_ok() const {
    if (!ok()) BUG("value() of a failed result: " + std::get<1>(state_).message);
  }
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  void value() const {
    if (!ok()) BUG("value() of a failed result: " + error_->message);
  }
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }
  void ignore([[maybe_unused]] std::string_view reason) const {}

 private:
  std::optional<Error> error_;
};

// `TRY(call);` returns the error of a Result<void> to the caller.
// `TRY_ASSIGN(auto x, call);` does so too, else moves the value into x.
#define TRY(expression)                                                                            \
  do {                                                                                             \
    if (auto try_result_ = (expression); !try_result_.ok()) return std::move(try_result_).error(); \
  } while (false)
#define RAPPORT_JOIN_(a, b) a##b
#define RAPPORT_JOIN(a, b) RAPPORT_JOIN_(a, b)
#define TRY_ASSIGN(target, expression) \
  TRY_ASSIGN_(RAPPORT_JOIN(result_, __LINE__), target, expression)
#define TRY_ASSIGN_(result, target, expression)       \
  auto result = (expression);                         \
  if (!result.ok()) return std::move(result).error(); \
  target = std::move(result).value()

}  // namespace rapport

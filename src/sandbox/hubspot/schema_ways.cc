// The vendor's association types between the object types that are here, by the vendor's ids.
#include "sandbox/hubspot/schema.h"

namespace rapport::sandbox::hubspot {
namespace {

struct Row {
  int id, inverse;
  const char* from;
  const char* to;
  const char* label;
  const char* inverse_label;
  bool primary;
};

// One row for two directions.
constexpr Row kRows[] = {
    {279, 280, "contacts", "companies", "", "", false},
    {1, 2, "contacts", "companies", "Primary", "Primary", true},
    {341, 342, "deals", "companies", "", "", false},
    {5, 6, "deals", "companies", "Primary", "Primary", true},
    {339, 340, "tickets", "companies", "", "", false},
    {26, 25, "tickets", "companies", "Primary", "Primary", true},
    {3, 4, "deals", "contacts", "", "", false},
    {16, 15, "tickets", "contacts", "", "", false},
    {28, 27, "tickets", "deals", "", "", false},
    {202, 201, "notes", "contacts", "", "", false},
    {190, 189, "notes", "companies", "", "", false},
    {214, 213, "notes", "deals", "", "", false},
    {228, 227, "notes", "tickets", "", "", false},
    {204, 203, "tasks", "contacts", "", "", false},
    {192, 191, "tasks", "companies", "", "", false},
    {216, 215, "tasks", "deals", "", "", false},
    {230, 229, "tasks", "tickets", "", "", false},
    {449, 449, "contacts", "contacts", "", "", false},
    {450, 450, "companies", "companies", "", "", false},
    {451, 451, "deals", "deals", "", "", false},
    {452, 452, "tickets", "tickets", "", "", false},
    {13, 14, "companies", "companies", "Child Company", "Parent Company", false},
};

}  // namespace

std::map<int, AssociationType> standard_ways() {
  std::map<int, AssociationType> ways;
  for (const Row& row : kRows) {
    ways[row.id] = {row.id, row.inverse, row.from, row.to, row.label, false, row.primary};
    ways[row.inverse] = {row.inverse,       row.id, row.to,     row.from,
                         row.inverse_label, false,  row.primary};
  }
  return ways;
}

}  // namespace rapport::sandbox::hubspot

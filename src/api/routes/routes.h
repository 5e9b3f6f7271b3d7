// All routes of the API, one function per folder of paths.
#pragma once

#include <vector>

#include "api/router.h"

namespace rapport::api {

std::vector<Route> all_routes();

std::vector<Route> record_routes();      // contacts, accounts, conversations, tickets
std::vector<Route> event_routes();       // events, quarantine
std::vector<Route> merge_routes();       // merge, unmerge, erase, reviews
std::vector<Route> connection_routes();  // connections, dead letters, how a record is synced
std::vector<Route> edit_routes();        // values given for what was refused
std::vector<Route> workspace_routes();   // workspaces, keys, setup
std::vector<Route> home_routes();        // the page at /
std::vector<Route> live_routes();        // the live page, and its stream of events
std::vector<Route> pack_routes();        // packs: what is active, checks, plans, activation
std::vector<Route> pack_trial_routes();  // what a draft would decide
std::vector<Route> setting_routes();     // settings of packs, zone and currency
std::vector<Route> people_routes();      // users and teams
std::vector<Route> object_routes();      // records of packs' own objects, derived figures, traces
std::vector<Route> change_routes();      // fields, stages and approvals set by hand
std::vector<Route> operation_routes();   // probes, metrics, OpenAPI, state, backup, verify

// The caller sits at this machine (or behind a proxy on it).
bool from_this_machine(const HttpRequest& request);

// The live page. In the demo it has its key from the demo, and switches that make trouble.
enum class Shown { kServer, kDemo };
HttpResponse live_page(Shown where);

}  // namespace rapport::api

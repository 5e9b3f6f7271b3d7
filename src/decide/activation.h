// What is declared in a workspace: packs, its zone and currency, settings; its users and teams.
#pragma once

#include "decide/compile.h"
#include "decide/step.h"

namespace rapport::decide {

// The events that declare: pack.activated, pack.deactivated, workspace.configured,
// settings.changed, user.configured, user.removed, user.presence, team.configured,
// exchange_rate.set, engine.changed. False: the event is none of them.
bool fold_declaration(Step& step, const model::Event& event);

// Names all that is active; empty: nothing is. Equal names mean equal definitions.
std::string active_version(const Step& step);
// Reads and compiles what is active.
Compiled compile_active(const Step& step, const expr::Zones* zones);

}  // namespace rapport::decide

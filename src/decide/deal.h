// Deals and tasks as other systems tell of them (BO-6, BO-11, CS-6): one record each, whose fields
// the latest event that gives them sets and a null removes.
#pragma once

#include "decide/step.h"

namespace rapport::decide {

std::string deal_id(const model::Event& event);  // empty: not about a deal
std::string task_id(const model::Event& event);  // empty: not a task's event

// A deal belongs to the person its first event was sent for, and stands at the first stage
// (`prospecting`, BO-7) until one is given.
void fold_deal(Step& step, const model::Event& event);

// A task is open until its status says otherwise; `task.completed` completes it.
void fold_task(Step& step, const model::Event& event);

}  // namespace rapport::decide

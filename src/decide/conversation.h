// Conversations, their messages and what becomes of them (CH-6, CH-10, KU-11, KU-12).
#pragma once

#include "decide/step.h"

namespace rapport::decide {

std::string conversation_id(const model::Event& event);        // empty: not about a conversation
std::string conversation_list(std::string_view conversation);  // "conversation/cnv_…"

// Folds a conversation event into its conversation, which the first such event makes.
void fold_conversation(Step& step, const model::Event& event);

// Timer "idle": closes a conversation whose last message is old enough, else waits on.
void close_if_idle(Step& step, const model::Timer& timer);

}  // namespace rapport::decide

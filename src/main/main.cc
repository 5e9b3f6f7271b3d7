// The `rapport` program: the only place where everything is wired together.
#include <sys/stat.h>

#include "main/commands/commands.h"

// Read by jemalloc at start: few arenas, and memory not used for a second goes back to the system.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "narenas:2,dirty_decay_ms:1000,muzzy_decay_ms:0";
}

int main(int argc, char** argv) {
  umask(077);  // whatever it writes is its owner's alone
  return rapport::run_program(argc, argv);
}

// The `rapport` program: the only place where everything is wired together.
#include "main/commands/commands.h"

int main(int argc, char** argv) {
  return rapport::run_program(argc, argv);
}

#include "main/signals.h"

#include <pthread.h>

namespace rapport {

Signals::Signals() {
  sigemptyset(&set_);
  for (int s : {SIGTERM, SIGINT}) sigaddset(&set_, s);
  sigaddset(&set_, SIGUSR1);  // ours: ends the waiting
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

void Signals::start(std::function<void()> stop) {
  thread_ = std::thread([this, stop = std::move(stop)] {
    int caught = 0;
    sigwait(&set_, &caught);
    if (caught != SIGUSR1) stop();
  });
}

Signals::~Signals() {
  if (!thread_.joinable()) return;
  pthread_kill(thread_.native_handle(), SIGUSR1);
  thread_.join();
}

}  // namespace rapport

#include "log.h"
#include <csignal>
#include <cstdio>

static volatile std::sig_atomic_t reload;

void writeLog(const char *text) {
  if (std::FILE *file = std::fopen("log", "a")) { // NOTE: `writeLog` calls `fopen`
    std::fputs(text, file);
    std::fclose(file);
  }
}

void requestReload() {
  reload = 1;
}

void install(int number, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  sigaction(number, &action, nullptr);
}

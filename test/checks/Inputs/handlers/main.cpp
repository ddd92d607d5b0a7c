#include "log.h"
#include <csignal>

extern "C" void on_signal_bad(int) {
  writeLog("signal"); // EXPECT: through `writeLog` calls `fopen`, which takes the lock of a stream
}
extern "C" void on_hangup_ok(int) {
  requestReload();
}

int main() {
  install(SIGTERM, on_signal_bad); // NOTE: it is installed here, through `install`
  install(SIGHUP, on_hangup_ok);
}

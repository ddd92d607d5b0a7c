#include "bank.h"

std::mutex logMutex;

void Journal::note(int amount) {
  std::lock_guard<std::mutex> guard(JournalMutex); // NOTE: and then `journal.JournalMutex` here
  Last = amount;
}

void Journal::close(Bank &bank) {
  std::lock_guard<std::mutex> guard(JournalMutex);
  Last = bank.balance(); // NOTE: comes by this call, in `Journal::close`
}

void logged() {
  std::lock_guard<std::mutex> guard(logMutex); // NOTE: and then `logMutex` here
}

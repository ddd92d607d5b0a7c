#include "bank.h"
#include <thread>

std::mutex configMutex;

void Bank::deposit(int amount) {
  std::lock_guard<std::mutex> guard(BankMutex); // NOTE: takes `bank.BankMutex` here
  Money += amount;
  Notes.note(amount); // NOTE: comes by this call, in `Bank::deposit`
}

int Bank::balance() {
  std::lock_guard<std::mutex> guard(BankMutex); // EXPECT: `bank.BankMutex` is taken here
  return Money;
}

void configured() {
  std::lock_guard<std::mutex> guard(configMutex); // EXPECT: `configMutex` is taken here
}

void start() {
  std::lock_guard<std::mutex> guard(configMutex);
  logged(); // NOTE: the main thread comes by this call, in `start`
}

int main() {
  static Journal journal;
  static Bank bank(journal);
  std::thread closer([] { journal.close(bank); });
  std::thread logger([] {
    std::lock_guard<std::mutex> guard(logMutex);
    configured();
  });
  bank.deposit(1);
  start();
  closer.join();
  logger.join();
}

#pragma once
#include <mutex>

class Journal {
public:
  void note(int amount);
  void close(class Bank &bank);

private:
  std::mutex JournalMutex;
  int Last = 0;
};

class Bank {
public:
  explicit Bank(Journal &journal) : Notes(journal) {}
  void deposit(int amount);
  int balance();

private:
  std::mutex BankMutex;
  Journal &Notes;
  int Money = 0;
};

extern std::mutex configMutex, logMutex;
void logged();
void configured();

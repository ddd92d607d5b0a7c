#include "stats.h"
#include <mutex>
static std::mutex stats;
void stats_lock() { stats.lock(); }
void stats_unlock() { stats.unlock(); }

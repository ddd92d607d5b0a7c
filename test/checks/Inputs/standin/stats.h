#pragma once
void stats_lock();
void stats_unlock();
void count_hit();

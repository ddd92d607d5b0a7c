// RUN: %check-fixture --option parallelizable-loop.MinWork=0 %s heddle-parallelizable-loop -- -std=c++20
// RUN: %parallel %s -- -std=c++20
// REQUIRES: openmp
//
// Loops that look like one of the others and are not: a temporary that is seen from
// elsewhere, a sum that is used on the way, subscripts that meet again.
#include "Inputs/show.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <list>
#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

constexpr int N = 288;
double a[N], b[N], c[2 * N];
int numbers[N], keys[N], table[16], starts[16];
bool seen[16];
double scratch[4], kept;
double *slots[N];
double pool[N];

struct Totals {
  double sum = 0;
  int count = 0;
} totals;

static void prepare() {
  fill(a, 1), fill(b, 2), fill(c, 3), fill(numbers, 4), fill(keys, 5), fill(pool, 6);
  std::fill(table, table + 16, 0), std::fill(scratch, scratch + 4, 1.0), std::fill(seen, seen + 16, false);
  ascending(starts), addresses(slots, pool);
  kept = 0, totals = Totals();
}
static auto state() {
  return std::tie(a, b, c, numbers, table, starts, seen, scratch, kept, totals.sum, totals.count, pool);
}

double usesKept(double x) { return x + kept; }
double usesScratch() { return scratch[0] + scratch[1]; }
void setsKept(double x) { kept = x; }

// Parallel all the same

void leaving_a_switch_bad() {
  for (int i = 0; i < N; ++i) {  // EXPECT: independent
    switch (numbers[i]) {
    case 0:
      a[i] = 1;
      break;
    case 1:
      a[i] = 2;
      break;
    default:
      a[i] = 3;
    }
  }
}

void leaving_an_inner_loop_bad() {
  for (int i = 0; i < N; ++i) {  // EXPECT: independent
    int j = 0;
    while (j < N) {
      if (numbers[j] == numbers[i])
        break;
      ++j;
    }
    keys[i] = j;
    a[i] = j;
  }
}

void returning_from_a_lambda_bad() {
  for (int i = 0; i < N; ++i) {  // EXPECT: independent
    auto sign = [](double x) {
      if (x < 5)
        return -1.0;
      return 1.0;
    };
    a[i] = sign(b[i]);
  }
}

void asserted_bad() {
  for (int i = 0; i < N; ++i) {  // EXPECT: independent
    assert(b[i] >= 0);
    a[i] = b[i] * 2;
  }
}

void global_temporary_bad() {
  for (int i = 0; i < N; ++i) {  // EXPECT: lastprivate(kept)
    kept = a[i] * 2;
    b[i] = kept + 1;
  }
}

static double latest;
void seen_by_the_next_call_bad() {
  c[0] = latest;
  for (int i = 1; i < N; ++i)  // EXPECT: if nothing uses what the loop leaves in `latest`
    if (a[i] > 3) {
      latest = a[i] * 2;
      b[i] = latest + 1;
    }
}

double array_seen_afterwards_bad() {
  double tmp[3];
  for (int i = 0; i < N; ++i) {  // EXPECT: lastprivate(tmp)
    tmp[0] = a[i];
    tmp[1] = b[i];
    tmp[2] = tmp[0] * tmp[1];
    c[i] = tmp[2];
  }
  return tmp[0] + tmp[2];
}

void linked_list_elements_bad() {
  std::list<double> list(a, a + N);
  for (double &x : list)  // EXPECT: independent
    // NOT-SHOWN: a list has no iterators that OpenMP could divide
    x = x * x + 1;
  std::copy(list.begin(), list.end(), a);  // EXPECT: independent
}

void pointers_to_rows_bad() {
  for (int i = 0; i < N; ++i)  // EXPECT: all differ
    *slots[i] += a[i];
}

void shared_pointer_bad() {
  auto by = std::make_shared<const double>(3.0);
  for (int i = 0; i < N; ++i)  // EXPECT: independent
    a[i] *= *by;
}

void three_of_four_bad() {
  for (int i = 0; i < N / 4; ++i) {  // EXPECT: independent
    c[4 * i + 1] = c[4 * i];
    c[4 * i + 2] = c[4 * i] + c[4 * i + 3];
  }
}

void always_counted_bad() {
  int k = 0;
  for (int i = 0; i < N; ++i) {  // EXPECT: linear(k : 1)
    if (a[i] > 4)
      c[k] = a[i];
    else
      c[k] = -1;
    ++k;
  }
}

void stopped_by_exit_bad() {
  for (int i = 0; i < N; ++i) {  // EXPECT: if `exit` does not end the program
    b[i] = a[i] + 1;
    if (b[i] < 0)
      std::exit(static_cast<int>(i));
  }
}

void global_that_a_callee_writes_bad() {
  for (int i = 0; i < N; ++i) {  // CARRIED // EXPECT: if `kept` is scratch space
    // NOT-SHOWN: as it is declared, there is one for all threads
    setsKept(a[i]);
    b[i] = kept * 2;
  }
}

void array_that_a_callee_reads_bad() {
  for (int i = 0; i < N; ++i) {  // CARRIED // EXPECT: if `scratch` is scratch space
    // NOT-SHOWN: as it is declared, there is one for all threads
    scratch[0] = a[i];
    scratch[1] = b[i];
    c[i] = usesScratch();
  }
}

// A temporary that is seen from elsewhere

void global_that_a_callee_reads_ok() {
  for (int i = 0; i < N; ++i) {  // CARRIED
    kept = a[i];
    b[i] = usesKept(b[i]);
  }
}

void through_its_address_ok() {
  double t = 0;
  double *p = &t;
  for (int i = 0; i < N; ++i) {  // CARRIED
    b[i] = *p;
    t = a[i];
  }
}

void address_is_kept_ok() {
  double t = 0;
  for (int i = 0; i < N; ++i) {  // CARRIED
    t = a[i];
    slots[i] = &t;
    b[i] = *slots[i / 2];
  }
}

void captured_by_reference_ok() {
  double t = 0;
  auto previous = [&t] { return t; };
  for (int i = 0; i < N; ++i) {  // CARRIED
    b[i] = previous();
    t = a[i];
  }
}

void table_that_collects_ok() {
  double sums[4] = {};
  for (int i = 0; i < N; ++i) {  // CARRIED
    sums[3] += b[i];
    a[i] = sums[numbers[i] % 4] + sums[3];
  }
}

void reads_more_than_it_wrote_ok() {
  double tmp[10] = {};
  for (int i = 0; i < N; ++i) {  // CARRIED
    for (int j = 0; j < numbers[i]; ++j) {
      tmp[j] = a[i] * j;
      tmp[9] = tmp[j] + tmp[9];
    }
    c[i] = tmp[5] + tmp[9];
  }
}

// A result that is used on the way

void sum_through_another_name_ok() {
  double sum = 0;
  double &same = sum;
  for (int i = 0; i < N; ++i) {  // CARRIED
    sum += a[i];
    b[i] = same;
  }
}

void member_through_another_name_ok() {
  Totals &t = totals;
  for (int i = 0; i < N; ++i) {  // CARRIED
    t.sum += a[i];
    b[i] = totals.sum;
  }
}

int records_ok() {
  double most = -1;
  int count = 0;
  for (int i = 0; i < N; ++i)  // CARRIED
    if (a[i] + i * 0.125 > most) {
      most = a[i] + i * 0.125;
      ++count;
    }
  return count;
}

int cut_to_whole_numbers_ok() {
  int total = 0;
  for (int i = 0; i < N; ++i)  // CARRIED
    total += a[i] - 4.5;
  return total;
}

void rank_in_its_bin_ok() {
  for (int i = 0; i < N; ++i) {  // CARRIED
    table[keys[i] & 7]++;
    numbers[i] = table[keys[i] & 7];
  }
}

void sorted_into_bins_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    c[starts[keys[i]]++] = a[i];
}

int different_values_ok() {
  int count = 0;
  for (int i = 0; i < N; ++i)  // CARRIED
    if (!seen[keys[i]]) {
      seen[keys[i]] = true;
      numbers[count++] = keys[i];
    }
  return count;
}

double sum_with_a_limit_in_the_inner_loop_ok() {
  double sum = 0;
  for (int i = 0; i < N; ++i)  // CARRIED
    for (int j = 0; j < 8; ++j)
      if (sum < 100 + j)
        sum += a[i];
  return sum;
}

int words_in_a_set_ok() {
  std::set<int> known;
  for (int i = 0; i < N; ++i)  // CARRIED
    known.insert(keys[i] * 3 + numbers[i]);
  return static_cast<int>(known.size());
}

int counts_in_a_map_ok() {
  std::unordered_map<int, int> counts;
  for (int i = 0; i < N; ++i)  // CARRIED
    counts[keys[i]]++;
  return counts[3];
}

// Subscripts that meet again

void index_of_eight_bits_ok() {
  for (int i = 0; i < 2 * N; ++i)  // CARRIED
    a[static_cast<unsigned char>(i)] += c[i] + a[static_cast<unsigned char>(i + 1)];
}

void partner_by_xor_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    a[i ^ 1] = a[i] + 1;
}

void rounded_down_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    a[i & ~1] = a[i | 1] - a[i & ~1];
}

void squares_modulo_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    c[i * i % 64] = c[i % 64] + 1;
}

void rows_longer_than_their_distance_ok() {
  for (int i = 0; i < N / 8 - 1; ++i)  // CARRIED
    for (int j = 1; j < 12; ++j)
      c[8 * i + j] = c[8 * i + j - 1] + b[i];
}

void last_column_is_next_first_ok() {
  for (int i = 0; i < N / 8 - 1; ++i)  // CARRIED
    c[8 * i + 8] = c[8 * i] * 0.5 + a[i];
}

void swapped_with_a_computed_partner_ok() {
  for (int i = 0; i < N; ++i) {  // CARRIED
    int j = (i * 5 + 3) % N;
    std::swap(a[i], a[j]);
  }
}

void stride_and_offset_meet_ok() {
  for (int i = 0; i < N / 2; ++i)  // CARRIED
    c[3 * i] = c[2 * i + 1] + 1;
}

// Something that happens only sometimes

int filled_by_varying_rows_ok() {
  int k = 0;
  for (int i = 0; i < 30; ++i)  // CARRIED
    for (int j = 0; j < numbers[i] && k < 2 * N; ++j)
      c[k++] = a[i] + j;
  return k;
}

void counted_unless_skipped_ok() {
  int k = 0;
  for (int i = 0; i < N; ++i) {  // CARRIED
    c[k] = a[i];
    if (numbers[i] > 6)
      continue;
    ++k;
  }
}

bool left_by_goto_ok() {
  for (int i = 0; i < N; ++i) {
    // NOT-SHOWN: a loop of OpenMP may not be left early
    b[i] = a[i];
    if (a[i] == 9)
      goto found;
  }
  return false;
found:
  return true;
}

// Values that are cut to a narrower type

void written_at_a_cast_to_eight_bits_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    numbers[static_cast<unsigned char>(i)] = i;
}

void written_at_a_local_of_eight_bits_ok() {
  for (int i = 0; i < N; ++i) {  // CARRIED
    unsigned char at = i;
    numbers[at] = i;
  }
}

void written_at_true_or_false_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    numbers[static_cast<bool>(i)] = i;
}

void within_eight_bits_bad() {
  for (int i = 0; i < 256; ++i) {  // EXPECT: independent
    unsigned char at = i;
    numbers[at] = i;
  }
}

static void store(unsigned char at, int value) { numbers[at] = value; }
void parameter_of_eight_bits_ok() {
  for (int i = 0; i < N; ++i)  // CARRIED
    store(i, i);
}

void counter_of_eight_bits_ok() {
  unsigned char at = 0;
  for (int i = 0; i < N; ++i) {  // CARRIED
    numbers[at] = i;
    ++at;
  }
}

int greatest_cut_to_eight_bits_ok() {
  unsigned char most = 0;
  for (int i = 0; i < N; ++i)  // CARRIED
    most = std::max<int>(most, keys[i] * 100);
  return most;
}

int signed_compared_as_unsigned_ok() {
  int most = 0;
  for (int i = 0; i < N; ++i)  // CARRIED
    if (static_cast<unsigned>(keys[i]) > most)
      most = static_cast<unsigned>(keys[i]);
  return most;
}

bool truth_by_xor_ok() {
  bool odd = true;
  for (int i = 0; i < N; ++i)  // CARRIED
    odd ^= 2;
  return odd;
}

// What happens without being written down

static int taken = 0;
static int numbered(int x, int number = taken++) { return x + number; }
void default_argument_that_counts_ok() {
  taken = 0;
  for (int i = 0; i < N; ++i)  // CARRIED
    numbers[i] = numbered(i);
}

struct Closing {
  int x;
  ~Closing() { taken = taken * 3 + x; }
};
int destructor_that_counts_ok() {
  taken = 0;
  for (int i = 0; i < N; ++i) {  // CARRIED
    Closing c{i};
    numbers[i] = c.x;
  }
  return taken;
}

static int countdown(int *p, int n) {
  if (n <= 0)
    return 0;
  p[n] = n;
  return p[n - 1] + countdown(p, n - 1);
}
void recursion_into_the_neighbours_ok() {
  for (int i = 0; i < N - 3; ++i)  // CARRIED
    countdown(numbers + i, 3);
}

void reference_to_one_of_two_ok() {
  for (int i = 1; i < N; ++i) {  // CARRIED
    int &x = i % 3 ? numbers[i] : numbers[i - 1];
    x = i;
  }
}

void copies_two_elements_ok() {
  for (int i = 0; i < N - 1; ++i)  // CARRIED
    std::memcpy(&numbers[i], &keys[i], 2 * sizeof(int));
}

void copies_two_by_two_bad() {
  for (int i = 0; i < N - 1; i += 2)  // EXPECT: independent
    std::memcpy(&numbers[i], &keys[i], 2 * sizeof(int));
}

int main(int argc, char **argv) {
  only(argc, argv);
  SHOW(leaving_a_switch_bad());
  SHOW(leaving_an_inner_loop_bad());
  SHOW(returning_from_a_lambda_bad());
  SHOW(asserted_bad());
  SHOW(global_temporary_bad());
  SHOW(seen_by_the_next_call_bad());
  SHOW(array_seen_afterwards_bad());
  SHOW(linked_list_elements_bad());
  SHOW(pointers_to_rows_bad());
  SHOW(shared_pointer_bad());
  SHOW(three_of_four_bad());
  SHOW(always_counted_bad());
  SHOW(global_that_a_callee_reads_ok());
  SHOW(global_that_a_callee_writes_bad());
  SHOW(array_that_a_callee_reads_bad());
  SHOW(through_its_address_ok());
  SHOW(address_is_kept_ok());
  SHOW(captured_by_reference_ok());
  SHOW(table_that_collects_ok());
  SHOW(reads_more_than_it_wrote_ok());
  SHOW(sum_through_another_name_ok());
  SHOW(member_through_another_name_ok());
  SHOW(records_ok());
  SHOW(cut_to_whole_numbers_ok());
  SHOW(rank_in_its_bin_ok());
  SHOW(sorted_into_bins_ok());
  SHOW(different_values_ok());
  SHOW(sum_with_a_limit_in_the_inner_loop_ok());
  SHOW(words_in_a_set_ok());
  SHOW(counts_in_a_map_ok());
  SHOW(index_of_eight_bits_ok());
  SHOW(partner_by_xor_ok());
  SHOW(rounded_down_ok());
  SHOW(squares_modulo_ok());
  SHOW(rows_longer_than_their_distance_ok());
  SHOW(last_column_is_next_first_ok());
  SHOW(swapped_with_a_computed_partner_ok());
  SHOW(stride_and_offset_meet_ok());
  SHOW(filled_by_varying_rows_ok());
  SHOW(counted_unless_skipped_ok());
  SHOW(left_by_goto_ok());
  SHOW(stopped_by_exit_bad());
  SHOW(written_at_a_cast_to_eight_bits_ok());
  SHOW(written_at_a_local_of_eight_bits_ok());
  SHOW(written_at_true_or_false_ok());
  SHOW(within_eight_bits_bad());
  SHOW(parameter_of_eight_bits_ok());
  SHOW(counter_of_eight_bits_ok());
  SHOW(greatest_cut_to_eight_bits_ok());
  SHOW(signed_compared_as_unsigned_ok());
  SHOW(truth_by_xor_ok());
  SHOW(default_argument_that_counts_ok());
  SHOW(destructor_that_counts_ok());
  SHOW(recursion_into_the_neighbours_ok());
  SHOW(reference_to_one_of_two_ok());
  SHOW(copies_two_elements_ok());
  SHOW(copies_two_by_two_bad());
}

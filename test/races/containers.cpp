// RUN: %check-fixture --cli-only %s heddle-unprotected-shared-state -- -std=c++20 -pthread
// RUN: %tsan %s -std=c++20
//
// Containers: their structure, their elements, and neighbours that share a word.
#include <algorithm>
#include <array>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace push_back_both_bad {
  std::vector<int> rows;
  void run() {
    std::thread a([] { rows.push_back(1); }), b([] { rows.push_back(2); }); // EXPECT: rows` is written here
    a.join();
    b.join();
  }
}
namespace push_back_against_size_bad {
  std::vector<int> rows;
  void run() {
    std::thread a([] { rows.push_back(1); }), b([] { (void)rows.size(); }); // EXPECT: rows` is written here
    a.join();
    b.join();
  }
}
namespace push_back_against_element_bad {
  std::vector<int> rows{1, 2, 3};
  void run() {
    std::thread a([] { rows.push_back(1); }), b([] { rows[0] = 2; }); // EXPECT: rows` is written here
    a.join();
    b.join();
  }
}
namespace distinct_elements_ok {
  std::vector<int> rows(4);
  void run() {
    std::thread a([] { rows[0] = 1; }), b([] { rows[1] = 2; });
    a.join();
    b.join();
  }
}
namespace same_element_bad {
  std::vector<int> rows(4);
  void run() {
    std::thread a([] { rows[2] = 1; }), b([] { rows[2] = 2; }); // EXPECT: rows[2]` is written here
    a.join();
    b.join();
  }
}
namespace at_and_front_bad {
  std::vector<int> rows(4);
  void run() {
    std::thread a([] { rows.at(0) = 1; }), b([] { rows.front() = 2; }); // EXPECT: rows[0]` (here
    a.join();
    b.join();
  }
}
namespace halves_ok {
  void fill(std::vector<int> &v, std::size_t from, std::size_t to, int value) {
    for (std::size_t i = from; i < to; ++i)
      v[i] = value;
  }
  void run() {
    std::vector<int> v(100);
    std::thread a([&] { fill(v, 0, 50, 1); });
    std::thread b([&] { fill(v, 50, 100, 2); });
    a.join();
    b.join();
  }
}
namespace whole_range_untold {
  void fill(std::vector<int> &v, int value) {
    for (auto &x : v)
      x = value;
  }
  void run() {
    std::vector<int> v(100);
    std::thread a([&] { fill(v, 1); });
    std::thread b([&] { fill(v, 2); });
    a.join();
    b.join();
  }
}
namespace vector_bool_neighbours_bad {
  std::vector<bool> seen(8);
  void run() {
    std::thread a([] { seen[0] = true; }), b([] { seen[1] = true; }); // EXPECT: seen[0]` is written here
    a.join();
    b.join();
  }
}
namespace vector_char_neighbours_ok {
  std::vector<char> seen(8);
  void run() {
    std::thread a([] { seen[0] = true; }), b([] { seen[1] = true; });
    a.join();
    b.join();
  }
}
namespace bit_fields_bad {
  struct Flags {
    unsigned open : 1;
    unsigned dirty : 1;
  };
  Flags flags;
  void run() {
    std::thread a([] { flags.open = 1; }), b([] { flags.dirty = 1; }); // EXPECT: flags.open` is written here
    a.join();
    b.join();
  }
}
namespace separate_members_ok {
  struct Flags {
    bool open = false;
    bool dirty = false;
  };
  Flags flags;
  void run() {
    std::thread a([] { flags.open = true; }), b([] { flags.dirty = true; });
    a.join();
    b.join();
  }
}
namespace bit_fields_apart_ok {
  struct Flags {
    unsigned open : 1;
    unsigned : 0;
    unsigned dirty : 1;
  };
  Flags flags;
  void run() {
    std::thread a([] { flags.open = 1; }), b([] { flags.dirty = 1; });
    a.join();
    b.join();
  }
}
namespace map_subscript_reads_bad {
  std::map<std::string, int> ages;
  int look(const char *name) { return ages[name]; } // may insert // EXPECT: ages` is written here
  void run() {
    std::thread a(look, "a"), b(look, "b");
    a.join();
    b.join();
  }
}
namespace map_find_reads_ok {
  std::map<std::string, int> ages{{"a", 1}};
  int look(const char *name) {
    auto it = ages.find(name);
    return it == ages.end() ? 0 : it->second;
  }
  void run() {
    std::thread a(look, "a"), b(look, "b");
    a.join();
    b.join();
  }
}
namespace map_insert_against_find_bad {
  std::unordered_map<int, int> cache;
  void run() {
    std::thread a([] { cache.emplace(1, 2); }); // EXPECT: cache` is written here
    std::thread b([] { (void)cache.count(1); });
    a.join();
    b.join();
  }
}
namespace map_value_through_iterator_bad {
  std::map<int, int> counts{{1, 0}};
  void bump() {
    auto it = counts.find(1);
    if (it != counts.end())
      it->second++; // EXPECT: counts[1].second` (here
  }
  void run() {
    std::thread a(bump), b(bump);
    a.join();
    b.join();
  }
}
namespace map_locked_ok {
  std::mutex m;
  std::map<int, int> counts{{1, 0}};
  void bump() {
    std::lock_guard hold(m);
    auto it = counts.find(1);
    if (it != counts.end())
      it->second++;
  }
  void run() {
    std::thread a(bump), b(bump);
    a.join();
    b.join();
  }
}
namespace iteration_against_insert_bad {
  std::unordered_set<int> members{1, 2, 3};
  int sum() {
    int total = 0;
    for (int m : members)
      total += m;
    return total;
  }
  void run() {
    std::thread a(sum), b([] { members.insert(4); }); // EXPECT: members` is written here
    a.join();
    b.join();
  }
}
namespace iteration_by_both_ok {
  const std::set<int> members{1, 2, 3};
  int sum() {
    int total = 0;
    for (int m : members)
      total += m;
    return total;
  }
  void run() {
    std::thread a(sum), b(sum);
    a.join();
    b.join();
  }
}
namespace sorted_while_read_bad {
  std::vector<int> scores{3, 1, 2};
  void run() {
    std::thread a([] { std::sort(scores.begin(), scores.end()); }); // EXPECT: scores[0]` (here
    std::thread b([] { (void)std::accumulate(scores.begin(), scores.end(), 0); });
    a.join();
    b.join();
  }
}
namespace sorted_by_each_ok {
  void order(std::vector<int> scores) { std::sort(scores.begin(), scores.end()); }
  void run() {
    std::vector<int> scores{3, 1, 2};
    std::thread a(order, scores), b(order, scores);
    a.join();
    b.join();
  }
}
namespace string_append_bad {
  std::string text;
  void run() {
    std::thread a([] { text += "a"; }), b([] { text.append("b"); }); // EXPECT: text` is written here
    a.join();
    b.join();
  }
}
namespace string_copied_ok {
  const std::string text = "base";
  void run() {
    std::thread a([] { std::string mine = text; mine += "a"; });
    std::thread b([] { std::string mine = text; mine += "b"; });
    a.join();
    b.join();
  }
}
namespace string_grown_against_c_str_bad {
  std::string text = "something long enough not to be stored in place";
  void run() {
    std::thread a([] { text += "!"; }), b([] { (void)text.c_str()[0]; }); // EXPECT: text` is written here
    a.join();
    b.join();
  }
}
namespace deque_grown_against_size_bad {
  std::deque<int> line{1, 2};
  void run() {
    std::thread a([] { line.push_back(3); }), b([] { (void)line.size(); }); // EXPECT: line` is written here
    a.join();
    b.join();
  }
}
namespace list_splice_bad {
  std::list<int> idle{1, 2}, busy;
  void take() { busy.splice(busy.end(), idle, idle.begin()); } // EXPECT: busy` is written here // EXPECT: idle` is written here
  void run() {
    std::thread a(take), b(take);
    a.join();
    b.join();
  }
}
namespace array_slots_ok {
  std::array<int, 4> slots{};
  void run() {
    std::thread workers[4];
    for (int i = 0; i < 4; ++i)
      workers[i] = std::thread([i] { slots[i] = i; });
    for (auto &w : workers)
      w.join();
  }
}
namespace array_shared_slot_bad {
  std::array<int, 4> slots{};
  void run() {
    std::thread workers[4];
    for (int i = 0; i < 4; ++i)
      workers[i] = std::thread([] { slots[0]++; }); // EXPECT: slots[0]` is written here
    for (auto &w : workers)
      w.join();
  }
}
namespace optional_reset_bad {
  std::optional<int> limit = 3;
  void run() {
    std::thread a([] { limit.reset(); }); // EXPECT: limit` is written here
    std::thread b([] { (void)limit.value_or(0); });
    a.join();
    b.join();
  }
}
namespace optional_read_ok {
  std::optional<int> limit = 3;
  void run() {
    std::thread a([] { (void)limit.value_or(0); });
    std::thread b([] { (void)limit.has_value(); });
    a.join();
    b.join();
  }
}
namespace variant_assigned_bad {
  std::variant<int, std::string> setting;
  void run() {
    std::thread a([] { setting = 4; }); // EXPECT: setting` is written here
    std::thread b([] { setting = std::string("four"); });
    a.join();
    b.join();
  }
}
namespace pair_members_ok {
  std::pair<int, int> range;
  void run() {
    std::thread a([] { range.first = 1; }), b([] { range.second = 2; });
    a.join();
    b.join();
  }
}
namespace pair_same_member_bad {
  std::pair<int, int> range;
  void run() {
    std::thread a([] { range.first = 1; }), b([] { range.first = 2; }); // EXPECT: range.first` is written here
    a.join();
    b.join();
  }
}
namespace nested_container_bad {
  std::map<std::string, std::vector<int>> groups{{"a", {}}};
  void add(int n) { groups.at("a").push_back(n); } // EXPECT: groups["a"]` (here
  void run() {
    std::thread a(add, 1), b(add, 2);
    a.join();
    b.join();
  }
}
namespace structured_binding_untold {
  std::map<int, int> stock{{1, 1}, {2, 2}};
  void restock() {
    for (auto &[item, count] : stock)
      count += 1;
  }
  void run() {
    std::thread a(restock), b(restock);
    a.join();
    b.join();
  }
}
namespace erase_under_lock_of_other_bad {
  std::mutex readers, writers;
  std::unordered_map<int, int> stock{{1, 1}, {2, 2}};
  void run() {
    std::thread a([] { std::lock_guard hold(writers); stock.erase(1); }); // EXPECT: stock` is written here
    std::thread b([] { std::lock_guard hold(readers); (void)stock.find(2); });
    a.join();
    b.join();
  }
}

#include "../checks/Inputs/driver.h"
int main(int Count, char **Arguments) {
  CASE(push_back_both_bad::run)
  CASE(push_back_against_size_bad::run)
  CASE(push_back_against_element_bad::run)
  CASE(distinct_elements_ok::run)
  CASE(same_element_bad::run)
  CASE(at_and_front_bad::run)
  CASE(halves_ok::run)
  CASE(whole_range_untold::run)
  CASE(vector_bool_neighbours_bad::run)
  CASE(vector_char_neighbours_ok::run)
  CASE(bit_fields_bad::run)
  CASE(separate_members_ok::run)
  CASE(bit_fields_apart_ok::run)
  CASE(map_subscript_reads_bad::run)
  CASE(map_find_reads_ok::run)
  CASE(map_insert_against_find_bad::run)
  CASE(map_value_through_iterator_bad::run)
  CASE(map_locked_ok::run)
  CASE(iteration_against_insert_bad::run)
  CASE(iteration_by_both_ok::run)
  CASE(sorted_while_read_bad::run)
  CASE(sorted_by_each_ok::run)
  CASE(string_append_bad::run)
  CASE(string_copied_ok::run)
  CASE(string_grown_against_c_str_bad::run)
  CASE(deque_grown_against_size_bad::run)
  CASE(list_splice_bad::run)
  CASE(array_slots_ok::run)
  CASE(array_shared_slot_bad::run)
  CASE(optional_reset_bad::run)
  CASE(optional_read_ok::run)
  CASE(variant_assigned_bad::run)
  CASE(pair_members_ok::run)
  CASE(pair_same_member_bad::run)
  CASE(nested_container_bad::run)
  CASE(structured_binding_untold::run)
  CASE(erase_under_lock_of_other_bad::run)
}

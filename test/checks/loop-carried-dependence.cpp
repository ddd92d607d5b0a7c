// RUN: %check-fixture %s heddle-loop-carried-dependence -- -std=c++20 -pthread

void the_fault_bad() { // EXPECT: fact, verdict and why
}

void the_nearest_code_without_it_ok() {
}

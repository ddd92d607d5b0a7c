// RUN: %check-fixture %s heddle-process-per-item -- -std=gnu11
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct job {
  struct job *next;
  const char *command;
};

void each_job_bad(struct job *first) {
  for (struct job *j = first; j; j = j->next)
    system(j->command); // EXPECT: for every element of the list in `j` of the loop, by `system`
}

void each_line_bad(FILE *in) {
  char line[200];
  while (fgets(line, sizeof line, in)) {
    pid_t child = fork(); // EXPECT: for every line of the loop, by `fork`
    switch (child) {
    case 0:
      execl("/bin/sh", "sh", "-c", line, (char *)0);
      _exit(127);
    case -1:
      return;
    default:
      waitpid(child, NULL, 0);
    }
  }
}

void one_for_all_lines_ok(FILE *in) {
  char line[200];
  FILE *out = popen("sort", "w");
  while (out && fgets(line, sizeof line, in))
    fputs(line, out);
  if (out)
    pclose(out);
}

void until_it_works_ok(const char *command) {
  while (system(command) != 0)
    sleep(1);
}

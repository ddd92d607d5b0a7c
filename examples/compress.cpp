// Starts gzip for each file that is named: the work is in other programs, so it
// runs in processes whatever this one does. What is left to choose is how many
// of them run at once.
#include <cstdio>
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

static bool compress(char *File) {
  char Program[] = "gzip", Keep[] = "-kf", *Arguments[] = {Program, Keep, File, nullptr};
  pid_t Child = 0;
  if (posix_spawnp(&Child, Program, nullptr, nullptr, Arguments, environ) != 0)
    return false;
  int Status = 0;
  return waitpid(Child, &Status, 0) == Child && WIFEXITED(Status) && WEXITSTATUS(Status) == 0;
}

int main(int Count, char **Names) {
  int Failed = 0;
  for (int I = 1; I < Count; ++I)
    if (!compress(Names[I]))
      ++Failed;
  std::printf("%d files, %d failed\n", Count - 1, Failed);
  return Failed != 0;
}

// RUN: %check-fixture %s heddle-process-per-item -- -std=c++20 -pthread
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <fstream>
#include <map>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

extern char **environ;

void each_path_bad(const std::vector<std::string> &paths) {
  for (const std::string &path : paths) // NOTE: the loop goes over every element of `paths`
    std::system(("gzip " + path).c_str()); // EXPECT: a program is started here for every element of `paths` of the loop, by `system`
}

void all_paths_at_once_ok(const std::vector<std::string> &paths) {
  std::string command = "gzip";
  for (const std::string &path : paths)
    command += " " + path;
  std::system(command.c_str());
}

void each_line_bad(std::ifstream &in) {
  std::string line;
  while (std::getline(in, line)) // NOTE: the loop takes the next line here
    if (std::FILE *out = popen(line.c_str(), "r")) // EXPECT: for every line of the loop, by `popen`
      pclose(out);
}

void each_by_index_bad(std::vector<std::string> &commands) {
  for (size_t i = 0; i < commands.size(); ++i)
    std::system(commands[i].c_str()); // EXPECT: for every element of `commands`
}

void few_ok() {
  const char *commands[] = {"sync", "true"};
  for (const char *command : commands)
    std::system(command);
}

void each_argument_bad(int count, char **names) {
  for (int i = 0; i < count; i++) {
    pid_t child = fork(); // EXPECT: for every element of `names` of the loop, by `fork`
    if (child == 0) {
      execlp("gzip", "gzip", names[i], nullptr);
      _exit(127);
    }
    waitpid(child, nullptr, 0);
  }
}

void each_entry_bad(DIR *directory) {
  while (dirent *entry = readdir(directory)) {
    char *arguments[] = {const_cast<char *>("file"), entry->d_name, nullptr};
    pid_t child;
    posix_spawnp(&child, "file", nullptr, nullptr, arguments, environ); // EXPECT: for every directory entry of the loop, by `posix_spawnp`
    waitpid(child, nullptr, 0);
  }
}

// Restarts: one program after the other, for ever.
void supervisor_ok(char **arguments) {
  for (;;) {
    pid_t child = fork();
    if (child == 0) {
      execv(arguments[0], arguments);
      _exit(127);
    }
    waitpid(child, nullptr, 0);
  }
}

// Workers, as many as a number says.
void prefork_ok(int workers, void (*serve)(int)) {
  std::vector<pid_t> children;
  for (int i = 0; i < workers; i++) {
    pid_t child = fork();
    if (child == 0) {
      serve(i);
      _exit(0);
    }
    children.push_back(child);
  }
}

// The same program, for each of the sockets.
void child_per_socket_ok(const std::vector<int> &sockets, void (*serve)(int)) {
  for (int socket : sockets)
    if (fork() == 0) {
      serve(socket);
      _exit(0);
    }
}

void first_that_fits_ok(const std::vector<std::string> &editors) {
  for (const std::string &editor : editors)
    if (access(editor.c_str(), X_OK) == 0) {
      std::system(editor.c_str());
      break;
    }
}

// Through calls.
static void run(const std::string &command) {
  std::system(command.c_str()); // NOTE: the program is started here
}
static void convert(const std::string &path) {
  run("convert " + path); // NOTE: through this call, in `convert`
}
void through_calls_bad(const std::vector<std::string> &paths) {
  for (auto it = paths.begin(); it != paths.end(); ++it)
    convert(*it); // EXPECT: for every element of `paths` of the loop, by `system`
}
static int measure(const std::string &path) {
  return path.size();
}
void through_calls_ok(const std::vector<std::string> &paths) {
  int sum = 0;
  for (const std::string &path : paths)
    sum += measure(path);
  run("echo " + std::to_string(sum));
}

struct Tool {
  void start(const std::string &name) { run(name); }
  void startAll_bad(const std::map<int, std::string> &names);
};
void Tool::startAll_bad(const std::map<int, std::string> &names) {
  for (const auto &[number, name] : names)
    start(name); // EXPECT: for every element of `names`
}

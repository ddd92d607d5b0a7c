// Workers write a journal. Each line goes to the disk before the lock is given
// back, so while one waits for the disk all wait for the lock: one owner of the
// file, with a queue before it, would let the others go on.
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

class Journal {
public:
  explicit Journal(const char *Path) : File(std::fopen(Path, "w")) {}
  ~Journal() {
    if (File)
      std::fclose(File);
  }

  void append(const std::string &Line) {
    std::lock_guard<std::mutex> Guard(Lock);
    if (!File)
      return;
    std::fwrite(Line.data(), 1, Line.size(), File);
    std::fflush(File);
    fsync(fileno(File));
    ++Lines;
  }

  long lines() {
    std::lock_guard<std::mutex> Guard(Lock);
    return Lines;
  }

private:
  std::mutex Lock;
  std::FILE *File;
  long Lines = 0;
};

int main() {
  Journal Log("/dev/null");
  std::vector<std::thread> Workers;
  for (int Id = 0; Id < 4; ++Id)
    Workers.emplace_back([&Log, Id] {
      for (int Step = 0; Step < 100; ++Step)
        Log.append("worker " + std::to_string(Id) + ", step " + std::to_string(Step) + "\n");
    });
  for (std::thread &Worker : Workers)
    Worker.join();
  std::printf("%ld lines\n", Log.lines());
}

// Stands in for modlab-worker: says that it is ready, reads the attempt's directory from standard input, and then does
// what the file in/behaviour there says. Writes its process id to out/pid first.
#include <dirent.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

[[noreturn]] void Wait() {
  while (true) ::pause();
}

// Touches more and more memory, up to a size that ends the test if nobody else does.
void EatMemory() {
  constexpr size_t step = 8 << 20;
  std::vector<std::unique_ptr<char[]>> eaten;
  for (size_t total = 0; total < (size_t{2} << 30); total += step) {
    eaten.push_back(std::make_unique<char[]>(step));
    std::memset(eaten.back().get(), 1, step);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

// One file without end, or empty files without end.
[[noreturn]] void WriteForEver(const std::string& directory, bool many) {
  const std::string block(many ? 0 : 1 << 20, 'x');
  for (int i = 0;; ++i) {
    std::ofstream(directory + "/out/" + (many ? std::to_string(i) : "file"), std::ios::app) << block;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

[[noreturn]] void StartThreads() {
  for (int i = 0; i < 50; ++i) std::thread(Wait).detach();
  Wait();
}

[[noreturn]] void LeaveChild(const std::string& directory, bool own_session) {
  if (::fork() == 0) {
    if (own_session) ::setsid();
    std::ofstream(directory + "/out/child.tmp") << ::getpid();
    ::rename((directory + "/out/child.tmp").c_str(), (directory + "/out/child").c_str());
    Wait();
  }
  while (::access((directory + "/out/child").c_str(), F_OK) != 0) ::usleep(1000);
  ::_exit(0);
}

void Describe() {
  for (char** variable = environ; *variable != nullptr; ++variable) std::cout << "env " << *variable << "\n";
  DIR* descriptors = ::opendir("/proc/self/fd");
  while (const dirent* entry = ::readdir(descriptors)) {
    const int number = std::atoi(entry->d_name);
    if (number > 2 && number != ::dirfd(descriptors)) std::cout << "descriptor " << number << "\n";
  }
  ::closedir(descriptors);
  sigset_t blocked;
  ::sigprocmask(SIG_BLOCK, nullptr, &blocked);
  std::cout << "blocked " << ::sigismember(&blocked, SIGTERM) << "\n";
  std::cout << "leads its group " << (::getpgrp() == ::getpid()) << "\n";
  std::cerr << "and this is standard error\n";
}

}  // namespace

int main(int argc, char** argv) {
  int reports = -1;
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], "--ready-fd") != 0) continue;
    const int ready = std::atoi(argv[i + 1]);
    if (::write(ready, "\n", 1) != 1) return 101;
    reports = ready;
  }
  std::string directory;
  if (!std::getline(std::cin, directory)) return 0;
  if (::write(reports, "a fake sandbox\n", 15) != 15) return 101;
  ::close(reports);
  std::string behaviour;
  std::ifstream(directory + "/in/behaviour") >> behaviour;
  if (behaviour == "leave-when-asked") std::signal(SIGTERM, [](int) { ::_exit(75); });
  if (behaviour == "finish-when-asked") std::signal(SIGTERM, [](int) { ::_exit(0); });
  if (behaviour == "stubborn") std::signal(SIGTERM, SIG_IGN);
  std::ofstream(directory + "/out/pid.tmp") << ::getpid();
  ::rename((directory + "/out/pid.tmp").c_str(), (directory + "/out/pid").c_str());

  if (behaviour == "hang" || behaviour == "stubborn" || behaviour == "leave-when-asked" ||
      behaviour == "finish-when-asked") {
    Wait();
  }
  if (behaviour == "exit-7") return 7;
  if (behaviour == "abort") std::abort();
  if (behaviour == "eat") EatMemory();
  if (behaviour == "describe") Describe();
  if (behaviour == "write") WriteForEver(directory, false);
  if (behaviour == "write-files") WriteForEver(directory, true);
  if (behaviour == "start-threads") StartThreads();
  if (behaviour == "print-a-megabyte") {
    for (int i = 0; i < 1 << 14; ++i) std::cout << std::string(63, 'x') << "\n";
  }
  while (behaviour == "print-for-ever") std::cout << std::string(63, 'x') << "\n";
  if (behaviour == "leave-child") LeaveChild(directory, false);
  if (behaviour == "leave-child-in-own-session") LeaveChild(directory, true);
  return 0;
}

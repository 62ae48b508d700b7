#include "server/sandbox/namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

#include "server/executor/files.h"

namespace modlab::server {
namespace {

constexpr int kPlain = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC;
constexpr const char* kNewRoot = "/tmp";  // Only a place to mount on; what is in it is not touched.

bool WriteText(const char* path, const char* text) {
  const int file = ::open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const auto length = static_cast<ssize_t>(std::strlen(text));
  const bool written = ::write(file, text, static_cast<size_t>(length)) == length;
  ::close(file);
  return written;
}

bool MapToRoot(const char* path, unsigned id) {
  std::array<char, 32> line{};
  std::snprintf(line.data(), line.size(), "0 %u 1", id);
  return WriteText(path, line.data());
}

// The kernel keeps flags of the original that a user namespace may not drop.
unsigned long FlagsOf(const std::string& path) {
  struct statvfs status {};
  if (::statvfs(path.c_str(), &status) != 0) ThrowErrno("look at " + path);
  unsigned long flags = 0;
  if ((status.f_flag & ST_NODEV) != 0) flags |= MS_NODEV;
  if ((status.f_flag & ST_NOEXEC) != 0) flags |= MS_NOEXEC;
  if ((status.f_flag & ST_NOATIME) != 0) flags |= MS_NOATIME;
  if ((status.f_flag & ST_NODIRATIME) != 0) flags |= MS_NODIRATIME;
  if ((status.f_flag & ST_RELATIME) != 0) flags |= MS_RELATIME;
  return flags;
}

void Bind(const std::filesystem::path& from, const std::string& to, unsigned long flags) {
  if (::mkdir(to.c_str(), 0700) != 0) ThrowErrno("make " + to);
  if (::mount(from.c_str(), to.c_str(), nullptr, MS_BIND, nullptr) != 0) ThrowErrno("bind " + from.string());
  const unsigned long all = MS_BIND | MS_REMOUNT | MS_NOSUID | MS_NODEV | MS_NOEXEC | FlagsOf(to) | flags;
  if (::mount(nullptr, to.c_str(), nullptr, all, nullptr) != 0) ThrowErrno("bind " + from.string() + " again");
}

}  // namespace

bool EnterNamespaces() {
  if (::unshare(kPlain) == 0) return true;
  const unsigned uid = ::geteuid();
  const unsigned gid = ::getegid();
  if (::unshare(CLONE_NEWUSER | kPlain) != 0) return false;
  // The group's map needs the right to change groups given up first.
  WriteText("/proc/self/setgroups", "deny");
  return MapToRoot("/proc/self/uid_map", uid) && MapToRoot("/proc/self/gid_map", gid);
}

void HideFileSystem(const AttemptDirectory& directory) {
  // By descriptor, since the new root may hide the paths.
  const FileDescriptor in(::open(directory.in().c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  const FileDescriptor out(::open(directory.out().c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!in.valid() || !out.valid()) ThrowErrno("open the attempt's directories");
  const std::filesystem::path descriptors = "/proc/self/fd";
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) ThrowErrno("make the mounts private");
  if (::mount("modlab", kNewRoot, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=64k,mode=755") != 0) {
    ThrowErrno("mount an empty root");
  }
  const std::string root = kNewRoot;
  Bind(descriptors / std::to_string(in.get()), root + "/in", MS_RDONLY);
  Bind(descriptors / std::to_string(out.get()), root + "/out", 0);
  if (::mount(nullptr, kNewRoot, nullptr, MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
              "size=64k,mode=755") != 0) {
    ThrowErrno("make the root read-only");
  }
  const FileDescriptor here(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (::chdir(kNewRoot) != 0) ThrowErrno("enter the root");
  // Old root and new one in one place, the old one on top: it is taken off at once.
  if (::syscall(SYS_pivot_root, ".", ".") != 0) {
    const int error = errno;
    if (::fchdir(here.get()) != 0) throw std::runtime_error("the sandbox is lost in its own mounts");
    throw std::system_error(error, std::generic_category(), "change the root");
  }
  if (::umount2(".", MNT_DETACH) != 0 || ::chdir("/") != 0) {
    throw std::runtime_error("the old root cannot be taken off");
  }
}

}  // namespace modlab::server

#pragma once

namespace modlab::server {

/// Leaves this process, with all its threads and for good, the system calls that computing needs: memory, threads,
/// clocks, files by path and descriptor. Everything else fails with EPERM; and what no honest model tries (sockets,
/// processes, programs, tracing, mounting, signals to others, the kernel's keys, BPF, io_uring, ...) is told on
/// standard error by name and ends the process with SIGSYS. Sets no_new_privs. Throws std::runtime_error where the
/// kernel has no seccomp filters, or does not allow them.
void RestrictSystemCalls();

}  // namespace modlab::server

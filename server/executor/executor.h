#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

namespace modlab::server {

/// A process for an attempt could not be started. The message is a sentence.
class StartError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// How an attempt gets a process. Starting has two steps, so that the process's name is in the store before the attempt
/// begins: after a crash in between, either nobody works on the attempt or the next daemon finds who does.
///
/// Used from one thread.
class Executor {
 public:
  virtual ~Executor() = default;

  /// Gets a process that waits for an attempt. Returns its name: opaque text, unique for all time, that any later
  /// executor of the same kind understands. Throws StartError.
  virtual std::string Prepare() = 0;
  /// Hands the attempt over. A process that is gone by then shows in Running.
  virtual void Assign(const std::string& process, const std::filesystem::path& attempt) = 0;
  /// Whether the process (the supervisor, not the worker) still lives.
  virtual bool Running(const std::string& process) = 0;
  /// Asks it to end its attempt: gracefully, or at once.
  virtual void Cancel(const std::string& process, bool force) = 0;

  /// Brings the number of waiting processes up to what was asked for. Called now and then, but not just after a start
  /// as long as one still waits.
  virtual void KeepWarm() = 0;
  virtual int warm() const = 0;
};

}  // namespace modlab::server

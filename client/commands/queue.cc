#include <set>
#include <string>

#include "client/commands/commands.h"
#include "client/commands/options.h"
#include "client/commands/paging.h"
#include "client/output/job_list.h"

namespace modlab::client {
namespace {

struct QueueCommand {
  int limit = 0;
};

/// The queue moves on between two pages, and a job may be on both: the first is where it stands.
void KeepFirst(google::protobuf::RepeatedPtrField<v1::Job>& jobs) {
  std::set<std::string> names;
  for (int i = 0; i < jobs.size();) {
    if (names.insert(jobs.Get(i).name()).second) {
      ++i;
    } else {
      jobs.erase(jobs.begin() + i);
    }
  }
}

ExitCode Queue(Session& session, const QueueCommand& command) {
  v1::ListQueueResponse queue =
      ListUpTo(session.ConnectToRunning(), &v1::JobService::Stub::ListQueue, v1::ListQueueRequest(), command.limit,
               [](const v1::ListQueueResponse& response) { return response.jobs_size(); });
  KeepFirst(*queue.mutable_jobs());
  session.PrintList(queue, queue.jobs(), [&](const TextStyle& style) { return QueueText(queue.jobs(), style); });
  if (!queue.next_page_token().empty()) session.Note("there are more; --limit 0 lists all");
  return ExitCode::kOk;
}

}  // namespace

void AddQueueCommand(CLI::App& server, Action& chosen) {
  const auto define = [](CLI::App& app, QueueCommand& command) { AddLimit(app, command.limit); };
  CLI::App* app = AddCommand<QueueCommand>(
      server, chosen, "queue", "List the jobs that run or wait, in the order of their turns", define, Queue);
  AddExamples(*app, {"modlab server queue", "modlab server queue --limit 20 -o wide",
                     "modlab server queue -o jsonl | jq -r .waitingFor"});
}

}  // namespace modlab::client

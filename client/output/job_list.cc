#include "client/output/job_list.h"

#include <vector>

#include "client/names.h"
#include "client/output/columns.h"
#include "client/output/job_text.h"
#include "client/output/labels_text.h"
#include "client/output/sharing_text.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

using JobColumn = Column<v1::Job>;
using enum JobColumn::Shown;
using enum Grid::Align;

// Columns of both lists.

std::string Id(const v1::Job& job) { return IdOf(job.name()); }
std::string Owner(const v1::Job& job) { return Printable(job.owner()); }
std::string Kind(const v1::Job& job) { return Lower(v1::Job::Kind_Name(job.kind())); }
std::string State(const v1::Job& job) { return StateText(job.state()); }
std::string Place(const v1::Job& job) { return job.queue_position() > 0 ? std::to_string(job.queue_position()) : ""; }
std::string Model(const v1::Job& job) { return IdOf(ModelOf(job.spec())); }
std::string Priority(const v1::Job& job) { return std::to_string(job.priority()); }
std::string Created(const v1::Job& job) { return TimeText(job.create_time()); }
std::string Started(const v1::Job& job) { return TimeText(job.start_time()); }
std::string Labels(const v1::Job& job) { return LabelsText(job.labels()); }
std::string WaitingFor(const v1::Job& job) { return Printable(job.waiting_for()); }

std::string Error(const v1::Job& job) { return job.has_error() ? v1::Reason_Name(job.error().reason()) : ""; }

}  // namespace

std::string JobListText(const google::protobuf::RepeatedPtrField<v1::Job>& jobs, const TextStyle& style) {
  const std::vector<JobColumn> columns = {
      {"job", Id},
      {"owner", Owner, kWide},
      {"kind", Kind},
      {"state", State},
      {"place", Place, kWhereSet, kRight},
      {"model", Model},
      {"priority", Priority, kWide, kRight},
      {"attempts", [](const v1::Job& job) { return std::to_string(job.attempts_size()); }, kWide, kRight},
      {"created", Created},
      {"started", Started, kWide},
      {"ended", [](const v1::Job& job) { return TimeText(job.end_time()); }, kWide},
      {"took", TookText, kAlways, kRight},
      {"shared", [](const v1::Job& job) { return SharingText(job.sharing(), job.shared_with()); }, kWide},
      {"labels", Labels},
      {"error", Error, kWide},
      {"waiting for", WaitingFor, kWhereSet}};
  return ColumnsText(columns, jobs, style);
}

std::string QueueText(const google::protobuf::RepeatedPtrField<v1::Job>& jobs, const TextStyle& style) {
  const std::vector<JobColumn> columns = {{"place", Place, kAlways, kRight},
                                          {"job", Id},
                                          {"owner", Owner},
                                          {"kind", Kind},
                                          {"state", State},
                                          {"model", Model, kWide},
                                          {"priority", Priority, kWide, kRight},
                                          {"created", Created},
                                          {"started", Started, kWide},
                                          {"labels", Labels, kWide},
                                          {"waiting for", WaitingFor, kWhereSet}};
  return ColumnsText(columns, jobs, style);
}

}  // namespace modlab::client

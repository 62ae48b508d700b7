#include "server/jobs/inspection.h"

#include "server/store/models_table.h"
#include "server/store/resource_name.h"

namespace modlab::server {

using modlab::v1::Job;
using modlab::v1::Model;

void RecordInspection(SQLite::Database& connection, const Job& job) {
  if (job.kind() != Job::INSPECT) return;
  auto model = FindModel(connection, IdOf(job.spec().inspect().model()));
  if (!model) return;
  // Whoever may read a model may inspect it; what it is known as is for its owner to say.
  if (model->inspect_job() != job.name() && model->owner() != job.owner()) return;
  if (job.state() == Job::SUCCEEDED) {
    model->set_state(Model::READY);
    *model->mutable_inspection() = job.result().inspect();
    model->clear_error();
  } else {
    if (model->inspect_job() != job.name()) return;
    model->set_state(Model::UNUSABLE);
    model->clear_inspection();
    *model->mutable_error() = job.error();
    if (job.state() == Job::CANCELLED) {
      model->mutable_error()->set_message("its inspection was cancelled: push it again");
    }
  }
  UpdateModelInspection(connection, *model);
}

}  // namespace modlab::server

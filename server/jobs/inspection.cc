#include "server/jobs/inspection.h"

#include "server/executor/attempt_directory.h"
#include "server/jobs/server_job.h"
#include "server/store/jobs_table.h"
#include "server/store/models_table.h"
#include "server/store/resource_name.h"

namespace modlab::server {

using modlab::v1::Job;
using modlab::v1::Model;

void QueueInspection(SQLite::Database& connection, const modlab::v1::Resources& resources,
                     const google::protobuf::RepeatedPtrField<modlab::v1::InputShape>& input_shapes, Model* model) {
  Job job = ServerJob(Job::INSPECT, model->owner(), resources);
  auto* inspect = job.mutable_spec()->mutable_inspect();
  inspect->set_model(model->name());
  *inspect->mutable_input_shapes() = input_shapes;
  InsertJob(connection, job, {{kModelFile, model->name(), model->sha256()}});
  model->set_inspect_job(job.name());
  model->set_state(Model::INSPECTING);
  model->clear_error();
  model->clear_inspection();
}

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

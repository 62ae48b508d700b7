#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include "modlab/v1/job.pb.h"

namespace modlab::server {

/// Queues an inspection of the model by its owner and says so in `model`: INSPECTING, with nothing known of it. Neither
/// room in the queue nor the model's row is looked at. Within a transaction.
void QueueInspection(SQLite::Database& connection, const modlab::v1::Resources& resources,
                     const google::protobuf::RepeatedPtrField<modlab::v1::InputShape>& input_shapes,
                     modlab::v1::Model* model);

/// Writes what an `inspect` job that has just ended says into its model: READY, or UNUSABLE with the reason. A job that
/// failed counts only if it is the model's latest inspection. Does nothing for other kinds and for models that are
/// gone. Within the transaction that ends the job.
void RecordInspection(SQLite::Database& connection, const modlab::v1::Job& job);

}  // namespace modlab::server

#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <string>
#include <vector>

#include "modlab/v1/job.pb.h"
#include "server/jobs/limits.h"
#include "server/store/data_directory.h"

namespace modlab::server {

/// The file that a job has made: a model or a data set, already a blob.
struct Product {
  std::string sha256;
  int64_t size_bytes = 0;
};

/// Whether a job of this kind makes one.
bool MakesProduct(const modlab::v1::JobSpec& spec);

/// Makes a model of what a job has made and queues its inspection, or finds the owner's model of the same content.
/// Returns its name. Within the transaction that ends the job.
std::string MakeModelOf(SQLite::Database& connection, const Limits& limits, const modlab::v1::Job& job,
                        const Product& product);

/// Everything that follows from a job's end, whichever it is: what it says goes into its model or its data set, content
/// that was kept for it alone is released, and what waits for it goes on, or fails. Within the transaction that ends
/// it, after its state and result are set. `product` is what it made, where it SUCCEEDED and makes something. Returns
/// the ids of other jobs that have changed, whose watchers are to be told after the commit.
std::vector<std::string> RecordEnd(DataDirectory& data, SQLite::Database& connection, const Limits& limits,
                                   const std::string& job, const std::optional<Product>& product = {});

}  // namespace modlab::server

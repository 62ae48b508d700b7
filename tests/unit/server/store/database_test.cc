#include "server/store/database.h"

#include <gtest/gtest.h>

#include "server/store/jobs_table.h"
#include "server/store/query.h"
#include "server/store/schema.h"
#include "tests/unit/server/temporary_directory.h"

namespace modlab::server {
namespace {

int CountBlobs(Database& database) {
  return database.Transact(
      [](SQLite::Database& connection) { return connection.execAndGet("SELECT count(*) FROM blobs").getInt(); });
}

void InsertRow(SQLite::Database& connection, const std::string& digest) {
  Query(connection, "INSERT INTO blobs VALUES (?, 1, 1)", digest).exec();
}

TEST(Database, CommitsAndSurvivesReopening) {
  const TemporaryDirectory directory;
  {
    Database database(directory.path() / "db");
    database.Transact([](SQLite::Database& connection) { InsertRow(connection, "a"); });
  }
  Database database(directory.path() / "db");
  EXPECT_EQ(CountBlobs(database), 1);
}

TEST(Database, RollsBackAndForgetsItsActionsWhenTheBodyThrows) {
  const TemporaryDirectory directory;
  Database database(directory.path() / "db");
  bool acted = false;
  EXPECT_THROW(database.Transact([&](SQLite::Database& connection) {
    InsertRow(connection, "a");
    database.AfterCommit([&] { acted = true; });
    throw std::logic_error("no");
  }),
               std::logic_error);
  database.Transact([](SQLite::Database&) {});
  EXPECT_EQ(CountBlobs(database), 0);
  EXPECT_FALSE(acted);
}

TEST(Database, ActsOnceBehindTheCommit) {
  const TemporaryDirectory directory;
  Database database(directory.path() / "db");
  int acted = 0;
  database.Transact([&](SQLite::Database&) { database.AfterCommit([&] { ++acted; }); });
  database.Transact([](SQLite::Database&) {});
  EXPECT_EQ(acted, 1);
}

TEST(Database, RefusesASchemaOfTheFuture) {
  const TemporaryDirectory directory;
  { Database database(directory.path() / "db"); }
  SQLite::Database(directory.path() / "db", SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 999");
  try {
    Database database(directory.path() / "db");
    FAIL() << "opened";
  } catch (const StorageError& error) {
    EXPECT_NE(std::string(error.what()).find("newer modlab (schema 999"), std::string::npos) << error.what();
  }
}

TEST(Database, WhatJobsReadComesAlongFromTheSchemaBefore) {
  const TemporaryDirectory directory;
  {
    SQLite::Database old(directory.path() / "db", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    constexpr size_t before = 4;
    for (size_t i = 0; i < before; ++i) old.exec(kMigrations[i]);
    old.exec("PRAGMA user_version = 4");
    old.exec(
        "INSERT INTO jobs (id, owner, sharing, kind, state, priority, spec, create_time) "
        "VALUES ('j', 'ada', 1, 2, 1, 0, x'', 0)");
    old.exec("INSERT INTO job_inputs (job, model, sha256) VALUES ('j', 'm', 'digest')");
  }
  Database database(directory.path() / "db");
  database.Read([](SQLite::Database& connection) {
    const auto inputs = InputsOfJob(connection, "j");
    ASSERT_EQ(inputs.size(), 1U);
    EXPECT_EQ(inputs[0].file, "model.pt");
    EXPECT_EQ(inputs[0].resource, "models/m");
    EXPECT_EQ(inputs[0].sha256, "digest");
    EXPECT_EQ(UnfinishedJobReading(connection, "models/m"), "j");
  });
}

TEST(Database, SqliteErrorsLeaveAsStorageErrors) {
  const TemporaryDirectory directory;
  Database database(directory.path() / "db");
  EXPECT_THROW(database.Transact([](SQLite::Database& connection) { connection.exec("SELECT nonsense"); }),
               StorageError);
}

}  // namespace
}  // namespace modlab::server

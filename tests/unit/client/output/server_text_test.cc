#include "client/output/server_text.h"

#include <gtest/gtest.h>

namespace modlab::client {
namespace {

bool Has(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

std::string Text(const v1::Server& server) { return ServerText(server, "unix:x", 0, {.width = 200}); }

TEST(ServerText, ADrainingServerSaysWhy) {
  v1::Server server;
  EXPECT_FALSE(Has(Text(server), "draining"));
  EXPECT_FALSE(Has(Text(server), "paused"));
  server.set_draining(true);
  server.set_paused("draining: new disks");
  EXPECT_TRUE(Has(Text(server), ", draining\n")) << Text(server);
  EXPECT_TRUE(Has(Text(server), "paused       draining: new disks\n")) << Text(server);
}

TEST(ServerText, TheDisk) {
  v1::Server server;
  EXPECT_FALSE(Has(Text(server), "disk"));
  server.set_free_bytes(5.0 * (1 << 30));
  server.set_min_free_bytes(1 << 30);
  EXPECT_TRUE(Has(Text(server), "disk         5.0 GiB free\n")) << Text(server);
  server.set_free_bytes(1 << 20);
  EXPECT_TRUE(Has(Text(server), "1.0 MiB free, under the 1.0 GiB below which nothing new is taken")) << Text(server);
}

TEST(ServerText, TheQuotaAndItsUse) {
  v1::Server server;
  v1::Quota& quota = *server.mutable_quota();
  quota.set_running_jobs_used(1);
  quota.set_queued_jobs_used(2);
  quota.set_stored_bytes_used(1 << 20);
  EXPECT_TRUE(Has(Text(server), "your jobs    1 running, 2 queued\n")) << Text(server);
  EXPECT_TRUE(Has(Text(server), "your content 1.0 MiB\n")) << Text(server);
  quota.set_running_jobs(4);
  quota.set_queued_jobs(100);
  quota.set_stored_bytes(1 << 30);
  EXPECT_TRUE(Has(Text(server), "your jobs    1 of 4 running, 2 of 100 queued\n")) << Text(server);
  EXPECT_TRUE(Has(Text(server), "your content 1.0 MiB of 1.0 GiB\n")) << Text(server);
}

}  // namespace
}  // namespace modlab::client

#include "client/commands/paging.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/client/fake_server.h"

namespace modlab::client {
namespace {

/// Has 250 jobs and gives as many at a time as it is asked for.
class ManyJobs : public v1::JobService::Service {
 public:
  grpc::Status ListJobs(grpc::ServerContext* /*context*/, const v1::ListJobsRequest* request,
                        v1::ListJobsResponse* response) override {
    page_sizes.push_back(request->page_size());
    int next = request->page_token().empty() ? 0 : std::stoi(request->page_token());
    for (int left = request->page_size(); left > 0 && next < 250; --left, ++next) {
      response->add_jobs()->set_name("jobs/" + std::to_string(next));
    }
    if (next < 250) response->set_next_page_token(std::to_string(next));
    return grpc::Status::OK;
  }

  std::vector<int> page_sizes;
};

class ListUpToTest : public testing::Test {
 protected:
  v1::ListJobsResponse List(int limit) {
    return ListUpTo(fake_.connection(), &v1::JobService::Stub::ListJobs, v1::ListJobsRequest(), limit,
                    [](const v1::ListJobsResponse& response) { return response.jobs_size(); });
  }

  ManyJobs jobs_;
  FakeServer fake_{jobs_};
};

TEST_F(ListUpToTest, AllOfThemInPagesThatFitIntoAMessage) {
  const v1::ListJobsResponse all = List(0);
  ASSERT_EQ(all.jobs_size(), 250);
  EXPECT_EQ(all.jobs(249).name(), "jobs/249");
  EXPECT_EQ(all.next_page_token(), "");
  EXPECT_EQ(jobs_.page_sizes, (std::vector<int>{100, 100, 100}));
}

TEST_F(ListUpToTest, NoMoreThanWereAskedFor) {
  const v1::ListJobsResponse some = List(120);
  EXPECT_EQ(some.jobs_size(), 120);
  EXPECT_NE(some.next_page_token(), "");
  EXPECT_EQ(jobs_.page_sizes, (std::vector<int>{100, 20}));
}

}  // namespace
}  // namespace modlab::client

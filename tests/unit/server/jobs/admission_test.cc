#include "server/jobs/admission.h"

#include <gtest/gtest.h>

#include "tests/unit/server/jobs/reason_of.h"
#include "tests/unit/server/temporary_directory.h"

namespace modlab::server {
namespace {

class AdmissionTest : public testing::Test {
 protected:
  TemporaryDirectory directory_;
  DataDirectory data_{directory_.path() / "data"};
  Limits limits_;
};

TEST_F(AdmissionTest, TakesAndStartsJobsWhereNothingIsWrong) {
  const Admission admission(data_, limits_, "");
  EXPECT_NO_THROW(admission.CheckJobsAreTaken());
  EXPECT_EQ(admission.Paused(), "");
  EXPECT_GT(admission.free_bytes(), 0);
}

TEST_F(AdmissionTest, TakesNothingWithoutASandbox) {
  const Admission admission(data_, limits_, "there is no sandbox");
  EXPECT_EQ(ReasonOf([&] { admission.CheckJobsAreTaken(); }), modlab::v1::SANDBOX_INSUFFICIENT);
  EXPECT_EQ(admission.Paused(), "there is no sandbox");
}

TEST_F(AdmissionTest, TakesNothingOnAFullDiskAndGoesOnWhenThereIsRoom) {
  limits_.min_free_bytes = int64_t{1} << 60;
  Admission admission(data_, limits_, "");
  EXPECT_EQ(ReasonOf([&] { admission.CheckJobsAreTaken(); }), modlab::v1::STORAGE_FULL);
  EXPECT_EQ(ReasonOf([&] { admission.CheckContentIsTaken(1); }), modlab::v1::STORAGE_FULL);
  EXPECT_NE(admission.Paused().find("nearly full"), std::string::npos);
  limits_.min_free_bytes = 1;
  admission.LookAtDisk();
  EXPECT_NO_THROW(admission.CheckJobsAreTaken());
  EXPECT_EQ(admission.Paused(), "");
  EXPECT_EQ(ReasonOf([&] { admission.CheckContentIsTaken(int64_t{1} << 60); }), modlab::v1::STORAGE_FULL);
}

TEST_F(AdmissionTest, ADrainHoldsOverARestart) {
  {
    Admission admission(data_, limits_, "");
    admission.Drain("new\ndisks");
    EXPECT_EQ(admission.Paused(), "the server is drained: new?disks");
    EXPECT_NO_THROW(admission.CheckJobsAreTaken()) << "they wait";
  }
  Admission admission(data_, limits_, "");
  EXPECT_TRUE(admission.draining());
  admission.Undrain();
  EXPECT_EQ(admission.Paused(), "");
  EXPECT_FALSE(Admission(data_, limits_, "").draining());
}

TEST_F(AdmissionTest, ADrainsMessageIsShort) {
  Admission admission(data_, limits_, "");
  EXPECT_EQ(ReasonOf([&] { admission.Drain(std::string(201, 'a')); }), modlab::v1::FIELD_INVALID);
  EXPECT_FALSE(admission.draining());
}

}  // namespace
}  // namespace modlab::server

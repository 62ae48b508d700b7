// The kernels as every x86-64 CPU runs them, under other names.
#include "tests/unit/core/spectral/baseline_kernels.h"

#define MODLAB_SANITIZED 1  // no other versions
#define AddPanelProduct BaselineAddPanelProduct
#define AddSymmetricProduct BaselineAddSymmetricProduct
#define DistancesToCandidates BaselineDistancesToCandidates
#define FindNearestTwo BaselineFindNearestTwo
#define TakeInCentre BaselineTakeInCentre
#define FindGaps BaselineFindGaps
#define PackForScreening BaselinePackForScreening
#define ScreenNearest BaselineScreenNearest
#include "core/spectral/gram_kernels.cc"
#include "core/spectral/kmeans_kernels.cc"
#include "core/spectral/kmeans_screening.cc"

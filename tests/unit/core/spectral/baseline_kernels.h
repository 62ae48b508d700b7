#pragma once

#include "core/spectral/gram_kernels.h"
#include "core/spectral/kmeans_kernels.h"
#include "core/spectral/kmeans_screening.h"

namespace modlab {

/// The functions without `Baseline` in their names, as every x86-64 CPU runs them.
void BaselineAddPanelProduct(const double* left, const double* right, int rows, double* square);
void BaselineAddSymmetricProduct(const double* columns, ptrdiff_t stride, int rows, const double* x_rows,
                                 const double* x_columns, double* y_rows, double* y_columns);
void BaselineDistancesToCandidates(const double* points, int blocks, int dimensions, const double* candidates,
                                   int count, const double* nearest, const CandidateDistances& to);
void BaselineFindNearestTwo(const double* points, int blocks, int dimensions, const double* centres, int clusters,
                            double* nearest, double* second, int* labels);
void BaselineTakeInCentre(const double* distances, int count, int cluster, double* nearest, double* second,
                          int* labels);
void BaselineFindGaps(const double* nearest, const double* second, int count, int dimensions, double* gaps);
void BaselinePackForScreening(const double* centres, int clusters, int dimensions, double scale, float* to);
void BaselineScreenNearest(const float* points, int blocks, int dimensions, const float* centres, int clusters,
                           int* labels, float* gaps);

}  // namespace modlab

#pragma once

#include "core/spectral/kmeans_points.h"

/// The nearest centres in single precision: a small part of the work of kmeans_kernels.h's FindNearestTwo, with
/// rounding reckoned in, so that where a label is sure it is the one that FindNearestTwo finds. Squared distances are
/// |x|^2 + |c|^2 - 2 c x here, hence one fused multiply-add for a coordinate where the CPU has it: gaps are not the
/// same bits on every CPU, labels that are sure are. Functions without state: any number of threads may call them.
namespace modlab {

/// Numbers of a centre that is packed.
constexpr int ScreeningStride(int dimensions) { return dimensions + 3; }

/// Packs centres ([clusters][dimensions]) for ScreenNearest. `scale` is the points' (KMeansPoints::scale()).
void PackForScreening(const double* centres, int clusters, int dimensions, double scale, float* to);

/// Of the points of `blocks` blocks of kSinglesPoints (as KMeansPoints::singles()): labels[i] is the nearest centre's,
/// and gaps[i] what is at least between the distances to it and to any other, in units of the points' coordinates
/// times scale(), as FindGaps understands it. Where gaps[i] is not above 0, single precision does not tell. `centres`
/// as PackForScreening has written them. O(16 blocks dimensions clusters).
void ScreenNearest(const float* points, int blocks, int dimensions, const float* centres, int clusters, int* labels,
                   float* gaps);

}  // namespace modlab

#pragma once

namespace modlab {

/// Resident memory of this process in bytes: now, and the most that it has had since its program was started (where
/// getrusage() would count what ran in the process before it, too).
double ResidentMemory();
double PeakMemory();

}  // namespace modlab

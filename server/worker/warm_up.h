#pragma once

namespace modlab::server {

/// Does once, on a small network, what a job mostly does, so that code and memory are at hand when one comes: a few
/// milliseconds here are as many less there.
void WarmUp();

}  // namespace modlab::server

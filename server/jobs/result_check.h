#pragma once

#include <string>

#include "modlab/internal/attempt.pb.h"

namespace modlab::server {

/// Checks a worker's result, every byte of which a hostile model may have made: of the kind that was asked for, numbers
/// finite and in their ranges, labels and sizes consistent, texts of sane length, artifact names that are plain file
/// names. Returns what is wrong with it in words, or nothing.
std::string ProblemOfResult(const modlab::v1::JobSpec& spec, const modlab::internal::WorkerResult& result);

/// Whether an event that a worker wrote can be passed on; cuts its texts to their limits.
bool SanitizeEvent(modlab::internal::WorkerEvent* event);

/// Well-formed UTF-8 (see ToUtf8) without control characters, cut to `max_bytes` between letters.
std::string SanitizeText(const std::string& text, size_t max_bytes);

}  // namespace modlab::server

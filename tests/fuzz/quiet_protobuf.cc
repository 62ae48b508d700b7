#include <google/protobuf/stubs/logging.h>

// Protocol Buffers writes a line for every text that is no UTF-8, which is most of them here.
[[maybe_unused]] static const auto kLogHandler = google::protobuf::SetLogHandler(nullptr);

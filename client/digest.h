#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace modlab::client {

/// A SHA-256 that is fed piece by piece.
class Sha256 {
 public:
  Sha256();
  void Update(std::string_view bytes);
  /// The digest of everything so far, 64 lower-case hexadecimal digits. Call once, last.
  std::string Finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

std::string Sha256Of(std::string_view bytes);

}  // namespace modlab::client

#include "client/commands/global_options.h"

#include "client/commands/options.h"

namespace modlab::client {

void AddGlobalOptions(CLI::App& app, GlobalOptions& options) {
  CredentialFiles& files = options.server.files;
  Takes(ValueKind::kServer,
        app.add_option("--server", options.server.server,
                       "HOST:PORT, unix:PATH, a socket's absolute path, or a name given by `modlab server add`"))
      ->option_text("ADDRESS");
  const auto add_file = [&app](const char* name, std::string& file, const char* description) {
    Takes(ValueKind::kFile, app.add_option(name, file, description))->option_text("FILE");
  };
  add_file("--ca", files.ca, "Certificate (PEM) that signs the server's, for HOST:PORT (or MODLAB_CA)");
  add_file("--token-file", files.token,
           "Holds your token and can be read by you alone; - for standard input (or MODLAB_TOKEN_FILE)");
  add_file("--cert", files.certificate, "Your certificate (PEM), in place of a token (or MODLAB_CERT)");
  add_file("--key", files.key, "Its key (PEM) (or MODLAB_KEY)");
  app.add_flag("--insecure", options.server.insecure,
               "Speak to HOST:PORT without encryption or authentication (or MODLAB_INSECURE=1, for MODLAB_SERVER)");
  AddChoice<Format>(
      app, "-o,--output",
      {{"table", Format::kTable}, {"wide", Format::kWide}, {"json", Format::kJson}, {"jsonl", Format::kJsonl}},
      [&options](Format format) { options.format = format; }, "table (default), wide, json or jsonl")
      ->option_text("FORMAT");
  AddDuration(app, "--timeout", options.timeout, "How long the command may take: 90s, 5m, 1h30m");
  app.add_flag("-q,--quiet", options.quiet, "Print the id alone, and no progress");
}

}  // namespace modlab::client

#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "client/errors.h"
#include "client/session.h"

namespace modlab::client {

/// What the command line asked for. Runs after all of it has been read; throws Failure.
using Action = std::function<ExitCode(Session&)>;

// Each adds a family of commands to `app`. The command that is given puts itself into `chosen`, which must live as long
// as `app`.
void AddModelCommands(CLI::App& app, Action& chosen);
void AddModelNewCommand(CLI::App& model, Action& chosen);
void AddModelComposeCommand(CLI::App& model, Action& chosen);
void AddDatasetCommands(CLI::App& app, Action& chosen);
void AddScoreCommand(CLI::App& app, Action& chosen);
void AddTrainCommand(CLI::App& app, Action& chosen);
void AddGraphCommand(CLI::App& app, Action& chosen);
void AddAgreementCommand(CLI::App& app, Action& chosen);
void AddCompareCommand(CLI::App& app, Action& chosen);
void AddPlotCommand(CLI::App& app, Action& chosen);
void AddReportCommand(CLI::App& app, Action& chosen);
void AddExperimentCommands(CLI::App& app, Action& chosen);
void AddSignificanceCommand(CLI::App& app, Action& chosen);
void AddJobCommands(CLI::App& app, Action& chosen);
void AddSubmitCommand(CLI::App& job, Action& chosen);
void AddLogsCommand(CLI::App& job, Action& chosen);
void AddArtifactCommands(CLI::App& job, Action& chosen);
void AddQueueCommand(CLI::App& server, Action& chosen);
void AddDrainCommands(CLI::App& server, Action& chosen);
void AddServerCommands(CLI::App& app, Action& chosen);
void AddCompletionCommand(CLI::App& app, Action& chosen);
void AddManCommand(CLI::App& app, Action& chosen);
void AddVersionCommand(CLI::App& app, Action& chosen);

}  // namespace modlab::client

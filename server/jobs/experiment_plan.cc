#include "server/jobs/experiment_plan.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "core/shown_text.h"
#include "server/executor/utf8.h"
#include "server/jobs/job_draft.h"
#include "server/jobs/job_spec.h"
#include "server/jobs/model_fields.h"
#include "server/jobs/request_error.h"

namespace modlab::server {
namespace {

using google::protobuf::util::JsonStringToMessage;
using google::protobuf::util::MessageToJsonString;
using modlab::v1::ExperimentAxis;
using modlab::v1::ExperimentSpec;
using modlab::v1::ExperimentStep;
using modlab::v1::JobSpec;
using nlohmann::json;

const std::string kSpecField = "experiment.spec.";
constexpr size_t kLongestStepName = 40;
constexpr size_t kLongestTitle = 100;
constexpr size_t kLongestValue = 63;  // as a label's
constexpr int kMostPlanSteps = 1000;
constexpr int kMostAxes = 10;
constexpr int kMostValues = 1000;
constexpr size_t kMostPlannedJobs = 1000;
const std::string kStepPrefix = "steps/";

void CheckName(const std::string& field, const std::string& name) {
  const bool sense = !name.empty() && name.size() <= kLongestStepName &&
                     name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string::npos;
  if (sense) return;
  RefuseField(kSpecField + field, fmt::format("`{}` is no name: give 1 to {} of a-z, 0-9, _ and -",
                                              ToUtf8(name, kLongestStepName), kLongestStepName));
}

/// A place in a job's spec: keys of objects and indices of arrays.
std::vector<std::string> ParsePath(const std::string& field, const std::string& path) {
  std::vector<std::string> parts(1);
  for (const char c : path) {
    if (c == '.' || c == '[') {
      parts.emplace_back();
    } else if (c != ']') {
      parts.back() += c;
    }
  }
  const auto is_empty = [](const std::string& part) { return part.empty(); };
  if (std::any_of(parts.begin(), parts.end(), is_empty)) {
    RefuseField(kSpecField + field,
                fmt::format("`{}` is no path of a field: give one as `train.learningRate.rate`", ToUtf8(path, 100)));
  }
  // Names as in the proto are understood, too.
  for (std::string& part : parts) {
    std::string camel;
    for (size_t i = 0; i < part.size(); ++i) {
      if (part[i] == '_' && i + 1 < part.size()) {
        camel += static_cast<char>(std::toupper(static_cast<unsigned char>(part[++i])));
      } else {
        camel += part[i];
      }
    }
    part = camel;
  }
  return parts;
}

std::string KindName(const JobSpec& spec) {
  const auto* kind = spec.GetDescriptor()->FindOneofByName("kind");
  const auto* field = spec.GetReflection()->GetOneofFieldDescriptor(spec, kind);
  return field == nullptr ? "" : field->json_name();
}

/// Where the path leads, made where it is not there; nothing where it does not fit what is.
json* Descend(json& root, const std::vector<std::string>& path) {
  json* place = &root;
  for (const std::string& part : path) {
    if (place->is_array()) {
      const bool is_number = part.find_first_not_of("0123456789") == std::string::npos && part.size() < 5;
      if (!is_number || std::stoul(part) >= place->size()) return nullptr;
      place = &place->at(std::stoul(part));
    } else if (place->is_object() || place->is_null()) {
      place = &(*place)[part];
    } else {
      return nullptr;
    }
  }
  return place;
}

class Planner {
 public:
  explicit Planner(const ExperimentSpec& spec) : spec_(spec) {}

  std::vector<PlannedJob> Plan() {
    CheckSteps();
    CheckAxes();
    for (const int step : InOrder()) AddJobs(step);
    return std::move(jobs_);
  }

 private:
  struct Axis {
    std::vector<std::string> path;
    std::vector<json> values;
    std::vector<std::string> texts;
    std::set<int> steps;  ///< That it changes by itself.
  };

  static std::string StepField(int step, const std::string& rest) { return fmt::format("steps[{}].{}", step, rest); }
  static std::string AxisField(int axis, const std::string& rest) { return fmt::format("axes[{}].{}", axis, rest); }

  void CheckSteps() {
    if (spec_.steps().empty()) {
      throw RequestError(modlab::v1::FIELD_MISSING, "an experiment has steps: give one or more",
                         "experiment.spec.steps");
    }
    if (spec_.steps_size() > kMostPlanSteps) {
      RefuseField(kSpecField + "steps",
                  fmt::format("{} steps were given: give at most {}", spec_.steps_size(), kMostPlanSteps));
    }
    for (int i = 0; i < spec_.steps_size(); ++i) {
      const ExperimentStep& step = spec_.steps(i);
      CheckName(StepField(i, "name"), step.name());
      if (!step_by_name_.emplace(step.name(), i).second) {
        RefuseField(kSpecField + StepField(i, "name"), fmt::format("two steps are called {}", step.name()));
      }
      if (step.title().size() > kLongestTitle) {
        RefuseField(kSpecField + StepField(i, "title"),
                    fmt::format("a title has at most {} characters", kLongestTitle));
      }
    }
    for (int i = 0; i < spec_.steps_size(); ++i) makers_.push_back(MakersOf(i));
  }

  /// The steps whose models this one works on.
  std::set<int> MakersOf(int step) {
    std::set<int> makers;
    JobSpec job = spec_.steps(step).job();
    for (const ModelField& field : ModelFields(&job)) {
      if (!field.name->starts_with(kStepPrefix)) continue;
      const std::string name = field.name->substr(kStepPrefix.size());
      const std::string at = StepField(step, "job." + field.path);
      const auto found = step_by_name_.find(name);
      if (found == step_by_name_.end()) {
        std::vector<std::string> names;
        for (const auto& [known, index] : step_by_name_) names.push_back(known);
        RefuseField(kSpecField + at, fmt::format("no step is called `{}`; near to it are {}",
                                                 ToUtf8(name, kLongestStepName), NearNames(name, names)));
      }
      if (!MakesModel(KindOf(spec_.steps(found->second).job()))) {
        RefuseField(kSpecField + at,
                    fmt::format("the step {} makes no model: only build, train and compose jobs do", name));
      }
      makers.insert(found->second);
    }
    return makers;
  }

  void CheckAxes() {
    if (spec_.axes_size() > kMostAxes) {
      RefuseField(kSpecField + "axes",
                  fmt::format("{} axes were given: give at most {}", spec_.axes_size(), kMostAxes));
    }
    std::set<std::string> names = {"step", "experiment"};
    for (int i = 0; i < spec_.axes_size(); ++i) {
      CheckName(AxisField(i, "name"), spec_.axes(i).name());
      if (!names.insert(spec_.axes(i).name()).second) {
        RefuseField(kSpecField + AxisField(i, "name"),
                    fmt::format("`{}` is taken: give another name", spec_.axes(i).name()));
      }
      axes_.push_back(ReadAxis(i));
    }
  }

  Axis ReadAxis(int index) const {
    const ExperimentAxis& given = spec_.axes(index);
    Axis axis;
    axis.path = ParsePath(AxisField(index, "field"), given.field());
    if (given.values().empty() || given.values_size() > kMostValues) {
      RefuseField(kSpecField + AxisField(index, "values"),
                  fmt::format("an axis has 1 to {} values, and this has {}", kMostValues, given.values_size()));
    }
    for (int i = 0; i < given.values_size(); ++i) {
      std::string text;
      if (!MessageToJsonString(given.values(i), &text).ok()) {
        RefuseField(kSpecField + AxisField(index, fmt::format("values[{}]", i)), "this is no value that JSON has");
      }
      axis.values.push_back(json::parse(text));
      if (text.size() > kLongestValue) text = fmt::format("\"value {}\"", i + 1);  // stands for it
      axis.texts.push_back(text);
    }
    axis.steps = StepsOf(index, axis);
    if (axis.steps.empty()) {
      RefuseField(kSpecField + AxisField(index, "field"),
                  fmt::format("no step has a job with a field `{}`", ToUtf8(given.field(), 100)));
    }
    return axis;
  }

  /// The steps that an axis changes.
  std::set<int> StepsOf(int index, const Axis& axis) const {
    std::set<int> steps;
    const auto& named = spec_.axes(index).steps();
    for (int i = 0; i < named.size(); ++i) {
      const auto found = step_by_name_.find(named.Get(i));
      if (found == step_by_name_.end()) {
        RefuseField(kSpecField + AxisField(index, fmt::format("steps[{}]", i)),
                    fmt::format("no step is called `{}`", ToUtf8(named.Get(i), kLongestStepName)));
      }
      steps.insert(found->second);
    }
    if (!named.empty()) return steps;
    const bool of_all = axis.path.front() == "seed" || axis.path.front() == "resources";
    for (int step = 0; step < spec_.steps_size(); ++step) {
      if (of_all || KindName(spec_.steps(step).job()) == axis.path.front()) steps.insert(step);
    }
    return steps;
  }

  /// Steps after those whose models they work on, else as they are given.
  std::vector<int> InOrder() const {
    std::vector<int> order;
    std::vector<bool> placed(static_cast<size_t>(spec_.steps_size()), false);
    while (order.size() < placed.size()) {
      const size_t before = order.size();
      for (int step = 0; step < spec_.steps_size(); ++step) {
        const auto& makers = makers_[static_cast<size_t>(step)];
        const bool ready =
            std::all_of(makers.begin(), makers.end(), [&](int maker) { return placed[static_cast<size_t>(maker)]; });
        if (placed[static_cast<size_t>(step)] || !ready) continue;
        placed[static_cast<size_t>(step)] = true;
        order.push_back(step);
      }
      if (order.size() > before) continue;
      std::string names;
      for (int step = 0; step < spec_.steps_size(); ++step) {
        if (!placed[static_cast<size_t>(step)]) names += (names.empty() ? "" : ", ") + spec_.steps(step).name();
      }
      RefuseField(kSpecField + "steps", fmt::format("these steps wait for each other: {}", names));
    }
    return order;
  }

  void AddJobs(int step) {
    // The axes that change the step, or one whose model it works on.
    std::set<int> axes;
    for (int axis = 0; axis < spec_.axes_size(); ++axis) {
      if (axes_[static_cast<size_t>(axis)].steps.count(step) > 0) axes.insert(axis);
    }
    for (const int maker : makers_[static_cast<size_t>(step)]) {
      axes.insert(axes_of_[maker].begin(), axes_of_[maker].end());
    }
    axes_of_[step] = axes;
    std::map<int, size_t> values;  // by axis
    AddJobsFrom(step, axes_of_[step].begin(), values);
  }

  /// For every combination of values of the axes from here on.
  void AddJobsFrom(int step, std::set<int>::const_iterator axis, std::map<int, size_t>& values) {
    if (axis == axes_of_[step].end()) return AddJob(step, values);
    for (size_t value = 0; value < axes_[static_cast<size_t>(*axis)].values.size(); ++value) {
      values[*axis] = value;
      AddJobsFrom(step, std::next(axis), values);
    }
    values.erase(*axis);
  }

  void AddJob(int step, const std::map<int, size_t>& values) {
    if (jobs_.size() == kMostPlannedJobs) {
      RefuseField(kSpecField + "axes",
                  fmt::format("more than {} jobs come of these steps and values: give fewer", kMostPlannedJobs));
    }
    PlannedJob job;
    job.step = step;
    job.spec = spec_.steps(step).job();
    for (const auto& [axis, value] : values) {
      const Axis& of = axes_[static_cast<size_t>(axis)];
      job.values[spec_.axes(axis).name()] = of.texts[value];
      if (of.steps.count(step) > 0) SetValue(axis, value, &job.spec);
    }
    for (const int maker : makers_[static_cast<size_t>(step)]) {
      std::map<int, size_t> of_maker;
      for (const int axis : axes_of_[maker]) of_maker[axis] = values.at(axis);
      job.makers[kStepPrefix + spec_.steps(maker).name()] = job_at_.at({maker, of_maker});
    }
    job_at_[{step, values}] = static_cast<int>(jobs_.size());
    jobs_.push_back(std::move(job));
  }

  void SetValue(int axis, size_t value, JobSpec* spec) const {
    const std::string field = AxisField(axis, fmt::format("values[{}]", value));
    std::string text;
    if (!MessageToJsonString(*spec, &text).ok())
      RefuseField(kSpecField + "steps", "a job's spec cannot be written as JSON");
    json tree = json::parse(text);
    json* place = Descend(tree, axes_[static_cast<size_t>(axis)].path);
    if (place == nullptr) {
      RefuseField(kSpecField + AxisField(axis, "field"),
                  fmt::format("`{}` is no field of a job that it is to change", ToUtf8(spec_.axes(axis).field(), 100)));
    }
    *place = axes_[static_cast<size_t>(axis)].values[value];
    JobSpec changed;
    const auto status = JsonStringToMessage(tree.dump(), &changed);
    if (!status.ok()) {
      RefuseField(kSpecField + field, fmt::format("`{}` does not take {}: {}", ToUtf8(spec_.axes(axis).field(), 100),
                                                  axes_[static_cast<size_t>(axis)].texts[value],
                                                  ToUtf8(std::string(status.message()), 200)));
    }
    *spec = changed;
  }

  const ExperimentSpec& spec_;
  std::map<std::string, int> step_by_name_;
  std::vector<std::set<int>> makers_;  ///< By step.
  std::vector<Axis> axes_;
  std::map<int, std::set<int>> axes_of_;  ///< By step.
  std::map<std::pair<int, std::map<int, size_t>>, int> job_at_;
  std::vector<PlannedJob> jobs_;
};

}  // namespace

std::vector<PlannedJob> PlanExperiment(const ExperimentSpec& spec) { return Planner(spec).Plan(); }

std::string LabelOfValue(const std::string& text) {
  const json value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  return value.is_string() ? value.get<std::string>() : text;
}

}  // namespace modlab::server

#include "server/jobs/experiment_plan.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <iterator>
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

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
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
constexpr size_t kMostSpecBytes = 1 << 20;      // so that an answer with it is one that clients take
constexpr size_t kMostPlannedBytes = 32 << 20;  // of the jobs' specs together
const std::string kStepPrefix = "steps/";

void CheckName(const std::string& field, const std::string& name) {
  const bool sense = !name.empty() && name.size() <= kLongestStepName &&
                     name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string::npos;
  if (sense) return;
  RefuseField(kSpecField + field, fmt::format("`{}` is no name: give 1 to {} of a-z, 0-9, _ and -",
                                              ToUtf8(name, kLongestStepName), kLongestStepName));
}

std::vector<std::string> SplitPath(const std::string& path) {
  std::vector<std::string> parts(1);
  for (const char c : path) {
    if (c == '.' || c == '[') {
      parts.emplace_back();
    } else if (c != ']') {
      parts.back() += c;
    }
  }
  return parts;
}

/// The field as the proto or as JSON calls it.
const FieldDescriptor* FindFieldOf(const Descriptor& message, const std::string& name) {
  const FieldDescriptor* field = message.FindFieldByName(name);
  for (int i = 0; field == nullptr && i < message.field_count(); ++i) {
    if (message.field(i)->json_name() == name) field = message.field(i);
  }
  return field;
}

/// A place in a job's spec as in its JSON: keys of objects and indices of arrays. Refuses a path that no job has.
std::vector<std::string> ParsePath(const std::string& axis_field, const std::string& path) {
  std::vector<std::string> parts = SplitPath(path);
  const Descriptor* message = JobSpec::descriptor();
  const FieldDescriptor* within = nullptr;  // the array or map that the next part is a place in
  const auto refuse = [&](const std::string& why) {
    RefuseField(kSpecField + axis_field, fmt::format("`{}` is no field of a job: {}", ToUtf8(path, 100), why));
  };
  for (std::string& part : parts) {
    if (within != nullptr) {
      if (within->is_map()) within = within->message_type()->map_value();
      message = within->message_type();
      within = nullptr;
      continue;
    }
    if (message == nullptr || message->file()->package() == "google.protobuf") {
      refuse(fmt::format("nothing is within what is before `{}`", ToUtf8(part, 40)));
    }
    const FieldDescriptor* field = FindFieldOf(*message, part);
    if (field == nullptr) {
      std::vector<std::string> names;
      for (int i = 0; i < message->field_count(); ++i) names.push_back(message->field(i)->json_name());
      refuse(fmt::format("`{}` is none; near to it are {}", ToUtf8(part, 40), NearNames(part, names)));
    }
    part = field->json_name();
    if (field->is_repeated()) {
      within = field;
    } else {
      message = field->message_type();
    }
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
    for (int step = 0; step < spec_.steps_size(); ++step) variants_.push_back(VariantsOf(step));
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
  using Values = std::map<int, size_t>;  ///< By axis, which of its values.
  /// A step's job with values of those axes that change it.
  struct Variant {
    Values values;
    JobSpec spec;
    std::set<int> makers;  ///< The steps whose models it works on.
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
    if (spec_.ByteSizeLong() > kMostSpecBytes) {
      RefuseField("experiment.spec",
                  fmt::format("it has {} bytes: give at most {}", spec_.ByteSizeLong(), kMostSpecBytes));
    }
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
      const bool is_written = MessageToJsonString(given.values(i), &text).ok();
      json value = json::parse(text, nullptr, /*allow_exceptions=*/false);  // of no kind, it is written as nothing
      if (!is_written || value.is_discarded()) {
        RefuseField(kSpecField + AxisField(index, fmt::format("values[{}]", i)), "this is no value that JSON has");
      }
      if (std::find(axis.values.begin(), axis.values.end(), value) != axis.values.end()) {
        RefuseField(kSpecField + AxisField(index, fmt::format("values[{}]", i)),
                    fmt::format("{} is given twice, and the same job would count as two", ToUtf8(text, kLongestValue)));
      }
      axis.values.push_back(std::move(value));
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
        const auto& variants = variants_[static_cast<size_t>(step)];
        const bool ready = std::all_of(variants.begin(), variants.end(), [&](const Variant& variant) {
          return std::all_of(variant.makers.begin(), variant.makers.end(),
                             [&](int maker) { return placed[static_cast<size_t>(maker)]; });
        });
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

  /// For every combination of values of the axes that change the step.
  std::vector<Variant> VariantsOf(int step) {
    std::vector<Values> combinations(1);
    for (int axis = 0; axis < spec_.axes_size(); ++axis) {
      if (!axes_[static_cast<size_t>(axis)].steps.contains(step)) continue;
      std::vector<Values> longer;
      for (const Values& values : combinations) {
        for (size_t value = 0; value < axes_[static_cast<size_t>(axis)].values.size(); ++value) {
          longer.push_back(values);
          longer.back()[axis] = value;
        }
        CheckNumber(longer.size());
      }
      combinations = std::move(longer);
    }
    const json tree = TreeOf(step);
    std::vector<Variant> variants;
    for (const Values& values : combinations) {
      Variant variant = {values, SpecWith(step, tree, values), {}};
      AddBytes(variant.spec.ByteSizeLong());
      variant.makers = MakersOf(step, &variant.spec);
      variants.push_back(std::move(variant));
    }
    return variants;
  }

  json TreeOf(int step) const {
    std::string text;
    if (!MessageToJsonString(spec_.steps(step).job(), &text).ok()) {
      RefuseField(kSpecField + StepField(step, "job"), "it cannot be written as JSON");
    }
    return json::parse(text);
  }

  /// The step's job, of which `tree` is the JSON, with these values in it.
  JobSpec SpecWith(int step, json tree, const Values& values) const {
    JobSpec spec = spec_.steps(step).job();
    for (const auto& [index, value] : values) {
      const Axis& axis = axes_[static_cast<size_t>(index)];
      const std::string path = ToUtf8(spec_.axes(index).field(), 100);
      json* place = Descend(tree, axis.path);
      if (place == nullptr) {
        RefuseField(kSpecField + AxisField(index, "field"),
                    fmt::format("`{}` is no field of the job of the step {}", path, spec_.steps(step).name()));
      }
      *place = axis.values[value];
      spec.Clear();
      const auto status = JsonStringToMessage(tree.dump(), &spec);
      if (!status.ok()) {
        RefuseField(kSpecField + AxisField(index, fmt::format("values[{}]", value)),
                    fmt::format("`{}` does not take {}: {}", path, axis.texts[value],
                                ToUtf8(std::string(status.message()), 200)));
      }
    }
    return spec;
  }

  /// The steps whose models the job works on.
  std::set<int> MakersOf(int step, JobSpec* job) const {
    std::set<int> makers;
    for (const ModelField& field : ModelFields(job)) {
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

  /// A variant of a step with jobs of its makers whose values agree.
  struct Combination {
    const Variant* variant;
    Values values;
    std::map<std::string, int> makers;  ///< As PlannedJob.makers.
  };

  /// Adds the maker's jobs in every way that agrees.
  std::vector<Combination> Join(const std::vector<Combination>& combinations, int maker) {
    std::vector<Combination> joined;
    for (const Combination& combination : combinations) {
      for (const int job : jobs_of_[maker]) {
        Combination longer = combination;
        longer.makers[kStepPrefix + spec_.steps(maker).name()] = job;
        const Values& values = values_of_[static_cast<size_t>(job)];
        longer.values.insert(values.begin(), values.end());
        const bool agree = std::all_of(values.begin(), values.end(), [&](const auto& value) {
          return longer.values.at(value.first) == value.second;
        });
        if (agree) joined.push_back(std::move(longer));
      }
      CheckNumber(joined.size());
    }
    return joined;
  }

  void AddJobs(int step) {
    std::vector<Combination> combinations;
    for (const Variant& variant : variants_[static_cast<size_t>(step)]) {
      std::vector<Combination> of_variant = {{&variant, variant.values, {}}};
      for (const int maker : variant.makers) of_variant = Join(of_variant, maker);
      std::move(of_variant.begin(), of_variant.end(), std::back_inserter(combinations));
      CheckNumber(jobs_.size() + combinations.size());
    }
    std::stable_sort(combinations.begin(), combinations.end(),
                     [](const Combination& a, const Combination& b) { return a.values < b.values; });
    for (Combination& combination : combinations) {
      AddBytes(combination.variant->spec.ByteSizeLong());
      PlannedJob job;
      job.step = step;
      for (const auto& [axis, value] : combination.values) {
        job.values[spec_.axes(axis).name()] = axes_[static_cast<size_t>(axis)].texts[value];
      }
      job.spec = combination.variant->spec;
      job.makers = std::move(combination.makers);
      jobs_of_[step].push_back(static_cast<int>(jobs_.size()));
      values_of_.push_back(std::move(combination.values));
      jobs_.push_back(std::move(job));
    }
  }

  static void CheckNumber(size_t jobs) {
    if (jobs <= kMostPlannedJobs) return;
    RefuseField(kSpecField + "axes",
                fmt::format("more than {} jobs come of these steps and values: give fewer", kMostPlannedJobs));
  }

  void AddBytes(size_t bytes) {
    bytes_ += bytes;
    if (bytes_ <= kMostPlannedBytes) return;
    RefuseField(kSpecField + "axes",
                fmt::format("the specs of the jobs that come of these steps and values have more than {} MiB together: "
                            "give fewer values, or smaller specs",
                            kMostPlannedBytes >> 20));
  }

  const ExperimentSpec& spec_;
  std::map<std::string, int> step_by_name_;
  std::vector<Axis> axes_;
  std::vector<std::vector<Variant>> variants_;  ///< By step.
  std::map<int, std::vector<int>> jobs_of_;     ///< By step.
  std::vector<Values> values_of_;               ///< By job.
  std::vector<PlannedJob> jobs_;
  size_t bytes_ = 0;  ///< Of the specs of variants and jobs.
};

}  // namespace

std::vector<PlannedJob> PlanExperiment(const ExperimentSpec& spec) { return Planner(spec).Plan(); }

std::string LabelOfValue(const std::string& text) {
  const json value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  return value.is_string() ? value.get<std::string>() : text;
}

}  // namespace modlab::server

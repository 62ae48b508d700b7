#include "client/output/man_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <sstream>

namespace modlab::client {
namespace {

/// Text as roff prints it: nothing of it is a request or an escape, and every - stays one that can be copied.
std::string Escaped(const std::string& text) {
  std::string escaped;
  if (text.starts_with('.') || text.starts_with('\'')) escaped = "\\&";
  for (const char letter : text) {
    if (letter == '\\') {
      escaped += "\\e";
    } else if (letter == '-') {
      escaped += "\\-";
    } else {
      escaped += letter;
    }
  }
  return escaped;
}

std::string Capitals(std::string text) {
  for (char& letter : text) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  return text;
}

std::string CommandLine(const CLI::App& command) {
  const CLI::App* const parent = command.get_parent();
  return parent == nullptr ? command.get_name() : CommandLine(*parent) + ' ' + command.get_name();
}

std::vector<const CLI::Option*> Options(const CLI::App& command, bool positional) {
  return command.get_options([positional](const CLI::Option* option) {
    return option->nonpositional() != positional && !option->get_group().empty();
  });
}

/// `FORMAT` of an option that takes one.
std::string ValueName(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return "";
  return option.get_option_text().empty() ? option.get_type_name() : option.get_option_text();
}

std::string Entry(const std::string& heading, const std::string& text) {
  return fmt::format(".TP\n{}\n{}\n", heading, Escaped(text));
}

std::string SynopsisSection(const CLI::App& command) {
  std::string text = fmt::format(".SH SYNOPSIS\n.B {}\n", Escaped(CommandLine(command)));
  text += "[\\fIOPTIONS\\fR]";
  if (!ShownCommands(command).empty()) text += " \\fICOMMAND\\fR";
  for (const CLI::Option* argument : Options(command, true)) {
    const bool several = argument->get_items_expected_max() > 1;
    const std::string name = fmt::format("\\fI{}\\fR{}", Escaped(argument->get_name(true)), several ? " ..." : "");
    text += argument->get_required() ? " " + name : " [" + name + "]";
  }
  return text + '\n';
}

std::string ArgumentsSection(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* argument : Options(command, true)) {
    text += Entry(fmt::format("\\fI{}\\fR", Escaped(argument->get_name(true))), argument->get_description());
  }
  return text.empty() ? "" : ".SH ARGUMENTS\n" + text;
}

std::string OptionsSection(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* option : Options(command, false)) {
    std::string names = option->get_name(false, true);
    for (std::size_t comma = names.find(','); comma != std::string::npos; comma = names.find(',', comma + 2)) {
      names.insert(comma + 1, " ");
    }
    const std::string value = ValueName(*option);
    text += Entry(fmt::format("\\fB{}\\fR{}", Escaped(names), value.empty() ? "" : " \\fI" + Escaped(value) + "\\fR"),
                  option->get_description());
  }
  return text.empty() ? "" : ".SH OPTIONS\n" + text;
}

std::string CommandsSection(const CLI::App& command) {
  std::string text;
  for (const CLI::App* subcommand : ShownCommands(command)) {
    text += Entry(fmt::format("\\fB{}\\fR(1)", Escaped(PageName(*subcommand))), subcommand->get_description());
  }
  return text.empty() ? "" : ".SH COMMANDS\n" + text;
}

/// What stands below the options in --help: paragraphs, and lists below a `Heading:`.
struct Footer {
  std::string paragraphs;
  std::string sections;
};

Footer ReadFooter(const std::string& text) {
  Footer footer;
  std::istringstream lines(text);
  bool in_list = false;
  bool in_paragraph = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) {
      if (in_list) footer.sections += ".fi\n";
      in_list = in_paragraph = false;
    } else if (in_list) {
      footer.sections += Escaped(line.substr(std::min(line.find_first_not_of(' '), std::size_t{2}))) + '\n';
    } else if (!in_paragraph && line.ends_with(':')) {
      footer.sections += fmt::format(".SH {}\n.nf\n", Escaped(Capitals(line.substr(0, line.size() - 1))));
      in_list = true;
    } else {
      footer.paragraphs += (in_paragraph ? "" : ".PP\n") + Escaped(line) + '\n';
      in_paragraph = true;
    }
  }
  if (in_list) footer.sections += ".fi\n";
  return footer;
}

std::string SeeAlsoSection(const CLI::App& command) {
  const CLI::App* const parent = command.get_parent();
  return parent == nullptr ? "" : fmt::format(".SH SEE ALSO\n.BR {} (1)\n", Escaped(PageName(*parent)));
}

}  // namespace

std::vector<const CLI::App*> ShownCommands(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App* subcommand) { return !subcommand->get_group().empty(); });
}

std::string PageName(const CLI::App& command) {
  const CLI::App* const parent = command.get_parent();
  return parent == nullptr ? command.get_name() : PageName(*parent) + '-' + command.get_name();
}

std::string ManPage(const CLI::App& command) {
  const std::string name = PageName(command);
  const Footer footer = ReadFooter(command.get_footer());
  std::string page =
      fmt::format(".TH {} 1 \"\" \"modlab {}\" \"modlab manual\"\n", Escaped(Capitals(name)), MODLAB_VERSION);
  page += fmt::format(".SH NAME\n{} \\- {}\n", Escaped(name), Escaped(command.get_description()));
  page += SynopsisSection(command);
  if (!footer.paragraphs.empty()) page += ".SH DESCRIPTION\n" + footer.paragraphs;
  page += CommandsSection(command) + ArgumentsSection(command) + OptionsSection(command) + footer.sections;
  return page + SeeAlsoSection(command);
}

}  // namespace modlab::client

// What is around a program: streams, errors, exit codes; and names in tables.
#include "converter/program.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <iostream>
#include <new>

#include "converter/columns.h"
#include "converter/error.h"

namespace edgy::converter {
namespace {

struct Outcome {
  int code = -1;
  std::string output;
  std::string errors;
};

std::string read_all(int descriptor) {
  std::string text;
  char chunk[4096];
  for (ssize_t count; (count = ::read(descriptor, chunk, sizeof chunk)) > 0;)
    text.append(chunk, static_cast<std::size_t>(count));
  ::close(descriptor);
  return text;
}

/// Runs a program in a process of its own. `prepare` may change its standard streams, which are
/// pipes otherwise. What it prints has to fit into a pipe.
Outcome outcome_of(
    const std::function<int()>& body, const std::function<void()>& prepare = [] {}) {
  int output[2];
  int errors[2];
  REQUIRE(::pipe(output) == 0);
  REQUIRE(::pipe(errors) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(output[1], STDOUT_FILENO);
    ::dup2(errors[1], STDERR_FILENO);
    for (const int descriptor : {output[0], output[1], errors[0], errors[1]})
      ::close(descriptor);
    prepare();
    ::_exit(run_program("edgy", body));
  }
  ::close(output[1]);
  ::close(errors[1]);
  Outcome outcome;
  outcome.output = read_all(output[0]);
  outcome.errors = read_all(errors[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

TEST_CASE("what is thrown becomes a message and exit code 1", "[program]") {
  CHECK(outcome_of([] { return 2; }).code == 2);
  const Outcome error = outcome_of([]() -> int { throw Error("a.onnx: damaged"); });
  CHECK(error.code == 1);
  CHECK(error.errors == "edgy: error: a.onnx: damaged\n");
  const Outcome memory = outcome_of([]() -> int { throw std::bad_alloc(); });
  CHECK(memory.code == 1);
  CHECK(memory.errors.find("not enough memory") != std::string::npos);
  const Outcome defect = outcome_of([]() -> int { throw std::out_of_range("map::at"); });
  CHECK(defect.errors == "edgy: error: a defect of Edgy's own: map::at\n");
  const Outcome folder = outcome_of([]() -> int {
    return std::filesystem::directory_iterator("/nonexistent")->exists() ? 1 : 0;
  });
  CHECK(folder.errors == "edgy: error: /nonexistent: No such file or directory\n");
}

TEST_CASE("what is printed is escaped line by line, characters in parts stay whole", "[program]") {
  const Outcome outcome = outcome_of([] {
    std::cout << "layer \x1b]0;title\x07 \xff\nnext ";
    std::cout << "\xc3" << std::flush << "\xbc\n\xe2\x82" << std::flush;
    std::cerr << "\x9b"
              << "31m\n";
    return 0;
  });
  CHECK(outcome.output == "layer \\x1b]0;title\\x07 \\xff\nnext \xc3\xbc\n\\xe2\\x82");
  CHECK(outcome.errors == "\\x9b31m\n");
}

TEST_CASE("standard output that takes nothing is an error", "[program]") {
  const auto print = [] {
    std::cout << "a result\n";
    return 0;
  };
  const Outcome closed = outcome_of(print, [] { ::close(STDOUT_FILENO); });
  CHECK(closed.code == 1);
  CHECK(closed.errors == "edgy: error: standard output can not be written: Bad file descriptor\n");
  const Outcome full = outcome_of(print, [] { ::dup2(::open("/dev/full", O_WRONLY), 1); });
  CHECK(full.code == 1);
  CHECK(full.errors ==
        "edgy: error: standard output can not be written: No space left on device\n");
  CHECK(outcome_of([] { return 0; }, [] { ::close(STDOUT_FILENO); }).code == 0);
}

TEST_CASE("files that are opened are never standard streams", "[program]") {
  const Outcome outcome = outcome_of(
      [] {
        const int opened = ::open("/dev/null", O_RDONLY);
        return opened > STDERR_FILENO ? 0 : 3;
      },
      [] {
        ::close(STDIN_FILENO);
        ::close(STDOUT_FILENO);
      });
  CHECK(outcome.code == 0);
}

TEST_CASE("JSON is JSON whatever names are, and nothing in it needs escaping", "[program]") {
  const nlohmann::ordered_json names = {"\x7f\x1b\n", "\xff", "\xc2\x9b"};
  const Outcome outcome = outcome_of([&] {
    std::cout << json_text(names, -1);
    return 0;
  });
  const auto read = nlohmann::ordered_json::parse(outcome.output);
  CHECK(read[0] == names[0]);
  CHECK(read[1] == "\xef\xbf\xbd");
  CHECK(read[2] == names[2]);
}

TEST_CASE("names in tables take their columns, counted in characters", "[program]") {
  CHECK(first_columns("ab", 4) == "ab  ");
  CHECK(first_columns("gr\xc3\xbc\xc3\x9f"
                      "e",
                      5) ==
        "gr\xc3\xbc\xc3\x9f"
        "e");
  CHECK(first_columns("gr\xc3\xbc\xc3\x9f"
                      "e",
                      3) == "gr\xc3\xbc");
  CHECK(last_columns("/block/conv", 6) == "..conv");
  CHECK(last_columns("\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc", 3) == "..\xc3\xbc");
  CHECK(last_columns("\x1b", 6) == "\\x1b  ");
}

}  // namespace
}  // namespace edgy::converter

#include "converter/program.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <exception>
#include <filesystem>
#include <iostream>
#include <new>
#include <stdexcept>
#include <streambuf>
#include <string_view>
#include <system_error>

#include "converter/error.h"
#include "converter/text.h"

namespace edgy::converter {
namespace {

/// A file that is opened takes the lowest free number: with standard output closed that is 1, and
/// what is printed would end in a model. A closed stream becomes one that fails, as it should.
void occupy_standard_streams() {
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
    if (::fcntl(stream, F_GETFD) == -1 && errno == EBADF)
      (void)::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

/// Writes text to a descriptor, escaped but for its newlines.
class EscapedOutput final : public std::streambuf {
 public:
  explicit EscapedOutput(int descriptor) : descriptor_(descriptor) {}

  /// Number of the first error; 0: everything has arrived.
  int error() const { return error_; }
  /// Nothing follows: what is left is written as it is.
  void finish() { write_out(text_.size()); }

 protected:
  int_type overflow(int_type character) override {
    if (!traits_type::eq_int_type(character, traits_type::eof()))
      append(traits_type::to_char_type(character));
    return error_ == 0 ? traits_type::not_eof(character) : traits_type::eof();
  }
  std::streamsize xsputn(const char* text, std::streamsize count) override {
    for (std::streamsize i = 0; i < count; ++i)
      append(text[i]);
    return error_ == 0 ? count : 0;
  }
  int sync() override {
    write_out(text_.size() - open_character());
    return error_ == 0 ? 0 : -1;
  }

 private:
  void append(char character) {
    text_.push_back(character);
    if (text_.size() >= kCapacity)
      write_out(text_.size() - open_character());
  }

  /// Bytes at the end of the text that may be the beginning of a character.
  std::size_t open_character() const {
    for (std::size_t size = 1; size <= 3 && size <= text_.size(); ++size) {
      const auto byte = static_cast<unsigned char>(text_[text_.size() - size]);
      if (byte >= 0xc0)
        return size < (byte >= 0xf0 ? 4U : byte >= 0xe0 ? 3U : 2U) ? size : 0;
      if (byte < 0x80)
        return 0;
    }
    return 0;
  }

  void write_out(std::size_t count) {
    std::string out;
    std::string_view rest = std::string_view(text_).substr(0, count);
    while (!rest.empty()) {
      const std::size_t line = std::min(rest.find('\n'), rest.size());
      out += escaped(rest.substr(0, line));
      if (line < rest.size())
        out += '\n';
      rest.remove_prefix(std::min(line + 1, rest.size()));
    }
    text_.erase(0, count);
    for (std::string_view left = out; !left.empty() && error_ == 0;) {
      const ssize_t written = ::write(descriptor_, left.data(), left.size());
      if (written < 0 && errno != EINTR)
        error_ = errno;
      if (written > 0)
        left.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  static constexpr std::size_t kCapacity = 1 << 16;
  int descriptor_;
  int error_ = 0;
  std::string text_;
};

/// A stream's buffer, exchanged as long as this lives.
class Redirected {
 public:
  Redirected(std::ostream& stream, std::streambuf& buffer)
      : stream_(stream), before_(stream.rdbuf(&buffer)) {}
  Redirected(const Redirected&) = delete;
  Redirected& operator=(const Redirected&) = delete;
  ~Redirected() { stream_.rdbuf(before_); }

 private:
  std::ostream& stream_;
  std::streambuf* before_;
};

int run_body(const std::string& name, const std::function<int()>& body) {
  const auto fail = [&](const std::string& what) {
    std::cerr << name << ": error: " << what << "\n";
    return 1;
  };
  try {
    return body();
  } catch (const Error& error) {
    return fail(error.what());
  } catch (const std::bad_alloc&) {
    return fail("there is not enough memory for this model and these data; nothing was written");
  } catch (const std::filesystem::filesystem_error& error) {
    return fail(error.path1().string() + ": " + error.code().message());
  } catch (const std::exception& error) {
    return fail(std::string("a defect of Edgy's own: ") + error.what());
  }
}

}  // namespace

int run_program(const std::string& name, const std::function<int()>& body) {
  occupy_standard_streams();
  // A file that grows past the user's limit is an error of a write, not the end without a word.
  std::signal(SIGXFSZ, SIG_IGN);
  EscapedOutput output(STDOUT_FILENO);
  EscapedOutput errors(STDERR_FILENO);
  const Redirected redirected_output(std::cout, output);
  const Redirected redirected_errors(std::cerr, errors);
  int code = run_body(name, body);
  output.finish();
  if (output.error() != 0) {
    std::cerr << name << ": error: standard output can not be written: "
              << std::generic_category().message(output.error()) << "\n";
    code = code == 0 ? 1 : code;
  }
  errors.finish();
  return code;
}

std::string with_json_escapes(std::string json) {
  constexpr char kDelete = 0x7f;  // escaped() has an escape for it that JSON has not
  for (std::size_t at = 0; (at = json.find(kDelete, at)) != std::string::npos;)
    json.replace(at, 1, "\\u007f");
  return json;
}

}  // namespace edgy::converter

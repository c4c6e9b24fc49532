import ArgumentParser
import Glibc
import Tokenizers

/// A TOKENIZER on the command line: `PATH` or `NAME=PATH`.
struct TokenizerOperand: Sendable, Hashable {
  var label: String
  var path: String

  /// An operand without its final label.
  private init(explicit: String?, path: String) {
    self.path = path
    label = explicit ?? Self.defaultLabel(path)
  }

  /// The operands in order, with labels made distinct: the second of one name gets `#2`.
  static func parse(_ values: [String]) -> [TokenizerOperand] {
    var seen: [String: Int] = [:]
    return values.map { value in
      var operand = split(value)
      let count = (seen[operand.label] ?? 0) + 1
      seen[operand.label] = count
      if count > 1 { operand.label += "#\(count)" }
      return operand
    }
  }

  /// `NAME=PATH`, unless the whole value is a file, or what stands before the `=` looks like part of a
  /// path.
  private static func split(_ value: String) -> TokenizerOperand {
    guard access(value, F_OK) != 0, let equals = value.firstIndex(of: "="), equals != value.startIndex else {
      return TokenizerOperand(explicit: nil, path: value)
    }
    let name = String(value[..<equals])
    let path = String(value[value.index(after: equals)...])
    guard !path.isEmpty, access(path, F_OK) == 0 || !name.contains("/") else {
      return TokenizerOperand(explicit: nil, path: value)
    }
    return TokenizerOperand(explicit: name, path: path)
  }

  /// The file's stem, or the folder's name for the file names that say nothing.
  static func defaultLabel(_ path: String) -> String {
    var components = path.split(separator: "/").map(String.init)
    var file = components.popLast() ?? ""
    if file.isEmpty || file == "." || file == ".." { return realName(path) ?? path }
    if FileFacts.isFolder(path) { return file }
    for suffix in [".gz", ".zst"] where file.hasSuffix(suffix) && file.utf8.count > suffix.utf8.count {
      file = String(file.dropLast(suffix.utf8.count))
    }
    if ["tokenizer.json", "tokenizer.model", "spiece.model", "vocab.txt"].contains(file) {
      if let folder = components.last, folder != ".", folder != ".." { return folder }
      let parent =
        components.isEmpty
        ? (path.hasPrefix("/") ? "/" : ".") : String(path.prefix(upTo: path.lastIndex(of: "/")!))
      if let name = realName(parent), !name.isEmpty { return name }
    }
    guard let dot = file.lastIndex(of: "."), dot != file.startIndex else { return file }
    return String(file[..<dot])
  }

  /// The last component of the path without links and dots.
  private static func realName(_ path: String) -> String? {
    guard let real = realpath(path.isEmpty ? "." : path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real).split(separator: "/").last.map(String.init)
  }
}

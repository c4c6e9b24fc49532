import ArgumentParser
import Tokenizers

/// `toklab decode`.
struct Decode: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn token ids back into the exact bytes.",
    discussion: "A line of ids is a document; documents are written one after another.")

  enum Format: String, ExpressibleByArgument, CaseIterable { case ids, u16, u32 }

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var tokenizers: TokenizerOptions

  @Argument(help: "A file of ids; '-' or nothing is standard input.", completion: .file())
  var file: String?

  @Option(help: "Decimal ids, or little-endian 16- or 32-bit ids.")
  var format: Format = .ids

  @Option(
    help: ArgumentHelp(
      "With u16 and u32: each document's number of ids as a little-endian u64.", valueName: "file"))
  var lengths: String?

  @Flag(help: "Leave special tokens out.")
  var skipSpecialTokens = false

  @Flag(help: "Write a line feed after each document.")
  var perLine = false

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write to a file instead of standard output.", valueName: "file"))
  var output: String?

  func validate() throws {
    try tokenizers.requireExactlyOne()
    if shared.json { throw ValidationError("decode writes the bytes themselves; --json does not apply") }
    if lengths != nil, format == .ids { throw ValidationError("--lengths goes with --format u16 or u32") }
  }

  func run() throws {
    let tokenizer = try tokenizers.open(shared)[0].tokenizer
    shared.announceStandardInput(file.map { [$0] } ?? [])
    let target = try ResultFile(output)
    switch format {
    case .ids: try decodeLines(tokenizer, target.output)
    case .u16, .u32: try decodeBinary(tokenizer, target.output)
    }
    try target.commit()
  }

  private func decodeLines(_ tokenizer: Tokenizer, _ output: Output) throws {
    let reader = try DocumentReader(file.map { [$0] } ?? [], DocumentRules(perLine: true, format: .text))
    let progress = Progress("decoding", total: reader.totalBytes, quiet: shared.quiet)
    defer { progress.finish() }
    let (skip, perLine, name) = (skipSpecialTokens, perLine, file ?? "-")
    while let batch = try reader.next() {
      let count = batch.documents.count
      let blocks = try parallelMap(Blocks.count(count), threads: shared.threadCount) { block in
        var out: [UInt8] = []
        for document in Blocks.range(block, of: count) {
          do {
            let ids = try batch.withBytes {
              try IDText.parse(UnsafeBufferPointer(rebasing: $0[batch.documents[document]]))
            }
            out += try tokenizer.decode(ids, skipSpecialTokens: skip)
          } catch let error as ToklabError {
            var located = error.in(name)
            located.position = .line(batch.first + document + 1)
            throw located
          }
          if perLine { out.append(0x0A) }
        }
        return out
      }
      for block in blocks { try output.write(block) }
      progress.set(reader.bytesRead)
    }
  }

  private func decodeBinary(_ tokenizer: Tokenizer, _ output: Output) throws {
    let name = file ?? "-"
    let width = format == .u16 ? 2 : 4
    var bytes: [UInt8] = []
    try ByteStream(name).readAll(into: &bytes)
    guard bytes.count % width == 0 else {
      throw ToklabError(
        file: name, at: .byte(bytes.count), "\(bytes.count) bytes", expected: "a multiple of \(width)",
        advice: "check --format")
    }
    let ids = (0..<bytes.count / width).map { index -> TokenID in
      var id: TokenID = 0
      for offset in 0..<width { id |= TokenID(bytes[index * width + offset]) << TokenID(offset * 8) }
      return id
    }
    var ends = [ids.count]
    if let lengths { ends = try Self.ends(lengths, total: ids.count) }
    var start = 0
    for end in ends {
      do {
        try output.write(try tokenizer.decode(Array(ids[start..<end]), skipSpecialTokens: skipSpecialTokens))
      } catch let error as ToklabError { throw error.in(name) }
      if perLine { try output.write([0x0A]) }
      start = end
    }
  }

  /// Where each document ends.
  private static func ends(_ path: String, total: Int) throws -> [Int] {
    var bytes: [UInt8] = []
    try ByteStream(path).readAll(into: &bytes)
    guard bytes.count % 8 == 0 else {
      throw ToklabError(file: path, "\(bytes.count) bytes", expected: "a multiple of 8")
    }
    var ends: [Int] = []
    var end = 0
    for index in 0..<bytes.count / 8 {
      let length = bytes[(index * 8)..<(index * 8 + 8)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      guard length <= UInt64(total - end) else {
        throw ToklabError(
          file: path, at: .byte(index * 8), "lengths that add up to more than the \(total) ids",
          expected: "the lengths written with these ids")
      }
      end += Int(length)
      ends.append(end)
    }
    guard end == total else {
      throw ToklabError(
        file: path, "lengths that add up to \(end)", expected: "\(total), the number of ids",
        advice: "give the lengths written with these ids")
    }
    return ends
  }
}

extension IDText {
  /// The ids of a line: decimal numbers with white space between them.
  static func parse(_ line: UnsafeBufferPointer<UInt8>) throws -> [TokenID] {
    var ids: [TokenID] = []
    ids.reserveCapacity(line.count / 4)
    var index = 0
    while index < line.count {
      let byte = line[index]
      if byte == 0x20 || byte == 0x09 || byte == 0x0D {
        index += 1
        continue
      }
      let start = index
      var value: UInt64 = 0
      while index < line.count, line[index] >= 0x30, line[index] <= 0x39, value <= UInt64(UInt32.max) {
        value = value * 10 + UInt64(line[index] - 0x30)
        index += 1
      }
      let ended = index == line.count || [0x20, 0x09, 0x0D].contains(line[index])
      guard index > start, ended, value <= UInt64(UInt32.max) else {
        let word = line[start...].prefix { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }.prefix(40)
        throw ToklabError(
          "\"\(ByteEscape.string(word))\" is no token id", expected: "decimal ids separated by spaces")
      }
      ids.append(TokenID(value))
    }
    return ids
  }
}

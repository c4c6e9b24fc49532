import Glibc
import Tokenizers

/// `toklab-bench`: times toklab's engines in memory, for Benchmarks/bench.py.
///
///     toklab-bench encode|count|decode TOKENIZER TEXT [--whole] [--threads N] [--passes N] [--ids FILE]
///
/// Prints one JSON line: seconds to load, wall and CPU seconds of each pass (the first with empty caches), the
/// number of tokens and the peak memory. Documents are whole lines up to 4,096 bytes and more, as bench.py cuts
/// them; with `--whole` the text is one document. `--ids` writes the ids as little-endian u32.
@main
struct Benchmark {
  private var operation = ""
  private var files: [String] = []
  private var whole = false
  private var threads = 1
  private var passes = 3
  private var idsPath: String?

  static func main() {
    do {
      try Benchmark(Array(CommandLine.arguments.dropFirst())).run()
    } catch {
      let message = Array("toklab-bench: \(error)\n".utf8)
      _ = write(2, message, message.count)
      exit(2)
    }
  }

  private init(_ arguments: [String]) throws(ToklabError) {
    var rest = arguments[...]
    while let word = rest.popFirst() {
      switch word {
      case "--whole": whole = true
      case "--threads", "--passes":
        guard let number = rest.popFirst().flatMap({ Int($0) }), number > 0 else {
          throw ToklabError("\(word) without a positive number")
        }
        if word == "--threads" { threads = number } else { passes = number }
      case "--ids": idsPath = rest.popFirst()
      default: if operation.isEmpty { operation = word } else { files.append(word) }
      }
    }
    guard ["encode", "count", "decode"].contains(operation), files.count == 2 else {
      throw ToklabError(
        "wrong arguments",
        expected: "encode|count|decode TOKENIZER.json TEXT [--whole] [--threads N] [--passes N]")
    }
  }

  private func run() throws(ToklabError) {
    let start = Stopwatch()
    let tokenizer = try Tokenizer(TokenizerFile.open(files[0]).definition)
    let loading = start.seconds
    let text = try FileBytes.read(files[1])
    let documents = whole ? [0..<text.count] : Self.split(text)

    // Pages, lazily made tables and the like: everything but the caches of the encoder that is timed.
    // The tables for long pieces are made by the first one.
    _ = try tokenizer.encode("Hello, world")
    _ = try tokenizer.encode(String(repeating: "ab", count: 20000))
    let encoder = try BatchEncoder(tokenizer, threads: threads)
    var ids: [TokenID] = []
    var tokens = 0
    var decoded = 0
    var wall: [Double] = []
    var cpu: [Double] = []
    if operation == "decode" {
      ids = try Self.with(text) { (buffer) throws(ToklabError) in
        try encoder.encode(buffer, documents: documents).ids
      }
    }
    for _ in 0..<passes {
      let watch = Stopwatch()
      switch operation {
      case "encode":
        ids = try Self.with(text) { (buffer) throws(ToklabError) in
          try encoder.encode(buffer, documents: documents).ids
        }
        tokens = ids.count
      case "count":
        tokens = try Self.with(text) { (buffer) throws(ToklabError) in
          try encoder.count(buffer, documents: documents).reduce(0) { $0 + $1.tokens }
        }
      default:
        decoded = try tokenizer.decode(ids).count
        tokens = ids.count
      }
      wall.append(watch.seconds)
      cpu.append(watch.cpuSeconds)
    }
    if operation == "decode", decoded != text.count {
      throw ToklabError("decoding gave \(decoded) bytes", expected: "\(text.count)")
    }
    if let idsPath {
      try AtomicFile.write(
        idsPath, ids.flatMap { id in (0..<4).map { UInt8(truncatingIfNeeded: id >> (8 * $0)) } })
    }
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    print(
      "{\"load\": \(loading), \"wall\": \(wall), \"cpu\": \(cpu), \"tokens\": \(tokens), "
        + "\"peak_bytes\": \(usage.ru_maxrss * 1024)}")
  }

  private static func with<R>(
    _ text: [UInt8], _ body: (UnsafeBufferPointer<UInt8>) throws(ToklabError) -> R
  ) throws(ToklabError) -> R {
    let result: Result<R, ToklabError> = text.withUnsafeBufferPointer { buffer in
      do throws(ToklabError) { return .success(try body(buffer)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  /// Documents of whole lines with at least 4,096 bytes; the last takes what is left.
  private static func split(_ text: [UInt8]) -> [Range<Int>] {
    var documents: [Range<Int>] = []
    var start = 0
    while start < text.count {
      var end = min(start + 4096, text.count)
      while end < text.count, text[end - 1] != 0x0A { end += 1 }
      documents.append(start..<end)
      start = end
    }
    return documents
  }
}

/// Wall and CPU seconds since it was made.
struct Stopwatch {
  private let start = Self.now(CLOCK_MONOTONIC)
  private let cpuStart = Self.now(CLOCK_PROCESS_CPUTIME_ID)

  var seconds: Double { Self.now(CLOCK_MONOTONIC) - start }
  var cpuSeconds: Double { Self.now(CLOCK_PROCESS_CPUTIME_ID) - cpuStart }

  private static func now(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

import Glibc
import Metrics

/// Folders that vanish with the value that made them.
final class ScratchFolder {
  let path: String

  init() {
    var template = Array("/tmp/toklab-metrics-XXXXXX".utf8CString)
    path = String(cString: mkdtemp(&template))
  }

  deinit { removeTree(path) }

  func write(_ name: String, _ text: String) { write(name, Array(text.utf8)) }

  func write(_ name: String, _ bytes: [UInt8]) {
    let file = fopen("\(path)/\(name)", "w")!
    bytes.withUnsafeBytes { _ = fwrite($0.baseAddress, 1, $0.count, file) }
    fclose(file)
  }

  func makeFolder(_ name: String) { mkdir("\(path)/\(name)", 0o755) }
}

private func removeTree(_ path: String) {
  var info = stat()
  guard lstat(path, &info) == 0 else { return }
  if info.st_mode & S_IFMT == S_IFDIR {
    for name in (try? InputFolder.names(in: path)) ?? [] { removeTree("\(path)/\(name)") }
  }
  remove(path)
}

/// Error from a call that has to fail.
func failure<R>(_ body: () throws(ToklabError) -> R) -> ToklabError? {
  do throws(ToklabError) {
    _ = try body()
    return nil
  } catch {
    return error
  }
}

/// Are two doubles equal to about `digits` decimal digits?
func near(_ a: Double?, _ b: Double, _ tolerance: Double = 1e-12) -> Bool {
  guard let a else { return false }
  return a == b || abs(a - b) <= tolerance * max(abs(a), abs(b))
}

/// A made-up parallel corpus: lines of varied length, tokens about bytes over a per-language rate.
func syntheticCounts(_ labels: [String], lines: Int, seed: UInt64) -> [LineCounts] {
  var random = SplitMix64(seed: seed, stream: 0)
  let lengths = (0..<lines).map { _ in 20 + random.below(200) }
  return labels.enumerated().map { index, label in
    let characters = lengths.map { $0 + random.below(20) }
    return LineCounts(
      label: label, tokens: characters.map { $0 / (2 + index % 4) + random.below(5) },
      unknown: characters.map { _ in random.below(40) == 0 ? 1 : 0 },
      bytes: characters.map { $0 * (1 + index % 3) }, characters: characters)
  }
}

/// The text of a report with every bit of every number: two reports are the same when these are.
func fingerprint(_ report: MetricReport) -> [String] {
  report.results.map { row in
    [
      row.tokenizer, row.language ?? "-", row.metric, "\(row.metricVersion)",
      row.value.map { "\($0)" } ?? "null", row.low.map { "\($0.bitPattern)" } ?? "-",
      row.high.map { "\($0.bitPattern)" } ?? "-", row.estimator.rawValue, row.unit, "\(row.n)",
      row.encodeMode.rawValue, row.nullReason ?? "-",
    ].joined(separator: "|")
  }
}

import Dispatch
import Glibc
import Metrics
import Studies
import Synchronization
import Tokenizers

/// Works a plan off: groups of cells in plan order, several at a time within a memory budget; every finished cell is
/// in the store before the next one of its group begins.
///
/// Results do not depend on the number of jobs, on the order of finishing or on how often the work was interrupted.
package final class SweepRun: Sendable {
  package struct Progress: Sendable {
    package var finished: Int
    package var total: Int
    package var text: String
  }

  private struct State {
    var next = 0
    var memory = 0
    var finished = 0
    var error: ToklabError?
  }

  private let plan: SweepPlan
  private let texts: SweepTexts
  private let store: SweepStore
  private let folder: TokenizerFolder
  private let jobs: Int
  private let memory: Int
  private let progress: @Sendable (Progress) -> Void
  private let state = Mutex(State())

  package init(
    _ plan: SweepPlan, _ texts: SweepTexts, _ store: SweepStore, _ folder: TokenizerFolder, jobs: Int,
    memory: Int,
    progress: @escaping @Sendable (Progress) -> Void
  ) {
    (self.plan, self.texts, self.store, self.folder) = (plan, texts, store, folder)
    (self.jobs, self.memory, self.progress) = (jobs, memory, progress)
  }

  /// - Returns: how many cells were computed now.
  /// - Throws: the first ``ToklabError`` of any job, once all have stopped; what is finished is kept.
  @discardableResult
  package func run() throws(ToklabError) -> Int {
    try checkContamination()
    let finished = try store.finished()
    let work = bundles(of: plan.cells.filter { !finished.contains($0.id) })
    let total = plan.cells.count
    state.withLock { $0.finished = finished.count }
    DispatchQueue.concurrentPerform(iterations: max(1, min(jobs, work.count))) { _ in
      while let index = take(work) {
        do throws(ToklabError) {
          try self.work(work[index], total: total)
        } catch {
          state.withLock { state in if state.error == nil { state.error = error } }
        }
        state.withLock { $0.memory -= need(work[index]) }
      }
    }
    if let error = state.withLock({ $0.error }) { throw error }
    return state.withLock { $0.finished } - finished.count
  }

  /// Cells whose trainings draw the same sample, by group.
  private typealias Bundle = [(group: SweepPlan.Group, cells: [SweepPlan.Cell])]

  /// Samples in plan order of their first cells; within each, groups and sizes in plan order.
  private func bundles(of cells: [SweepPlan.Cell]) -> [Bundle] {
    struct Sample: Hashable { let language: String, bytes: Int, seed: Int }
    var places: [Sample: Int] = [:]
    var bundles: [Bundle] = []
    for cell in cells {
      let group = cell.group
      let sample = Sample(language: group.language, bytes: group.trainingBytes, seed: group.seed)
      let place = places[sample] ?? bundles.count
      if place == bundles.count {
        places[sample] = place
        bundles.append([])
      }
      if bundles[place].last?.group == group {
        bundles[place][bundles[place].count - 1].cells.append(cell)
      } else {
        bundles[place].append((group, [cell]))
      }
    }
    return bundles
  }

  private func need(_ bundle: Bundle) -> Int {
    bundle.map {
      SweepTraining.memory(
        $0.group, bytes: texts.bytes($0.group, plan), textBytes: texts.trainingBytes[$0.group.language] ?? 0)
    }.max() ?? 0
  }

  /// The next bundle that fits beside what is being worked on; one that fits nowhere is worked on alone.
  private func take(_ work: [Bundle]) -> Int? {
    while true {
      let (index, isDone) = state.withLock { state -> (Int?, Bool) in
        guard state.error == nil, state.next < work.count else { return (nil, true) }
        let need = need(work[state.next])
        guard state.memory == 0 || state.memory + need <= memory else { return (nil, false) }
        state.memory += need
        state.next += 1
        return (state.next - 1, false)
      }
      if let index { return index }
      if isDone { return nil }
      usleep(20_000)
    }
  }

  // MARK: - Contamination

  private func checkContamination() throws(ToklabError) {
    var known = try store.contamination()
    let missing = plan.languages.filter { known[$0] == nil }
    let found = Mutex<[String: Contamination.Outcome]>([:])
    let failure = Mutex<ToklabError?>(nil)
    DispatchQueue.concurrentPerform(iterations: missing.count) { index in
      let language = missing[index]
      do throws(ToklabError) {
        let outcome = try Contamination.check(
          texts.evaluation[language]!, training: try texts.trainingText(language))
        found.withLock { $0[language] = outcome }
      } catch {
        failure.withLock { $0 = $0 ?? error.in(texts.trainingPaths[language]!) }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
    for language in missing {
      let outcome = found.withLock { $0[language]! }
      known[language] = outcome
      try store.keep(outcome, language)
    }
    for language in plan.languages {
      let outcome = known[language]!
      guard outcome.share > plan.contaminationLimit else { continue }
      throw ToklabError(
        file: texts.trainingPaths[language],
        "the training text of \(language) holds the beginnings of \(outcome.found) of \(outcome.checked) evaluation lines"
          + (outcome.firstLine.map { " (the first is line \($0))" } ?? ""),
        expected: "a share of at most \(plan.contaminationLimit)",
        advice: "take other training text, leave the language out, or raise contamination_limit in a new plan"
      )
    }
  }

  // MARK: - One sample

  private func work(_ bundle: Bundle, total: Int) throws(ToklabError) {
    let group = bundle[0].group
    let text = try texts.trainingText(group.language)
    let wanted = texts.bytes(group, plan)
    guard let bytes = SweepTexts.sample(text, bytes: wanted, seed: group.seed) else {
      let reason = "the training text has \(text.count) of \(wanted) bytes"
      for cell in bundle.flatMap(\.cells) {
        try keep(cell, SweepStore.Result(status: "unreachable", reason: reason), total)
      }
      return
    }
    let sample = SweepSample(bytes, language: group.language)
    for (group, cells) in bundle { try work(group, cells, sample, total: total) }
  }

  private func work(
    _ group: SweepPlan.Group, _ cells: [SweepPlan.Cell], _ sample: SweepSample, total: Int
  ) throws(ToklabError) {
    let evaluation = texts.evaluation[group.language]!
    var training: SweepTraining?
    func trained(_ size: Int) throws(ToklabError) -> SweepStore.Training {
      // What a killed sweep had trained already is used again.
      if let known = try store.training(group, size: size) { return known }
      let start = Measured.now
      if training == nil {
        training = try SweepTraining(group, largest: plan.vocabularySizes.last!, on: sample)
      }
      let (file, reached) = try training!.train(size: size)
      let result = SweepStore.Training(
        sha256: try folder.keep(file), size: reached, seconds: Measured.now - start,
        bytesUsed: sample.bytes.count)
      try store.keep(result, group, size: size)
      return result
    }
    var curve: TruncatedCounts?
    for cell in cells {
      if state.withLock({ $0.error != nil }) { return }
      let found: SweepStore.Training
      do throws(ToklabError) {
        found = try trained(group.algorithm.sizesArePrefixes ? plan.vocabularySizes.last! : cell.size)
      } catch
        where group.algorithm == .unigram && error.file == nil
        && error.found.hasPrefix("a vocabulary size of")
      {
        // More characters than the vocabulary has room for.
        let reason = error.found + "; expected " + (error.expected ?? "")
        try keep(cell, SweepStore.Result(status: "unreachable", reason: reason), total)
        continue
      }
      guard found.size >= cell.size else {
        try keep(
          cell,
          SweepStore.Result(
            status: "unreachable", sizeReached: found.size,
            reason: "the text fills \(found.size) of \(cell.size) tokens", training: found), total)
        continue
      }
      let start = Measured.now
      var result = SweepStore.Result(status: "done", sizeReached: cell.size, training: found)
      if group.algorithm.sizesArePrefixes {
        if curve == nil {
          curve = try TruncatedCounts(evaluation, with: MergeTruncation(folder.open(found.sha256)))
        }
        result.values = Self.values(TokenCount(tokens: curve!.count(at: cell.size)), evaluation)
      } else {
        let encoder = try DocumentEncoder(folder.open(found.sha256))
        var count = TokenCount()
        for line in 0..<evaluation.count {
          count += try evaluation.withLine(line) { (bytes) throws(ToklabError) in try encoder.count(bytes) }
        }
        result.values = Self.values(count, evaluation)
      }
      result.measureSeconds = Measured.now - start
      result.peakBytes = Measured.peakMemory
      try keep(cell, result, total)
    }
  }

  private func keep(_ cell: SweepPlan.Cell, _ result: SweepStore.Result, _ total: Int) throws(ToklabError) {
    try store.keep(cell, result)
    let finished = state.withLock { state in
      state.finished += 1
      return state.finished
    }
    let group = cell.group
    var text =
      "\(group.language) \(group.algorithm.rawValue) \(group.trainingBytes) bytes, \(cell.size) tokens"
    if group.seed != 0 || plan.seeds.count > 1 || !plan.languageSeeds.isEmpty {
      text += ", seed \(group.seed)"
    }
    if result.status != "done" { text += ": \(result.status)" }
    progress(Progress(finished: finished, total: total, text: text))
  }

  /// The metrics of `score premium` by their names and rules: every line encoded on its own.
  private static func values(_ count: TokenCount, _ text: TextLines) -> [SweepStore.Value] {
    let (tokens, lines) = (count.tokens, text.count)
    let bytes = text.bytes.count - text.bytes.count { $0 == 0x0A }
    let isVoid = count.unknown * 10 > tokens
    let reason = isVoid ? "more than 10 % of the tokens are unknown" : tokens == 0 ? "no tokens" : nil
    func value(_ metric: String, _ value: Double, _ unit: String) -> SweepStore.Value {
      .init(metric: metric, value: reason == nil ? value : nil, unit: unit, n: lines, nullReason: reason)
    }
    return [
      .init(metric: "corpus_token_count", value: Double(tokens), unit: "tokens", n: lines),
      value("tokens_per_line", Double(tokens) / Double(lines), "tokens/line"),
      value("bytes_per_token", Double(bytes) / Double(max(1, tokens)), "bytes/token"),
      .init(
        metric: "unknown_rate", value: tokens == 0 ? 0 : Double(count.unknown) / Double(tokens),
        unit: "share", n: lines),
    ]
  }
}

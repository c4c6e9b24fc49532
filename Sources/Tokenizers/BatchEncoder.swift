import Dispatch
import Synchronization

/// Encodes many documents, or long ones, on several threads; results come in input order and do not depend
/// on the number of threads.
///
/// Work is cut into units of about 256 KiB: neighbouring short documents together, long documents apart at
/// places where the pre-tokenizer proves a cut exact (``PreTokenizer/cut(_:from:to:)``). Units are handed out
/// by one atomic counter. Encoders and their caches live as long as this object.
public final class BatchEncoder {
  private static let unitBytes = 1 << 18

  /// Ids of all documents one after another.
  public struct Result: Sendable {
    public var ids: [TokenID]
    /// For each document the end of its ids.
    public var ends: [Int]

    public subscript(document: Int) -> ArraySlice<TokenID> {
      ids[(document == 0 ? 0 : ends[document - 1])..<ends[document]]
    }
  }

  private let options: EncodeOptions
  private let tokenizer: Tokenizer
  private let encoders: [DocumentEncoder]

  public init(
    _ tokenizer: Tokenizer, options: EncodeOptions = EncodeOptions(), threads: Int
  ) throws(ToklabError) {
    precondition(threads > 0)
    self.tokenizer = tokenizer
    self.options = options
    var encoders: [DocumentEncoder] = []
    for _ in 0..<threads { encoders.append(try DocumentEncoder(tokenizer, options: options)) }
    self.encoders = encoders
  }

  /// - Parameters:
  ///   - documents: ranges of `text`, in the order of the results.
  ///   - first: the number of the first document within its input, for random choices.
  /// - Throws: the error of the first document that has one; its byte position is relative to `text`.
  public func encode(
    _ text: UnsafeBufferPointer<UInt8>, documents: [Range<Int>], first: Int = 0
  ) throws(ToklabError) -> Result {
    let units = try plan(text, documents)
    let outputs = units.map { _ in TokenBuffer(capacity: 16) }
    let counts = Slots<[Int]>(units.count, initial: [])
    try run(units) { (unit, index, encoder) throws(ToklabError) in
      let output = outputs[index]
      switch unit {
      case .documents(let range):
        var ends: [Int] = []
        // About what text takes, so that the buffer does not grow a step at a time.
        output.reserve(range.reduce(0) { $0 + documents[$1].count } / 4)
        for document in range {
          do throws(ToklabError) {
            try encoder.encode(
              UnsafeBufferPointer(rebasing: text[documents[document]]), into: output, number: first + document
            )
          } catch { throw error.shifted(by: documents[document].lowerBound) }
          ends.append(output.count)
        }
        counts[index] = ends
      case .plain(let range, _):
        try encoder.encodePlain(UnsafeBufferPointer(rebasing: text[range]), into: output)
      case .tokens(let ids, _): for id in ids { output.append(id) }
      }
    }
    let total = outputs.reduce(0) { $0 + $1.count }
    var ends: [Int] = []
    ends.reserveCapacity(documents.count)
    let ids = [TokenID](unsafeUninitializedCapacity: total) { buffer, initialized in
      for (index, unit) in units.enumerated() {
        let output = outputs[index]
        if output.count > 0 {
          (buffer.baseAddress! + initialized).initialize(from: output.base, count: output.count)
        }
        switch unit {
        case .documents: for end in counts[index] { ends.append(initialized + end) }
        case .plain(_, let isLast), .tokens(_, let isLast):
          if isLast { ends.append(initialized + output.count) }
        }
        initialized += output.count
      }
    }
    return Result(ids: ids, ends: ends)
  }

  /// Token counts of the documents, without storing ids.
  public func count(
    _ text: UnsafeBufferPointer<UInt8>, documents: [Range<Int>], first: Int = 0
  ) throws(ToklabError) -> [TokenCount] {
    let units = try plan(text, documents)
    let counts = Slots<[TokenCount]>(units.count, initial: [])
    try run(units) { (unit, index, encoder) throws(ToklabError) in
      switch unit {
      case .documents(let range):
        var list: [TokenCount] = []
        for document in range {
          do throws(ToklabError) {
            list.append(
              try encoder.count(
                UnsafeBufferPointer(rebasing: text[documents[document]]), number: first + document))
          } catch { throw error.shifted(by: documents[document].lowerBound) }
        }
        counts[index] = list
      case .plain(let range, _):
        counts[index] = [try encoder.countPlain(UnsafeBufferPointer(rebasing: text[range]))]
      case .tokens(let ids, _): counts[index] = [TokenCount(tokens: ids.count)]
      }
    }
    var result: [TokenCount] = []
    result.reserveCapacity(documents.count)
    var open = TokenCount()
    for (index, unit) in units.enumerated() {
      switch unit {
      case .documents: result += counts[index]
      case .plain(_, let isLast), .tokens(_, let isLast):
        open += counts[index][0]
        if isLast {
          result.append(open)
          open = TokenCount()
        }
      }
    }
    return result
  }

  /// Whether a document's ids depend on what came before in it.
  private var drawsLots: Bool {
    let own = (tokenizer.model as? BytePairModel)?.definition.dropout
    return (options.dropout ?? own ?? 0) > 0 || options.sampling != nil
  }

  private enum Unit {
    /// Whole documents.
    case documents(Range<Int>)
    /// A cut of a long document, in bytes of the text; whether it ends the document.
    case plain(Range<Int>, isLast: Bool)
    /// Added tokens between cuts of a long document.
    case tokens([TokenID], isLast: Bool)
  }

  private func plan(_ text: UnsafeBufferPointer<UInt8>, _ documents: [Range<Int>]) throws(ToklabError)
    -> [Unit]
  {
    var units: [Unit] = []
    var open = 0
    var size = 0
    let cuts = encoders.count > 1 && encoders[0].cutsPlainParts && !drawsLots
    for (index, document) in documents.enumerated() {
      if cuts, document.count > 2 * Self.unitBytes {
        if open < index { units.append(.documents(open..<index)) }
        try planLong(text, document, into: &units)
        open = index + 1
        size = 0
        continue
      }
      size += document.count
      if size >= Self.unitBytes {
        units.append(.documents(open..<index + 1))
        open = index + 1
        size = 0
      }
    }
    if open < documents.count { units.append(.documents(open..<documents.count)) }
    return units
  }

  private func planLong(
    _ text: UnsafeBufferPointer<UInt8>, _ document: Range<Int>, into units: inout [Unit]
  ) throws(ToklabError) {
    let prefix = options.addSpecialTokens ? tokenizer.postProcessing.prefix : []
    let suffix = options.addSpecialTokens ? tokenizer.postProcessing.suffix : []
    if !prefix.isEmpty { units.append(.tokens(prefix, isLast: false)) }
    for part in try encoders[0].rawParts(of: UnsafeBufferPointer(rebasing: text[document])) {
      let range = document.lowerBound + part.range.lowerBound..<document.lowerBound + part.range.upperBound
      if let token = part.token {
        units.append(.tokens([token], isLast: false))
        continue
      }
      let plain = UnsafeBufferPointer(rebasing: text[range])
      var start = 0
      while plain.count - start > 2 * Self.unitBytes,
        let cut = tokenizer.scannerPreTokenizer?.cut(
          plain, from: start + Self.unitBytes, to: start + 2 * Self.unitBytes)
      {
        units.append(.plain(range.lowerBound + start..<range.lowerBound + cut, isLast: false))
        start = cut
      }
      units.append(.plain(range.lowerBound + start..<range.upperBound, isLast: false))
    }
    units.append(.tokens(suffix, isLast: true))
  }

  private func run(
    _ units: [Unit], _ body: (Unit, Int, DocumentEncoder) throws(ToklabError) -> Void
  ) throws(ToklabError) {
    let errors = Slots<ToklabError?>(units.count, initial: nil)
    let next = Atomic<Int>(0)
    let workers = min(encoders.count, units.count)
    withoutActuallyEscaping(body) { body in
      let work = SharedWork(encoders: encoders, body: body)
      DispatchQueue.concurrentPerform(iterations: workers) { worker in
        while true {
          let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
          if index >= units.count { return }
          do throws(ToklabError) {
            try work.body(units[index], index, work.encoders[worker])
          } catch { errors[index] = error }
        }
      }
    }
    for index in units.indices { if let error = errors[index] { throw error } }
  }

  /// Worker `i` alone touches encoder `i`, and unit results go to slots of their own.
  private struct SharedWork: @unchecked Sendable {
    let encoders: [DocumentEncoder]
    let body: (Unit, Int, DocumentEncoder) throws(ToklabError) -> Void
  }
}

/// Results of parallel work, one slot an item: each slot is written by one worker and read after all are done.
package final class Slots<Element>: @unchecked Sendable {
  private let base: UnsafeMutablePointer<Element>
  private let count: Int

  package init(_ count: Int, initial: Element) {
    self.count = count
    base = .allocate(capacity: max(1, count))
    base.initialize(repeating: initial, count: count)
  }

  deinit {
    base.deinitialize(count: count)
    base.deallocate()
  }

  package subscript(index: Int) -> Element {
    get {
      precondition(index >= 0 && index < count)
      return base[index]
    }
    set {
      precondition(index >= 0 && index < count)
      base[index] = newValue
    }
  }
}

import Glibc
import Tokenizers

/// A ``ByteModel`` at work on one text: the covers of the bytes so far and what is known of their weights.
///
/// Nodes of the cover tree have a weight, the log-probability of their tokens; it is known once the parent
/// has been evaluated, that is, the model was asked for the row after the parent's tokens. A node with a
/// weight that was not evaluated is *deferred*: all that can come of it, its own last tokens and its
/// descendants, is at most its weight. So the sum over deferred nodes bounds what is missing, at any time.
///
/// Nothing is asked until a result is asked for. Then, with tolerance 0, all live nodes are evaluated in one
/// batch; else the heaviest deferred node, until what is missing is below the tolerance.
public final class ByteState {
  private let owner: ByteModel
  private let tracksTotal: Bool
  private var covers: CoverEncodings
  /// Tokens before the tree's first node.
  private var prefix: [TokenID]
  /// By node; NaN where it is not known.
  private var weights: [Double]
  private var isEvaluated: [Bool]
  /// By node, for models that give the probabilities of some tokens only: the log of what the others have.
  private var unknown: [Double]
  private var validities: [ValidityState?]
  /// Of live heads.
  private var scores: [Int: NextTokenScores] = [:]
  /// The logarithm of the mass that a beam has dropped.
  private var logPruned = -Double.infinity
  private var beam: Int
  /// Bytes before the text, of ``ByteVocabulary/leading``.
  private var leading = 0

  /// Rows asked for at once.
  private static let batch = 64

  init(_ owner: ByteModel, context: [TokenID], tracksTotal: Bool) {
    self.owner = owner
    self.tracksTotal = tracksTotal
    covers = CoverEncodings(owner.vocabulary, owner.validity)
    prefix = context
    weights = [0]
    isEvaluated = [false]
    unknown = [-.infinity]
    validities = [covers.heads[0].validity]
    beam = owner.options.beam ?? ByteModel.coverLimit
    // What the tokenizer puts before a text is the beginning of what is covered.
    let leading = owner.vocabulary.leading
    do throws(ToklabError) {
      for byte in leading { try step(byte) }
      self.leading = leading.count
    } catch { self.leading = 0 }
  }

  /// The number of bytes appended.
  public var count: Int { covers.count - leading }

  /// The ids that end a text for the model.
  public var endTokens: [TokenID] { owner.vocabulary.endTokens }

  /// The number of live heads.
  public var headCount: Int { covers.heads.count }

  private var vocabulary: ByteVocabulary { owner.vocabulary }

  /// - Throws: ``ToklabError`` naming the byte, counted from the first one appended, that no token can give.
  public func append(_ bytes: some Sequence<UInt8>) throws(ToklabError) {
    for byte in bytes { try append(byte) }
  }

  public func append(_ byte: UInt8) throws(ToklabError) {
    do throws(ToklabError) { try step(byte) } catch { throw error.shifted(by: -leading) }
  }

  private func step(_ byte: UInt8) throws(ToklabError) {
    let old = covers.heads
    let born: Range<Int>
    do throws(ToklabError) { born = try covers.append(byte) } catch {
      guard logPruned > -.infinity else { throw error }
      var explained = error
      explained.advice = "the beam has dropped sequences that may go on with it; give a wider --beam"
      throw explained
    }
    for node in born {
      let parent = Int(covers.nodes[node].parent)
      weights.append(
        scores[parent].map { weights[parent] + $0.log(covers.nodes[node].token, vocabulary) } ?? .nan)
      isEvaluated.append(false)
      unknown.append(-.infinity)
    }
    for head in covers.heads.suffix(born.count) { validities.append(head.validity) }
    dropScores(of: old)
    if owner.options.quantity == .all, covers.heads.count > beam { try prune() }
    if !tracksTotal || covers.nodes.count > 1024 { try rebase() }
  }

  /// Frees the rows of heads that are gone.
  private func dropScores(of heads: [CoverEncodings.Head]) {
    let live = Set(covers.heads.map(\.node))
    for head in heads where !live.contains(head.node) { scores[head.node] = nil }
  }

  /// Makes what is certain part of the prefix.
  private func rebase() throws(ToklabError) {
    let trunk = covers.trunk
    guard trunk > 0 else { return }
    if tracksTotal {
      let path = covers.livePaths(from: 0).filter { $0 < trunk }
      guard try evaluate(path.filter { !isEvaluated[$0] }) else { return }
    } else if weights[trunk].isNaN {
      weights[trunk] = 0
    }
    let (path, numbers) = covers.rebase(to: trunk)
    prefix += path
    var newScores: [Int: NextTokenScores] = [:]
    var (newWeights, newEvaluated, newUnknown) = ([Double](), [Bool](), [Double]())
    var newValidities: [ValidityState?] = []
    for (node, number) in numbers.enumerated() where number >= 0 {
      newWeights.append(weights[node])
      newEvaluated.append(isEvaluated[node])
      newUnknown.append(unknown[node])
      newValidities.append(validities[node])
      if let score = scores[node] { newScores[Int(number)] = score }
    }
    (weights, isEvaluated, validities, scores) = (newWeights, newEvaluated, newValidities, newScores)
    unknown = newUnknown
  }

  private func context(of node: Int) -> [TokenID] {
    let tokens = covers.tokens(of: node)
    guard let horizon = owner.model.facts.horizon else { return prefix + tokens }
    return Array((prefix.suffix(max(0, horizon - tokens.count)) + tokens).suffix(horizon))
  }

  /// Asks the model for the rows after these nodes and gives their children weights.
  ///
  /// - Parameter nodes: in order, so that a parent has its weight before it gives its children theirs.
  /// - Returns: whether the model could answer for all of them.
  @discardableResult
  private func evaluate(_ nodes: [Int]) throws(ToklabError) -> Bool {
    let facts = owner.model.facts
    var answered = true
    var askable: [(node: Int, context: [TokenID])] = []
    for node in nodes {
      let context = context(of: node)
      guard !context.isEmpty || facts.answersEmptyContext else {
        throw ToklabError(
          "nothing before the first token", expected: "a begin token or a longer prompt",
          advice: "the model gives no probabilities without any context")
      }
      if owner.model.model.canAnswer(context) { askable.append((node, context)) } else { answered = false }
    }
    let live = Set(covers.heads.map(\.node))
    for start in stride(from: 0, to: askable.count, by: Self.batch) {
      let part = askable[start..<min(start + Self.batch, askable.count)]
      let rows = try owner.model.rows(after: part.map(\.context))
      let isPartial = try acceptsPartialRows()
      for ((node, _), row) in zip(part, rows) {
        let validity = validities[node]!
        let score = NextTokenScores(
          row: row, mask: owner.validity.mask(validity), isComplete: validity.isComplete,
          normalizes: owner.options.quantity == .canonical,
          countsDuplicates: owner.validity.admitsDuplicates, vocabulary)
        isEvaluated[node] = true
        if isPartial { unknown[node] = NaturalLogarithm.of(max(0, 1 - exp(LogProbabilities.sum(row)))) }
        if live.contains(node) { scores[node] = score }
        var child = covers.nodes[node].firstChild
        while child >= 0 {
          weights[Int(child)] = weights[node] + score.log(covers.nodes[Int(child)].token, vocabulary)
          child = covers.nodes[Int(child)].nextSibling
        }
      }
    }
    return answered
  }

  /// Whether rows hold some tokens only, and if so whether a bound from below is wanted.
  private func acceptsPartialRows() throws(ToklabError) -> Bool {
    guard owner.model.facts.isPartial else { return false }
    guard owner.options.tolerance > 0 else {
      throw ToklabError(
        "a model that gives the scores of its top tokens only", expected: "the scores of all tokens",
        advice: "a --tolerance above 0 accepts a lower bound")
    }
    guard owner.options.quantity != .canonical else {
      throw ToklabError(
        "a model that gives the scores of its top tokens only", expected: "quantity valid or all",
        advice: "what canonical divides by is not known without the others")
    }
    return true
  }

  /// Evaluates until the tolerance is met.
  ///
  /// - Parameter exactHeads: whether heads that end with the text are needed too.
  /// - Returns: the log of what is known and of what is missing at most.
  private func resolve(exactHeads: Bool) throws(ToklabError) -> (known: Double, missing: Double) {
    let exact = exactHeads ? [] : Set(covers.heads.filter { $0.split == covers.count }.map(\.node))
    var refused: Set<Int> = []
    while true {
      let open = covers.livePaths(from: 0).filter {
        !isEvaluated[$0] && !exact.contains($0) && !refused.contains($0)
      }
      let tolerance = owner.options.tolerance
      if tolerance == 0 {
        let asked = open.filter { canReach($0, refused) }
        if asked.isEmpty { return masses(exactHeads: exactHeads, exact) }
        if try !evaluate(asked) { for node in asked where !isEvaluated[node] { refused.insert(node) } }
        continue
      }
      let (known, missing) = masses(exactHeads: exactHeads, exact)
      let bound = exp(missing - LogProbabilities.sum(known, missing))
      let frontier = open.filter { !weights[$0].isNaN }
      if bound <= tolerance || frontier.isEmpty { return (known, missing) }
      // The heaviest, the first of equal ones.
      let heaviest = frontier.reduce(frontier[0]) { weights[$1] > weights[$0] ? $1 : $0 }
      if try !evaluate([heaviest]) { refused.insert(heaviest) }
    }
  }

  /// Whether no node above has been refused.
  private func canReach(_ node: Int, _ refused: Set<Int>) -> Bool {
    if refused.isEmpty { return true }
    var node = Int(covers.nodes[node].parent)
    while node >= 0 {
      if refused.contains(node) { return false }
      node = Int(covers.nodes[node].parent)
    }
    return true
  }

  /// The log of the mass of the evaluated heads, and of the deferred nodes with what a beam dropped.
  private func masses(exactHeads: Bool, _ exact: Set<Int>) -> (known: Double, missing: Double) {
    var known: [Double] = []
    for head in covers.heads {
      let weight = weights[head.node]
      if weight.isNaN { continue }
      if head.split == covers.count {
        if exact.contains(head.node) || isEvaluated[head.node] { known.append(weight) }
      } else if let score = scores[head.node] {
        known.append(weight + score.log(covers.extending(head), vocabulary))
      }
    }
    var missing = [logPruned]
    for node in covers.livePaths(from: 0)
    where !weights[node].isNaN && !isEvaluated[node] && !exact.contains(node) {
      missing.append(weights[node])
    }
    if owner.model.facts.isPartial {
      for node in covers.livePaths(from: 0) where isEvaluated[node] && !weights[node].isNaN {
        missing.append(weights[node] + unknown[node])
      }
    }
    return (LogProbabilities.sum(known), LogProbabilities.sum(missing))
  }

  private func exactness(_ known: Double, _ missing: Double) -> Exactness {
    guard owner.validity.isExact, !owner.model.facts.isPartial else { return .lowerBound }
    guard missing > -.infinity else { return .exact }
    return .bounded(min(1, exp(missing - LogProbabilities.sum(known, missing))))
  }

  /// log P(x) of the bytes so far: the probability that a text begins with them.
  public func logProbability() throws(ToklabError) -> (log: Double, exactness: Exactness) {
    precondition(tracksTotal, "a state that tracks its total")
    let (known, missing) = try resolve(exactHeads: false)
    return (known, exactness(known, missing))
  }

  /// What may come next.
  ///
  /// - Throws: what the model throws, and ``ToklabError`` when nothing can come next.
  public func distribution() throws(ToklabError) -> ByteDistribution {
    let (_, missing) = try resolve(exactHeads: true)
    var terms = [[Double]](repeating: [], count: ByteDistribution.slotCount)
    let trie = vocabulary.ranges.trie
    for head in covers.heads {
      guard let score = scores[head.node], !weights[head.node].isNaN else { continue }
      let weight = weights[head.node]
      for (byte, state) in trie.children(of: head.state) {
        let value = score.log(vocabulary.ranges.range(of: state), vocabulary)
        if value > -.infinity { terms[Int(byte)].append(weight + value) }
      }
      if head.split == covers.count {
        terms[ByteDistribution.endSlot].append(weight + score.logEnd)
        terms[ByteDistribution.specialSlot].append(weight + score.logSpecial)
      }
    }
    let slots = terms.map { LogProbabilities.sum($0) }
    var result = ByteDistribution(
      slots: slots, exactness: exactness(LogProbabilities.sum(slots), missing))
    // A lower bound of a share is a lower bound of the part by an upper bound of the whole.
    guard result.normalize(beside: owner.model.facts.isPartial ? missing : -.infinity) else {
      throw ToklabError(
        "nothing can follow byte \(count)", expected: "a continuation with a positive probability",
        advice: owner.model.facts.isPartial
          ? "none of the model's top tokens goes on with the text; ask for more of them"
          : missing > -.infinity
            ? "the contexts it needs are not in the recording"
            : "the model gives none to any token here")
    }
    return result
  }

  /// The probability that a token ends where the text ends, given the text: the share of the sequences of exactly
  /// these bytes in all that begin with them.
  ///
  /// No answer within a tolerance below this share is possible without a context that ends here: what follows these
  /// sequences is not known before the model is asked, and may be anything. So over a text the number of bytes where
  /// it lies above the tolerance is the least number of contexts with which any method can certify it.
  ///
  /// - Returns: the share of what is known, which is all of it at tolerance 0.
  public func boundaryProbability() throws(ToklabError) -> Double {
    let exact = Set(covers.heads.filter { $0.split == covers.count }.map(\.node))
    let (known, _) = try resolve(exactHeads: true)
    let ending = exact.map { weights[$0] }.filter { !$0.isNaN }
    return exp(LogProbabilities.sum(ending.sorted()) - known)
  }

  /// Drops all heads but the best.
  private func prune() throws(ToklabError) {
    if owner.options.beam == nil { beam = ByteModel.defaultBeam }
    let exact = Set(covers.heads.filter { $0.split == covers.count }.map(\.node))
    try evaluate(covers.livePaths(from: 0).filter { !isEvaluated[$0] && !exact.contains($0) })
    let ranked = covers.heads.indices.map { index -> (mass: Double, index: Int) in
      let head = covers.heads[index]
      let weight = weights[head.node].isNaN ? -Double.infinity : weights[head.node]
      guard head.split < covers.count else { return (weight, index) }
      guard let score = scores[head.node] else { return (weight, index) }
      return (weight + score.log(covers.extending(head), vocabulary), index)
    }.sorted { $0.mass != $1.mass ? $0.mass > $1.mass : $0.index < $1.index }
    var kept = Array(ranked.prefix(beam))
    var dropped = Array(ranked.dropFirst(beam))
    // A head that ends with the text can go on with any byte that is a token; without one a narrow beam
    // may have no way on.
    func isExact(_ entry: (mass: Double, index: Int)) -> Bool {
      covers.heads[entry.index].split == covers.count
    }
    if !kept.contains(where: isExact), let rescued = dropped.firstIndex(where: isExact) {
      let entry = dropped.remove(at: rescued)
      dropped.append(kept.removeLast())
      kept.append(entry)
    }
    logPruned = LogProbabilities.sum([logPruned] + dropped.map(\.mass))
    let old = covers.heads
    covers.keep(kept.map(\.index).sorted())
    dropScores(of: old)
  }

  /// One way the text so far may be tokenized.
  public struct Cover: Sendable {
    /// The tokens whose bytes are all in the text.
    public var tokens: [TokenID]
    /// Bytes of the text that belong to a token not ended yet.
    public var pending: [UInt8]
    /// The log of its share among all covers of the text; nil where it was not evaluated.
    public var logWeight: Double?
    /// The number of tokens that may end it; 0 for one that ends with the text.
    public var candidates: Int
  }

  /// The heads with their shares, earlier splits first, and the tokens that are certain in all of them.
  public func coverList() throws(ToklabError) -> (certain: [TokenID], covers: [Cover], exactness: Exactness) {
    let (known, missing) = try resolve(exactHeads: false)
    var list: [Cover] = []
    for head in covers.heads {
      let tokens = covers.tokens(of: head.node)
      var weight: Double? = weights[head.node].isNaN ? nil : weights[head.node]
      var candidates = 0
      if head.split < covers.count {
        let mask = owner.validity.mask(head.validity)
        candidates = covers.extending(head).count { mask[$0] }
        weight = weight.flatMap { weight in
          scores[head.node].map { weight + $0.log(covers.extending(head), vocabulary) }
        }
      }
      list.append(
        Cover(
          tokens: tokens, pending: pending(head), logWeight: weight.map { $0 - known },
          candidates: candidates))
    }
    return (prefix, list, exactness(known, missing))
  }

  /// The tokens that are certain, and the bytes after them.
  public func split() -> (certain: [TokenID], undecided: Int) {
    let trunk = covers.trunk
    return (prefix + covers.tokens(of: trunk), min(count, covers.count - covers.nodes[trunk].end))
  }

  private func pending(_ head: CoverEncodings.Head) -> [UInt8] {
    let rank = vocabulary.ranges.range(of: head.state).lowerBound
    let token = TokenID(vocabulary.tokenAtRank[rank])
    return Array(vocabulary.vocabulary[token].prefix(covers.count - head.split))
  }
}

import Tokenizers

/// Which tokens may follow which: the difference between all token sequences and those an encoder makes.
///
/// A sequence c is *viable* when some text r makes the encoding of κ(c)·r begin with c, κ(c) being its
/// bytes; it is *complete* when the encoding of κ(c) is c. Viable sequences are closed under prefixes, so
/// the walk from token to token stays among them.
public protocol TokenValidity: AnyObject {
  /// Whether ``isViable(_:_:)`` decides viability for certain.
  var isExact: Bool { get }

  /// The empty sequence, at the beginning of a text or after a hard boundary.
  func start() -> ValidityState

  /// Whether a viable sequence stays viable with one more token of text.
  func isViable(_ state: ValidityState, _ token: TokenID) -> Bool

  /// The sequence with one more token; nil when it is not viable.
  func advanced(_ state: ValidityState, by token: TokenID) -> ValidityState?

  /// Whether tokens with the bytes of another may follow where that one may.
  var admitsDuplicates: Bool { get }

  /// All tokens that may follow, by their ranks in byte order.
  func mask(_ state: ValidityState) -> ViabilityMask
}

extension TokenValidity {
  public var admitsDuplicates: Bool { false }
}

/// A viable sequence, as far as it matters for what may follow.
open class ValidityState {
  /// Whether the sequence is the encoding of its bytes, so that the text may end here.
  public let isComplete: Bool
  /// Kept once it was asked for.
  var knownMask: ViabilityMask?

  public init(isComplete: Bool) { self.isComplete = isComplete }
}

/// One bit a rank.
public final class ViabilityMask: Sendable {
  let words: [UInt64]

  init(count: Int, _ isSet: (Int) -> Bool) {
    var words = [UInt64](repeating: 0, count: (count + 63) / 64)
    for rank in 0..<count where isSet(rank) { words[rank >> 6] |= 1 << UInt64(rank & 63) }
    self.words = words
  }

  public subscript(rank: Int) -> Bool { words[rank >> 6] >> UInt64(rank & 63) & 1 != 0 }
}

/// Every token may follow every other: the sequences of quantity *all*.
public final class EverySequence: TokenValidity {
  private let state = ValidityState(isComplete: true)

  public init(_ vocabulary: ByteVocabulary) {
    state.knownMask = ViabilityMask(count: vocabulary.tokenAtRank.count) { rank in
      vocabulary.rankOfToken[Int(vocabulary.tokenAtRank[rank])] >= 0
    }
  }

  public var isExact: Bool { true }
  public var admitsDuplicates: Bool { true }
  public func start() -> ValidityState { state }
  public func isViable(_ state: ValidityState, _ token: TokenID) -> Bool { true }
  public func advanced(_ state: ValidityState, by token: TokenID) -> ValidityState? { state }
  public func mask(_ state: ValidityState) -> ViabilityMask { self.state.knownMask! }
}

/// The tokens of one document.
public struct Encoding: Sendable, Equatable {
  public var ids: [TokenID]
  /// For each token the range of bytes of the document it came from; empty when not asked for.
  public var offsets: [Range<Int>]

  public init(ids: [TokenID], offsets: [Range<Int>] = []) {
    self.ids = ids
    self.offsets = offsets
  }
}

/// What of the special tokens in a text is recognised. Added tokens that are not special always are.
public enum SpecialTokenPolicy: Sendable, Hashable {
  /// Text that looks like a special token is plain text.
  case none
  case all
  /// Only special tokens with these contents.
  case only(Set<[UInt8]>)
}

/// How to encode.
public struct EncodeOptions: Sendable, Hashable {
  public enum Algorithm: String, Sendable, Hashable, CaseIterable {
    /// The fastest exact engine for the model and the piece.
    case auto
    /// The definition, in `Reference/`: slow, for checking.
    case reference
  }

  /// Adds what the post-processor adds (`[CLS]`, `<s>`, …).
  public var addSpecialTokens: Bool
  public var specialTokens: SpecialTokenPolicy
  public var algorithm: Algorithm
  /// BPE dropout in 0...1; nil takes the model's own.
  public var dropout: Double?
  /// Draws a unigram model's path with probability proportional to exp(θ · score) instead of taking the best
  /// (subword regularization, Kudo 2018); nil takes the best.
  public var sampling: Double?
  /// Seeds dropout and sampling.
  public var seed: UInt64
  /// What becomes of a document that is not UTF-8, where the tokenizer encodes any bytes.
  public var malformedText: MalformedText

  public init(
    addSpecialTokens: Bool = false, specialTokens: SpecialTokenPolicy = .none,
    algorithm: Algorithm = .auto, dropout: Double? = nil, sampling: Double? = nil, seed: UInt64 = 0,
    malformedText: MalformedText = .pieces
  ) {
    self.addSpecialTokens = addSpecialTokens
    self.specialTokens = specialTokens
    self.algorithm = algorithm
    self.dropout = dropout
    self.sampling = sampling
    self.seed = seed
    self.malformedText = malformedText
  }
}

/// A growing buffer of token ids that encoders write into.
///
/// Unsafe: raw memory, so that the hot loops store without bounds checks after one ``reserve(_:)`` per
/// piece; 1.3 times `Array.append` on a cl100k encode.
public final class TokenBuffer {
  package private(set) var base: UnsafeMutablePointer<TokenID>
  package var count: Int = 0
  package private(set) var capacity: Int

  public init(capacity: Int = 1024) {
    self.capacity = max(16, capacity)
    base = .allocate(capacity: self.capacity)
  }

  deinit { base.deallocate() }

  /// Makes room for `extra` more ids.
  @inline(__always)
  package func reserve(_ extra: Int) {
    if count &+ extra > capacity { grow(count &+ extra) }
  }

  private func grow(_ needed: Int) {
    var size = capacity
    while size < needed { size *= 2 }
    let new = UnsafeMutablePointer<TokenID>.allocate(capacity: size)
    new.update(from: base, count: count)
    base.deallocate()
    base = new
    capacity = size
  }

  @inline(__always)
  package func append(_ id: TokenID) {
    reserve(1)
    base[count] = id
    count &+= 1
  }

  public func removeAll() { count = 0 }

  package func removeLast() {
    precondition(count > 0)
    count -= 1
  }

  public var ids: [TokenID] { Array(UnsafeBufferPointer(start: base, count: count)) }

  public var buffer: UnsafeBufferPointer<TokenID> { UnsafeBufferPointer(start: base, count: count) }
}

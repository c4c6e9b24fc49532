/// One merge of a batch: `left` and `right` became `id` where they stood together `count` times.
public struct DynamicMerge: Sendable, Hashable {
  public var left: TokenID
  public var right: TokenID
  public var id: TokenID
  /// Overlaps counted: "aaa" holds "aa" twice.
  public var count: Int

  public init(left: TokenID, right: TokenID, id: TokenID, count: Int) {
    self.left = left
    self.right = right
    self.id = id
    self.count = count
  }
}

/// A token that a batch came to use.
public struct DynamicToken: Sendable, Hashable {
  public var id: TokenID
  public var bytes: [UInt8]
  /// The base tokens it was made of, so that their embeddings can be averaged or a predictor asked; a base
  /// token is made of itself.
  public var parts: [TokenID]

  public init(id: TokenID, bytes: [UInt8], parts: [TokenID]) {
    self.id = id
    self.bytes = bytes
    self.parts = parts
  }
}

/// What became of one batch of sequences.
public struct DynamicBatch: Sendable, Hashable {
  public var tokensBefore: Int
  public var merges: [DynamicMerge]
  /// The tokens of the batch after each merge.
  public var lengths: [Int]
  public var sequences: [[TokenID]]
  /// Every id of the sequences, ascending.
  public var vocabulary: [DynamicToken]

  public var tokensAfter: Int { lengths.last ?? tokensBefore }

  init(
    tokensBefore: Int, merges: [DynamicMerge], lengths: [Int], sequences: [[TokenID]],
    tokens: DynamicTokenTable
  ) {
    self.tokensBefore = tokensBefore
    self.merges = merges
    self.lengths = lengths
    self.sequences = sequences
    let used = Set(sequences.joined()).sorted()
    vocabulary = used.map { DynamicToken(id: $0, bytes: tokens.bytes(of: $0), parts: tokens.parts(of: $0)) }
  }
}

/// The tokens of a batch: those of the base vocabulary, and the ones made so far.
struct DynamicTokenTable {
  private struct Made {
    var bytes: [UInt8]
    var surface: [UInt8]
    var parts: [TokenID]
  }

  let surfaces: TokenSurfaces
  private var made: [Made] = []
  private var ids: [[UInt8]: TokenID] = [:]

  init(_ surfaces: TokenSurfaces) { self.surfaces = surfaces }

  func isMergeable(_ id: TokenID) -> Bool {
    Int(id) >= surfaces.capacity || surfaces.isMergeable(id)
  }

  func bytes(of id: TokenID) -> [UInt8] {
    Int(id) < surfaces.capacity ? surfaces.bytes(of: id) : made[Int(id) - surfaces.capacity].bytes
  }

  func surface(of id: TokenID) -> [UInt8] {
    Int(id) < surfaces.capacity
      ? surfaces.surface(of: surfaces.bytes(of: id)) : made[Int(id) - surfaces.capacity].surface
  }

  func parts(of id: TokenID) -> [TokenID] {
    Int(id) < surfaces.capacity ? [id] : made[Int(id) - surfaces.capacity].parts
  }

  /// Whether two tokens may become one.
  func allows(_ left: TokenID, _ right: TokenID, _ validity: PairValidity) throws(ToklabError) -> Bool {
    guard isMergeable(left), isMergeable(right), surfaces.joined(bytes(of: left), bytes(of: right)) != nil
    else { return false }
    return try validity.allows(surface(of: left), surface(of: right))
  }

  /// The id of two tokens joined: the base vocabulary's where it has the bytes, else the batch's own.
  mutating func join(_ left: TokenID, _ right: TokenID) -> TokenID {
    guard let bytes = surfaces.joined(bytes(of: left), bytes(of: right)) else { return left }
    if let id = surfaces.id(of: bytes) ?? ids[bytes] { return id }
    let id = TokenID(surfaces.capacity + made.count)
    ids[bytes] = id
    made.append(
      Made(
        bytes: bytes, surface: surface(of: left) + surface(of: right),
        parts: parts(of: left) + parts(of: right)
      ))
    return id
  }
}

import Tokenizers

/// Vectors of texts in a space of their own: what TokenAdapt, FOCUS and their like compare tokens by.
public protocol AuxiliaryVectors: Sendable {
  var dimensions: Int { get }
  /// One row a text; zeros for a text without a vector.
  func vectors(for texts: [[UInt8]]) throws(ToklabError) -> Matrix
}

/// Another model whose tokenizer has the new tokens.
public struct TransplantDonor: Sendable {
  public let input: EmbeddingTable
  public let output: EmbeddingTable?
  public let table: TokenTable

  public init(_ model: ModelSource, table: TokenTable) {
    input = model.input
    output = model.output
    self.table = table
  }
}

/// What strategies may look at.
public struct TransplantContext: Sendable {
  public let old: TokenTable
  public let new: TokenTable
  public let pieces: TokenPieces
  /// Old ids that may be sources: tokens of text with a row, none of the hidden ones; ascending.
  public let sources: [TokenID]
  /// For every new id the old one of the same bytes.
  public let shared: [TokenID?]
  /// Whether the matrix asked for is the output matrix.
  public var isOutput = false
  public var donor: TransplantDonor?
  public var auxiliary: (any AuxiliaryVectors)?
  private let isSource: [Bool]

  /// - Parameters:
  ///   - rows: of the old matrix.
  ///   - hidden: old tokens that are treated as if they did not exist.
  public init(
    old: TokenTable, new: TokenTable, rows: Int, hidden: Set<TokenID> = [], donor: TransplantDonor? = nil,
    auxiliary: (any AuxiliaryVectors)? = nil
  ) {
    self.old = old
    self.new = new
    pieces = TokenPieces(old, hiding: hidden)
    self.donor = donor
    self.auxiliary = auxiliary
    var isSource = [Bool](repeating: false, count: old.count)
    for id in 0..<min(old.count, rows) {
      isSource[id] = old.kinds[id] == .text && !hidden.contains(TokenID(id))
    }
    self.isSource = isSource
    sources = isSource.indices.filter { isSource[$0] }.map { TokenID($0) }
    shared = (0..<TokenID(new.count)).map { id in
      guard let match = old.match(id, of: new), isSource[Int(match)] else { return nil }
      return match
    }
  }

  func isSource(_ id: TokenID) -> Bool { Int(id) < isSource.count && isSource[Int(id)] }

  /// The pieces of a new token's text, or nil where they cannot all be sources.
  func pieces(ofNew id: TokenID) throws(ToklabError) -> [TokenID]? {
    guard let found = try pieces.pieces(of: new.texts[Int(id)]), found.allSatisfy(isSource) else {
      return nil
    }
    return found
  }

  func requiredAuxiliary(_ method: String) throws(ToklabError) -> any AuxiliaryVectors {
    guard let auxiliary else {
      throw ToklabError(
        "the method \(method) without vectors of texts", expected: "--auxiliary",
        advice: "a model folder, a GGUF file, or a folder with tokenizer.json and a table of vectors")
    }
    return auxiliary
  }

  /// The donor's matrix for the one asked for, and pairs (old id, donor id) of tokens that both models have.
  package func requiredDonor(
    _ method: String
  ) throws(ToklabError) -> (rows: EmbeddingTable, table: TokenTable, pairs: [(TokenID, TokenID)]) {
    guard let donor else {
      throw ToklabError(
        "the method \(method) without a donor",
        expected: "--donor with a model whose tokenizer is the new one")
    }
    let rows = isOutput ? donor.output ?? donor.input : donor.input
    var pairs: [(TokenID, TokenID)] = []
    for id in sources {
      if let match = donor.table.match(id, of: old), Int(match) < rows.rows { pairs.append((id, match)) }
    }
    guard !pairs.isEmpty else {
      throw ToklabError("a donor without a token in common with the model", expected: "shared tokens")
    }
    return (rows, donor.table, pairs)
  }
}

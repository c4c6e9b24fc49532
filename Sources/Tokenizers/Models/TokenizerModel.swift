/// An immutable model: turns pre-tokens into token ids. Shared by all threads.
public protocol TokenizerModel: Sendable {
  var vocabulary: Vocabulary { get }

  /// The id that stands for text outside the vocabulary, when the model has one.
  var unknownID: TokenID? { get }

  /// An encoder with caches and scratch memory of its own; one for each thread.
  func makePieceEncoder(_ options: EncodeOptions) throws(ToklabError) -> any PieceEncoder
}

/// The working half of a model.
public protocol PieceEncoder: AnyObject {
  /// Says which document the next pieces belong to: an encoder that draws lots does so by the seed and this
  /// number alone, so that threads change nothing.
  func begin(document number: Int)

  /// Encodes the pieces `text[start..<ends[0]]`, `text[ends[0]..<ends[1]]`, … One call per block.
  ///
  /// - Parameter lengths: receives for each id the number of bytes of the text it stands for, when not nil.
  func encode(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>,
    into ids: TokenBuffer, lengths: TokenBuffer?) throws(ToklabError)

  /// The number of tokens of the same pieces, without storing them.
  ///
  /// - Parameter unknown: is raised by the number of unknown tokens among them.
  func count(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>,
    unknown: inout Int
  ) throws(ToklabError) -> Int
}

extension PieceEncoder {
  public func begin(document number: Int) {}
}

/// Counts by encoding: for models that have no shorter way.
package func countByEncoding(
  _ encoder: some PieceEncoder, _ text: UnsafeBufferPointer<UInt8>, from start: Int,
  ends: UnsafeBufferPointer<Int>, scratch: TokenBuffer, unknownID: TokenID?, unknown: inout Int
) throws(ToklabError) -> Int {
  scratch.removeAll()
  try encoder.encode(text, from: start, ends: ends, into: scratch, lengths: nil)
  if let unknownID { for id in scratch.buffer where id == unknownID { unknown += 1 } }
  return scratch.count
}

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
  /// Encodes the pieces `text[start..<ends[0]]`, `text[ends[0]..<ends[1]]`, … One call per block.
  func encode(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>,
    into ids: TokenBuffer) throws(ToklabError)

  /// The number of tokens of the same pieces, without storing them.
  func count(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>
  ) throws(ToklabError) -> Int
}

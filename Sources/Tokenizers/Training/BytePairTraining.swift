/// A finished byte-pair training: the whole list of merges, of which every vocabulary size is a prefix.
public struct BytePairTraining: Sendable {
  public let parameters: BytePairParameters
  /// In id order; a text given twice stands once.
  public let specials: [SpecialToken]
  let tokens: TokenTable
  /// The number of tokens before the first merge.
  public let firstMerge: Int
  /// All merges in order of learning; a pair merged twice stands twice.
  public let merges: MergeList
  /// After each merge: the number of tokens, and the tokens of the training text.
  public let tokenCounts: [Int]
  public let textTokens: [Int64]
  /// Of the whole run.
  public let statistics: TrainingStatistics
  /// For each merge of one uninterrupted run, how often its pair stood in the text before it; else empty.
  var mergeCounts: [Int64] = []

  /// The largest vocabulary there is; below the size asked for when pairs ran out.
  public var vocabularySize: Int { tokens.count }

  /// The number of merges a training to `size` tokens learns.
  public func mergeCount(at size: Int) -> Int {
    if size <= firstMerge { return 0 }
    return tokenCounts.firstIndex { $0 >= size }.map { $0 + 1 } ?? merges.count
  }

  /// What a training of the same text to `size` tokens gives; this one when it has no more.
  func truncated(to size: Int) -> BytePairTraining {
    precondition(size >= firstMerge)
    var parameters = parameters
    parameters.vocabularySize = size
    let count = mergeCount(at: size)
    var statistics = statistics
    statistics.merges = count
    statistics.textTokens = count == 0 ? statistics.textBytes : textTokens[count - 1]
    return BytePairTraining(
      parameters: parameters, specials: specials,
      tokens: tokens.prefix(count == 0 ? firstMerge : tokenCounts[count - 1]), firstMerge: firstMerge,
      merges: merges.prefix(count), tokenCounts: Array(tokenCounts.prefix(count)),
      textTokens: Array(textTokens.prefix(count)), statistics: statistics,
      mergeCounts: Array(mergeCounts.prefix(count)))
  }

  /// This training carried on: `merges` come after those there are.
  func extended(
    by merges: MergeList, tokens: TokenTable, tokenCounts: [Int], textTokens: [Int64], startingTokens: Int64,
    parameters: BytePairParameters
  ) -> BytePairTraining {
    var all = self.merges
    for index in 0..<merges.count {
      all.append(left: merges.left[index], right: merges.right[index], result: merges.result[index])
    }
    var statistics = statistics
    statistics.merges = all.count
    statistics.textTokens = textTokens.last ?? startingTokens
    return BytePairTraining(
      parameters: parameters, specials: specials, tokens: tokens, firstMerge: firstMerge, merges: all,
      tokenCounts: self.tokenCounts + tokenCounts, textTokens: self.textTokens + textTokens,
      statistics: statistics)
  }

  /// The tokenizer of `size` tokens (the largest there is when nil).
  ///
  /// - Throws: ``ToklabError`` when `size` is below the alphabet or above the size trained for, or a
  ///   post-processor names a special token that is missing.
  public func tokenizer(
    ofSize size: Int? = nil, cutBy preTokenization: PreTokenization
  ) throws(ToklabError) -> TrainedTokenizer {
    let size = size ?? parameters.vocabularySize
    guard size >= firstMerge, size <= parameters.vocabularySize else {
      throw ToklabError(
        "a vocabulary size of \(size)",
        expected: "a size from \(firstMerge) to \(parameters.vocabularySize), the one trained for")
    }
    let mergeCount = mergeCount(at: size)
    let tokenCount = mergeCount == 0 ? firstMerge : tokenCounts[mergeCount - 1]
    var builder = VocabularyBuilder()
    for id in 0..<tokenCount {
      let id = TokenID(id)
      let isSpecial = Int(id) < specials.count
      let literal =
        isSpecial && ByteAlphabet.bytes(spelledBy: Array(specials[Int(id)].content.utf8)) == nil
      builder.append(id: id, tokens[id], literal: literal)
    }
    let model = BytePairDefinition(
      vocabulary: try builder.build(), merges: lastOfEachPair(merges.prefix(mergeCount)),
      semantics: .mergeList)
    var statistics = statistics
    statistics.merges = mergeCount
    statistics.textTokens = mergeCount == 0 ? statistics.textBytes : textTokens[mergeCount - 1]
    let definition = TokenizerDefinition(
      normalizer: preTokenization.normalizerComponent,
      preTokenizer: preTokenization.preTokenizerComponent, model: .bytePair(model),
      postProcessor: try parameters.postProcessor.template(specials),
      decoder: .byteLevel(addPrefixSpace: true, trimOffsets: true, useRegex: true),
      addedTokens: specials.enumerated().map { id, special in
        AddedToken(id: TokenID(id), content: Array(special.content.utf8))
      })
    return TrainedTokenizer(definition: definition, statistics: statistics)
  }

  /// Each pair at its last place, as the reference library writes and reads merges.
  private func lastOfEachPair(_ merges: MergeList) -> MergeList {
    var last: [UInt64: Int] = [:]
    last.reserveCapacity(merges.count)
    func key(_ index: Int) -> UInt64 { UInt64(merges.left[index]) << 32 | UInt64(merges.right[index]) }
    for index in 0..<merges.count { last[key(index)] = index }
    guard last.count < merges.count else { return merges }
    var list = MergeList()
    for index in 0..<merges.count where last[key(index)] == index {
      list.append(left: merges.left[index], right: merges.right[index], result: merges.result[index])
    }
    return list
  }
}

/// A tokenizer with another vocabulary, and where its old ids went.
public struct EditedTokenizer: Sendable {
  public var definition: TokenizerDefinition
  /// For each old id its new one; nil for tokens that are gone and for ids that had no token.
  public var newIDs: [TokenID?]
}

/// Changes the vocabulary of a tokenizer without training it anew.
///
/// The result is what a tokenizer.json can hold (SentencePiece models and tiktoken ranks become such a file
/// first) and is valid in the reference library. Removing numbers the ids anew without holes, in the old
/// order; adding leaves old ids alone, except added tokens behind the pieces of a unigram model.
///
/// Never removed: added tokens, what the post-processor and padding name, the unknown token, and the alphabet:
/// single bytes or characters, with which every text can still be encoded (of a model with byte fallback only
/// the bytes).
public struct VocabularySurgery: Sendable {
  public let definition: TokenizerDefinition
  /// One more than the largest id.
  public let capacity: Int
  /// Ids that have a token.
  public let tokens: [TokenID]
  /// Ids of tokens that stay whatever happens.
  public let required: Set<TokenID>

  /// - Throws: ``ToklabError`` for a tokenizer that no tokenizer.json can hold.
  public init(_ definition: TokenizerDefinition) throws(ToklabError) {
    let definition = try HuggingFaceJSON.read(HuggingFaceJSON.write(definition, pretty: false))
    self.definition = definition
    let vocabulary = definition.model.vocabulary
    let added = definition.addedTokens.map(\.id)
    let capacity = max(vocabulary.capacity, (added.max().map { Int($0) + 1 }) ?? 0)
    self.capacity = capacity
    let addedSet = Set(added)
    tokens = (0..<TokenID(capacity)).filter { vocabulary.contains($0) || addedSet.contains($0) }
    required = addedSet.union(Self.required(definition)).filter { Int($0) < capacity }
  }

  private static func required(_ definition: TokenizerDefinition) -> Set<TokenID> {
    let vocabulary = definition.model.vocabulary
    var ids = Set(definition.postProcessor.map { HuggingFacePostProcessors.ids($0).map(\.id) } ?? [])
    if let padding = definition.padding { ids.insert(padding.padID) }
    var (prefix, suffix, unknown, byteFallback) = ([UInt8](), [UInt8](), TokenID?.none, false)
    var keepsCharacters = true
    var isBytes = false
    switch definition.model {
    case .bytePair(let model):
      prefix = Array((model.continuingSubwordPrefix ?? "").utf8)
      suffix = Array((model.endOfWordSuffix ?? "").utf8)
      unknown = model.unknownToken.flatMap { vocabulary.id(of: $0) }
      (byteFallback, isBytes) = (model.byteFallback, model.alphabet == .bytes)
    case .unigram(let model):
      (unknown, byteFallback) = (model.unknownID, model.byteFallback)
      keepsCharacters = !model.byteFallback
    case .wordPiece(let model):
      prefix = Array(model.continuingSubwordPrefix.utf8)
      unknown = vocabulary.id(of: model.unknownToken)
    case .wordLevel(let model):
      unknown = vocabulary.id(of: model.unknownToken)
      keepsCharacters = false
    case .longestMatch: break
    }
    if let unknown { ids.insert(unknown) }
    for id in 0..<TokenID(vocabulary.capacity) where vocabulary.length(of: id) > 0 {
      var bytes = vocabulary[id][...]
      if byteFallback, ByteFallbackToken.byte(Array(bytes)) != nil { ids.insert(id) }
      guard keepsCharacters, !vocabulary.isLiteral(id) else { continue }
      if !prefix.isEmpty, bytes.count > prefix.count, bytes.starts(with: prefix) {
        bytes.removeFirst(prefix.count)
      }
      if !suffix.isEmpty, bytes.count > suffix.count, bytes.suffix(suffix.count).elementsEqual(suffix) {
        bytes.removeLast(suffix.count)
      }
      if isBytes ? bytes.count == 1 : UTF8Scalar.length(Array(bytes), at: 0) == bytes.count { ids.insert(id) }
    }
    return ids
  }

  // MARK: - Removing

  /// The tokenizer of the tokens in `kept` and those that are required.
  public func keeping(_ kept: Set<TokenID>) throws(ToklabError) -> EditedTokenizer {
    var newIDs = [TokenID?](repeating: nil, count: capacity)
    var next: TokenID = 0
    for id in tokens where kept.contains(id) || required.contains(id) {
      newIDs[Int(id)] = next
      next += 1
    }
    return EditedTokenizer(definition: try renumbered(newIDs), newIDs: newIDs)
  }

  /// The tokenizer of at most `size` tokens, the earliest: for merge lists by the merge that makes them, for
  /// unigram models by score, else by id.
  public func truncated(to size: Int) throws(ToklabError) -> EditedTokenizer {
    try check(size)
    let order = importance()
    return try keeping(Set(order.prefix(size - required.count)))
  }

  /// - Throws: ``ToklabError`` when `size` is below what must stay, or above what there is.
  func check(_ size: Int) throws(ToklabError) {
    guard size >= required.count, size <= tokens.count else {
      throw ToklabError(
        "a size of \(size)",
        expected: "from \(required.count), the tokens that must stay, to \(tokens.count), those there are")
    }
  }

  /// The tokens that may go, the most important by the tokenizer's own account first.
  func importance() -> [TokenID] {
    let optional = tokens.filter { !required.contains($0) }
    switch definition.model {
    case .bytePair(let model):
      var rank = [Int](repeating: Int.max, count: capacity)
      for (index, result) in model.merges.result.enumerated() {
        rank[Int(result)] = min(rank[Int(result)], index)
      }
      return optional.sorted { (rank[Int($0)], $0) < (rank[Int($1)], $1) }
    case .unigram(let model):
      return optional.sorted { (-model.scores[Int($0)], $0) < (-model.scores[Int($1)], $1) }
    case .wordPiece, .wordLevel, .longestMatch: return optional
    }
  }

  private func renumbered(_ newIDs: [TokenID?]) throws(ToklabError) -> TokenizerDefinition {
    var result = definition
    func new(_ id: TokenID) -> TokenID? { Int(id) < newIDs.count ? newIDs[Int(id)] : nil }
    let vocabulary = try vocabulary(newIDs)
    switch definition.model {
    case .bytePair(var model):
      var merges = MergeList()
      for index in 0..<model.merges.count {
        guard let left = new(model.merges.left[index]), let right = new(model.merges.right[index]),
          let made = new(model.merges.result[index])
        else { continue }
        merges.append(left: left, right: right, result: made)
      }
      model.vocabulary = vocabulary
      model.merges = merges
      result.model = .bytePair(model)
    case .unigram(var model):
      var texts = ScoreTexts()
      var scores: [Double] = []
      for id in tokens where model.vocabulary.contains(id) && new(id) != nil {
        scores.append(model.scores[Int(id)])
        if let old = model.scoreTexts { texts.append(old[Int(id)]) }
      }
      model.vocabulary = vocabulary
      model.scores = scores
      if model.scoreTexts != nil { model.scoreTexts = texts }
      model.unknownID = model.unknownID.flatMap(new)
      result.model = .unigram(model)
    case .wordPiece(var model):
      model.vocabulary = vocabulary
      result.model = .wordPiece(model)
    case .wordLevel(var model):
      model.vocabulary = vocabulary
      result.model = .wordLevel(model)
    case .longestMatch: result.model = .longestMatch(LongestMatchDefinition(vocabulary: vocabulary))
    }
    result.addedTokens = definition.addedTokens.compactMap { token in
      var token = token
      guard let id = new(token.id) else { return nil }
      token.id = id
      return token
    }
    result.postProcessor = definition.postProcessor.map { $0.mapping { new($0) ?? $0 } }
    result.padding?.padID = definition.padding.flatMap { new($0.padID) } ?? definition.padding?.padID ?? 0
    return result
  }

  private func vocabulary(_ newIDs: [TokenID?]) throws(ToklabError) -> Vocabulary {
    let old = definition.model.vocabulary
    var builder = VocabularyBuilder()
    for id in tokens where old.contains(id) {
      if let new = newIDs[Int(id)] { builder.append(id: new, old.bytes(of: id), literal: old.isLiteral(id)) }
    }
    return try builder.build()
  }

  // MARK: - Adding

  /// The tokenizer with `contents` as added tokens (not special), as `add_tokens` of the reference library has
  /// it: recognised in the text before the model sees it. One that the vocabulary has keeps its id; others come
  /// after all ids.
  public func adding(_ contents: [[UInt8]]) throws(ToklabError) -> EditedTokenizer {
    var result = definition
    let spelling = definition.model.spelling
    var known = Set(definition.addedTokens.map(\.content))
    var next = TokenID(capacity)
    for content in contents where known.insert(content).inserted {
      let id = spelling.id(spelled: content) ?? next
      if id == next { next += 1 }
      result.addedTokens.append(AddedToken(id: id, content: content, special: false))
    }
    result.addedTokens.sort { $0.id < $1.id }
    return EditedTokenizer(definition: result, newIDs: unchanged)
  }

  /// The tokenizer with the tokens of an extension, whose first id is this vocabulary's capacity.
  ///
  /// Merge lists get the new merges after their own. A new piece of a unigram model has the logarithm of its
  /// share of the text as score, or a thousandth more than its parts together where that is larger, so that it
  /// is used; added tokens behind the pieces move up.
  public func extended(by extra: VocabularyExtension) throws(ToklabError) -> EditedTokenizer {
    var result = definition
    var newIDs = unchanged
    switch definition.model {
    case .bytePair(var model):
      model.vocabulary = try vocabulary(newIDs, appending: extra.tokens, at: extra.firstID)
      for index in 0..<extra.merges.count {
        model.merges.append(
          left: extra.merges.left[index], right: extra.merges.right[index], result: extra.merges.result[index]
        )
      }
      result.model = .bytePair(model)
    case .wordPiece(var model):
      model.vocabulary = try vocabulary(newIDs, appending: extra.tokens, at: extra.firstID)
      result.model = .wordPiece(model)
    case .unigram(var model):
      let first = TokenID(model.vocabulary.capacity)
      let shift = TokenID(extra.tokens.count)
      for id in tokens where id >= first { newIDs[Int(id)] = id + shift }
      let scores = extra.scores(after: model.scores)
      result = try renumbered(newIDs)
      model.vocabulary = try vocabulary(unchanged, appending: extra.tokens, at: first)
      model.scores += scores
      if var texts = model.scoreTexts {
        for score in scores { texts.append("\(score)".utf8) }
        model.scoreTexts = texts
      }
      result.model = .unigram(model)
    case .wordLevel, .longestMatch:
      throw ToklabError(
        "a model without subwords", expected: "byte-pair encoding, unigram or WordPiece",
        advice: "add whole words with --add")
    }
    return EditedTokenizer(definition: result, newIDs: newIDs)
  }

  private var unchanged: [TokenID?] {
    var ids = [TokenID?](repeating: nil, count: capacity)
    for id in tokens { ids[Int(id)] = id }
    return ids
  }

  private func vocabulary(
    _ newIDs: [TokenID?], appending more: [[UInt8]], at first: TokenID
  ) throws(ToklabError) -> Vocabulary {
    let old = definition.model.vocabulary
    var builder = VocabularyBuilder()
    for id in tokens where old.contains(id) {
      builder.append(id: id, old.bytes(of: id), literal: old.isLiteral(id))
    }
    for (index, token) in more.enumerated() { builder.append(id: first + TokenID(index), token) }
    return try builder.build()
  }
}

extension PostProcessorComponent {
  /// The same with other ids.
  func mapping(_ new: (TokenID) -> TokenID) -> PostProcessorComponent {
    func map(_ reference: TokenReference) -> TokenReference {
      TokenReference(token: reference.token, id: new(reference.id))
    }
    switch self {
    case .bert(let sep, let cls): return .bert(sep: map(sep), cls: map(cls))
    case .roberta(let sep, let cls, let trim, let space):
      return .roberta(sep: map(sep), cls: map(cls), trimOffsets: trim, addPrefixSpace: space)
    case .byteLevel: return self
    case .template(let single, let pair, let specials):
      let specials = specials.map { TemplateSpecial(id: $0.id, ids: $0.ids.map(new), tokens: $0.tokens) }
      return .template(
        single: single, pair: pair, specials: specials.sorted { ($0.ids.first ?? 0) < ($1.ids.first ?? 0) })
    case .sequence(let list): return .sequence(list.map { $0.mapping(new) })
    }
  }
}

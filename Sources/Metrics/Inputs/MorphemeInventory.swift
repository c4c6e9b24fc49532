/// What a form is: member of the lexicon, and as a morpheme prefix, root or suffix.
public struct FormClass: OptionSet, Sendable, Hashable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let lexicon = FormClass(rawValue: 1)
  public static let prefix = FormClass(rawValue: 2)
  public static let root = FormClass(rawValue: 4)
  public static let suffix = FormClass(rawValue: 8)
  public static let morpheme: FormClass = [.prefix, .root, .suffix]
}

/// The words and morphemes of a language, in canonical form, as a trie.
///
/// Canonical form: NFC, then lower case by the language's rules (Turkish I → ı). Forms that are equal after
/// that are one form with the classes of both.
public struct MorphemeInventory: Sendable {
  /// A language code for case rules, such as `tr`.
  public let language: String
  /// Distinct forms.
  public let count: Int
  /// Dictionaries that are asked for forms the trie does not hold.
  public let dictionaries: [HunspellDictionary]
  private let trie: DoubleArrayTrie

  /// - Parameters:
  ///   - lexicon: word forms and roots.
  ///   - morphemes: forms with their position class.
  ///   - dictionaries: asked for canonical forms that are not among these, as they stand and with a capital.
  /// - Throws: ``ToklabError`` when both are empty or a form is not UTF-8.
  public init(
    lexicon: [[UInt8]], morphemes: [(form: [UInt8], kind: FormClass)], language: String,
    dictionaries: [HunspellDictionary] = []
  ) throws(ToklabError) {
    self.dictionaries = dictionaries
    var forms: [(bytes: [UInt8], kind: UInt32)] = []
    forms.reserveCapacity(lexicon.count + morphemes.count)
    func add(_ form: [UInt8], _ kind: FormClass) throws(ToklabError) {
      guard let canonical = LocaleText.canonicalLower(form, locale: language) else {
        throw ToklabError("a form is not UTF-8: \(ByteEscape.string(form))")
      }
      if !canonical.isEmpty { forms.append((canonical, kind.rawValue)) }
    }
    for form in lexicon { try add(form, .lexicon) }
    for (form, kind) in morphemes { try add(form, kind) }
    guard !forms.isEmpty else {
      throw ToklabError("no forms at all", expected: "a lexicon or a morpheme inventory with entries")
    }
    forms.sort { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    var merged: [(bytes: [UInt8], kind: UInt32)] = []
    for form in forms {
      if merged.last?.bytes == form.bytes {
        merged[merged.count - 1].kind |= form.kind
      } else {
        merged.append(form)
      }
    }
    self.language = language
    count = merged.count
    // The builder asks for each key by pointer: one blob holds them all in place.
    var blob: [UInt8] = []
    var offsets = [0]
    for form in merged {
      blob += form.bytes
      offsets.append(blob.count)
    }
    trie = blob.withUnsafeBufferPointer { buffer in
      DoubleArrayBuilder.build(
        count: merged.count, key: { UnsafeBufferPointer(rebasing: buffer[offsets[$0]..<offsets[$0 + 1]]) },
        value: { merged[$0].kind }
      ).trie
    }
  }

  /// The classes of a canonical form; empty when it is none.
  public func kinds(_ form: [UInt8]) -> FormClass { FormClass(rawValue: trie.value(of: form) ?? 0) }

  /// The same, and a word of the lexicon where a dictionary knows it: as it stands or, as names do, with a
  /// capital. For words, not for each of their parts.
  public func kindsOfWord(_ form: [UInt8]) -> FormClass {
    let kinds = kinds(form)
    if kinds.contains(.lexicon) || dictionaries.isEmpty { return kinds }
    let capitalized = LocaleText.capitalized(form, locale: language)
    let isKnown = dictionaries.contains { dictionary in
      dictionary.contains(form) || capitalized.map(dictionary.contains) ?? false
    }
    return isKnown ? kinds.union(.lexicon) : kinds
  }

  /// Whether a canonical form falls into two or more members: the first from the lexicon or a prefix, the
  /// rest morphemes.
  public func isDivisible(_ form: [UInt8]) -> Bool {
    let divisions = Divisions(form, self, first: [.lexicon, .prefix])
    return divisions.isReached(form.count, byMembers: 2)
  }

  /// Calls `body` with the end and classes of every member that starts at `start` of `form`.
  fileprivate func forEachMember(
    of form: [UInt8], at start: Int, _ body: (_ end: Int, _ kinds: FormClass) -> Void
  ) {
    form.withUnsafeBufferPointer { buffer in
      trie.forEachPrefix(of: buffer, from: start) { length, value in
        if length > 0 { body(start + length, FormClass(rawValue: value)) }
      }
    }
  }
}

/// All ways to cut a word into members of an inventory, as reachability of its positions.
package struct Divisions {
  private let length: Int
  /// For each position by how many members it is reached from the start: bit 0 one, bit 1 two or more.
  private var forward: [UInt8]
  /// Whether the rest of the word after a position can be cut into morphemes; true at the end.
  private var backward: [Bool]

  /// - Parameters:
  ///   - form: canonical.
  ///   - first: what a division may begin with.
  package init(_ form: [UInt8], _ inventory: MorphemeInventory, first: FormClass) {
    length = form.count
    forward = Array(repeating: 0, count: form.count + 1)
    backward = Array(repeating: false, count: form.count + 1)
    var edges: [(start: Int, end: Int)] = []
    inventory.forEachMember(of: form, at: 0) { end, kinds in
      if !kinds.isDisjoint(with: first) { forward[end] |= 1 }
    }
    for start in 1..<max(1, form.count) where forward[start] != 0 {
      inventory.forEachMember(of: form, at: start) { end, kinds in
        if !kinds.isDisjoint(with: .morpheme) {
          forward[end] |= 2
          edges.append((start, end))
        }
      }
    }
    backward[form.count] = true
    for edge in edges.sorted(by: { $0.start > $1.start }) where backward[edge.end] {
      backward[edge.start] = true
    }
  }

  /// Whether `position` is reached from the start by so many members: 1 or (at least) 2.
  package func isReached(_ position: Int, byMembers members: Int) -> Bool {
    forward[position] & (members == 1 ? 1 : 2) != 0
  }

  /// Whether a complete division has a boundary here.
  package func isBoundary(_ position: Int) -> Bool {
    position == 0 ? isWhole : forward[position] != 0 && backward[position]
  }

  /// Whether the word has a division at all; into one member, that is being a member, counts.
  package var isWhole: Bool { length > 0 && forward[length] != 0 }
}

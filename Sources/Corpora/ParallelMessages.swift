import Tokenizers

/// Messages of one source language with their translations, held by the number of the source message.
package struct ParallelMessages {
  /// The source text of each message, and the document it belongs to.
  package private(set) var source: [[UInt8]] = []
  package private(set) var documents: [[UInt8]] = []
  /// Translations by language label; nil where a language has none.
  package private(set) var translations: [String: [[UInt8]?]] = [:]
  private var numbers: [[UInt8]: Int] = [:]
  private var seen: Set<[UInt8]> = []

  package init() {}

  /// Adds a source message; one whose text or key is there already is left out.
  package mutating func addSource(key: [UInt8], document: [UInt8], text: [UInt8]) {
    guard numbers[key] == nil, seen.insert(text).inserted else { return }
    numbers[key] = source.count
    source.append(text)
    documents.append(document)
  }

  /// Adds a translation; unknown keys, empty text and text equal to the source are left out.
  package mutating func add(language: String, key: [UInt8], text: [UInt8]) {
    guard let number = numbers[key], !text.isEmpty, text != source[number] else { return }
    var all = translations[language] ?? [[UInt8]?](repeating: nil, count: source.count)
    // The dictionary gives up its copy, so the array is changed in place.
    translations[language] = nil
    if all[number] == nil { all[number] = text }
    translations[language] = all
  }

  /// A set of languages and the messages that all of them have.
  package struct Selection {
    package var languages: [String]
    package var messages: [Int]
  }

  /// The `count` languages with most messages (ties by label) and the messages all of them have.
  package func common(languages count: Int) -> Selection {
    let sizes = translations.map { (label: $0.key, size: $0.value.count { $0 != nil }) }
    let ordered = sizes.sorted { $0.size != $1.size ? $0.size > $1.size : $0.label < $1.label }
    let languages = ordered.prefix(count).map(\.label).sorted()
    let messages = source.indices.filter { number in
      languages.allSatisfy { translations[$0]![number] != nil }
    }
    return Selection(languages: languages, messages: messages)
  }

  /// The number of translated messages of each language, by label.
  package func sizes() -> [String: Int] { translations.mapValues { $0.count { $0 != nil } } }
}

/// The special tokens a post-processor puts around one sequence.
package struct PostProcessing: Sendable {
  package private(set) var prefix: [TokenID] = []
  package private(set) var suffix: [TokenID] = []

  package init(_ component: PostProcessorComponent?) {
    if let component { add(component) }
  }

  private mutating func add(_ component: PostProcessorComponent) {
    switch component {
    case .byteLevel: break
    case .bert(let sep, let cls), .roberta(let sep, let cls, _, _):
      prefix.insert(cls.id, at: 0)
      suffix.append(sep.id)
    case .template(let single, _, let specials):
      var before: [TokenID] = []
      var after: [TokenID] = []
      var isAfter = false
      for piece in single {
        switch piece {
        case .sequence: isAfter = true
        case .special(let name, _):
          let ids = specials.first { $0.id == name }?.ids ?? []
          if isAfter { after += ids } else { before += ids }
        }
      }
      prefix = before + prefix
      suffix += after
    case .sequence(let parts): for part in parts { add(part) }
    }
  }
}

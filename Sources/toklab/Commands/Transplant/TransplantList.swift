import Adapt
import ArgumentParser

/// `toklab transplant list`.
struct TransplantList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the methods, what each needs and where it comes from.")

  @OptionGroup var shared: SharedOptions

  func run() throws {
    let output = Output.standard()
    let descriptors = TransplantStrategies.all.map { $0.descriptor }
    if shared.json {
      let rows = descriptors.map { one in
        JSON.object([
          ("name", .string(one.name)), ("aliases", .strings(one.aliases)), ("summary", .string(one.summary)),
          ("needs", .strings(one.needs)), ("source", .string(one.source)),
        ])
      }
      try output.write(
        Document.make("transplant.list", [("rows", .array(rows))], Provenance(shared)).document())
    } else {
      var table = Table([.init("method"), .init("needs"), .init("what it does"), .init("source")])
      for one in descriptors {
        let names = ([one.name] + one.aliases).joined(separator: ", ")
        table.append([names, one.needs.joined(separator: ", "), one.summary, one.source])
      }
      try output.write(table.text(shared.style))
    }
    try output.flush()
  }
}

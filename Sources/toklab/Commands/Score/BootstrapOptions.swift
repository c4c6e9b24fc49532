import ArgumentParser
import Metrics

/// How a `score` verb makes its intervals.
struct BootstrapOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Bootstrap replicates behind the 95 % intervals; 0 turns them off.", valueName: "n"))
  var bootstrap: Int = 2000

  @Option(help: "How intervals are made.")
  var interval: Choice = .percentile

  enum Choice: String, ExpressibleByArgument, CaseIterable { case percentile, bca }

  func validate() throws {
    guard (0...10_000_000).contains(bootstrap) else {
      throw ValidationError("--bootstrap \(bootstrap) is out of range; expected 0 or more")
    }
  }

  func make(_ shared: SharedOptions) -> Bootstrap {
    Bootstrap(
      replicates: bootstrap, seed: shared.seed, interval: interval == .bca ? .bca : .percentile,
      threads: shared.threadCount)
  }
}

/// `--languages a,b` of the verbs that read a folder of texts.
struct LanguageOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Only these languages, in this order.", valueName: "a,b"))
  var languages: String?

  var wanted: [String]? {
    languages?.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }

  func validate() throws {
    if let wanted, wanted.contains("") {
      throw ValidationError("--languages has an empty name; expected labels separated by commas")
    }
  }
}

/// `--cluster` of the verbs that draw whole documents.
struct ClusterOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "One cluster id a line for the bootstrap, or 'none'; document_ids.txt of the folder when not given.",
      valueName: "file"))
  var cluster: String?

  var source: ParallelCorpus.ClusterSource {
    switch cluster {
    case nil: .automatic
    case "none": .none
    case let path?: .file(path)
    }
  }
}

extension CodeGrammar {
  private static let cOperators =
    "+ - * / % = < > ! & | ^ ~ ? : == != <= >= && || ++ -- += -= *= /= %= &= |= ^= << >> <<= >>= -> ..."
  private static let ecmaOperators =
    "+ - * / % = < > ! & | ^ ~ ? : == != <= >= && || ++ -- += -= *= /= %= &= |= ^= << >> >>> <<= >>= >>>= === !== ** **= => ?. ?? ??= &&= ||= ..."
  private static let cKeywords =
    "auto break case char const continue default do double else enum extern float for goto if inline int long register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while _Bool _Complex _Static_assert bool true false nullptr"
  private static let ecmaKeywords =
    "async await break case catch class const continue debugger default delete do else export extends false finally for function if import in instanceof let new null of return static super switch this throw true try typeof undefined var void while with yield"

  /// The nineteen languages of TokEval's code metrics.
  public static let all: [CodeGrammar] = [
    CodeGrammar(
      "bash", "sh bash", line: "#", strings: "\" '", multiline: "\" '",
      keywords:
        "if then elif else fi for while until do done case esac in function select time return exit export local readonly declare unset shift break continue source",
      operators: "| || & && ; ;; = == != =~ < > << >> <<< >& $ ! + += - * / % ? : -eq -ne -lt -gt -le -ge"),
    CodeGrammar(
      "c", "c h", line: "//", block: ("/*", "*/"), strings: "\" '", keywords: cKeywords,
      operators: cOperators + " # ##"),
    CodeGrammar(
      "c++", "cc cpp cxx hpp hh hxx", line: "//", block: ("/*", "*/"), strings: "\" '",
      keywords: cKeywords
        + " alignas alignof asm catch class concept consteval constexpr constinit const_cast co_await co_return co_yield decltype delete dynamic_cast explicit export final friend mutable namespace new noexcept operator override private protected public reinterpret_cast requires static_assert static_cast template this thread_local throw try typeid typename using virtual",
      operators: cOperators + " :: .* ->* <=> # ##"),
    CodeGrammar(
      "csharp", "cs", line: "//", block: ("/*", "*/"), strings: "\"\"\" \" '", multiline: "\"\"\"",
      keywords:
        "abstract as async await base bool break byte case catch char checked class const continue decimal default delegate do double else enum event explicit extern false finally fixed float for foreach get goto if implicit in init int interface internal is lock long nameof namespace new null object operator out override params partial private protected public readonly record ref return sbyte sealed set short sizeof stackalloc static string struct switch this throw true try typeof uint ulong unchecked unsafe ushort using var virtual void volatile when where while yield",
      operators: cOperators + " => ?. ?? ??= .. :: # @ $"),
    CodeGrammar(
      "go", "go", line: "//", block: ("/*", "*/"), strings: "\" ' `", multiline: "`",
      keywords:
        "break case chan const continue default defer else fallthrough for func go goto if import interface map package range return select struct switch type var true false nil iota",
      operators:
        "+ - * / % = < > ! & | ^ ~ : == != <= >= && || ++ -- += -= *= /= %= &= |= ^= << >> <<= >>= &^ &^= := <- ..."
    ),
    CodeGrammar(
      "haskell", "hs", line: "--", block: ("{-", "-}"), nests: true, strings: "\" '",
      keywords:
        "case class data default deriving do else foreign if import in infix infixl infixr instance let module newtype of then type where qualified as hiding forall",
      operators:
        "+ - * / = < > | & ^ ~ ? : ! $ % @ \\ # == /= <= >= && || ++ -> <- => :: .. . <> >>= >> <$> <*> $! !! ** ^^ <$ *>",
      identifier: "'", looseQuotes: true),
    CodeGrammar(
      "java", "java", line: "//", block: ("/*", "*/"), strings: "\"\"\" \" '", multiline: "\"\"\"",
      keywords:
        "abstract assert boolean break byte case catch char class const continue default do double else enum extends false final finally float for goto if implements import instanceof int interface long native new null package permits private protected public record return sealed short static strictfp super switch synchronized this throw throws transient true try var void volatile while yield",
      operators: cOperators + " >>> >>>= :: @", identifier: "$"),
    CodeGrammar(
      "javascript", "js mjs cjs jsx", line: "//", block: ("/*", "*/"), strings: "\" ' `", multiline: "`",
      keywords: ecmaKeywords, operators: ecmaOperators + " @ #", identifier: "$"),
    CodeGrammar(
      "kotlin", "kt kts", line: "//", block: ("/*", "*/"), nests: true, strings: "\"\"\" \" '",
      multiline: "\"\"\"",
      keywords:
        "abstract actual annotation as break by catch class companion const constructor continue crossinline data do else enum expect external false final finally for fun get if import in infix init inline inner interface internal is lateinit noinline null object open operator out override package private protected public reified return sealed set super suspend tailrec this throw true try typealias val var vararg when where while",
      operators:
        "+ - * / % = < > ! & | ? : == != <= >= && || ++ -- += -= *= /= %= === !== -> ?. ?: !! .. ..< :: @"),
    CodeGrammar(
      "lua", "lua", line: "--", block: ("--[[", "]]"), strings: "\" '",
      keywords:
        "and break do else elseif end false for function goto if in local nil not or repeat return then true until while",
      operators: "+ - * / % ^ # & ~ | << >> // == ~= <= >= < > = : :: .. ..."),
    CodeGrammar(
      "perl", "pl pm", line: "#", strings: "\" '", multiline: "\" '",
      keywords:
        "and cmp continue do else elsif eq for foreach ge gt if last le local lt my ne next no not or our package print redo require return sub unless until use while x xor",
      operators:
        "+ - * / % = < > ! & | ^ ~ ? : \\ $ @ == != <= >= <=> && || // ++ -- += -= *= /= .= ** **= -> => =~ !~ .. ... << >> :: ."
    ),
    CodeGrammar(
      "php", "php", line: "// #", block: ("/*", "*/"), strings: "\" '", multiline: "\" '",
      keywords:
        "abstract and array as break callable case catch class clone const continue declare default do echo else elseif empty enum extends false final finally fn for foreach function global goto if implements include include_once instanceof insteadof interface isset list match namespace new null or print private protected public readonly require require_once return static switch throw trait true try unset use var while xor yield",
      operators:
        "+ - * / % = < > ! & | ^ ~ ? : @ \\ == != <= >= <=> && || ++ -- += -= *= /= .= %= ** **= === !== -> ?-> => :: ?? ??= ... << >> . <?php ?>",
      identifier: "$"),
    CodeGrammar(
      "python", "py pyi", line: "#", strings: "\"\"\" ''' \" '", multiline: "\"\"\" '''",
      keywords:
        "False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield",
      operators:
        "+ - * / % @ = < > & | ^ ~ : ! == != <= >= << >> ** // -> := += -= *= /= %= @= &= |= ^= <<= >>= **= //= ..."
    ),
    CodeGrammar(
      "r", "r R", line: "#", strings: "\" ' `", multiline: "\" '",
      keywords:
        "if else repeat while function for next break TRUE FALSE NULL Inf NaN NA NA_integer_ NA_real_ NA_character_ in",
      operators:
        "+ - * / ^ = < > ! & | ~ ? : $ @ \\ == != <= >= && || <- <<- -> ->> |> %% %/% %in% %*% %o% %>% :: :::",
      identifier: "."),
    CodeGrammar(
      "ruby", "rb", line: "#", strings: "\" ' `", multiline: "\" '",
      keywords:
        "BEGIN END alias and begin break case class def defined? do else elsif end ensure false for if in module next nil not or redo rescue retry return self super then true undef unless until when while yield require attr_accessor attr_reader",
      operators:
        "+ - * / % = < > ! & | ^ ~ ? : $ @ == != <= >= <=> === && || += -= *= /= %= ** **= =~ !~ -> => .. ... << >> <<= >>= ||= &&= &. ::"
    ),
    CodeGrammar(
      "rust", "rs", line: "//", block: ("/*", "*/"), nests: true, strings: "\"", multiline: "\"",
      keywords:
        "as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod move mut pub ref return self Self static struct super trait true type union unsafe use where while",
      operators:
        "+ - * / % = < > ! & | ^ ? : @ $ # ' == != <= >= && || += -= *= /= %= &= |= ^= << >> <<= >>= -> => .. ..= ... ::",
      looseQuotes: true),
    CodeGrammar(
      "scala", "scala sc", line: "//", block: ("/*", "*/"), nests: true, strings: "\"\"\" \" '",
      multiline: "\"\"\"",
      keywords:
        "abstract case catch class def do else enum export extends extension false final finally for forSome given if implicit import lazy match new null object override package private protected return sealed super then this throw trait true try type using val var while with yield",
      operators:
        "+ - * / % = < > ! & | ^ ~ ? : @ # == != <= >= && || += -= *= /= ++ :: ::: => <- -> <: >: =>> << >> >>>"
    ),
    CodeGrammar(
      "swift", "swift", line: "//", block: ("/*", "*/"), nests: true, strings: "\"\"\" \"",
      multiline: "\"\"\"",
      keywords:
        "actor any as associatedtype async await borrowing break case catch class consuming continue default defer deinit do else enum extension fallthrough false fileprivate final for func get guard if import in indirect init inout internal is lazy let mutating nil nonisolated open operator override package precedencegroup private protocol public repeat rethrows return self Self set some static struct subscript super switch throw throws true try typealias unowned var weak where while",
      operators:
        "+ - * / % = < > ! & | ^ ~ ? : @ # \\ == != <= >= && || += -= *= /= %= === !== &+ &- &* << >> <<= >>= -> ... ..< ?? &= |= ^=",
      identifier: "$"),
    CodeGrammar(
      "typescript", "ts tsx mts cts", line: "//", block: ("/*", "*/"), strings: "\" ' `", multiline: "`",
      keywords: ecmaKeywords
        + " abstract any as asserts bigint boolean declare enum get implements infer interface is keyof module namespace never number object private protected public readonly require satisfies set string symbol type unique unknown",
      operators: ecmaOperators + " @ #", identifier: "$"),
  ]
}

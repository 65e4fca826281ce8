/// The classes of a model's modules, which a checkpoint does not tell: a JSON object such as
///
///     {"decoder.up": "torch.nn.modules.conv.ConvTranspose2d"}
///
/// as `{n: f"{type(m).__module__}.{type(m).__qualname__}" for n, m in model.named_modules()}` gives it.
public struct ModuleTypes: Hashable, Sendable {
  /// Module names with their types, in the order of the file.
  let entries: [(module: TensorName, type: String)]
  private let types: [TensorName: String]

  /// Nothing is known.
  public init() {
    entries = []
    types = [:]
  }

  /// The types of a JSON text.
  ///
  /// - Throws: ``ModuleTypesError``
  public init(json: some Sequence<UInt8>) throws(ModuleTypesError) {
    let value: JSONValue
    do {
      value = try JSONValue(parsing: json)
    } catch let error as JSONError {
      throw .json("\(error)")
    } catch {
      throw .json("unreadable")
    }
    guard let members = value.members else { throw .notAnObject }
    entries = try members.map { member throws(ModuleTypesError) in
      guard let type = member.value.string else { throw .notAString(TensorName(member.name)) }
      return (TensorName(member.name), type)
    }
    types = Dictionary(entries.map { ($0.module, $0.type) }, uniquingKeysWith: { $1 })
  }

  /// The type of a module; nil where it is not known.
  public subscript(_ module: TensorName) -> String? { types[module] }

  /// Whether nothing is known.
  public var isEmpty: Bool { entries.isEmpty }

  /// Whether the same types are known of the same modules.
  public static func == (a: Self, b: Self) -> Bool { a.types == b.types }

  /// Feeds what is known to a hasher.
  public func hash(into hasher: inout Hasher) { hasher.combine(types) }
}

/// Why a list of module types cannot be used.
public enum ModuleTypesError: Error, Hashable, Sendable {
  case json(String)
  case notAnObject
  case notAString(TensorName)
}

extension ModuleTypesError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    switch self {
    case .json(let problem): problem
    case .notAnObject: "module types are a JSON object of names and types"
    case .notAString(let name): "the type of module \(name) is not a string"
    }
  }
}

/// Why an HDF5 file that Keras wrote is no complete model.
public enum KerasError: Error, Hashable, Sendable {
  /// A group that should list names does not.
  case namesMissing(TensorName, attribute: String)
  /// An attribute that should be texts is of another type.
  case notTexts(TensorName, attribute: String)
  /// An attribute is too large to have been read.
  case tooLarge(TensorName, attribute: String)
  case notUTF8(TensorName, attribute: String)
  /// A name in an attribute that is no path below the group.
  case name(TensorName, attribute: String, name: TensorName, KerasNameFlaw)
  case layerTwice(TensorName)
  /// A layer that is listed has no group.
  case layerMissing(TensorName)
  /// A weight that a layer lists is no dataset.
  case weightMissing(TensorName, layer: TensorName)
}

extension KerasError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    switch self {
    case .namesMissing(let group, let attribute): "\(group): no attribute \(attribute)"
    case .notTexts(let group, let attribute):
      "\(Self.label(group)): its attribute \(attribute) is no list of texts"
    case .tooLarge(let group, let attribute):
      "\(Self.label(group)): its attribute \(attribute) is too large"
    case .notUTF8(let group, let attribute):
      "\(Self.label(group)): its attribute \(attribute) is not UTF-8"
    case .name(let group, let attribute, let name, let flaw):
      "\(Self.label(group)): its attribute \(attribute) names \"\(name)\", which \(flaw)"
    case .layerTwice(let layer): "layer \(layer) is listed twice"
    case .layerMissing(let layer): "layer \(layer) is listed and has no group: incomplete file?"
    case .weightMissing(let weight, let layer):
      "layer \(layer): its weight \(weight) is no dataset of the file: incomplete file?"
    }
  }

  private static func label(_ group: TensorName) -> String {
    group.string.isEmpty ? "the root group" : group.description
  }
}

/// Why the name of a layer or of a weight is refused.
public enum KerasNameFlaw: Hashable, Sendable {
  case empty, absolute, dots, emptyComponent

  /// What is wrong with a name; nil for a path below a group.
  init?(in name: String) {
    let components = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    if name.isEmpty {
      self = .empty
    } else if components.first?.isEmpty == true {
      self = .absolute
    } else if components.contains(where: {
      $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8)
    }) {
      self = .dots
    } else if components.contains(where: \.isEmpty) {
      self = .emptyComponent
    } else {
      return nil
    }
  }
}

extension KerasNameFlaw: CustomStringConvertible {
  /// What is wrong, as the end of a sentence.
  public var description: String {
    switch self {
    case .empty: "is empty"
    case .absolute: "is an absolute path; names are relative to their group"
    case .dots: "has . or .. in its path; names stay in their group"
    case .emptyComponent: "has nothing between two slashes or after the last"
    }
  }
}

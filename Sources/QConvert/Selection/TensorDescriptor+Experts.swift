extension TensorDescriptor {
  /// Whether the tensor holds the weight matrices of all experts of a mixture, one for every leading
  /// index, as `model.layers.0.mlp.experts.gate_up_proj` does; `experts.0.conv.weight` is of one.
  var holdsExperts: Bool {
    guard shape.count == 3, layer == nil else { return false }
    let components = name.string.split(separator: ".")
    guard let place = components.firstIndex(where: { $0.hasSuffix("experts") }) else {
      return false
    }
    return !components[(place + 1)...].contains { Int($0) != nil }
  }
}

/// What an HDF5 file holds, without the values of its datasets.
struct HDF5Index: Sendable {
  /// The groups by their paths, the root "" first, each before what is in it.
  let groups: [HDF5Group]
  /// The datasets in the order in which a walk by the bytes of their names meets them.
  let datasets: [HDF5Dataset]
  /// What is unusual and yet allowed: links that lead nowhere or in circles, objects that are no data.
  let warnings: [String]
}

/// A group with its attributes.
struct HDF5Group: Sendable {
  /// The path from the root, without the slash in front; empty for the root.
  let path: TensorName
  let attributes: [HDF5Attribute]
}

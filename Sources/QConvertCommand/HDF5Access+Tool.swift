import QConvert
import SystemPackage

#if canImport(Darwin)
import Darwin
#endif

extension HDF5Access {
  /// The tool walks HDF5 files by starting itself again.
  static var byTool: HDF5Access { .isolated(executable: ownExecutable) }

  private static var ownExecutable: FilePath {
    #if canImport(Darwin)
    var count: UInt32 = 0
    _ = _NSGetExecutablePath(nil, &count)
    var path = [CChar](repeating: 0, count: Int(count))
    guard _NSGetExecutablePath(&path, &count) == 0 else {
      return FilePath(CommandLine.arguments[0])
    }
    return FilePath(String(decoding: path.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self))
    #else
    // Leads to the running program even when another has taken its place.
    return "/proc/self/exe"
    #endif
  }
}

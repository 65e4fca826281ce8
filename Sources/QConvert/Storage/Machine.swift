#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What the machine offers.
enum Machine {
  /// The processors online.
  static var coreCount: Int { max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1) }

  /// The workers that run when this many are asked for; one a processor where none are.
  static func workerCount(_ jobs: Int?) -> Int { max(jobs ?? coreCount, 1) }
}

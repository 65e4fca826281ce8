// swift-tools-version: 6.3

import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "qconvert",
  platforms: [.macOS(.v26)],
  products: [
    .library(name: "QConvert", targets: ["QConvert"]),
    .executable(name: "qconvert", targets: ["QConvertCommand"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
  ],
  targets: [
    .systemLibrary(
      name: "CDeflate", pkgConfig: "libdeflate",
      providers: [.apt(["libdeflate-dev"]), .brew(["libdeflate"])]),
    .target(
      name: "CHDF5",
      dependencies: [.target(name: "CHDF5Headers", condition: .when(platforms: [.macOS]))]),
    .systemLibrary(name: "CHDF5Headers", pkgConfig: "hdf5", providers: [.brew(["hdf5"])]),
    .target(name: "CKernels"),
    .systemLibrary(
      name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"]), .brew(["libyaml"])]),
    .systemLibrary(
      name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"]), .brew(["libzip"])]),
    .target(
      name: "QConvert",
      dependencies: [
        "CDeflate", "CHDF5", "CKernels", "CYAML", "CZip",
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "QConvertCommand",
      dependencies: [
        "QConvert",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      resources: [
        .embedInCode("Report/report.css"), .embedInCode("Report/report.js"),
      ],
      swiftSettings: settings),
    .target(
      name: "Fixtures",
      dependencies: [.product(name: "SystemPackage", package: "swift-system")],
      path: "fixtures",
      exclude: [
        "keras_values.py", "make_archives.py", "make_calibration.py", "make_ecosystem.py",
        "make_gguf.py",
        "make_golden.py", "make_hdf5.py", "make_keras.py", "make_kernels.py",
      ],
      sources: ["Fixtures.swift", "SafetensorsFile.swift", "TemporaryDirectory.swift"],
      resources: [
        .copy("calibration"), .copy("configurations"), .copy("ecosystem"), .copy("gguf"),
        .copy("golden"),
        .copy("hdf5"), .copy("hostile"), .copy("keras"),
        .copy("kernels"), .copy("real"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "QConvertTests",
      dependencies: [
        "CDeflate", "CKernels", "CZip", "Fixtures", "QConvert",
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "QConvertCommandTests",
      dependencies: [
        "Fixtures", "QConvert", "QConvertCommand",
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)

// Only `make docs` needs the plugin; users of the library are spared it.
if Context.environment["QCONVERT_DOCS"] != nil {
  package.dependencies.append(
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"))
}

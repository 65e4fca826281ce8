#include "library.h"

#include <dlfcn.h>

// The program itself, which may be linked with the library; then the names of Debian and of everybody else. A
// release that breaks binaries has another number.
static const char *const NAMES[] = {
    NULL,
#if defined(__APPLE__)
    "libhdf5.dylib",
#else
    "libhdf5_serial.so.320", "libhdf5.so.320", "libhdf5_serial.so.310", "libhdf5.so.310", "libhdf5_serial.so.200",
    "libhdf5.so.200",        "libhdf5_serial.so.103", "libhdf5.so.103",
#endif
};

static void *library;

// Structures and names of functions are those of one minor version; later releases of it may have more functions.
static bool has_version_of_headers(void *handle) {
  herr_t (*get_version)(unsigned *, unsigned *, unsigned *) = dlsym(handle, "H5get_libversion");
  unsigned major, minor, release;
  return get_version && get_version(&major, &minor, &release) >= 0 && major == H5_VERS_MAJOR &&
         minor == H5_VERS_MINOR && release >= H5_VERS_RELEASE;
}

bool qc_hdf5_open(void) {
  for (size_t i = 0; !library && i < sizeof NAMES / sizeof *NAMES; i++) {
    void *handle = dlopen(NAMES[i], RTLD_LAZY | RTLD_LOCAL);
    if (!handle) continue;
    if (has_version_of_headers(handle)) {
      library = handle;
    } else {
      dlclose(handle);
    }
  }
  return library;
}

void *qc_hdf5_symbol(const char *name) { return dlsym(library, name); }

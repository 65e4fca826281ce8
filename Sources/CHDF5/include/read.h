// What qconvert asks of libhdf5, one function per question. Swift sees none of the library's macros, and
// the renamings from 1.10 to 2.x end here.
#ifndef QC_HDF5_READ_H
#define QC_HDF5_READ_H

#include "library.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int64_t qc_h5_id;

/// Stands for an address or a dimension that is not there.
static const uint64_t qc_h5_none = UINT64_MAX;

enum { qc_h5_rank_limit = 32, qc_h5_filter_parameters = 32 };

// MARK: The library

/// What was set before and is set again afterwards.
struct qc_h5_settings {
  unsigned plugins;
  H5E_auto2_t report;
  void *report_data;
};

/// Opens the library, and switches the loading of plugins off, before it does anything else, and its own messages.
static inline bool qc_h5_enter(struct qc_h5_settings *settings) {
  if (!qc_hdf5_open()) return false;
  settings->plugins = H5PL_ALL_PLUGIN;
  if (H5PLget_loading_state(&settings->plugins) < 0) return false;
  if (H5PLset_loading_state(0) < 0) return false;
  // The stack of errors is one per thread where the library is thread-safe.
  return H5Eget_auto2(H5E_DEFAULT, &settings->report, &settings->report_data) >= 0 &&
         H5Eset_auto2(H5E_DEFAULT, NULL, NULL) >= 0;
}

static inline void qc_h5_leave(const struct qc_h5_settings *settings) {
  (void)H5Eset_auto2(H5E_DEFAULT, settings->report, settings->report_data);
  (void)H5PLset_loading_state(settings->plugins);
}

static inline herr_t qc_h5_keep_first(unsigned n, const H5E_error2_t *error, void *text) {
  if (n == 0 && error->desc) strncpy((char *)text, error->desc, 255);
  return 0;
}

/// Writes the innermost message of the last failure and forgets it; the text holds 256 bytes.
static inline void qc_h5_message(char *text) {
  memset(text, 0, 256);
  (void)H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, qc_h5_keep_first, text);
  (void)H5Eclear2(H5E_DEFAULT);
}

/// The version of the library, a byte each but for the first; 0 where there is none.
static inline uint32_t qc_h5_version(void) {
  if (!qc_hdf5_open()) return 0;
  unsigned major = 0, minor = 0, release = 0;
  (void)H5get_libversion(&major, &minor, &release);
  return major << 16 | minor << 8 | release;
}

/// Gives up an id of any kind.
static inline void qc_h5_close(qc_h5_id id) {
  (void)H5Idec_ref((hid_t)id);
}

/// Closes an id and keeps the messages of a failure before that.
static inline void qc_h5_close_quietly(hid_t id) {
  hid_t stack = H5Eget_current_stack();
  (void)H5Idec_ref(id);
  if (stack >= 0) (void)H5Eset_current_stack(stack);
}

// MARK: Files

/// Whether a path leads to what the process has open already, and the file may have no name any more. The
/// plain driver wants a path without links, which such a file does not have.
static inline bool qc_h5_is_open(const char *path) { return strncmp(path, "/dev/fd/", 8) == 0; }

/// Opens a file for reading, with a plain driver whatever the environment says.
static inline qc_h5_id qc_h5_open_file(const char *path) {
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  if (access < 0) return -1;
  hid_t file = -1;
  herr_t driver = qc_h5_is_open(path) ? H5Pset_fapl_stdio(access) : H5Pset_fapl_sec2(access);
  if (driver >= 0 && H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0)
    file = H5Fopen(path, H5F_ACC_RDONLY, access);
  qc_h5_close_quietly(access);
  return file;
}

static inline void qc_h5_close_file(qc_h5_id file) {
  (void)H5Fclose((hid_t)file);
}

struct qc_h5_file {
  uint64_t user_block, end;
  int descriptor;
};

/// The path is the one that the file was opened by; the end is not known of one that was open already.
static inline bool qc_h5_file_facts(qc_h5_id file, const char *path, struct qc_h5_file *facts) {
  bool is_open = qc_h5_is_open(path);
  hsize_t user_block = 0;
  haddr_t end = UINT64_MAX;
  void *handle = NULL;
  hid_t creation = H5Fget_create_plist((hid_t)file);
  if (creation < 0) return false;
  bool done = H5Pget_userblock(creation, &user_block) >= 0 &&
              (is_open || H5Fget_eoa((hid_t)file, &end) >= 0) &&
              H5Fget_vfd_handle((hid_t)file, H5P_DEFAULT, &handle) >= 0 && handle;
  qc_h5_close_quietly(creation);
  if (!done) return false;
  facts->user_block = user_block;
  facts->end = end;
  facts->descriptor = is_open ? fileno(*(FILE **)handle) : *(int *)handle;
  return true;
}

// MARK: Groups and links

enum qc_h5_link { qc_h5_hard, qc_h5_soft, qc_h5_external, qc_h5_user };

/// Takes a link; returns false to end the listing.
typedef bool (*qc_h5_link_taker)(void *context, const char *name, enum qc_h5_link kind, uint64_t address);

struct qc_h5_link_call {
  qc_h5_link_taker take;
  void *context;
};

static inline herr_t qc_h5_pass_link(hid_t group, const char *name, const H5L_info_t *info, void *data) {
  (void)group;
  const struct qc_h5_link_call *call = (const struct qc_h5_link_call *)data;
  enum qc_h5_link kind = info->type == H5L_TYPE_HARD       ? qc_h5_hard
                         : info->type == H5L_TYPE_SOFT     ? qc_h5_soft
                         : info->type == H5L_TYPE_EXTERNAL ? qc_h5_external
                                                           : qc_h5_user;
  return !call->take(call->context, name, kind, kind == qc_h5_hard ? info->u.address : qc_h5_none);
}

/// Lists the links of a group, in any order, without following one.
static inline bool qc_h5_links(qc_h5_id group, qc_h5_link_taker take, void *context) {
  struct qc_h5_link_call call = {take, context};
  hsize_t index = 0;
  return H5Literate((hid_t)group, H5_INDEX_NAME, H5_ITER_NATIVE, &index, qc_h5_pass_link, &call) >= 0;
}

static inline qc_h5_id qc_h5_open_root(qc_h5_id file) {
  return H5Gopen2((hid_t)file, "/", H5P_DEFAULT);
}

static inline qc_h5_id qc_h5_open_object(qc_h5_id file, uint64_t address) {
  return H5Oopen_by_addr((hid_t)file, (haddr_t)address);
}

enum qc_h5_object_kind { qc_h5_group, qc_h5_dataset, qc_h5_named_type, qc_h5_unknown };

struct qc_h5_object {
  enum qc_h5_object_kind kind;
  uint64_t address;
};

static inline bool qc_h5_object_facts(qc_h5_id object, struct qc_h5_object *facts) {
  H5O_info_t info;
  if (H5Oget_info2((hid_t)object, &info, H5O_INFO_BASIC) < 0) return false;
  facts->kind = info.type == H5O_TYPE_GROUP            ? qc_h5_group
                : info.type == H5O_TYPE_DATASET        ? qc_h5_dataset
                : info.type == H5O_TYPE_NAMED_DATATYPE ? qc_h5_named_type
                                                       : qc_h5_unknown;
  facts->address = info.addr;
  return true;
}

// MARK: Shapes

enum qc_h5_space_kind { qc_h5_scalar, qc_h5_simple, qc_h5_null };

struct qc_h5_space {
  enum qc_h5_space_kind kind;
  int rank;
  uint64_t extents[qc_h5_rank_limit];
  uint64_t limits[qc_h5_rank_limit];
};

/// Describes a dataspace and closes it.
static inline bool qc_h5_space_facts(hid_t space, struct qc_h5_space *facts) {
  if (space < 0) return false;
  hsize_t extents[H5S_MAX_RANK], limits[H5S_MAX_RANK];
  H5S_class_t kind = H5Sget_simple_extent_type(space);
  int rank = kind == H5S_SIMPLE ? H5Sget_simple_extent_ndims(space) : 0;
  bool done = kind != H5S_NO_CLASS && rank >= 0 && rank <= qc_h5_rank_limit &&
              (rank == 0 || H5Sget_simple_extent_dims(space, extents, limits) == rank);
  qc_h5_close_quietly(space);
  if (!done) return false;
  facts->kind = kind == H5S_SCALAR ? qc_h5_scalar : kind == H5S_NULL ? qc_h5_null : qc_h5_simple;
  facts->rank = rank;
  for (int i = 0; i < rank; i++) {
    facts->extents[i] = extents[i];
    facts->limits[i] = limits[i];
  }
  return true;
}

static inline bool qc_h5_dataset_space(qc_h5_id dataset, struct qc_h5_space *facts) {
  return qc_h5_space_facts(H5Dget_space((hid_t)dataset), facts);
}

static inline bool qc_h5_attribute_space(qc_h5_id attribute, struct qc_h5_space *facts) {
  return qc_h5_space_facts(H5Aget_space((hid_t)attribute), facts);
}

// MARK: Types

static inline qc_h5_id qc_h5_dataset_type(qc_h5_id dataset) {
  return H5Dget_type((hid_t)dataset);
}

static inline qc_h5_id qc_h5_attribute_type(qc_h5_id attribute) {
  return H5Aget_type((hid_t)attribute);
}

/// The type of an array's elements or of an enumeration's values.
static inline qc_h5_id qc_h5_base_type(qc_h5_id type) {
  return H5Tget_super((hid_t)type);
}

enum qc_h5_class {
  qc_h5_integer = H5T_INTEGER,
  qc_h5_float = H5T_FLOAT,
  qc_h5_time = H5T_TIME,
  qc_h5_string = H5T_STRING,
  qc_h5_bit_field = H5T_BITFIELD,
  qc_h5_opaque = H5T_OPAQUE,
  qc_h5_compound = H5T_COMPOUND,
  qc_h5_reference = H5T_REFERENCE,
  qc_h5_enumeration = H5T_ENUM,
  qc_h5_sequence = H5T_VLEN,
  qc_h5_array = H5T_ARRAY,
};

enum qc_h5_order { qc_h5_little, qc_h5_big, qc_h5_other_order };

struct qc_h5_type {
  /// One of qc_h5_class, or another number: a kind that came later.
  int kind;
  uint64_t size;
  enum qc_h5_order order;
  bool is_signed, is_normalized, is_variable, is_utf8;
  /// 0 null-terminated, 1 null-padded, 2 padded with spaces.
  int padding;
  uint64_t precision, offset, sign, exponent, exponent_size, bias, mantissa, mantissa_size;
  int rank;
  uint64_t extents[qc_h5_rank_limit];
};

static inline bool qc_h5_type_facts(qc_h5_id id, struct qc_h5_type *facts) {
  hid_t type = (hid_t)id;
  memset(facts, 0, sizeof *facts);
  H5T_class_t kind = H5Tget_class(type);
  if (kind == H5T_NO_CLASS) return false;
  facts->kind = (int)kind;
  // 0 where the file says so; the index is refused for it.
  facts->size = H5Tget_size(type);
  if (kind == H5T_INTEGER || kind == H5T_FLOAT) {
    H5T_order_t order = H5Tget_order(type);
    facts->order = order == H5T_ORDER_LE ? qc_h5_little : order == H5T_ORDER_BE ? qc_h5_big : qc_h5_other_order;
    facts->precision = H5Tget_precision(type);
    facts->offset = (uint64_t)(int64_t)H5Tget_offset(type);
  }
  if (kind == H5T_INTEGER) facts->is_signed = H5Tget_sign(type) == H5T_SGN_2;
  if (kind == H5T_FLOAT) {
    size_t sign, exponent, exponent_size, mantissa, mantissa_size;
    if (H5Tget_fields(type, &sign, &exponent, &exponent_size, &mantissa, &mantissa_size) < 0) return false;
    facts->sign = sign;
    facts->exponent = exponent;
    facts->exponent_size = exponent_size;
    facts->mantissa = mantissa;
    facts->mantissa_size = mantissa_size;
    facts->bias = H5Tget_ebias(type);
    facts->is_normalized = H5Tget_norm(type) == H5T_NORM_IMPLIED;
  }
  if (kind == H5T_STRING) {
    facts->is_variable = H5Tis_variable_str(type) > 0;
    facts->is_utf8 = H5Tget_cset(type) == H5T_CSET_UTF8;
    facts->padding = (int)H5Tget_strpad(type);
  }
  if (kind == H5T_ARRAY) {
    hsize_t extents[H5S_MAX_RANK];
    facts->rank = H5Tget_array_ndims(type);
    if (facts->rank < 0 || facts->rank > qc_h5_rank_limit) return false;
    if (H5Tget_array_dims2(type, extents) < 0) return false;
    for (int i = 0; i < facts->rank; i++) facts->extents[i] = extents[i];
  }
  return true;
}

/// The tag of an opaque type; the caller frees it.
static inline char *qc_h5_type_tag(qc_h5_id type) {
  return H5Tget_tag((hid_t)type);
}

static inline int qc_h5_member_count(qc_h5_id type) {
  return H5Tget_nmembers((hid_t)type);
}

/// The name of a member of an enumeration; the caller frees it.
static inline char *qc_h5_member_name(qc_h5_id type, unsigned index) {
  return H5Tget_member_name((hid_t)type, index);
}

/// The bytes of a member's value, in the type of the file: at most 8.
static inline bool qc_h5_member_value(qc_h5_id type, unsigned index, void *value) {
  return H5Tget_size((hid_t)type) <= 8 && H5Tget_member_value((hid_t)type, index, value) >= 0;
}

static inline void qc_h5_free(void *memory) {
  (void)H5free_memory(memory);
}

// MARK: Attributes

/// Takes a name; returns false to end the listing.
typedef bool (*qc_h5_name_taker)(void *context, const char *name);

struct qc_h5_name_call {
  qc_h5_name_taker take;
  void *context;
};

static inline herr_t qc_h5_pass_name(hid_t object, const char *name, const H5A_info_t *info, void *data) {
  (void)object;
  (void)info;
  const struct qc_h5_name_call *call = (const struct qc_h5_name_call *)data;
  return !call->take(call->context, name);
}

static inline bool qc_h5_attributes(qc_h5_id object, qc_h5_name_taker take, void *context) {
  struct qc_h5_name_call call = {take, context};
  hsize_t index = 0;
  return H5Aiterate2((hid_t)object, H5_INDEX_NAME, H5_ITER_NATIVE, &index, qc_h5_pass_name, &call) >= 0;
}

static inline qc_h5_id qc_h5_open_attribute(qc_h5_id object, const char *name) {
  return H5Aopen((hid_t)object, name, H5P_DEFAULT);
}

/// Reads a value in the type of the file: nothing is converted, byteCount bytes are written.
static inline bool qc_h5_read_attribute(qc_h5_id attribute, qc_h5_id type, void *bytes) {
  return H5Aread((hid_t)attribute, (hid_t)type, bytes) >= 0;
}

/// Reads texts of any length; each is null or freed with qc_h5_free.
static inline bool qc_h5_read_texts(qc_h5_id attribute, qc_h5_id type, char **texts) {
  return H5Aread((hid_t)attribute, (hid_t)type, texts) >= 0;
}

// MARK: Datasets

enum qc_h5_layout { qc_h5_compact, qc_h5_contiguous, qc_h5_chunked, qc_h5_virtual, qc_h5_other_layout };

struct qc_h5_storage {
  enum qc_h5_layout layout;
  bool is_external;
  int filter_count;
  int chunk_rank;
  uint64_t chunk[qc_h5_rank_limit];
  /// Whether chunks that reach over the edge are stored without filters.
  bool has_plain_edges;
  /// Whether somebody has set a fill value.
  bool has_fill;
};

/// The properties a dataset was created with; nothing of its data is looked at.
static inline qc_h5_id qc_h5_properties(qc_h5_id dataset) {
  return H5Dget_create_plist((hid_t)dataset);
}

static inline bool qc_h5_storage_facts(qc_h5_id properties, struct qc_h5_storage *facts) {
  hid_t list = (hid_t)properties;
  memset(facts, 0, sizeof *facts);
  H5D_layout_t layout = H5Pget_layout(list);
  facts->layout = layout == H5D_COMPACT      ? qc_h5_compact
                  : layout == H5D_CONTIGUOUS ? qc_h5_contiguous
                  : layout == H5D_CHUNKED    ? qc_h5_chunked
                  : layout == H5D_VIRTUAL    ? qc_h5_virtual
                                             : qc_h5_other_layout;
  int external = H5Pget_external_count(list);
  facts->is_external = external != 0;
  facts->filter_count = H5Pget_nfilters(list);
  if (external < 0 || facts->filter_count < 0) return false;
  if (layout == H5D_CHUNKED) {
    hsize_t chunk[H5S_MAX_RANK];
    unsigned options = 0;
    facts->chunk_rank = H5Pget_chunk(list, qc_h5_rank_limit, chunk);
    if (facts->chunk_rank < 0 || facts->chunk_rank > qc_h5_rank_limit) return false;
    for (int i = 0; i < facts->chunk_rank; i++) facts->chunk[i] = chunk[i];
    if (H5Pget_chunk_opts(list, &options) < 0) return false;
    facts->has_plain_edges = options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS;
  }
  H5D_fill_value_t fill;
  if (H5Pfill_value_defined(list, &fill) < 0) return false;
  facts->has_fill = fill == H5D_FILL_VALUE_USER_DEFINED;
  return true;
}

/// The fill value in the type of the file.
static inline bool qc_h5_fill(qc_h5_id properties, qc_h5_id type, void *value) {
  return H5Pget_fill_value((hid_t)properties, (hid_t)type, value) >= 0;
}

struct qc_h5_filter {
  int id;
  /// How many parameters there are; those beyond the room are dropped.
  uint64_t parameter_count;
  unsigned parameters[qc_h5_filter_parameters];
  char name[128];
};

static inline bool qc_h5_filter_facts(qc_h5_id properties, unsigned index, struct qc_h5_filter *facts) {
  memset(facts, 0, sizeof *facts);
  unsigned flags = 0;
  size_t count = qc_h5_filter_parameters;
  H5Z_filter_t id = H5Pget_filter2((hid_t)properties, index, &flags, &count, facts->parameters,
                                   sizeof facts->name - 1, facts->name, NULL);
  if (id < 0) return false;
  facts->id = id;
  facts->parameter_count = count;
  return true;
}

/// The absolute offset of contiguous data; qc_h5_none where nothing is stored.
static inline uint64_t qc_h5_offset(qc_h5_id dataset) {
  // 1.10 adds the user block to the address that stands for none.
  H5D_space_status_t status = H5D_SPACE_STATUS_NOT_ALLOCATED;
  if (H5Dget_space_status((hid_t)dataset, &status) >= 0 && status == H5D_SPACE_STATUS_NOT_ALLOCATED)
    return qc_h5_none;
  haddr_t offset = H5Dget_offset((hid_t)dataset);
  if (offset != HADDR_UNDEF) return offset;
  (void)H5Eclear2(H5E_DEFAULT);
  return qc_h5_none;
}

/// The bytes that are stored.
static inline uint64_t qc_h5_stored(qc_h5_id dataset) {
  return H5Dget_storage_size((hid_t)dataset);
}

/// Reads all of a compact dataset in the type of the file.
static inline bool qc_h5_read_compact(qc_h5_id dataset, qc_h5_id type, void *bytes) {
  return H5Dread((hid_t)dataset, (hid_t)type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes) >= 0;
}

/// Reads all texts of any length; each is null or freed with qc_h5_free.
static inline bool qc_h5_read_dataset_texts(qc_h5_id dataset, qc_h5_id type, char **texts) {
  return H5Dread((hid_t)dataset, (hid_t)type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts) >= 0;
}

/// How many chunks are stored.
static inline bool qc_h5_chunk_count(qc_h5_id dataset, uint64_t *count) {
  hsize_t stored = 0;
  hid_t space = H5Dget_space((hid_t)dataset);
  if (space < 0) return false;
  herr_t result = H5Dget_num_chunks((hid_t)dataset, space, &stored);
  qc_h5_close_quietly(space);
  *count = stored;
  return result >= 0;
}

/// The bytes of a chunk without filters, as the layout has them: element size times extents.
static inline bool qc_h5_plain_chunk_size(qc_h5_id dataset, const uint64_t *start, int rank, uint64_t *size) {
  hsize_t offset[H5S_MAX_RANK] = {0}, bytes = 0;
  for (int i = 0; i < rank; i++) offset[i] = start[i];
  herr_t result = H5Dget_chunk_storage_size((hid_t)dataset, offset, &bytes);
  *size = bytes;
  return result >= 0;
}

/// Takes a chunk by the element it starts at; returns false to end the listing.
typedef bool (*qc_h5_chunk_taker)(void *context, const uint64_t *start, uint32_t filter_mask, uint64_t offset,
                                  uint64_t size);

#if H5_VERSION_GE(1, 14, 4)
struct qc_h5_chunk_call {
  qc_h5_chunk_taker take;
  void *context;
  int rank;
};

static inline int qc_h5_pass_chunk(const hsize_t *start, unsigned mask, haddr_t address, hsize_t size, void *data) {
  const struct qc_h5_chunk_call *call = (const struct qc_h5_chunk_call *)data;
  uint64_t elements[qc_h5_rank_limit] = {0};
  for (int axis = 0; axis < call->rank; axis++) elements[axis] = start[axis];
  return !call->take(call->context, elements, mask, address, size);
}
#endif

/// Lists the chunks that are stored, in any order.
static inline bool qc_h5_chunks(qc_h5_id dataset, int rank, uint64_t count, uint64_t user_block,
                                qc_h5_chunk_taker take, void *context) {
#if H5_VERSION_GE(1, 14, 4)
  (void)count;
  (void)user_block;
  struct qc_h5_chunk_call call = {take, context, rank};
  return H5Dchunk_iter((hid_t)dataset, H5P_DEFAULT, qc_h5_pass_chunk, &call) >= 0;
#else
  // The time grows with the square of the count, whether one asks by index or by coordinates. Before
  // 1.14.4 addresses count from the end of the user block; the library may be newer than the headers.
  uint64_t base = qc_h5_version() < 0x010e04 ? user_block : 0;
  hid_t space = H5Dget_space((hid_t)dataset);
  if (space < 0) return false;
  bool done = true;
  for (hsize_t i = 0; done && i < count; i++) {
    hsize_t start[H5S_MAX_RANK] = {0}, size = 0;
    unsigned mask = 0;
    haddr_t address = HADDR_UNDEF;
    done = H5Dget_chunk_info((hid_t)dataset, space, i, start, &mask, &address, &size) >= 0;
    uint64_t elements[qc_h5_rank_limit] = {0};
    for (int axis = 0; axis < rank; axis++) elements[axis] = start[axis];
    if (done && address != HADDR_UNDEF &&
        !take(context, elements, mask, address + base, size))
      break;
  }
  qc_h5_close_quietly(space);
  return done;
#endif
}

#endif

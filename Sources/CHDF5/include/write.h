// What qconvert asks of libhdf5 to write files, in the terms of read.h.
#ifndef QC_HDF5_WRITE_H
#define QC_HDF5_WRITE_H

#include "read.h"

// MARK: Files

/// Closes a list of properties when the function is left with a result.
static inline hid_t qc_h5_drop(hid_t properties, hid_t result) {
  (void)H5Pclose(properties);
  return result;
}

/// What all new objects have in common: no times. With `is_dense` the object has the header of 1.8, which
/// keeps large and many attributes outside; that it also tracks their order is what makes the library use it.
static inline bool qc_h5_set_object(hid_t properties, bool is_dense) {
  return H5Pset_obj_track_times(properties, false) >= 0 &&
         (!is_dense || H5Pset_attr_creation_order(properties, H5P_CRT_ORDER_TRACKED) >= 0);
}

/// For files that libhdf5 1.8 and later can read, written with the plain driver and without locks.
static inline hid_t qc_h5_write_access(void) {
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  if (access < 0) return -1;
  bool done = H5Pset_fapl_sec2(access) >= 0 && H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0 &&
              H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V18) >= 0;
#if H5_VERSION_GE(1, 12, 1) || (H5_VERS_MINOR == 10 && H5_VERS_RELEASE >= 7)
  done = done && H5Pset_file_locking(access, false, true) >= 0;
#endif
  return done ? access : qc_h5_drop(access, -1);
}

/// Writes a new file.
static inline qc_h5_id qc_h5_create_file(const char *path, bool is_dense) {
  hid_t access = qc_h5_write_access();
  if (access < 0) return -1;
  hid_t creation = H5Pcreate(H5P_FILE_CREATE);
  if (creation < 0) return qc_h5_drop(access, -1);
  hid_t file = -1;
  if (qc_h5_set_object(creation, is_dense)) file = H5Fcreate(path, H5F_ACC_TRUNC, creation, access);
  return qc_h5_drop(creation, qc_h5_drop(access, file));
}

/// Opens a file that is there to write more.
static inline qc_h5_id qc_h5_extend_file(const char *path) {
  hid_t access = qc_h5_write_access();
  if (access < 0) return -1;
  return qc_h5_drop(access, H5Fopen(path, H5F_ACC_RDWR, access));
}

/// Writes what is still in memory and closes the file.
static inline bool qc_h5_finish_file(qc_h5_id file) {
  bool done = H5Fflush((hid_t)file, H5F_SCOPE_GLOBAL) >= 0;
  return H5Fclose((hid_t)file) >= 0 && done;
}

// MARK: Types

static inline qc_h5_id qc_h5_finish_type(hid_t type, bool done) {
  if (done || type < 0) return type;
  (void)H5Tclose(type);
  return -1;
}

static inline qc_h5_id qc_h5_make_integer(uint64_t size, bool is_signed, bool is_big) {
  hid_t type = H5Tcopy(H5T_STD_U8LE);
  return qc_h5_finish_type(type, type >= 0 && H5Tset_size(type, size) >= 0 && H5Tset_precision(type, 8 * size) >= 0 &&
                                     H5Tset_order(type, is_big ? H5T_ORDER_BE : H5T_ORDER_LE) >= 0 &&
                                     H5Tset_sign(type, is_signed ? H5T_SGN_2 : H5T_SGN_NONE) >= 0);
}

/// Makes a floating-point type with these fields, and no other.
static inline qc_h5_id qc_h5_make_float(const struct qc_h5_type *facts) {
  hid_t type = H5Tcopy(H5T_IEEE_F64LE);
  // Every step is checked against the fields as they are then: room for all first, then the fields, then less.
  size_t room = facts->size < 8 ? 8 : facts->size;
  struct qc_h5_type made;
  return qc_h5_finish_type(
      type,
      type >= 0 && H5Tset_size(type, room) >= 0 && H5Tset_precision(type, 8 * room) >= 0 &&
          H5Tset_fields(type, facts->sign, facts->exponent, facts->exponent_size, facts->mantissa,
                        facts->mantissa_size) >= 0 &&
          H5Tset_offset(type, facts->offset) >= 0 && H5Tset_precision(type, facts->precision) >= 0 &&
          H5Tset_size(type, facts->size) >= 0 && H5Tset_ebias(type, facts->bias) >= 0 &&
          H5Tset_norm(type, facts->is_normalized ? H5T_NORM_IMPLIED : H5T_NORM_NONE) >= 0 &&
          H5Tset_order(type, facts->order == qc_h5_big ? H5T_ORDER_BE : H5T_ORDER_LE) >= 0 &&
          qc_h5_type_facts(type, &made) && made.size == facts->size && made.precision == facts->precision &&
          made.offset == facts->offset && made.sign == facts->sign && made.exponent == facts->exponent &&
          made.exponent_size == facts->exponent_size && made.bias == facts->bias &&
          made.mantissa == facts->mantissa && made.mantissa_size == facts->mantissa_size);
}

static inline qc_h5_id qc_h5_make_opaque(uint64_t size, const char *tag) {
  hid_t type = H5Tcreate(H5T_OPAQUE, size);
  return qc_h5_finish_type(type, type >= 0 && H5Tset_tag(type, tag) >= 0);
}

/// Makes a type of texts; size 0 stands for any length, and padding is one of qc_h5_type.
static inline qc_h5_id qc_h5_make_string(uint64_t size, int padding, bool is_utf8) {
  hid_t type = H5Tcopy(H5T_C_S1);
  return qc_h5_finish_type(type, type >= 0 && H5Tset_size(type, size == 0 ? H5T_VARIABLE : size) >= 0 &&
                                     H5Tset_strpad(type, (H5T_str_t)padding) >= 0 &&
                                     H5Tset_cset(type, is_utf8 ? H5T_CSET_UTF8 : H5T_CSET_ASCII) >= 0);
}

/// Makes an enumeration without members.
static inline qc_h5_id qc_h5_make_enumeration(qc_h5_id base) {
  return H5Tenum_create((hid_t)base);
}

/// Adds a member by the bytes of its value, in the order of the base type.
static inline bool qc_h5_add_member(qc_h5_id type, const char *name, const void *value) {
  return H5Tenum_insert((hid_t)type, name, value) >= 0;
}

static inline qc_h5_id qc_h5_make_array(qc_h5_id base, int rank, const uint64_t *extents) {
  hsize_t lengths[H5S_MAX_RANK];
  if (rank < 1 || rank > qc_h5_rank_limit) return -1;
  for (int i = 0; i < rank; i++) lengths[i] = extents[i];
  return H5Tarray_create2((hid_t)base, (unsigned)rank, lengths);
}

// MARK: Objects

static inline qc_h5_id qc_h5_make_space(enum qc_h5_space_kind kind, int rank, const uint64_t *extents) {
  hsize_t lengths[H5S_MAX_RANK];
  if (kind != qc_h5_simple) return H5Screate(kind == qc_h5_scalar ? H5S_SCALAR : H5S_NULL);
  if (rank < 1 || rank > qc_h5_rank_limit) return -1;
  for (int i = 0; i < rank; i++) lengths[i] = extents[i];
  return H5Screate_simple(rank, lengths, NULL);
}

/// Makes a shape whose axes may be extended up to these limits; qc_h5_none is none.
static inline qc_h5_id qc_h5_make_extensible_space(int rank, const uint64_t *extents, const uint64_t *limits) {
  hsize_t lengths[H5S_MAX_RANK], most[H5S_MAX_RANK];
  if (rank < 1 || rank > qc_h5_rank_limit) return -1;
  for (int i = 0; i < rank; i++) {
    lengths[i] = extents[i];
    most[i] = limits[i] == qc_h5_none ? H5S_UNLIMITED : limits[i];
  }
  return H5Screate_simple(rank, lengths, most);
}

/// The properties of a link, or of an attribute, whose name is UTF-8 or even ASCII.
static inline hid_t qc_h5_naming(hid_t kind, const char *name) {
  bool is_ascii = true;
  for (const char *c = name; *c; c++) is_ascii = is_ascii && !(*c & 0x80);
  hid_t properties = H5Pcreate(kind);
  if (properties < 0 || is_ascii || H5Pset_char_encoding(properties, H5T_CSET_UTF8) >= 0) return properties;
  return qc_h5_drop(properties, -1);
}

static inline qc_h5_id qc_h5_create_group(qc_h5_id file, const char *path, bool is_dense) {
  hid_t creation = H5Pcreate(H5P_GROUP_CREATE);
  if (creation < 0) return -1;
  hid_t link = qc_h5_naming(H5P_LINK_CREATE, path);
  if (link < 0) return qc_h5_drop(creation, -1);
  hid_t group = -1;
  if (qc_h5_set_object(creation, is_dense)) group = H5Gcreate2((hid_t)file, path, link, creation, H5P_DEFAULT);
  return qc_h5_drop(link, qc_h5_drop(creation, group));
}

/// How a dataset is stored, contiguous unless it is changed.
static inline qc_h5_id qc_h5_make_storage(void) {
  return H5Pcreate(H5P_DATASET_CREATE);
}

/// Gives a contiguous dataset its place in the file at once, with nothing written there.
static inline bool qc_h5_reserve(qc_h5_id storage) {
  return H5Pset_alloc_time((hid_t)storage, H5D_ALLOC_TIME_EARLY) >= 0 &&
         H5Pset_fill_time((hid_t)storage, H5D_FILL_TIME_NEVER) >= 0;
}

static inline bool qc_h5_set_chunk(qc_h5_id storage, int rank, const uint64_t *extents) {
  hsize_t lengths[H5S_MAX_RANK];
  if (rank < 1 || rank > qc_h5_rank_limit) return false;
  for (int i = 0; i < rank; i++) lengths[i] = extents[i];
  return H5Pset_chunk((hid_t)storage, rank, lengths) >= 0;
}

static inline bool qc_h5_add_shuffle(qc_h5_id storage) {
  return H5Pset_shuffle((hid_t)storage) >= 0;
}

static inline bool qc_h5_add_deflate(qc_h5_id storage, unsigned level) {
  return H5Pset_deflate((hid_t)storage, level) >= 0;
}

static inline bool qc_h5_add_fletcher32(qc_h5_id storage) {
  return H5Pset_fletcher32((hid_t)storage) >= 0;
}

/// Creates a dataset; nothing of it is written.
static inline qc_h5_id qc_h5_create_dataset(qc_h5_id file, const char *path, qc_h5_id type, qc_h5_id space,
                                            qc_h5_id storage, bool is_dense) {
  hid_t link = qc_h5_naming(H5P_LINK_CREATE, path);
  if (link < 0) return -1;
  hid_t dataset = -1;
  if (qc_h5_set_object((hid_t)storage, is_dense))
    dataset = H5Dcreate2((hid_t)file, path, (hid_t)type, (hid_t)space, link, (hid_t)storage, H5P_DEFAULT);
  return qc_h5_drop(link, dataset);
}

static inline qc_h5_id qc_h5_open_dataset(qc_h5_id file, const char *path) {
  return H5Dopen2((hid_t)file, path, H5P_DEFAULT);
}

/// Writes all values in the type of the file: nothing is converted.
static inline bool qc_h5_write_dataset(qc_h5_id dataset, qc_h5_id type, const void *bytes) {
  return H5Dwrite((hid_t)dataset, (hid_t)type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes) >= 0;
}

/// Writes a chunk as it is stored, by the element it starts at; its filters are run already, but for those of
/// the mask, which are left out.
static inline bool qc_h5_write_chunk(qc_h5_id dataset, int rank, const uint64_t *start, uint32_t filter_mask,
                                     const void *bytes, uint64_t size) {
  hsize_t offset[H5S_MAX_RANK];
  if (rank < 1 || rank > qc_h5_rank_limit) return false;
  for (int i = 0; i < rank; i++) offset[i] = start[i];
  return H5Dwrite_chunk((hid_t)dataset, H5P_DEFAULT, filter_mask, offset, size, bytes) >= 0;
}

/// Gives an object another path.
static inline bool qc_h5_create_hard_link(qc_h5_id file, const char *object, const char *path) {
  hid_t link = qc_h5_naming(H5P_LINK_CREATE, path);
  if (link < 0) return false;
  bool done = H5Lcreate_hard((hid_t)file, object, (hid_t)file, path, link, H5P_DEFAULT) >= 0;
  (void)H5Pclose(link);
  return done;
}

// MARK: Attributes

static inline qc_h5_id qc_h5_create_attribute(qc_h5_id object, const char *name, qc_h5_id type, qc_h5_id space) {
  hid_t creation = qc_h5_naming(H5P_ATTRIBUTE_CREATE, name);
  if (creation < 0) return -1;
  return qc_h5_drop(creation, H5Acreate2((hid_t)object, name, (hid_t)type, (hid_t)space, creation, H5P_DEFAULT));
}

/// Writes a value in the type of the file: nothing is converted.
static inline bool qc_h5_write_attribute(qc_h5_id attribute, qc_h5_id type, const void *bytes) {
  return H5Awrite((hid_t)attribute, (hid_t)type, bytes) >= 0;
}

/// Writes texts of any length, to an attribute or a dataset, that begin at these offsets of a row of bytes and
/// end with zeros.
static inline bool qc_h5_write_texts(qc_h5_id object, qc_h5_id type, const char *bytes, const uint64_t *starts,
                                     uint64_t count) {
  const char **texts = (const char **)calloc(count + 1, sizeof *texts);
  if (!texts) return false;
  for (uint64_t i = 0; i < count; i++) texts[i] = bytes + starts[i];
  bool done = H5Iget_type((hid_t)object) == H5I_ATTR
                  ? H5Awrite((hid_t)object, (hid_t)type, texts) >= 0
                  : H5Dwrite((hid_t)object, (hid_t)type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts) >= 0;
  free(texts);
  return done;
}

#endif

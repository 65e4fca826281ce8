// libhdf5, opened where a file asks for it: it brings forty libraries along, and most runs have no use for one.
#ifndef QC_HDF5_LIBRARY_H
#define QC_HDF5_LIBRARY_H

#define H5_USE_110_API 1
#if __has_include(<hdf5.h>)
#include <hdf5.h>
#elif __has_include(<hdf5/serial/hdf5.h>)
#include <hdf5/serial/hdf5.h>
#else
#error "no headers of libhdf5: apt-get install libhdf5-dev, brew install hdf5, or name their directory in CPATH"
#endif
#include <stdbool.h>

/// Opens the library if it is not open, in the version of the headers: the one in the process, or the one the
/// system finds.
bool qc_hdf5_open(void);

/// A function or variable of the library, which is open.
void *qc_hdf5_symbol(const char *name);

// What is used of the library stands here: the name then means what was found under it. A name that is not here is
// an error when the program is linked.
#define QC_HDF5(name) (*({                                                \
    static __typeof__(&name) found;                                       \
    if (!found) found = (__typeof__(&name))qc_hdf5_symbol(#name);         \
    found;                                                                \
  }))

#define H5Acreate2 QC_HDF5(H5Acreate2)
#define H5Aget_space QC_HDF5(H5Aget_space)
#define H5Aget_type QC_HDF5(H5Aget_type)
#define H5Aiterate2 QC_HDF5(H5Aiterate2)
#define H5Aopen QC_HDF5(H5Aopen)
#define H5Aread QC_HDF5(H5Aread)
#define H5Awrite QC_HDF5(H5Awrite)
#define H5Dchunk_iter QC_HDF5(H5Dchunk_iter)
#define H5Dcreate2 QC_HDF5(H5Dcreate2)
#define H5Dget_chunk_info QC_HDF5(H5Dget_chunk_info)
#define H5Dget_chunk_storage_size QC_HDF5(H5Dget_chunk_storage_size)
#define H5Dget_create_plist QC_HDF5(H5Dget_create_plist)
#define H5Dget_num_chunks QC_HDF5(H5Dget_num_chunks)
#define H5Dget_offset QC_HDF5(H5Dget_offset)
#define H5Dget_space QC_HDF5(H5Dget_space)
#define H5Dget_space_status QC_HDF5(H5Dget_space_status)
#define H5Dget_storage_size QC_HDF5(H5Dget_storage_size)
#define H5Dget_type QC_HDF5(H5Dget_type)
#define H5Dopen2 QC_HDF5(H5Dopen2)
#define H5Dread QC_HDF5(H5Dread)
#define H5Dwrite QC_HDF5(H5Dwrite)
#define H5Dwrite_chunk QC_HDF5(H5Dwrite_chunk)
#define H5Eclear2 QC_HDF5(H5Eclear2)
#define H5Eget_auto2 QC_HDF5(H5Eget_auto2)
#define H5Eget_current_stack QC_HDF5(H5Eget_current_stack)
#define H5Eset_auto2 QC_HDF5(H5Eset_auto2)
#define H5Eset_current_stack QC_HDF5(H5Eset_current_stack)
#define H5Ewalk2 QC_HDF5(H5Ewalk2)
#define H5Fclose QC_HDF5(H5Fclose)
#define H5Fcreate QC_HDF5(H5Fcreate)
#define H5Fflush QC_HDF5(H5Fflush)
#define H5Fget_create_plist QC_HDF5(H5Fget_create_plist)
#define H5Fget_eoa QC_HDF5(H5Fget_eoa)
#define H5Fget_vfd_handle QC_HDF5(H5Fget_vfd_handle)
#define H5Fopen QC_HDF5(H5Fopen)
#define H5Gcreate2 QC_HDF5(H5Gcreate2)
#define H5Gopen2 QC_HDF5(H5Gopen2)
#define H5Idec_ref QC_HDF5(H5Idec_ref)
#define H5Iget_type QC_HDF5(H5Iget_type)
#define H5Lcreate_hard QC_HDF5(H5Lcreate_hard)
#if H5_VERSION_GE(1, 12, 0)
#define H5Literate1 QC_HDF5(H5Literate1)
#else
#define H5Literate QC_HDF5(H5Literate)
#endif
#define H5Oget_info2 QC_HDF5(H5Oget_info2)
#define H5Oopen_by_addr QC_HDF5(H5Oopen_by_addr)
#define H5PLget_loading_state QC_HDF5(H5PLget_loading_state)
#define H5PLset_loading_state QC_HDF5(H5PLset_loading_state)
#define H5Pclose QC_HDF5(H5Pclose)
#define H5Pcreate QC_HDF5(H5Pcreate)
#define H5Pfill_value_defined QC_HDF5(H5Pfill_value_defined)
#define H5Pget_chunk QC_HDF5(H5Pget_chunk)
#define H5Pget_chunk_opts QC_HDF5(H5Pget_chunk_opts)
#define H5Pget_external_count QC_HDF5(H5Pget_external_count)
#define H5Pget_fill_value QC_HDF5(H5Pget_fill_value)
#define H5Pget_filter2 QC_HDF5(H5Pget_filter2)
#define H5Pget_layout QC_HDF5(H5Pget_layout)
#define H5Pget_nfilters QC_HDF5(H5Pget_nfilters)
#define H5Pget_userblock QC_HDF5(H5Pget_userblock)
#define H5Pset_alloc_time QC_HDF5(H5Pset_alloc_time)
#define H5Pset_attr_creation_order QC_HDF5(H5Pset_attr_creation_order)
#define H5Pset_char_encoding QC_HDF5(H5Pset_char_encoding)
#define H5Pset_chunk QC_HDF5(H5Pset_chunk)
#define H5Pset_deflate QC_HDF5(H5Pset_deflate)
#define H5Pset_fapl_sec2 QC_HDF5(H5Pset_fapl_sec2)
#define H5Pset_fapl_stdio QC_HDF5(H5Pset_fapl_stdio)
#define H5Pset_fclose_degree QC_HDF5(H5Pset_fclose_degree)
#define H5Pset_file_locking QC_HDF5(H5Pset_file_locking)
#define H5Pset_fill_time QC_HDF5(H5Pset_fill_time)
#define H5Pset_fletcher32 QC_HDF5(H5Pset_fletcher32)
#define H5Pset_libver_bounds QC_HDF5(H5Pset_libver_bounds)
#define H5Pset_obj_track_times QC_HDF5(H5Pset_obj_track_times)
#define H5Pset_shuffle QC_HDF5(H5Pset_shuffle)
#define H5Screate QC_HDF5(H5Screate)
#define H5Screate_simple QC_HDF5(H5Screate_simple)
#define H5Sget_simple_extent_dims QC_HDF5(H5Sget_simple_extent_dims)
#define H5Sget_simple_extent_ndims QC_HDF5(H5Sget_simple_extent_ndims)
#define H5Sget_simple_extent_type QC_HDF5(H5Sget_simple_extent_type)
#define H5Tarray_create2 QC_HDF5(H5Tarray_create2)
#define H5Tclose QC_HDF5(H5Tclose)
#define H5Tcopy QC_HDF5(H5Tcopy)
#define H5Tcreate QC_HDF5(H5Tcreate)
#define H5Tenum_create QC_HDF5(H5Tenum_create)
#define H5Tenum_insert QC_HDF5(H5Tenum_insert)
#define H5Tget_array_dims2 QC_HDF5(H5Tget_array_dims2)
#define H5Tget_array_ndims QC_HDF5(H5Tget_array_ndims)
#define H5Tget_class QC_HDF5(H5Tget_class)
#define H5Tget_cset QC_HDF5(H5Tget_cset)
#define H5Tget_ebias QC_HDF5(H5Tget_ebias)
#define H5Tget_fields QC_HDF5(H5Tget_fields)
#define H5Tget_member_name QC_HDF5(H5Tget_member_name)
#define H5Tget_member_value QC_HDF5(H5Tget_member_value)
#define H5Tget_nmembers QC_HDF5(H5Tget_nmembers)
#define H5Tget_norm QC_HDF5(H5Tget_norm)
#define H5Tget_offset QC_HDF5(H5Tget_offset)
#define H5Tget_order QC_HDF5(H5Tget_order)
#define H5Tget_precision QC_HDF5(H5Tget_precision)
#define H5Tget_sign QC_HDF5(H5Tget_sign)
#define H5Tget_size QC_HDF5(H5Tget_size)
#define H5Tget_strpad QC_HDF5(H5Tget_strpad)
#define H5Tget_super QC_HDF5(H5Tget_super)
#define H5Tget_tag QC_HDF5(H5Tget_tag)
#define H5Tis_variable_str QC_HDF5(H5Tis_variable_str)
#define H5Tset_cset QC_HDF5(H5Tset_cset)
#define H5Tset_ebias QC_HDF5(H5Tset_ebias)
#define H5Tset_fields QC_HDF5(H5Tset_fields)
#define H5Tset_norm QC_HDF5(H5Tset_norm)
#define H5Tset_offset QC_HDF5(H5Tset_offset)
#define H5Tset_order QC_HDF5(H5Tset_order)
#define H5Tset_precision QC_HDF5(H5Tset_precision)
#define H5Tset_sign QC_HDF5(H5Tset_sign)
#define H5Tset_size QC_HDF5(H5Tset_size)
#define H5Tset_strpad QC_HDF5(H5Tset_strpad)
#define H5Tset_tag QC_HDF5(H5Tset_tag)
#define H5free_memory QC_HDF5(H5free_memory)
#define H5get_libversion QC_HDF5(H5get_libversion)

// Behind macros of the headers.
#define H5check_version QC_HDF5(H5check_version)
#define H5open QC_HDF5(H5open)
#define H5P_CLS_ATTRIBUTE_CREATE_ID_g QC_HDF5(H5P_CLS_ATTRIBUTE_CREATE_ID_g)
#define H5P_CLS_DATASET_CREATE_ID_g QC_HDF5(H5P_CLS_DATASET_CREATE_ID_g)
#define H5P_CLS_FILE_ACCESS_ID_g QC_HDF5(H5P_CLS_FILE_ACCESS_ID_g)
#define H5P_CLS_FILE_CREATE_ID_g QC_HDF5(H5P_CLS_FILE_CREATE_ID_g)
#define H5P_CLS_GROUP_CREATE_ID_g QC_HDF5(H5P_CLS_GROUP_CREATE_ID_g)
#define H5P_CLS_LINK_CREATE_ID_g QC_HDF5(H5P_CLS_LINK_CREATE_ID_g)
#define H5T_C_S1_g QC_HDF5(H5T_C_S1_g)
#define H5T_IEEE_F64LE_g QC_HDF5(H5T_IEEE_F64LE_g)
#define H5T_STD_U8LE_g QC_HDF5(H5T_STD_U8LE_g)

#endif

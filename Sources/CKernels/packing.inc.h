// Codes that share bytes.

// A byte with these bits in every byte.
INLINE uint64_t everywhere(uint8_t byte) { return byte * 0x0101010101010101u; }

// The low `bits` of 8 bytes as one number, the first lowest: neighbours move together, then pairs, then fours.
INLINE uint64_t gather_bits(unsigned bits, uint64_t x) {
  x = (x & 0x00ff00ff00ff00ff) | (x & 0xff00ff00ff00ff00) >> (8 - bits);
  x = (x & 0x0000ffff0000ffff) | (x & 0xffff0000ffff0000) >> (16 - 2 * bits);
  return (x & 0xffffffff) | x >> 32 << 4 * bits;
}

// The way back.
INLINE uint64_t scatter_bits(unsigned bits, uint64_t x) {
  uint64_t fours = (1ull << 4 * bits) - 1, pairs = (1ull << 2 * bits) - 1, ones = (1ull << bits) - 1;
  x = (x & fours) | (x >> 4 * bits & fours) << 32;
  pairs |= pairs << 32;
  x = (x & pairs) | (x >> 2 * bits & pairs) << 16;
  ones |= ones << 16;
  ones |= ones << 32;
  return (x & ones) | (x >> bits & ones) << 8;
}

INLINE void pack_as(unsigned bits, bool is_offset, const uint8_t *codes, size_t count, uint8_t *out, size_t size) {
  uint64_t mask = everywhere((uint8_t)((1u << bits) - 1)), offset = everywhere(is_offset ? (uint8_t)(1u << (bits - 1)) : 0);
  size_t i = 0, end = 0;
  for (; i + 8 <= count; i += 8, end += bits) {
    uint64_t x;
    __builtin_memcpy(&x, codes + i, 8);
    x = gather_bits(bits, (x ^ offset) & mask);
    __builtin_memcpy(out + end, &x, bits);
  }
  if (i < count) {
    uint64_t x = 0;
    __builtin_memcpy(&x, codes + i, count - i);
    // The bits beyond the last code stay zero.
    x = (x ^ offset) & mask & (~0ull >> 8 * (8 - (count - i)));
    x = gather_bits(bits, x);
    size_t bytes = ((count - i) * bits + 7) / 8;
    __builtin_memcpy(out + end, &x, bytes);
    end += bytes;
  }
  if (end < size) __builtin_memset(out + end, 0, size - end);
}

INLINE void unpack_as(unsigned bits, bool is_offset, bool is_signed, const uint8_t *packed, size_t count, uint8_t *codes) {
  uint64_t sign = everywhere((uint8_t)(1u << (bits - 1)));
  uint64_t low = everywhere((uint8_t)((1u << bits) - 1));
  for (size_t i = 0; i < count; i += 8, packed += bits) {
    size_t n = count - i < 8 ? count - i : 8;
    uint64_t x = 0;
    __builtin_memcpy(&x, packed, (n * bits + 7) / 8);
    x = scatter_bits(bits, x);
    // What is signed and stored as it is has its sign in the highest bit; an offset one has the opposite.
    if (is_offset) x ^= sign;
    if (is_signed) x |= ((x & sign) >> (bits - 1)) * 0xffu & ~low;
    __builtin_memcpy(codes + i, &x, n);
  }
}

#define FOR_BITS(bits, call)                                                   \
  switch (bits) {                                                              \
    case 1: { enum { B = 1 }; call; break; }                                   \
    case 2: { enum { B = 2 }; call; break; }                                   \
    case 3: { enum { B = 3 }; call; break; }                                   \
    case 4: { enum { B = 4 }; call; break; }                                   \
    case 5: { enum { B = 5 }; call; break; }                                   \
    case 6: { enum { B = 6 }; call; break; }                                   \
    case 7: { enum { B = 7 }; call; break; }                                   \
    case 8: { enum { B = 8 }; call; break; }                                   \
  }

static void pack(unsigned bits, bool is_offset, const uint8_t *codes, size_t count, uint8_t *out, size_t size) {
  if (bits == 4) {
    size_t whole = count / (2 * LANES) * (2 * LANES);
    uint8_t offset = is_offset ? 8 : 0;
    for (size_t i = 0; i < whole; i += 2 * LANES) {
      vb2 pair;
      __builtin_memcpy(&pair, codes + i, sizeof pair);
      pair ^= offset;
      vb byte = (pair.even & 15) | pair.odd << 4;
      __builtin_memcpy(out + i / 2, &byte, sizeof byte);
    }
    codes += whole;
    count -= whole;
    out += whole / 2;
    size -= whole / 2;
  }
  FOR_BITS(bits, pack_as(B, is_offset, codes, count, out, size))
}

static void unpack(unsigned bits, bool is_offset, bool is_signed, const uint8_t *packed, size_t count, uint8_t *codes) {
  if (bits == 4) {
    uint8_t sign = is_signed ? 8 : 0, flip = sign ^ (is_offset ? 8 : 0);
    size_t whole = count / (2 * LANES) * (2 * LANES);
    for (size_t i = 0; i < whole; i += 2 * LANES) {
      vb byte;
      vb2 pair;
      __builtin_memcpy(&byte, packed + i / 2, sizeof byte);
      pair.even = byte & 15;
      pair.odd = byte >> 4;
      pair = (pair ^ flip) - sign;
      __builtin_memcpy(codes + i, &pair, sizeof pair);
    }
    codes += whole;
    count -= whole;
    packed += whole / 2;
  }
  FOR_BITS(bits, unpack_as(B, is_offset, is_signed, packed, count, codes))
}

// ---------------------------------------------------------------- blocks of 32

INLINE void pack_block(const uint8_t *codes, uint8_t flip, uint8_t *out) {
  vb first, second;
  __builtin_memcpy(&first, codes, LANES);
  __builtin_memcpy(&second, codes + LANES, LANES);
  vb byte = ((first ^ flip) & 15) | (second ^ flip) << 4;
  __builtin_memcpy(out, &byte, LANES);
}

INLINE void unpack_block(const uint8_t *packed, uint8_t flip, uint8_t sign, uint8_t *codes) {
  vb byte;
  __builtin_memcpy(&byte, packed, LANES);
  vb first = ((byte & 15) ^ (uint8_t)(flip ^ sign)) - sign;
  vb second = (byte >> 4 ^ (uint8_t)(flip ^ sign)) - sign;
  __builtin_memcpy(codes, &first, LANES);
  __builtin_memcpy(codes + LANES, &second, LANES);
}

static void pack_halves(bool is_offset, const uint8_t *codes, size_t blocks, uint8_t *out) {
  for (size_t i = 0; i < blocks; i++) pack_block(codes + 32 * i, is_offset ? 8 : 0, out + 16 * i);
}

static void unpack_halves(bool is_offset, bool is_signed, const uint8_t *packed, size_t blocks, uint8_t *codes) {
  uint8_t flip = is_offset ? 8 : 0, sign = is_signed ? 8 : 0;
  for (size_t i = 0; i < blocks; i++) unpack_block(packed + 16 * i, flip, sign, codes + 32 * i);
}

INLINE bool has_minval(enum qc_block block) { return block == QC_BLOCK_Q4_1 || block == QC_BLOCK_Q5_1; }
INLINE bool has_fifth_bits(enum qc_block block) { return block == QC_BLOCK_Q5_0 || block == QC_BLOCK_Q5_1; }

INLINE void gguf_blocks_as(enum qc_block block, const uint8_t *codes, const float *scale, const float *minval,
                           size_t blocks, uint8_t *out) {
  for (size_t i = 0; i < blocks; i += LANES) {
    size_t n = blocks - i < LANES ? blocks - i : LANES;
    vf scales = 0, minvals = 0;
    __builtin_memcpy(&scales, scale + i, n * sizeof *scale);
    if (has_minval(block)) __builtin_memcpy(&minvals, minval + i, n * sizeof *minval);
    uint16_t halves[LANES], mins[LANES];
    vh half = narrow_half(scales), min = narrow_half(minvals);
    __builtin_memcpy(halves, &half, sizeof half);
    __builtin_memcpy(mins, &min, sizeof min);
    for (size_t j = 0; j < n; j++, codes += 32) {
      if (block == QC_BLOCK_MXFP4) {
        uint32_t bits;
        __builtin_memcpy(&bits, scale + i + j, sizeof bits);
        *out++ = (uint8_t)(bits >> 23);
      } else {
        __builtin_memcpy(out, halves + j, 2);
        out += 2;
      }
      if (has_minval(block)) {
        __builtin_memcpy(out, mins + j, 2);
        out += 2;
      }
      if (block == QC_BLOCK_Q8_0) {
        __builtin_memcpy(out, codes, 32);
        out += 32;
        continue;
      }
      if (has_fifth_bits(block)) {
        uint32_t fifth = 0;
        for (int k = 0; k < 32; k += 8) {
          uint64_t eight;
          __builtin_memcpy(&eight, codes + k, 8);
          fifth |= (uint32_t)gather_bits(1, eight >> 4 & everywhere(1)) << k;
        }
        __builtin_memcpy(out, &fifth, 4);
        out += 4;
      }
      pack_block(codes, 0, out);
      out += 16;
    }
  }
}

INLINE void gguf_unblocks_as(enum qc_block block, const uint8_t *bytes, size_t blocks, uint8_t *codes, float *scale,
                             float *minval) {
  for (size_t i = 0; i < blocks; i++, codes += 32) {
    vh half = 0, min = 0;
    uint16_t pattern;
    if (block == QC_BLOCK_MXFP4) {
      scale[i] = power_of_two((vi)(int32_t)*bytes)[0];
      bytes += 1;
    } else {
      __builtin_memcpy(&pattern, bytes, 2);
      half += pattern;
      scale[i] = widen_half(half)[0];
      bytes += 2;
    }
    if (has_minval(block)) {
      __builtin_memcpy(&pattern, bytes, 2);
      min += pattern;
      minval[i] = widen_half(min)[0];
      bytes += 2;
    }
    if (block == QC_BLOCK_Q8_0) {
      __builtin_memcpy(codes, bytes, 32);
      bytes += 32;
      continue;
    }
    uint32_t fifth = 0;
    if (has_fifth_bits(block)) {
      __builtin_memcpy(&fifth, bytes, 4);
      bytes += 4;
    }
    unpack_block(bytes, 0, 0, codes);
    bytes += 16;
    if (!has_fifth_bits(block)) continue;
    for (int k = 0; k < 32; k += 8) {
      uint64_t eight;
      __builtin_memcpy(&eight, codes + k, 8);
      eight |= scatter_bits(1, fifth >> k & 0xff) << 4;
      __builtin_memcpy(codes + k, &eight, 8);
    }
  }
}

#define FOR_BLOCK(block, call)                                                 \
  switch (block) {                                                             \
    case QC_BLOCK_Q4_0: { enum { K = QC_BLOCK_Q4_0 }; call; break; }           \
    case QC_BLOCK_Q4_1: { enum { K = QC_BLOCK_Q4_1 }; call; break; }           \
    case QC_BLOCK_Q5_0: { enum { K = QC_BLOCK_Q5_0 }; call; break; }           \
    case QC_BLOCK_Q5_1: { enum { K = QC_BLOCK_Q5_1 }; call; break; }           \
    case QC_BLOCK_Q8_0: { enum { K = QC_BLOCK_Q8_0 }; call; break; }           \
    case QC_BLOCK_MXFP4: { enum { K = QC_BLOCK_MXFP4 }; call; break; }         \
  }

static void gguf_blocks(enum qc_block block, const uint8_t *codes, const float *scale, const float *minval,
                        size_t blocks, uint8_t *out) {
  FOR_BLOCK(block, gguf_blocks_as(K, codes, scale, minval, blocks, out))
}

static void gguf_unblocks(enum qc_block block, const uint8_t *bytes, size_t blocks, uint8_t *codes, float *scale,
                          float *minval) {
  FOR_BLOCK(block, gguf_unblocks_as(K, bytes, blocks, codes, scale, minval))
}

// Vectors of 8 for processors with AVX2 and FMA.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace {

struct Vector {
  static constexpr int lanes = 8;
  using Floats = __m256;
  using Integers = __m256i;

  static Floats load(const float* from) { return _mm256_loadu_ps(from); }
  static void store(float* to, Floats value) { _mm256_storeu_ps(to, value); }
  static Integers load(const int32_t* from) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  }
  static Floats broadcast(float value) { return _mm256_set1_ps(value); }
  static Floats add(Floats a, Floats b) { return _mm256_add_ps(a, b); }
  static Floats subtract(Floats a, Floats b) { return _mm256_sub_ps(a, b); }
  static Floats multiply(Floats a, Floats b) { return _mm256_mul_ps(a, b); }
  /** a * b + c */
  static Floats fused(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }
  static Floats maximum(Floats a, Floats b) { return _mm256_max_ps(a, b); }
  /** value within [-most, most] */
  static Floats clamp(Floats value, Floats most) {
    return maximum(_mm256_min_ps(value, most), subtract(broadcast(0), most));
  }
  static Floats absolute(Floats value) { return _mm256_andnot_ps(broadcast(-0.0f), value); }
  static float sum(Floats value) {
    const __m128 halves = _mm_add_ps(_mm256_castps256_ps128(value), _mm256_extractf128_ps(value, 1));
    const __m128 pairs = _mm_add_ps(halves, _mm_movehl_ps(halves, halves));
    return _mm_cvtss_f32(_mm_add_ss(pairs, _mm_movehdup_ps(pairs)));
  }
  static float largest(Floats value) {
    const __m128 halves = _mm_max_ps(_mm256_castps256_ps128(value), _mm256_extractf128_ps(value, 1));
    const __m128 pairs = _mm_max_ps(halves, _mm_movehl_ps(halves, halves));
    return _mm_cvtss_f32(_mm_max_ss(pairs, _mm_movehdup_ps(pairs)));
  }
  static Floats toFloats(Integers value) { return _mm256_cvtepi32_ps(value); }

  static Floats reciprocal(Floats value) {
    const Floats guess = _mm256_rcp_ps(value);  // One step of Newton's: 22 bits or more.
    return multiply(guess, _mm256_fnmadd_ps(value, guess, broadcast(2)));
  }
  static Floats round(Floats value) {
    return _mm256_round_ps(value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  /** value * 2^exponent, for whole exponents within those of normal numbers */
  static Floats scale(Floats value, Floats exponent) {
    const Integers bits = _mm256_slli_epi32(_mm256_cvtps_epi32(exponent), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(value), bits));
  }

  /**
   * sums[i] + the products of four unsigned activations, the same for all, and four weights of column i. Two products
   * are first added up in 16 bits: 2 * 255 * 63 fits, which is why weights have 7 bits (src/model/quantise.ts).
   */
  static Integers dot(Integers sums, int32_t activations, Integers weights) {
    const Integers pairs = _mm256_maddubs_epi16(_mm256_set1_epi32(activations), weights);
    return _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
  /** Rounded values within [-127, 127], as bytes with 128 for zero. */
  static void storeBytes(uint8_t* to, Floats value) {
    const Integers shifted = _mm256_add_epi32(_mm256_cvtps_epi32(value), _mm256_set1_epi32(128));
    const __m128i words = _mm_packus_epi32(_mm256_castsi256_si128(shifted), _mm256_extracti128_si256(shifted, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_packus_epi16(words, words));
  }
};

}  // namespace

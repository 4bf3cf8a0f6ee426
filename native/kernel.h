// The network of src/model/weights.ts in int8, for one thread: what the addon and the kernels agree on.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sentiflux {

/** One direction of the LSTM. Gates stand in the order input, cell, forget, output; matrices are row-major. */
struct DirectionWeights {
  const int8_t* input;            // [embedding, 4 * hidden], at most 63 in magnitude
  const float* input_scales;      // [4 * hidden]: weight = value * scale
  const int8_t* recurrent;        // [hidden, 4 * hidden], at most 63 in magnitude
  const float* recurrent_scales;  // [4 * hidden]
  const float* bias;              // [4 * hidden]
};

/** Read while a kernel is created, and not after that. */
struct NetworkWeights {
  int32_t vocabulary;
  int32_t embedding;
  int32_t hidden;
  const float* table;              // [vocabulary, embedding]
  DirectionWeights directions[2];  // forward, backward
  const float* attention;          // [2 * hidden]
  const float* output_kernel;      // [4 * hidden, 3]
  const float* output_bias;        // [3]
};

/** Rows of tokens, padded to one width. */
struct Batch {
  int32_t rows;
  int32_t width;
  const int32_t* tokens;   // [rows, width], each within the vocabulary
  const int32_t* lengths;  // [rows], 1 to width
  const int32_t* order;    // [rows]: the rows from the longest to the shortest
};

/** Weights in the layout of one instruction set, and the memory that scoring needs: known to that set alone. */
struct Kernel;

struct KernelOperations {
  const char* name;
  /** @return null where memory is short */
  Kernel* (*create)(const NetworkWeights& weights);
  /**
   * @param logits [rows, 3], in the order of the batch's rows
   * @return false where memory is short
   */
  bool (*score)(Kernel* kernel, const Batch& batch, float* logits);
  void (*destroy)(Kernel* kernel);
};

extern const KernelOperations avx512_vnni_kernel;
extern const KernelOperations avx2_kernel;

}  // namespace sentiflux

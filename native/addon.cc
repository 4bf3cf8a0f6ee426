// The kernels as an addon of Node: `createNetwork(weights, instructions)` and `score(network, tokens, lengths, width)`.
#include <node_api.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <numeric>
#include <vector>

#include "kernel.h"

namespace {

using namespace sentiflux;

/** What a network of JavaScript stands for. */
struct Held {
  const KernelOperations* operations;
  Kernel* kernel;
  int32_t vocabulary;

  Held(const KernelOperations* of, Kernel* made, int32_t tokens) : operations(of), kernel(made), vocabulary(tokens) {}
  Held(const Held&) = delete;
  ~Held() { operations->destroy(kernel); }
};

/** What this processor can run, the fastest first. */
std::vector<const KernelOperations*> kernelsOfThisMachine() {
  __builtin_cpu_init();
  std::vector<const KernelOperations*> kernels;
  if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    kernels.push_back(&avx512_vnni_kernel);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) kernels.push_back(&avx2_kernel);
  return kernels;
}

napi_value fail(napi_env env, const char* message) {
  napi_throw_error(env, "SF_NATIVE", message);
  return nullptr;
}

/** A typed array's memory; null, and an exception, where the value is of another type or length. */
template <typename Element>
const Element* elements(napi_env env, napi_value value, napi_typedarray_type type, size_t length) {
  bool isTyped = false;
  napi_is_typedarray(env, value, &isTyped);
  napi_typedarray_type actual;
  size_t count = 0;
  void* data = nullptr;
  if (isTyped) napi_get_typedarray_info(env, value, &actual, &count, &data, nullptr, nullptr);
  if (!isTyped || actual != type || count != length) {
    fail(env, "an array has another type or length than the network's sizes ask for");
    return nullptr;
  }
  return static_cast<const Element*>(data);
}

napi_value property(napi_env env, napi_value object, const char* name) {
  napi_value value = nullptr;
  napi_get_named_property(env, object, name, &value);
  return value;
}

int32_t size(napi_env env, napi_value object, const char* name) {
  int32_t value = 0;
  napi_get_value_int32(env, property(env, object, name), &value);
  return value;
}

/** createNetwork(weights, instructions): of the kernel with that name, or of the fastest one. */
napi_value createNetwork(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  size_t count = 2;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  const napi_value object = arguments[0];
  char asked[16] = "";
  napi_get_value_string_utf8(env, arguments[1], asked, sizeof asked, nullptr);
  const KernelOperations* operations = nullptr;
  for (const KernelOperations* kernel : kernelsOfThisMachine())
    if (operations == nullptr && (*asked == 0 || std::strcmp(asked, kernel->name) == 0)) operations = kernel;
  if (operations == nullptr) return fail(env, "the processor lacks the instructions: AVX-512 with VNNI, or AVX2");

  NetworkWeights weights{};
  weights.vocabulary = size(env, object, "vocabulary");
  weights.embedding = size(env, object, "embedding");
  weights.hidden = size(env, object, "hidden");
  if (weights.vocabulary < 1 || weights.embedding < 1 || weights.hidden < 1) return fail(env, "a size is below 1");
  const size_t embedding = weights.embedding;
  const size_t hidden = weights.hidden;
  const auto floats = [&](napi_value from, const char* name, size_t length) {
    return elements<float>(env, property(env, from, name), napi_float32_array, length);
  };
  const auto bytes = [&](napi_value from, const char* name, size_t length) {
    return elements<int8_t>(env, property(env, from, name), napi_int8_array, length);
  };
  const char* const names[] = {"forward", "backward"};
  for (int which = 0; which < 2; which++) {
    const napi_value from = property(env, object, names[which]);
    DirectionWeights& direction = weights.directions[which];
    if (!(direction.input = bytes(from, "input", embedding * 4 * hidden)) ||
        !(direction.input_scales = floats(from, "inputScales", 4 * hidden)) ||
        !(direction.recurrent = bytes(from, "recurrent", hidden * 4 * hidden)) ||
        !(direction.recurrent_scales = floats(from, "recurrentScales", 4 * hidden)) ||
        !(direction.bias = floats(from, "bias", 4 * hidden)))
      return nullptr;
  }
  if (!(weights.table = floats(object, "table", weights.vocabulary * embedding)) ||
      !(weights.attention = floats(object, "attention", 2 * hidden)) ||
      !(weights.output_kernel = floats(object, "outputKernel", 4 * hidden * 3)) ||
      !(weights.output_bias = floats(object, "outputBias", 3)))
    return nullptr;

  Kernel* kernel = operations->create(weights);
  if (kernel == nullptr) return fail(env, "there is no memory for the network");
  auto held = std::make_unique<Held>(operations, kernel, weights.vocabulary);
  napi_value network;
  napi_create_object(env, &network);
  napi_value name;
  napi_create_string_utf8(env, operations->name, NAPI_AUTO_LENGTH, &name);
  napi_set_named_property(env, network, "instructions", name);
  const auto release = [](napi_env, void* data, void*) { delete static_cast<Held*>(data); };
  napi_wrap(env, network, held.release(), release, nullptr, nullptr);
  return network;
}

/** score(network, tokens, lengths, width): logits, [rows × 3] */
napi_value score(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  size_t count = 4;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  void* data = nullptr;
  if (napi_unwrap(env, arguments[0], &data) != napi_ok) return fail(env, "the first argument is no network");
  const Held& held = *static_cast<Held*>(data);
  Batch batch{};
  napi_get_value_int32(env, arguments[3], &batch.width);
  size_t rows = 0;
  napi_get_typedarray_info(env, arguments[2], nullptr, &rows, nullptr, nullptr, nullptr);
  batch.rows = static_cast<int32_t>(rows);
  batch.lengths = elements<int32_t>(env, arguments[2], napi_int32_array, rows);
  batch.tokens = elements<int32_t>(env, arguments[1], napi_int32_array, rows * batch.width);
  if (batch.lengths == nullptr || batch.tokens == nullptr) return nullptr;
  for (size_t row = 0; row < rows; row++) {
    if (batch.lengths[row] < 1 || batch.lengths[row] > batch.width) return fail(env, "a length is not within the batch");
    for (int32_t step = 0; step < batch.lengths[row]; step++) {
      const int32_t token = batch.tokens[row * batch.width + step];
      if (token < 0 || token >= held.vocabulary) return fail(env, "a token is not in the vocabulary");
    }
  }
  std::vector<int32_t> order(rows);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return batch.lengths[a] > batch.lengths[b]; });
  batch.order = order.data();

  napi_value buffer;
  void* logits = nullptr;
  napi_value result;
  napi_create_arraybuffer(env, rows * 3 * sizeof(float), &logits, &buffer);
  napi_create_typedarray(env, napi_float32_array, rows * 3, buffer, 0, &result);
  if (!held.operations->score(held.kernel, batch, static_cast<float*>(logits)))
    return fail(env, "there is no memory for the states of the batch");
  return result;
}

napi_value initialise(napi_env env, napi_value exports) {
  napi_value function;
  napi_create_function(env, "createNetwork", NAPI_AUTO_LENGTH, createNetwork, nullptr, &function);
  napi_set_named_property(env, exports, "createNetwork", function);
  napi_create_function(env, "score", NAPI_AUTO_LENGTH, score, nullptr, &function);
  napi_set_named_property(env, exports, "score", function);
  return exports;
}

}  // namespace

NAPI_MODULE_INIT() { return initialise(env, exports); }

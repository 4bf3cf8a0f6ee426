// The vectors come first: lstm.h is written over them.
#include "vectors-avx512.h"
#include "lstm.h"

const sentiflux::KernelOperations sentiflux::avx512_vnni_kernel{"avx512-vnni", create, score, destroy};

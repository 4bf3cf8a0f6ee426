#include "vectors-avx2.h"
//
#include "lstm.h"

const sentiflux::KernelOperations sentiflux::avx2_kernel{"avx2", create, score, destroy};

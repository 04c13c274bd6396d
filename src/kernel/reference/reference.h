// SPDX-License-Identifier: MIT
// Every kernel in plain C, in the arithmetic of AmbitReal: what all other levels are tested
// against. Contracts stand in ambit/kernels.h.
#ifndef AMBIT_KERNEL_REFERENCE_H
#define AMBIT_KERNEL_REFERENCE_H

#include "ambit/kernels.h"

void ambit_reference_matmul(const AmbitKernelContext *context, AmbitReal *c, const AmbitReal *a,
                            const AmbitReal *b, size_t m, size_t n, size_t k, bool transpose_a,
                            bool transpose_b, bool accumulate);
void ambit_reference_add_bias(const AmbitKernelContext *context, AmbitReal *out, const AmbitReal *x,
                              const AmbitReal *bias, size_t rows, size_t width);
void ambit_reference_sum_rows(const AmbitKernelContext *context, AmbitReal *out, const AmbitReal *x,
                              size_t rows, size_t width);
void ambit_reference_layer_norm_forward(const AmbitKernelContext *context, AmbitReal *out,
                                        AmbitReal *mean, AmbitReal *rstd, const AmbitReal *x,
                                        const AmbitReal *gain, const AmbitReal *bias, size_t rows,
                                        size_t width);
void ambit_reference_layer_norm_backward(const AmbitKernelContext *context, AmbitReal *dx,
                                         AmbitReal *dgain, AmbitReal *dbias, const AmbitReal *dout,
                                         const AmbitReal *x, const AmbitReal *mean,
                                         const AmbitReal *rstd, const AmbitReal *gain, size_t rows,
                                         size_t width);
void ambit_reference_gelu(const AmbitKernelContext *context, AmbitReal *out, AmbitReal *derivative,
                          const AmbitReal *x, size_t count);
void ambit_reference_relu(const AmbitKernelContext *context, AmbitReal *out, AmbitReal *derivative,
                          const AmbitReal *x, size_t count);
void ambit_reference_dropout(const AmbitKernelContext *context, AmbitReal *out, AmbitReal *slope,
                             const AmbitReal *x, size_t count, const AmbitDropout *dropout);
void ambit_reference_multiply(const AmbitKernelContext *context, AmbitReal *out, const AmbitReal *x,
                              size_t count);
void ambit_reference_add(const AmbitKernelContext *context, AmbitReal *out, const AmbitReal *x,
                         size_t count);
double ambit_reference_multiply_add(size_t rounds);
void ambit_reference_attention_forward(const AmbitKernelContext *context, AmbitReal *out,
                                       AmbitReal *log_sum, const AmbitReal *qkv,
                                       const AmbitAttention *shape, AmbitReal *scratch);
void ambit_reference_attention_backward(const AmbitKernelContext *context, AmbitReal *dqkv,
                                        const AmbitReal *dout, const AmbitReal *out,
                                        const AmbitReal *qkv, const AmbitReal *log_sum,
                                        const AmbitAttention *shape, AmbitReal *scratch);
void ambit_reference_adam(const AmbitKernelContext *context, AmbitReal *parameter,
                          AmbitReal *moment1, AmbitReal *moment2, const AmbitReal *gradient,
                          size_t count, const AmbitAdam *adam);
void ambit_reference_gather_rows(const AmbitKernelContext *context, AmbitReal *out,
                                 const AmbitReal *x, const size_t *index, size_t n, size_t width);
void ambit_reference_scatter_rows(const AmbitKernelContext *context, AmbitReal *x,
                                  const size_t *index, size_t n, size_t rows, size_t width);
void ambit_reference_add_rows(const AmbitKernelContext *context, AmbitReal *out,
                              const AmbitReal *table, const size_t *index, size_t n, size_t width);
void ambit_reference_accumulate_rows(const AmbitKernelContext *context, AmbitReal *table,
                                     const AmbitReal *x, const size_t *index, size_t n,
                                     size_t width);
void ambit_reference_scale(const AmbitKernelContext *context, AmbitReal *out, double factor,
                           size_t count);
double ambit_reference_squares(const AmbitKernelContext *context, const AmbitReal *x, size_t count);
double ambit_reference_muon_momentum(const AmbitKernelContext *context, AmbitReal *ahead,
                                     AmbitReal *momentum, const AmbitReal *gradient,
                                     const AmbitSubmatrix *shape, double beta);
void ambit_reference_muon_polynomial(const AmbitKernelContext *context, AmbitReal *square,
                                     const AmbitReal *x, size_t n, const double c[3]);
void ambit_reference_muon_update(const AmbitKernelContext *context, AmbitReal *parameter,
                                 const AmbitReal *direction, const AmbitSubmatrix *shape,
                                 double rate);

#endif
